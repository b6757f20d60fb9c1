//! What the picture shows, in words: title, explanation, consequence, response.

use super::Exposed;
use crate::alarm::duration;
use crate::conversation::mac_text;

impl Exposed {
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
