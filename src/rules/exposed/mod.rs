//! What the picture of devices and conversations shows without any rule of the process: its rules, and its words.

mod table;
mod words;

use std::net::IpAddr;

use super::built_in::id;

pub(crate) use table::RULES;

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
}
