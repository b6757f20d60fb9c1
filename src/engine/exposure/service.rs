//! Other protocols around devices: sessions of management, transfers of files, protocols at ports of control.

use std::net::IpAddr;
use std::sync::Arc;

use tapglass_model::Severity;

use super::super::Engine;
use crate::recognise::{Ends, Seen};
use crate::rules::built_in::id;
use crate::rules::exposed::Exposed;

/// Ports at which only protocols of control are expected.
const CONTROL: [u16; 3] = [502, 4840, 20_000];

/// Sessions in which somebody works on a machine far away.
fn is_session(protocol: &str) -> bool {
    matches!(protocol, "ssh" | "rdp" | "telnet")
}

/// What changes a device or reads its settings.
fn manages(protocol: &str) -> bool {
    is_session(protocol) || matches!(protocol, "ftp" | "http" | "snmp")
}

impl Engine {
    /// A conversation of a protocol that is not decoded is over.
    pub fn recognised(&mut self, seen: &Seen) {
        self.partner_recognised(seen);
        let Ends::Network(ends) = &seen.ends else {
            return;
        };
        let (client, server) = (ends.client.ip, ends.server.ip);
        self.moment(seen.seen.1);
        if seen.industrial {
            self.exposure.meet(client, server, seen.protocol);
            let conversation = Arc::new((**ends).clone());
            self.look_for_many(client, &conversation);
            return;
        }
        let foreign = CONTROL.contains(&ends.server.port) && seen.protocol != "tls";
        let by_device = is_session(seen.protocol) && self.is_field_device(client);
        let managed = manages(seen.protocol) && self.is_field_device(server);
        if !foreign && !by_device && !managed {
            return;
        }
        let conversation = Arc::new((**ends).clone());
        if foreign {
            let exposed = Exposed::ForeignProtocol {
                client,
                server,
                port: ends.server.port,
                protocol: seen.title,
            };
            self.expose(exposed, None, Some(&conversation), Some(seen.frame));
        }
        if by_device || managed {
            self.counted(id::REMOTE_ACCESS);
            let secret = seen.secret.is_some();
            let Some(severity) = self.worth(client, by_device, secret) else {
                return;
            };
            let exposed = Exposed::RemoteAccess {
                client,
                server,
                protocol: seen.title,
                by_device,
                secret,
            };
            self.expose(exposed, Some(severity), Some(&conversation), Some(seen.frame));
        }
    }

    /// How serious a session of management is; `None` for one that is somebody's work.
    fn worth(&self, client: IpAddr, by_device: bool, secret: bool) -> Option<Severity> {
        if by_device || self.site.lists(client, false) == Some(false) {
            return Some(Severity::Medium);
        }
        let work = self.site.principal_at(client).is_some() && !secret;
        (!work).then_some(Severity::Low)
    }
}
