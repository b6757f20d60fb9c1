//! The tags that a written block of registers or bits touches: whole, in part, or bit by bit.

use tapglass_model::Table;

use super::Engine;
use super::answer::RegisterWrite;
use crate::plant::bind;
use crate::plant::image::masked;
use crate::plant::reading::Reading;
use crate::rules::write::{Write, Written};
use crate::site::{Bits, DeviceId, TagId};

impl Engine {
    pub(super) fn add_written(
        &self,
        write: &mut Write,
        position: u32,
        tag: TagId,
        reading: Reading,
        torn: bool,
        alone: bool,
    ) {
        let Some(state) = self.tags.get(tag.0 as usize) else {
            return;
        };
        let before = state
            .newest_reading(self.now, &self.pairs)
            .copied()
            .unwrap_or_default();
        let differs = !before.usable().says_something() || !before.usable().same(reading.value);
        write.tags.push(Written {
            tag,
            position,
            reading,
            before,
            torn,
            counts: alone || differs,
        });
    }

    pub(super) fn bits_of(
        &self,
        write: &mut Write,
        device: DeviceId,
        (table, first, count): (Table, u16, u16),
        bytes: &[u8],
    ) {
        let Some(points) = self
            .binding
            .devices
            .get(device.0 as usize)
            .and_then(|tables| tables.points(table))
        else {
            return;
        };
        for (index, tag) in points.covered(u32::from(first), u32::from(count)) {
            let offset = index as usize - usize::from(first);
            let (Some(byte), Some(coding)) = (bytes.get(offset / 8), self.codings.get(tag.0 as usize)) else {
                continue;
            };
            let reading = coding.bit_read(byte >> (offset % 8) & 1 != 0);
            let position = u32::try_from(offset).unwrap_or(u32::MAX);
            self.add_written(write, position, tag, reading, false, count == 1);
        }
    }

    /// The tags that registers touch: whole, in part, or bit by bit.
    pub(super) fn registers_of(&self, write: &mut Write, device: DeviceId, writes: &[RegisterWrite]) {
        let (Some(first), Some(last)) = (writes.first(), writes.last()) else {
            return;
        };
        let Some(table) = self
            .binding
            .devices
            .get(device.0 as usize)
            .and_then(|tables| tables.registers(first.table))
        else {
            return;
        };
        let count = last.register.saturating_sub(first.register).saturating_add(1);
        let entries: Vec<bind::Entry> = table.covered(first.register, count).collect();
        for entry in &entries {
            let (Some(state), Some(coding)) = (
                self.tags.get(entry.tag.0 as usize),
                self.codings.get(entry.tag.0 as usize),
            ) else {
                continue;
            };
            let fresh = state.observed_at(self.now, &self.pairs).is_ok()
                || state.commanded_now().is_ok()
                || state.torn_until > self.now;
            let (image, length) = table.registers(*entry);
            let mut words = image;
            let mut whole = true;
            let mut untouched = [(0, 0); 4];
            for (place, register) in (entry.start..entry.end).take(length).enumerate() {
                let held = if fresh { image[place] } else { (0, 0) };
                untouched[place] = held;
                match register.checked_sub(first.register).map(usize::from) {
                    Some(offset) if offset < writes.len() => {
                        let write = &writes[offset];
                        words[place] = masked(held, write.and, write.or);
                    }
                    // The rest of a half-written value may follow, and meanwhile nothing is known of it; or this is the
                    // rest, and the other half was written just before.
                    _ => match self.pending.just_written(device, first.table, register, self.now) {
                        Some(word) => words[place] = word,
                        None => {
                            whole = false;
                            words[place] = (0, 0);
                        }
                    },
                }
            }
            let reading = coding.registers_read(&words[..length]);
            let kept = writes
                .get(usize::from(entry.start.saturating_sub(first.register)))
                .filter(|_| entry.start >= first.register)
                .map_or(0, |write| write.and);
            let before = coding.registers_read(&untouched[..length]);
            let alone = entries.len() == 1;
            let position = u32::from(entry.start.saturating_sub(first.register));
            let field = self.field(entry.tag, kept);
            if field == Field::Kept || (field == Field::Written && is_same(&reading, &before)) {
                if field == Field::Written && self.rules.repeats.binary_search(&entry.tag).is_ok() {
                    write.repeated.push(Written {
                        tag: entry.tag,
                        position,
                        reading,
                        before,
                        torn: false,
                        counts: false,
                    });
                }
                continue;
            }
            self.add_written(write, position, entry.tag, reading, !whole, alone);
        }
    }

    /// What a write does to a tag that is a field of bits and shares its register with others.
    fn field(&self, tag: TagId, kept: u16) -> Field {
        let bits = self.site.tags.get(tag.0 as usize).and_then(|tag| tag.bits);
        let Some(Bits { low, high }) = bits else {
            return Field::None;
        };
        let field = (u32::MAX >> (31 - u32::from(high.saturating_sub(low)).min(31)))
            .checked_shl(u32::from(low))
            .unwrap_or(0);
        // A mask that keeps every bit of the field does not write it, whatever the field holds.
        if u32::from(kept) & field == field {
            Field::Kept
        } else {
            Field::Written
        }
    }
}

/// Whether a tag is a field of bits, and whether a write touches it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Field {
    None,
    Kept,
    Written,
}

/// A field that stays what it is was not meant; the others of its register were.
fn is_same(after: &Reading, before: &Reading) -> bool {
    before.value.number().is_some() && before.value.same(after.value)
}
