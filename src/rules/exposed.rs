//! What the picture of devices and conversations shows without any rule of the process: its rules, and its words.

use std::net::IpAddr;

use tapglass_model::Severity;

use super::built_in::id;
use crate::alarm::duration;
use crate::conversation::mac_text;

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

/// What is seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exposed {
    /// An address that the site does not list.
    NewDevice {
        /// Its address.
        ip: IpAddr,
        /// It answers, in contrast to asking.
        serves: bool,
        /// With what.
        protocol: &'static str,
    },
    /// A listed device answers at a port that the site does not know.
    NewPort {
        /// Its address.
        ip: IpAddr,
        /// The port.
        port: u16,
        /// The port in the site.
        stated: u16,
        /// With what.
        protocol: &'static str,
    },
    /// A public address takes part.
    PublicAddress {
        /// The address.
        ip: IpAddr,
        /// The other end.
        other: IpAddr,
        /// With what.
        protocol: &'static str,
    },
    /// A password can be read on the way.
    CleartextLogon {
        /// Who logs on.
        client: IpAddr,
        /// Where.
        server: IpAddr,
    },
    /// Somebody whom the site does not list commands without a name, or logs on with an account that products come with.
    DefaultLogon {
        /// Who logs on.
        client: IpAddr,
        /// Where.
        server: IpAddr,
        /// The account; `None` for an anonymous user who commands.
        user: Option<String>,
    },
    /// Two network cards use one address.
    AddressConflict {
        /// The address.
        ip: IpAddr,
        /// The card before.
        before: [u8; 6],
        /// The card now.
        now: [u8; 6],
        /// Both use it in turn.
        returned: bool,
    },
    /// An address or a port from which nobody sends.
    IllegalAddress {
        /// The address.
        ip: IpAddr,
        /// The port.
        port: u16,
    },
    /// Many addresses are tried.
    AddressScan {
        /// By whom.
        from: IpAddr,
        /// So many.
        count: usize,
        /// At this port.
        port: u16,
        /// Within so long.
        within: i64,
    },
    /// Many ports are tried.
    PortScan {
        /// By whom.
        from: IpAddr,
        /// Of whom.
        to: IpAddr,
        /// So many.
        count: usize,
        /// Within so long.
        within: i64,
    },
    /// One machine asks with several protocols of control.
    ManyProtocols {
        /// Which machine.
        ip: IpAddr,
        /// The protocols.
        protocols: Vec<&'static str>,
    },
    /// A session of management or a transfer of files with a field device.
    RemoteAccess {
        /// Who opened it.
        client: IpAddr,
        /// With whom.
        server: IpAddr,
        /// With what.
        protocol: &'static str,
        /// The device itself opened it.
        by_device: bool,
        /// A secret was readable.
        secret: bool,
    },
    /// A machine asks and answers with the same protocol.
    Relay {
        /// Which machine.
        ip: IpAddr,
        /// Which protocol.
        protocol: &'static str,
        /// The site has it as a device.
        device: bool,
    },
    /// Another protocol at a port of control.
    ForeignProtocol {
        /// Who opened it.
        client: IpAddr,
        /// With whom.
        server: IpAddr,
        /// At which port.
        port: u16,
        /// The protocol.
        protocol: &'static str,
    },
}

impl Exposed {
    /// The rule.
    #[must_use]
    pub const fn rule(&self) -> &'static str {
        match self {
            Self::NewDevice { .. } => id::NEW_DEVICE,
            Self::NewPort { .. } => id::NEW_PORT,
            Self::PublicAddress { .. } => id::PUBLIC_ADDRESS,
            Self::CleartextLogon { .. } => id::CLEARTEXT_LOGON,
            Self::DefaultLogon { .. } => id::DEFAULT_LOGON,
            Self::AddressConflict { .. } => id::ADDRESS_CONFLICT,
            Self::IllegalAddress { .. } => id::ILLEGAL_ADDRESS,
            Self::AddressScan { .. } | Self::PortScan { .. } => id::SCAN,
            Self::ManyProtocols { .. } => id::MANY_PROTOCOLS,
            Self::RemoteAccess { .. } => id::REMOTE_ACCESS,
            Self::Relay { .. } => id::RELAY,
            Self::ForeignProtocol { .. } => id::FOREIGN_PROTOCOL,
        }
    }

    /// The address it is about, and where two are needed to say what happened, the other.
    #[must_use]
    pub const fn about(&self) -> (IpAddr, Option<IpAddr>) {
        match *self {
            Self::NewDevice { ip, .. }
            | Self::NewPort { ip, .. }
            | Self::PublicAddress { ip, .. }
            | Self::AddressConflict { ip, .. }
            | Self::IllegalAddress { ip, .. }
            | Self::AddressScan { from: ip, .. }
            | Self::ManyProtocols { ip, .. }
            | Self::Relay { ip, .. } => (ip, None),
            Self::CleartextLogon { client, server }
            | Self::DefaultLogon { client, server, .. }
            | Self::RemoteAccess { client, server, .. }
            | Self::ForeignProtocol { client, server, .. } => (client, Some(server)),
            Self::PortScan { from, to, .. } => (from, Some(to)),
        }
    }

    /// It makes an earlier one of the same rule and addresses worse, which is then amended.
    #[must_use]
    pub const fn is_worse(&self) -> bool {
        matches!(self, Self::AddressConflict { returned: true, .. })
    }

    /// In a few words.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::NewDevice { serves: true, .. } => "A device that the site does not list".to_owned(),
            Self::NewDevice { serves: false, .. } => "A client that the site does not list".to_owned(),
            Self::NewPort { .. } => "A device answers at another port".to_owned(),
            Self::PublicAddress { .. } => "A public address takes part in control".to_owned(),
            Self::CleartextLogon { .. } => "A password is readable on the way".to_owned(),
            Self::DefaultLogon { user: None, .. } => "An anonymous user commands".to_owned(),
            Self::DefaultLogon { .. } => "A logon with a default account".to_owned(),
            Self::AddressConflict { returned: true, .. } => "Two machines use one address".to_owned(),
            Self::AddressConflict { .. } => "An address moved to another machine".to_owned(),
            Self::IllegalAddress { .. } => "An address or port from which nobody sends".to_owned(),
            Self::AddressScan { .. } => "Somebody looks for devices".to_owned(),
            Self::PortScan { .. } => "Somebody tries the ports of a device".to_owned(),
            Self::ManyProtocols { .. } => "One machine asks with several protocols of control".to_owned(),
            Self::RemoteAccess { by_device: true, .. } => "A device opens a session elsewhere".to_owned(),
            Self::RemoteAccess { .. } => "A session of management with a device".to_owned(),
            Self::Relay { device: true, .. } => "A device asks other devices".to_owned(),
            Self::Relay { .. } => "A machine asks and answers with the same protocol".to_owned(),
            Self::ForeignProtocol { .. } => "Another protocol at a port of control".to_owned(),
        }
    }

    /// What happened, in one sentence.
    #[must_use]
    pub fn explanation(&self) -> String {
        match self {
            Self::NewDevice { ip, serves, protocol } => {
                let does = if *serves { "answers" } else { "asks" };
                format!("{ip} {does} with {protocol}, and is not on the site's list.")
            }
            Self::NewPort {
                ip,
                port,
                stated,
                protocol,
            } => format!("{ip} answers with {protocol} at port {port}; the site knows port {stated} only."),
            Self::PublicAddress { ip, other, protocol } => {
                format!("{ip}, an address of the public Internet, talks {protocol} with {other}.")
            }
            Self::CleartextLogon { client, server } => {
                format!("{client} sends {server} a password that anybody on the way can read.")
            }
            Self::DefaultLogon {
                client,
                server,
                user: None,
            } => format!("{client} commands {server} without having logged on as anybody."),
            Self::DefaultLogon {
                client,
                server,
                user: Some(user),
            } => format!("{client} logs on to {server} as {user:?}, an account that products come with."),
            Self::AddressConflict {
                ip,
                before,
                now,
                returned,
            } => {
                let (before, now) = (mac_text(*before), mac_text(*now));
                if *returned {
                    format!("{ip} is used by the network cards {before} and {now} in turn.")
                } else {
                    format!("{ip} was used by the network card {before} and now is by {now}.")
                }
            }
            Self::IllegalAddress { ip, port } => {
                format!("A conversation has the address {ip} and port {port}, from which nobody sends.")
            }
            Self::AddressScan {
                from,
                count,
                port,
                within,
            } => format!(
                "{from} tried port {port} at {count} addresses within {}, and none of them was heard to answer.",
                duration(*within)
            ),
            Self::PortScan {
                from,
                to,
                count,
                within,
            } => format!("{from} tried {count} ports of {to} within {}.", duration(*within)),
            Self::ManyProtocols { ip, protocols } => {
                format!("{ip} asks with {}.", protocols.join(", "))
            }
            Self::RemoteAccess {
                client,
                server,
                protocol,
                by_device,
                secret,
            } => {
                let who = if *by_device {
                    format!("The device {client} opened {protocol} to {server}")
                } else {
                    format!("{client} opened {protocol} to the device {server}")
                };
                let secret = if *secret {
                    ", and a secret was readable"
                } else {
                    ""
                };
                format!("{who}{secret}.")
            }
            Self::Relay { ip, protocol, device } => {
                let what = if *device {
                    "a device of the site"
                } else {
                    "which answers itself"
                };
                format!("{ip}, {what}, asks others with {protocol}.")
            }
            Self::ForeignProtocol {
                client,
                server,
                port,
                protocol,
            } => format!("{client} talks {protocol} with {server} at port {port}, a port of control."),
        }
    }

    /// What happens when nobody acts.
    #[must_use]
    pub const fn consequence(&self) -> &'static str {
        match self {
            Self::NewDevice { .. } | Self::NewPort { .. } | Self::ManyProtocols { .. } => {
                "Somebody may command the process whom nobody knows."
            }
            Self::PublicAddress { .. } => "The process can be reached from everywhere.",
            Self::CleartextLogon { .. } | Self::DefaultLogon { .. } => {
                "Others can command with the same rights."
            }
            Self::AddressConflict { .. } | Self::Relay { .. } => {
                "What is shown and what is commanded may be changed on the way."
            }
            Self::IllegalAddress { .. } => "Devices may fail over frames that nobody foresaw.",
            Self::AddressScan { .. } | Self::PortScan { .. } => {
                "Old controllers fail when they are scanned, and an attack may follow."
            }
            Self::RemoteAccess { .. } => "The device's settings and program may be changed.",
            Self::ForeignProtocol { .. } => "A way into the control network may stay unseen.",
        }
    }

    /// What to do now.
    #[must_use]
    pub const fn response(&self) -> &'static str {
        match self {
            Self::NewDevice { .. } | Self::NewPort { .. } => {
                "Find out what it is, and add it to the site or take it off the network."
            }
            Self::PublicAddress { .. } => "Close the way to the Internet, or list the address in the site.",
            Self::CleartextLogon { .. } => "Encrypt the channel, then change the password.",
            Self::DefaultLogon { .. } => "Give each client an account of its own.",
            Self::AddressConflict { .. } => "Ask whether a machine was replaced; else find the second one.",
            Self::IllegalAddress { .. }
            | Self::AddressScan { .. }
            | Self::PortScan { .. }
            | Self::ManyProtocols { .. } => "Find the machine, and whether anybody works there.",
            Self::RemoteAccess { .. } => "Ask whether somebody is working on the device.",
            Self::Relay { .. } => "Ask whether this machine is meant to pass requests on.",
            Self::ForeignProtocol { .. } => "Find out what is served at that port.",
        }
    }
}
