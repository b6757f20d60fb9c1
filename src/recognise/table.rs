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

/// Every name, for the tests.
#[cfg(test)]
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    RECOGNISERS.iter().map(|recogniser| recogniser.name)
}

/// The place of TLS, which the pipeline follows further.
pub const TLS_PLACE: u8 = 0;

/// The recogniser at a place.
#[must_use]
pub fn recogniser(place: u8) -> Option<&'static Recogniser> {
    RECOGNISERS.get(usize::from(place)).copied()
}

/// True for the word of a protocol that controls or measures.
#[must_use]
pub fn is_industrial(name: &str) -> bool {
    RECOGNISERS
        .iter()
        .any(|recogniser| recogniser.name == name && recogniser.industrial)
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

#[cfg(test)]
mod tests {
    use tapglass_proto::Transport;

    use super::*;

    #[test]
    fn every_name_stands_once_and_in_the_readme() {
        let readme = include_str!("README.md");
        let mut seen = std::collections::BTreeSet::new();
        for name in names() {
            assert!(readme.contains(&format!("`{name}`")), "{name}");
            // The same protocol may be carried in two ways.
            assert!(seen.insert(name) || name == "ethercat", "{name} twice");
        }
        assert_eq!(recogniser(TLS_PLACE).map(|found| found.name), Some("tls"));
    }

    fn named(bytes: &[u8], transport: Transport, port: u16) -> Option<&'static str> {
        let look = Look {
            bytes,
            transport,
            from: 50_000,
            to: port,
        };
        recognise(&look)
            .and_then(|(place, _)| recogniser(place))
            .map(|found| found.name)
    }

    #[test]
    fn first_bytes_name_their_protocol() {
        let tcp = |bytes: &[u8], port| named(bytes, Transport::Tcp, port);
        let udp = |bytes: &[u8], port| named(bytes, Transport::Udp, port);
        // RDP, S7comm and MMS share their connection request but for what stands at its end.
        let connect = [3, 0, 0, 0x13, 0x0e, 0xe0, 0, 0, 0, 1, 0, 1, 0, 8, 0, 3, 0, 0, 0];
        assert_eq!(tcp(&connect, 3389), Some("rdp"));
        let connect = [
            3, 0, 0, 0x16, 0x11, 0xe0, 0, 0, 0, 1, 0, 0xc0, 1, 10, 0xc1, 2, 1, 0, 0xc2, 2, 1, 2,
        ];
        assert_eq!(tcp(&connect, 102), Some("cotp"));
        let job = [
            3, 0, 0, 0x19, 2, 0xf0, 0x80, 0x32, 1, 0, 0, 0, 1, 0, 8, 0, 0, 0xf0, 0, 0, 1, 0, 1, 1, 0xe0,
        ];
        assert_eq!(tcp(&job, 40_000), Some("s7comm"));
        // STARTDT act is proof on any port; a lone acknowledgement is not.
        assert_eq!(tcp(&[0x68, 4, 7, 0, 0, 0], 40_000), Some("iec104"));
        assert_eq!(tcp(&[0x68, 4, 1, 0, 2, 0], 40_000), None);
        assert_eq!(tcp(&[0x68, 4, 1, 0, 2, 0], 2404), Some("iec104"));
        assert_eq!(
            tcp(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04plc1", 40_000),
            Some("mqtt")
        );
        assert_eq!(
            tcp(
                b"FINS\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00",
                40_000
            ),
            Some("fins")
        );
        let read = [
            0x50, 0, 0, 0xff, 0xff, 3, 0, 0x0c, 0, 0x10, 0, 1, 4, 0, 0, 0x64, 0, 0, 0xa8, 1, 0,
        ];
        assert_eq!(tcp(&read, 40_000), Some("slmp"));
        assert_eq!(
            tcp(b"\x00\x01\x17\xe8\x14\x00\x00\x00\x00\x00", 40_000),
            Some("codesys")
        );
        assert_eq!(
            udp(&[0xc5, 0x6b, 0x40, 0x40, 0, 0x32, 0, 0, 0, 0, 0, 0], 1740),
            Some("codesys")
        );
        assert_eq!(
            udp(
                &[0x81, 0x0a, 0, 0x0c, 1, 0x20, 0xff, 0xff, 0, 0xff, 0x10, 8],
                40_000
            ),
            Some("bacnet")
        );
        assert_eq!(
            udp(&[1, 0x40, 0xa1, 0x18, 0x80, 0x16, 0, 0], 40_000),
            Some("r_goose")
        );
        assert_eq!(
            tcp(&[1, 0, 0, 0, 0, 1, 0, 0x0d, 1, 0, 0, 0x75, 0x30], 5094),
            Some("hart_ip")
        );
        assert_eq!(tcp(&[0; 56], 18_245), Some("ge_srtp"));
        assert_eq!(tcp(&[0; 56], 40_000), None);
        let upgrade = b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Protocol: opcua+uacp\r\n\r\n";
        assert_eq!(tcp(upgrade, 443), Some("opcua_websocket"));
        assert_eq!(tcp(b"GET / HTTP/1.1\r\n\r\n", 40_000), Some("http"));
        assert_eq!(tcp(b"SSH-2.0-OpenSSH_9.2\r\n", 40_000), Some("ssh"));
        assert_eq!(tcp(b"220 plc FTP ready\r\n", 21), Some("ftp"));
        assert_eq!(tcp(b"220 plc FTP ready\r\n", 40_000), None);
        assert_eq!(tcp(&[0xff, 0xfb, 1], 23), Some("telnet"));
        assert_eq!(tcp(b"\x00\x00\x00\x40\xfeSMB@\x00", 40_000), Some("smb"));
        assert_eq!(udp(b"<34>1 2026-11-22T10:00:00Z plc su", 514), Some("syslog"));
        assert_eq!(
            udp(&[0x30, 0x29, 2, 1, 1, 4, 6, b'p', b'u', b'b'], 40_000),
            Some("snmp")
        );
    }
}
