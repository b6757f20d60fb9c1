//! All recognisers, and the counts of what they found.

use super::{Likeness, Look, Recognised, Recogniser, Traffic, industrial, office, tls};

/// The recognisers, strong evidence first. A protocol is named by its place here.
static RECOGNISERS: &[&Recogniser] = &[
    // Place 0 is TLS.
    &tls::TLS,
    &industrial::s7comm::S7COMM,
    &industrial::s7comm::S7COMM_PLUS,
    &industrial::mms::ICCP,
    &industrial::mms::MMS,
    &office::rdp::RDP,
    &industrial::cotp::COTP,
    &industrial::iec104::IEC104,
    &industrial::enip::ENIP,
    &industrial::enip::CIP_IO,
    &industrial::bacnet::BACNET,
    &industrial::rgoose::R_GOOSE,
    &industrial::fins::FINS,
    &industrial::hart::HART_IP,
    &industrial::mqtt::MQTT,
    &industrial::codesys::CODESYS,
    &industrial::slmp::SLMP,
    &industrial::srtp::SRTP,
    &industrial::c1222::C1222,
    &industrial::ethercat::ETHERCAT_UDP,
    &industrial::nmea::NMEA,
    &industrial::opc_websocket::OPC_WEBSOCKET,
    &office::ssh::SSH,
    &office::http::HTTP,
    &office::smb::SMB,
    &office::rpc::DCE_RPC,
    &office::rpc::SUN_RPC,
    &office::rpc::JAVA_RMI,
    &office::dhcp::DHCP,
    &office::snmp::SNMP,
    &office::dns::DNS,
    &office::netbios::NETBIOS_NAME,
    &office::netbios::NETBIOS_DATAGRAM,
    &office::netbios::NETBIOS_SESSION,
    &office::ntp::NTP,
    &office::syslog::SYSLOG,
    &office::telnet::TELNET,
    &office::mail::FTP,
    &office::mail::SMTP,
];

/// The place of TLS, which the pipeline follows further.
pub const TLS_PLACE: u8 = 0;

/// The recogniser at a place.
#[must_use]
pub fn recogniser(place: u8) -> Option<&'static Recogniser> {
    RECOGNISERS.get(usize::from(place)).copied()
}

/// The protocol of a segment by its place, and whether what follows may tell more exactly.
#[must_use]
pub fn recognise(look: &Look<'_>) -> Option<(u8, bool)> {
    let mut perhaps = None;
    for (place, recogniser) in (0_u8..).zip(RECOGNISERS) {
        match (recogniser.test)(look) {
            Likeness::Is => return Some((place, true)),
            Likeness::Perhaps => perhaps = perhaps.or(Some((place, false))),
            Likeness::Fits if at_port(recogniser, look) => return Some((place, true)),
            Likeness::Fits | Likeness::No => {}
        }
    }
    perhaps
}

fn at_port(recogniser: &Recogniser, look: &Look<'_>) -> bool {
    recogniser.ports.contains(&look.from) || recogniser.ports.contains(&look.to)
}

/// How much of each protocol was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Table {
    counts: Vec<Recognised>,
    /// Protocols without IP, by name.
    link: std::collections::BTreeMap<&'static str, (&'static str, bool, Recognised)>,
}

impl Table {
    /// A conversation was recognised; what it carried so far.
    pub fn named(&mut self, place: u8, so_far: Traffic) {
        if let Some(count) = self.place(place) {
            count.conversations += 1;
            count.traffic.frames += so_far.frames;
            count.traffic.bytes += so_far.bytes;
        }
    }

    /// It was something else after all.
    pub fn unnamed(&mut self, place: u8, so_far: Traffic) {
        if let Some(count) = self.place(place) {
            count.conversations = count.conversations.saturating_sub(1);
            count.traffic.frames = count.traffic.frames.saturating_sub(so_far.frames);
            count.traffic.bytes = count.traffic.bytes.saturating_sub(so_far.bytes);
        }
    }

    /// One more frame of a recognised conversation.
    #[inline]
    pub fn frame(&mut self, place: u8, bytes: usize) {
        if let Some(count) = self.counts.get_mut(usize::from(place)) {
            count.traffic.add(bytes);
        }
    }

    /// A frame of a protocol without IP; `first` when it begins a conversation.
    pub(super) fn link(
        &mut self,
        name: &'static str,
        title: &'static str,
        industrial: bool,
        first: bool,
        bytes: usize,
    ) {
        let (_, _, count) = self
            .link
            .entry(name)
            .or_insert((title, industrial, Recognised::default()));
        count.conversations += u64::from(first);
        count.traffic.add(bytes);
    }

    fn place(&mut self, place: u8) -> Option<&mut Recognised> {
        if self.counts.is_empty() {
            self.counts.resize(RECOGNISERS.len(), Recognised::default());
        }
        self.counts.get_mut(usize::from(place))
    }

    /// Name, title, whether it is industrial, and the counts of every protocol that was seen, industrial ones first.
    #[must_use]
    pub fn each(&self) -> Vec<(&'static str, &'static str, bool, Recognised)> {
        let mut all: Vec<_> = RECOGNISERS
            .iter()
            .zip(&self.counts)
            .filter(|(_, count)| count.conversations > 0)
            .map(|(recogniser, count)| (recogniser.name, recogniser.title, recogniser.industrial, *count))
            .chain(
                self.link
                    .iter()
                    .map(|(name, (title, industrial, count))| (*name, *title, *industrial, *count)),
            )
            .collect();
        all.sort_by_key(|(name, _, industrial, _)| (!industrial, *name));
        all
    }
}
