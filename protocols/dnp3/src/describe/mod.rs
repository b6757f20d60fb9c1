//! The field tree of a message: every field with its bytes and its clause of IEEE 1815-2012.

mod object;

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use tapglass_proto::Fields;

use crate::application::{Control, Indications};
use crate::body::{FragmentBody, LinkBody};
use crate::link::{self, Header, place_of};
use crate::objects::Blocks;
use crate::points::common_time;
use crate::transport::Octet;
use crate::{names, words};

/// A link frame that goes no higher.
pub(crate) fn link(body: &LinkBody<'_>, out: &mut Fields) {
    frame(&body.link, 0, body.frame, out, |out| {
        if body.link.user_data() > 0 {
            let text = format!(
                "{} octets that this function does not carry",
                body.link.user_data()
            );
            out.add(
                "User data",
                text,
                link::HEADER,
                body.frame.len() - link::HEADER,
                "",
            );
        }
    });
}

/// A fragment with the link frames that carried it.
pub(crate) fn fragment(body: &FragmentBody<'_>, out: &mut Fields) {
    let map = Map::new(body.frames);
    for &(_, at) in &map.frames {
        let rest = body.frames.get(at..).unwrap_or_default();
        let Some(header) = link::header_of(rest) else {
            return;
        };
        let bytes = rest.get(..header.frame()).unwrap_or(rest);
        frame(&header, at, bytes, out, |out| {
            let octet = Octet(rest.get(link::HEADER).copied().unwrap_or(0));
            let text = format!(
                "sequence {}{}{}",
                octet.sequence(),
                if octet.is_first() { ", first" } else { "" },
                if octet.is_final() { ", final" } else { "" },
            );
            out.add(
                "Transport header",
                text,
                at + link::HEADER,
                1,
                "IEEE 1815-2012 8.2.2",
            );
        });
    }
    let fragment = &body.fragment;
    let length = fragment.objects_at + fragment.objects.len();
    let mut summary = String::new();
    words::summary(fragment, &mut summary);
    map.group(
        out,
        "Application fragment",
        summary,
        0,
        length,
        "IEEE 1815-2012 4.2.2",
        |out| {
            let control = fragment.control;
            map.add(
                out,
                "Application control",
                control_text(control),
                0,
                1,
                "IEEE 1815-2012 4.2.2.4",
            );
            let name = names::function(fragment.function);
            let function = format!("{name} ({})", fragment.function);
            map.add(out, "Function code", function, 1, 1, "IEEE 1815-2012 4.2.2.5");
            if let Some(indications) = fragment.indications {
                let text = indications_text(indications);
                map.add(out, "Internal indications", text, 2, 2, "IEEE 1815-2012 4.2.2.6");
            }
            let objects = Map {
                base: fragment.objects_at,
                ..map.clone()
            };
            let mut blocks = Blocks::new(fragment.objects, fragment.function);
            let mut common = None;
            for block in blocks.by_ref() {
                if block.header.group == 51 {
                    common = common_time(&block);
                }
                objects.block(&block, common, &body.known, out);
            }
            let (at, rest) = blocks.rest();
            if !rest.is_empty() {
                let text = format!("{} octets", rest.len());
                objects.add(out, "Not decoded", text, at, rest.len(), "");
            }
        },
    );
}

fn frame(header: &Header, at: usize, bytes: &[u8], out: &mut Fields, inner: impl FnOnce(&mut Fields)) {
    let length = bytes.len();
    let function = header.named_function().name;
    let text = format!("{function}, {} to {}", header.source, header.destination);
    out.group("Link frame", text, at, length, "IEEE 1815-2012 9.2.4", |out| {
        out.add("START", "0x0564", at, 2, "IEEE 1815-2012 9.2.4.1.1");
        let octets = format!("{} ({} octets of user data)", header.length, header.user_data());
        out.add("LENGTH", octets, at + 2, 1, "IEEE 1815-2012 9.2.4.1.2");
        let control = format!("0x{:02x} {function}", header.control);
        out.group("CONTROL", control, at + 3, 1, "IEEE 1815-2012 9.2.4.1.3", |out| {
            let sender = if header.is_from_master() {
                "1, from a master"
            } else {
                "0, from an outstation"
            };
            let bit = |set: bool| if set { "1" } else { "0" };
            out.add("DIR", sender, at + 3, 1, "");
            out.add("PRM", bit(header.is_primary()), at + 3, 1, "");
            if header.is_primary() {
                out.add("FCB", bit(header.count_bit()), at + 3, 1, "");
                out.add("FCV", bit(header.count_valid()), at + 3, 1, "");
            } else {
                out.add("DFC", bit(header.count_valid()), at + 3, 1, "");
            }
            out.add(
                "Function code",
                format!("{function} ({})", header.function()),
                at + 3,
                1,
                "",
            );
        });
        let clause = "IEEE 1815-2012 9.2.4.1.4";
        let address = |address: u16| match names::address(address) {
            Some(name) => format!("{address} {name}"),
            None => address.to_string(),
        };
        out.add("DESTINATION", address(header.destination), at + 4, 2, clause);
        out.add("SOURCE", address(header.source), at + 6, 2, clause);
        out.add("CRC", check_text(bytes, 8), at + 8, 2, CHECKED);
        inner(out);
        for (nth, end) in link::block_ends(header.user_data()).enumerate() {
            out.add(
                format!("CRC of block {}", nth + 1),
                check_text(bytes, end),
                at + end,
                2,
                CHECKED,
            );
        }
    });
}

/// The clause about checksums.
const CHECKED: &str = "IEEE 1815-2012 9.2.4.3";

/// A checksum, which is right: frames with a wrong one are no messages.
fn check_text(frame: &[u8], at: usize) -> String {
    let octets = frame.get(at..).and_then(|rest| rest.first_chunk());
    let number = octets.copied().map(u16::from_le_bytes).unwrap_or_default();
    format!("0x{number:04x}, right")
}

fn control_text(control: Control) -> String {
    let mut text = String::new();
    for (set, name) in [
        (control.is_first(), "FIR "),
        (control.is_final(), "FIN "),
        (control.wants_confirm(), "CON "),
        (control.is_unsolicited(), "UNS "),
    ] {
        if set {
            text.push_str(name);
        }
    }
    text.push_str(&format!("SEQ {}", control.sequence()));
    text
}

fn indications_text(indications: Indications) -> String {
    let mut text = format!("0x{:04x}", indications.0);
    for name in indications.names() {
        text.push(' ');
        text.push_str(name);
    }
    text
}

/// Where the octets of a fragment stand in the link frames.
#[derive(Clone)]
struct Map {
    /// Of each frame, the first octet of the fragment in it, and where it starts.
    frames: Vec<(usize, usize)>,
    /// Added to every offset.
    base: usize,
}

impl Map {
    fn new(raw: &[u8]) -> Self {
        let mut frames = Vec::new();
        let (mut octets, mut at) = (0, 0);
        while let Some(header) = raw.get(at..).and_then(link::header_of) {
            frames.push((octets, at));
            octets += header.user_data().saturating_sub(1);
            at += header.frame();
        }
        Self { frames, base: 0 }
    }

    fn place(&self, octet: usize) -> usize {
        let after = self.frames.partition_point(|(first, _)| *first <= octet);
        let frame = after.checked_sub(1).and_then(|last| self.frames.get(last));
        // The transport header is the first octet of the user data.
        frame.map_or(0, |(first, at)| at + place_of(octet - first + 1))
    }

    fn range(&self, at: usize, length: usize) -> (usize, usize) {
        let start = self.place(self.base + at);
        match length.checked_sub(1) {
            Some(last) => (start, self.place(self.base + at + last) + 1 - start),
            None => (start, 0),
        }
    }

    /// Adds a field that has no octets and stands behind the octet before `at`.
    fn add_behind(&self, out: &mut Fields, name: String, text: String, at: usize) {
        let start = match (self.base + at).checked_sub(1) {
            Some(before) => self.place(before) + 1,
            None => self.place(0),
        };
        out.add(name, text, start, 0, "");
    }

    fn add(
        &self,
        out: &mut Fields,
        name: impl Into<String>,
        text: impl Into<String>,
        at: usize,
        length: usize,
        clause: &'static str,
    ) {
        let (start, length) = self.range(at, length);
        out.add(name, text, start, length, clause);
    }

    #[allow(clippy::too_many_arguments)] // A field and where it stands; a struct for one call would only rename them.
    fn group(
        &self,
        out: &mut Fields,
        name: impl Into<String>,
        text: impl Into<String>,
        at: usize,
        length: usize,
        clause: &'static str,
        inner: impl FnOnce(&mut Fields),
    ) {
        let (start, length) = self.range(at, length);
        out.group(name, text, start, length, clause, inner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maps_octets_over_checksums_and_frames() {
        // A frame of 16 + 2 octets of user data, then one of 3: fragments of 17 and 2 octets.
        let frame = |length: u8| {
            let header = [0x05, 0x64, length + 5, 0xc4, 1, 0, 2, 0, 0, 0];
            let whole = link::header_of(&header).unwrap().frame();
            let mut frame = header.to_vec();
            frame.resize(whole, 0);
            frame
        };
        let mut raw = frame(18);
        assert_eq!(raw.len(), 10 + 18 + 2 + 2);
        raw.extend(frame(3));
        let map = Map::new(&raw);
        assert_eq!((map.place(0), map.place(14)), (11, 25));
        // Behind the first checksum, then behind the second header.
        assert_eq!((map.place(15), map.place(16)), (28, 29));
        assert_eq!((map.place(17), map.place(18)), (32 + 11, 32 + 12));
        assert_eq!(map.range(14, 2), (25, 4));
    }
}
