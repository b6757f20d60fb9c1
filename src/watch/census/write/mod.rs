//! The `conversation` and `device` records (records.md section 6).

mod conversation;
mod device;

pub(super) use conversation::write_talk;
pub(super) use device::write_device;

use tapglass_model::CaptureTime;
use tapglass_proto::json::Writer;

use super::{Beside, Census};
use crate::records::{Captures, write_line};

impl Census {
    /// Writes the `conversation` records: those that are decoded or known to be encrypted, then the others.
    pub fn write_conversations(&self, out: &mut Vec<u8>, captures: &Captures, beside: &Beside<'_>) {
        for talk in self.talks.values().filter(|talk| talk.was_heard()) {
            write_talk(out, captures, beside, talk);
        }
        for other in &self.others {
            conversation::write_other(out, captures, other);
        }
    }

    /// Writes a `blind_spot` record when somebody is not listed.
    pub fn write_shortfall(&self, out: &mut Vec<u8>, captures: &Captures) {
        let Some(text) = self.shortfall() else { return };
        let (from, until) = self
            .devices
            .values()
            .map(|device| device.seen)
            .reduce(|(first, last), seen| (first.min(seen.0), last.max(seen.1)))
            .unwrap_or((self.now, self.now));
        write_line(out, captures, "blind_spot", until, 0, |out| {
            out.key("from").time(from);
            out.key("until").time(until);
            out.key("why").string("limit");
            out.key("text").string(&text);
        });
    }

    /// Writes the `device` records, of each address and of each station behind it.
    pub fn write_devices(&self, out: &mut Vec<u8>, captures: &Captures, beside: &Beside<'_>) {
        let services = self.services();
        for (ip, seen) in &self.devices {
            write_device(
                out,
                captures,
                beside,
                services.get(ip).map_or(&[], Vec::as_slice),
                *ip,
                seen,
            );
        }
    }
}

fn seen(out: &mut Writer<'_>, (first, last): (CaptureTime, CaptureTime)) {
    out.key("first_seen").time(first.min(last));
    out.key("last_seen").time(last);
}

fn strings<'a>(out: &mut Writer<'_>, list: impl Iterator<Item = &'a str>) {
    out.array(|out| list.for_each(|text| out.string(text)));
}

fn pairs<'a>(out: &mut Writer<'_>, list: impl Iterator<Item = (&'a &'static str, &'a String)>) {
    out.object(|out| {
        for (key, value) in list {
            out.key(key).string(value);
        }
    });
}
