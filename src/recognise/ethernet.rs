//! Protocols that stand directly in Ethernet frames, by EtherType and by content that fits.

use std::collections::BTreeMap;

use tapglass_model::CaptureTime;

use super::bytes::{big16, byte};
use super::industrial::ethercat;
use super::{Ends, Seen, Table, Traffic};

/// Conversations that are listed one by one; frames of further ones are counted only.
const MOST: usize = 4096;
/// VLAN tags: 802.1Q, 802.1ad, and the two older values.
const TAGS: [u16; 4] = [0x8100, 0x88a8, 0x9100, 0x9200];
/// Tags deeper than this are not looked behind.
const DEPTH: usize = 8;

/// A network card or group.
pub type Station = [u8; 6];

/// A protocol without IP.
struct Kind {
    kind: u16,
    name: &'static str,
    title: &'static str,
    industrial: bool,
    fits: fn(&[u8]) -> bool,
}

static KINDS: &[Kind] = &[
    Kind {
        kind: 0x88b8,
        name: "goose",
        title: "GOOSE (IEC 61850)",
        industrial: true,
        // APPID, length, two reserved words, then the unit: [APPLICATION 1] (IEC 61850-8-1).
        fits: |bytes| iec61850(bytes, 0x61),
    },
    Kind {
        kind: 0x88b9,
        name: "gse_management",
        title: "GSE management (IEC 61850)",
        industrial: true,
        fits: |bytes| bytes.len() >= 8,
    },
    Kind {
        kind: 0x88ba,
        name: "sampled_values",
        title: "Sampled Values (IEC 61850)",
        industrial: true,
        fits: |bytes| iec61850(bytes, 0x60),
    },
    Kind {
        kind: 0x8892,
        name: "profinet",
        title: "Profinet",
        industrial: true,
        // Frame ids: 0 time, 0x0100 to 0xfbff cyclic data, 0xfc00 to 0xffff alarms, DCP and the rest (IEC 61158-6-10).
        fits: |bytes| big16(bytes, 0).is_some_and(|id| !(0x0082..0x0100).contains(&id)),
    },
    Kind {
        kind: 0x88a4,
        name: "ethercat",
        title: "EtherCAT",
        industrial: true,
        fits: ethercat::frame,
    },
    Kind {
        kind: 0x88ab,
        name: "powerlink",
        title: "Ethernet POWERLINK",
        industrial: true,
        // Start of cycle, poll request, poll response, start of asynchronous phase, asynchronous data, and managers' frames.
        fits: |bytes| matches!(byte(bytes, 0), Some(1 | 3..=7 | 13)),
    },
    Kind {
        kind: 0x88cd,
        name: "sercos",
        title: "Sercos III",
        industrial: true,
        fits: |bytes| bytes.len() >= 6,
    },
    Kind {
        kind: 0x890f,
        name: "cc_link_ie",
        title: "CC-Link IE",
        industrial: true,
        fits: |bytes| bytes.len() >= 4,
    },
    Kind {
        kind: 0x88e1,
        name: "homeplug",
        title: "HomePlug AV",
        industrial: false,
        fits: |bytes| bytes.len() >= 4,
    },
    Kind {
        kind: 0x88f7,
        name: "ptp",
        title: "Precision Time Protocol",
        industrial: true,
        // Version 1 or 2 (IEEE 1588 13.3).
        fits: |bytes| byte(bytes, 1).is_some_and(|version| matches!(version & 15, 1 | 2)),
    },
    Kind {
        kind: 0x88e3,
        name: "mrp",
        title: "Media Redundancy Protocol",
        industrial: true,
        fits: |bytes| big16(bytes, 0) == Some(1),
    },
];

fn iec61850(bytes: &[u8], tag: u8) -> bool {
    let length = big16(bytes, 2).map(usize::from);
    length.is_some_and(|length| (8..=bytes.len()).contains(&length)) && byte(bytes, 8) == Some(tag)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    kind: usize,
    source: Station,
    destination: Station,
    vlans: [u16; DEPTH],
}

#[derive(Clone, Debug)]
struct Talk {
    /// Place in order of first sight.
    number: usize,
    seen: (CaptureTime, CaptureTime),
    frame: u64,
    traffic: Traffic,
}

/// Conversations of network cards.
#[derive(Clone, Debug, Default)]
pub struct LinkTalks {
    talks: BTreeMap<Key, Talk>,
    /// Frames of conversations that are not listed.
    pub unlisted: u64,
}

impl LinkTalks {
    /// Looks at an Ethernet frame that carries no IP.
    pub fn frame(&mut self, at: CaptureTime, number: u64, bytes: &[u8], table: &mut Table) {
        let Some((key, kind)) = read(bytes) else { return };
        let room = self.talks.len() < MOST;
        let place = self.talks.len();
        let first = !self.talks.contains_key(&key);
        if first && !room {
            self.unlisted += 1;
            table.link(kind.name, kind.title, kind.industrial, false, bytes.len());
            return;
        }
        let talk = self.talks.entry(key).or_insert(Talk {
            number: place,
            seen: (at, at),
            frame: number,
            traffic: Traffic::default(),
        });
        talk.seen = (talk.seen.0.min(at), talk.seen.1.max(at));
        talk.frame = number;
        talk.traffic.add(bytes.len());
        table.link(kind.name, kind.title, kind.industrial, first, bytes.len());
    }

    /// The conversations in order of first sight.
    #[must_use]
    pub fn all(&self) -> Vec<Seen> {
        let mut all: Vec<(&Key, &Talk)> = self.talks.iter().collect();
        all.sort_by_key(|(_, talk)| talk.number);
        all.into_iter()
            .filter_map(|(key, talk)| {
                let kind = KINDS.get(key.kind)?;
                Some(Seen {
                    protocol: kind.name,
                    title: kind.title,
                    ends: Ends::Link {
                        source: key.source,
                        destination: key.destination,
                        vlans: key
                            .vlans
                            .iter()
                            .copied()
                            .take_while(|id| *id != u16::MAX)
                            .collect(),
                    },
                    seen: talk.seen,
                    frame: talk.frame,
                    traffic: talk.traffic,
                    tls: None,
                    industrial: kind.industrial,
                    secret: None,
                })
            })
            .collect()
    }
}

/// Who sends which protocol to whom.
fn read(bytes: &[u8]) -> Option<(Key, &'static Kind)> {
    let destination = *bytes.first_chunk::<6>()?;
    let source = *bytes.get(6..)?.first_chunk::<6>()?;
    let mut at = 12;
    let mut vlans = [u16::MAX; DEPTH];
    let mut depth = 0;
    let mut ether_type = big16(bytes, at)?;
    while TAGS.contains(&ether_type) {
        *vlans.get_mut(depth)? = big16(bytes, at + 2)? & 0x0fff;
        depth += 1;
        at += 4;
        ether_type = big16(bytes, at)?;
    }
    let content = bytes.get(at + 2..)?;
    let (place, kind) = KINDS
        .iter()
        .enumerate()
        .find(|(_, kind)| kind.kind == ether_type && (kind.fits)(content))?;
    let key = Key {
        kind: place,
        source,
        destination,
        vlans,
    };
    Some((key, kind))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A GOOSE frame with a VLAN tag, up to the start of its unit.
    fn goose(source: u8) -> Vec<u8> {
        let mut bytes = vec![1, 0x0c, 0xcd, 1, 0, 1, 0, 0x30, 0xa7, 0, 0, source];
        bytes.extend([
            0x81, 0x00, 0x80, 0x05, 0x88, 0xb8, 0, 1, 0, 12, 0, 0, 0, 0, 0x61, 2, 0x80, 0,
        ]);
        bytes
    }

    #[test]
    fn frames_are_counted_by_sender_receiver_and_vlan() {
        let (mut talks, mut table) = (LinkTalks::default(), Table::default());
        for (number, source) in [(1, 1), (2, 2), (3, 1)] {
            talks.frame(
                CaptureTime(number * 10),
                number.unsigned_abs(),
                &goose(source),
                &mut table,
            );
        }
        let all = talks.all();
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].protocol, all[0].traffic.frames), ("goose", 2));
        assert_eq!(all[0].seen, (CaptureTime(10), CaptureTime(30)));
        assert!(matches!(&all[0].ends, Ends::Link { vlans, .. } if *vlans == [5]));
        let counts = table.each();
        assert_eq!(
            (counts[0].0, counts[0].3.conversations, counts[0].3.traffic.frames),
            ("goose", 2, 3)
        );
    }

    #[test]
    fn content_that_does_not_fit_is_not_counted() {
        let (mut talks, mut table) = (LinkTalks::default(), Table::default());
        let mut bytes = goose(1);
        bytes[26] = 0x62;
        talks.frame(CaptureTime(0), 1, &bytes, &mut table);
        bytes.truncate(20);
        talks.frame(CaptureTime(0), 2, &bytes, &mut table);
        assert!(talks.all().is_empty() && table.each().is_empty());
    }

    #[test]
    fn a_list_that_is_full_still_counts_frames() {
        let (mut talks, mut table) = (LinkTalks::default(), Table::default());
        let mut bytes = goose(1);
        for number in 0..u16::try_from(MOST).unwrap() + 10 {
            bytes[6..8].copy_from_slice(&number.to_be_bytes());
            talks.frame(CaptureTime(0), 1, &bytes, &mut table);
        }
        assert_eq!((talks.all().len(), talks.unlisted), (MOST, 10));
        assert_eq!(table.each()[0].3.traffic.frames, MOST as u64 + 10);
    }
}
