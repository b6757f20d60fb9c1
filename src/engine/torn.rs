//! Values of which only a part was written: judged as they are when the rest does not come.

use std::sync::Arc;

use super::Engine;
use super::step::{Evidence, On};
use crate::plant::reading::Reading;
use crate::rules::judge::Trigger;
use crate::rules::write::Write;
use crate::site::TagId;

impl Engine {
    /// The other half of a value has not come: it is judged as it is.
    pub(super) fn still_torn(&mut self, tag: TagId) {
        let Some(place) = self.pending.torn.iter().position(|torn| torn.0 == tag) else {
            return;
        };
        if self
            .tags
            .get(tag.0 as usize)
            .is_some_and(|state| state.torn_until > self.now)
        {
            return;
        }
        let (_, write) = self.pending.torn.remove(place);
        let Some(reading) = self.as_it_is(tag, &write) else {
            return;
        };
        let mut whole = (*write).clone();
        whole.tags.retain(|written| written.tag == tag);
        for written in &mut whole.tags {
            written.reading = reading;
            written.torn = false;
        }
        self.step += 1;
        if let Some(state) = self.tags.get_mut(tag.0 as usize) {
            state.candidate = reading;
            state.candidate_step = self.step;
        }
        self.judge_all(&[tag], On::Write, Trigger::Torn(&whole));
        let conversation = self
            .pairs
            .get(whole.pair)
            .map(|pair| Arc::clone(&pair.conversation));
        self.report_findings(Evidence {
            write: Some(&whole),
            conversation: conversation.as_ref(),
            frame: Some(whole.frame),
            between: None,
        });
    }

    /// A half-written value with the rest that the device held.
    fn as_it_is(&self, tag: TagId, write: &Write) -> Option<Reading> {
        let coding = self.codings.get(tag.0 as usize)?;
        let of = self.site.tags.get(tag.0 as usize)?;
        let crate::site::Address::Indexed { table, index } = of.address else {
            return None;
        };
        let registers = self.binding.devices.get(of.device.0 as usize)?.registers(table)?;
        let start = u16::try_from(index).ok()?;
        let entry = registers.covered(start, 1).find(|entry| entry.tag == tag)?;
        let (mut words, length) = registers.registers(entry);
        let since = write.at;
        for (place, register) in (entry.start..entry.end).take(length).enumerate() {
            let just = self
                .pending
                .recent
                .iter()
                .rev()
                .find(|recent| {
                    recent.device == of.device
                        && recent.table == table
                        && recent.register == register
                        && recent.at >= since
                })
                .map(|recent| recent.word);
            if let Some((bits, known)) = just {
                let (held, held_known) = words[place];
                words[place] = ((held & !known) | bits, held_known | known);
            }
        }
        Some(coding.registers_read(&words[..length]))
    }
}
