//! Who is meant by an alarm from the picture of devices and conversations.

use std::net::IpAddr;
use std::sync::Arc;

use super::raise::Occasion;
use super::text::Words;
use crate::conversation::Party;
use crate::records::operation::{Actor, Target};
use crate::rules::exposed::Exposed;
use crate::rules::verdict::{Cause, What};
use crate::site::DeviceId;

impl Occasion<'_> {
    /// The site's name of an address.
    fn name(&self, ip: IpAddr) -> Option<String> {
        let device = self.site.devices_at(ip).next().map(|device| device.name.clone());
        device.or_else(|| self.site.principal_at(ip).map(|principal| principal.name.clone()))
    }

    /// The two ends of the conversation, or the address alone.
    pub(super) fn ends(&self, exposed: &Exposed) -> String {
        let named = |ip: IpAddr| match self.name(ip) {
            Some(name) => format!("{name} ({ip})"),
            None => ip.to_string(),
        };
        match self.conversation {
            Some(ends) => format!(
                "{} -> {}:{}",
                named(ends.client.ip),
                named(ends.server.ip),
                ends.server.port
            ),
            None => named(exposed.about().0),
        }
    }

    /// The asset: a device of the site, else the address.
    pub(super) fn asset(&self, words: &Words<'_>, cause: &Cause, devices: &[DeviceId]) -> String {
        match (devices.first(), &cause.what) {
            (Some(device), _) => words.device(*device).to_owned(),
            (None, What::Exposed(exposed)) => {
                let ip = exposed.about().0;
                self.name(ip).unwrap_or_else(|| ip.to_string())
            }
            (None, _) => String::new(),
        }
    }

    fn party(
        &self,
        cause: &Cause,
        of: impl FnOnce(&crate::conversation::Conversation) -> Party,
    ) -> Option<Party> {
        match (&cause.what, self.conversation) {
            (What::Exposed(_), Some(conversation)) => Some(of(conversation)),
            _ => None,
        }
    }

    /// The client of the conversation that an alarm from the picture is about.
    pub(super) fn client(&self, cause: &Cause) -> Option<Arc<Actor>> {
        let party = self.party(cause, |ends| ends.client)?;
        Some(Arc::new(Actor {
            name: self.name(party.ip),
            mac: party.mac,
            ip: party.ip,
            port: party.port,
            link: None,
            application: None,
            user: None,
        }))
    }

    /// Its server.
    pub(super) fn server(&self, cause: &Cause) -> Option<Arc<Target>> {
        let party = self.party(cause, |ends| ends.server)?;
        Some(Arc::new(Target {
            name: self.name(party.ip),
            mac: party.mac,
            ip: party.ip,
            port: party.port,
            unit: None,
            link: None,
        }))
    }
}
