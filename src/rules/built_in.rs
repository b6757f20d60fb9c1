//! Rules that need no site: they are always there, and listed with the others.

use tapglass_model::Severity;

use super::compile::Builder;
use super::detections;
use super::info::RuleInfo;
use crate::site::TagId;

/// Ids of the built-in rules.
pub mod id {
    /// A value that is not a number, half a value, an echo that differs.
    pub const SANITY: &str = "builtin/sanity";
    /// Something was commanded by somebody the site does not know.
    pub const UNKNOWN_CONTROLLER: &str = "builtin/writers";
    /// A device was restarted, stopped, or started.
    pub const RESTART: &str = "builtin/restart";
    /// Reporting was switched off and not on again.
    pub const BLOCK_REPORTING: &str = "builtin/block-reporting";
    /// A client and a device that talked regularly do not any more.
    pub const SILENCE: &str = "builtin/silence";
    /// Two zones talk that no conduit joins.
    pub const BOUNDARY: &str = "builtin/conduit";
    /// Messages are less protected than the site expects.
    pub const SECURITY: &str = "builtin/security";
    /// A device states another identity than the site.
    pub const IDENTITY: &str = "builtin/identity";
    /// Somebody whom the site does not list.
    pub const NEW_DEVICE: &str = "builtin/new-device";
    /// A listed device answers at another port.
    pub const NEW_PORT: &str = "builtin/new-port";
    /// A public address talks a protocol of control.
    pub const PUBLIC_ADDRESS: &str = "builtin/public-address";
    /// A password is readable on the way.
    pub const CLEARTEXT_LOGON: &str = "builtin/cleartext-logon";
    /// An anonymous user commands, or an account that products come with logs on.
    pub const DEFAULT_LOGON: &str = "builtin/default-logon";
    /// Two network cards use one address.
    pub const ADDRESS_CONFLICT: &str = "builtin/address-conflict";
    /// An address or port from which nobody sends.
    pub const ILLEGAL_ADDRESS: &str = "builtin/illegal-address";
    /// Addresses or ports are tried one after the other.
    pub const SCAN: &str = "builtin/scan";
    /// One machine asks with several protocols of control.
    pub const MANY_PROTOCOLS: &str = "builtin/many-protocols";
    /// Sessions of management and transfers of files with a device.
    pub const REMOTE_ACCESS: &str = "builtin/remote-access";
    /// A machine asks and answers with the same protocol.
    pub const RELAY: &str = "builtin/relay";
    /// Another protocol at a port of control.
    pub const FOREIGN_PROTOCOL: &str = "builtin/foreign-protocol";
}

/// Adds them.
pub(crate) fn add(builder: &mut Builder<'_>) {
    let sanity = builder.built(
        id::SANITY,
        "sanity",
        Severity::Medium,
        "What is not a number is taken by every controller in its own way.",
    );
    for number in 0..builder.site.tags.len() {
        if !builder.sane[number] {
            builder.sanity(sanity, TagId(u32::try_from(number).unwrap_or(u32::MAX)));
        }
    }
    builder.built(
        id::UNKNOWN_CONTROLLER,
        "writers",
        Severity::High,
        "The site names everybody who may command its devices.",
    );
    builder.built(
        id::RESTART,
        "restart",
        Severity::High,
        "A device that restarts or stops does not control its process meanwhile.",
    );
    builder.built(
        id::BLOCK_REPORTING,
        "block_reporting",
        Severity::Medium,
        "Without reports the operator sees old values and does not know it.",
    );
    builder.built(
        id::SILENCE,
        "silence",
        Severity::Medium,
        "Nobody sees what this device does while nothing is heard of it.",
    );
    builder.built(
        id::BOUNDARY,
        "conduit",
        Severity::Medium,
        "The site says which zones may talk; whatever else talks was not thought of.",
    );
    builder.built(
        id::SECURITY,
        "security",
        Severity::High,
        "Without message security, anybody on the way can read and change values.",
    );
    builder.built(
        id::IDENTITY,
        "identity",
        Severity::Medium,
        "Another product or firmware behaves otherwise than the one that was approved.",
    );
    for (id, kind, severity, why) in super::exposed::RULES {
        builder.built(id, kind, severity, why);
    }
    for detection in detections::all() {
        let info = RuleInfo::detection(detection).amended(builder.site);
        builder.info(info);
    }
}

/// Every rule that needs no site, as it is without one.
#[must_use]
pub fn ids() -> Vec<&'static str> {
    [
        id::SANITY,
        id::UNKNOWN_CONTROLLER,
        id::RESTART,
        id::BLOCK_REPORTING,
        id::SILENCE,
        id::BOUNDARY,
        id::SECURITY,
        id::IDENTITY,
    ]
    .into_iter()
    .chain(super::exposed::RULES.iter().map(|(id, ..)| *id))
    .chain(detections::all().iter().map(|detection| detection.id.as_str()))
    .collect()
}
