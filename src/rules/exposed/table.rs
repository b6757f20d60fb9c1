//! The rules over the picture of devices and conversations.

use tapglass_model::Severity;

use super::super::built_in::id;

/// The rules: id, kind, severity, why.
pub(crate) const RULES: [(&str, &str, Severity, &str); 12] = [
    (
        id::NEW_DEVICE,
        "new-device",
        Severity::Medium,
        "The site lists who belongs to it; whoever else talks was not thought of.",
    ),
    (
        id::NEW_PORT,
        "new-port",
        Severity::Low,
        "A service that the site does not know of can be a way around what is watched.",
    ),
    (
        id::PUBLIC_ADDRESS,
        "public-address",
        Severity::Medium,
        "Who can be reached from the Internet is found there within hours.",
    ),
    (
        id::CLEARTEXT_LOGON,
        "cleartext-logon",
        Severity::Low,
        "A password that is readable on the way belongs to whoever listens.",
    ),
    (
        id::DEFAULT_LOGON,
        "default-logon",
        Severity::Low,
        "An account that is nobody's own tells nobody who acted.",
    ),
    (
        id::ADDRESS_CONFLICT,
        "address-conflict",
        Severity::Low,
        "Two machines with one address: one of them reads or answers what is meant for the other.",
    ),
    (
        id::ILLEGAL_ADDRESS,
        "illegal-address",
        Severity::Low,
        "No ordinary program sends from such an address or port.",
    ),
    (
        id::SCAN,
        "scan",
        Severity::Medium,
        "Who looks for devices one after the other does not know the plant.",
    ),
    (
        id::MANY_PROTOCOLS,
        "many-protocols",
        Severity::Low,
        "Tools that look for controllers try several protocols.",
    ),
    (
        id::REMOTE_ACCESS,
        "remote-access",
        Severity::Low,
        "Files, settings and programs of a device are changed this way.",
    ),
    (
        id::RELAY,
        "relay",
        Severity::Low,
        "A machine between client and device can change what passes.",
    ),
    (
        id::FOREIGN_PROTOCOL,
        "foreign-protocol",
        Severity::Low,
        "Ports of control are open in firewalls, and so are used to get through.",
    ),
];
