//! Between whom a flow is, and which of the two asks.

use tapglass_proto::Transport;

use super::vlan_list;
use crate::conversation::{Conversation, Party};
use crate::link::Vlans;

/// Between whom a flow is.
#[derive(Clone, Copy)]
pub(super) struct Ends {
    pub(super) number: u32,
    pub(super) low: Party,
    pub(super) high: Party,
    /// Who opened the connection, when its start was seen.
    pub(super) initiator_is_low: Option<bool>,
    pub(super) vlans: Vlans,
    pub(super) ip_protocol: u8,
}

impl Ends {
    pub(super) const fn transport(&self) -> Transport {
        if self.ip_protocol == 6 {
            Transport::Tcp
        } else {
            Transport::Udp
        }
    }

    /// A conversation in the roles of its protocol.
    pub(super) fn conversation(
        &self,
        number: u32,
        protocol: &'static str,
        client_is_low: bool,
    ) -> Conversation {
        let (client, server) = if client_is_low {
            (self.low, self.high)
        } else {
            (self.high, self.low)
        };
        let vlans = vlan_list(&self.vlans);
        Conversation::new(number, protocol, self.ip_protocol, client, server, vlans)
    }

    /// Who asks: what the content says for certain, who has a known port, who opened the connection, what the content
    /// suggests.
    pub(super) fn client_is_low(&self, content: Option<(bool, bool)>, server_is_low: Option<bool>) -> bool {
        match (content, server_is_low, self.initiator_is_low) {
            (Some((low, true)), _, _) => low,
            (_, Some(server_is_low), _) => !server_is_low,
            (_, _, Some(initiator_is_low)) => initiator_is_low,
            (Some((low, false)), _, _) => low,
            // A server listens at a port below those that clients are given.
            (None, None, None) => self.low.port >= self.high.port,
        }
    }
}
