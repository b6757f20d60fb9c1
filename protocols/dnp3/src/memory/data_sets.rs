//! Data sets: descriptors and prototypes say once what the values are, and the values come without types.

use alloc::collections::VecDeque;
use alloc::vec::Vec;

use super::whole_objects;
use crate::application::Fragment;
use crate::objects::data_set::{Element, UUID, code, elements, unsigned};

/// The most descriptors, and the most prototypes, that are remembered in a conversation.
const MOST: usize = 32;
/// The most values of one data set that are remembered; the values of a larger one stay octets.
const MOST_VALUES: usize = 256;
/// The longest name that is kept.
const LONGEST: usize = 64;

/// What one value of a data set is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Valued {
    /// Its type.
    pub(crate) kind: u8,
    /// Its name, perhaps empty.
    pub(crate) name: Vec<u8>,
}

/// One element of a descriptor that stands for values.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Slot {
    One(Valued),
    /// Those of a prototype.
    Of([u8; UUID]),
}

#[derive(Clone, Debug)]
struct Prototype {
    outstation: u16,
    uuid: [u8; UUID],
    values: Vec<Valued>,
}

#[derive(Clone, Debug)]
struct Descriptor {
    outstation: u16,
    number: u64,
    slots: Vec<Slot>,
}

/// The values of one data set in order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DataSet<'a> {
    sets: &'a DataSets,
    descriptor: &'a Descriptor,
}

impl<'a> DataSet<'a> {
    /// How many values it has; `None` while a prototype is not known.
    pub(crate) fn count(&self) -> Option<usize> {
        self.descriptor
            .slots
            .iter()
            .try_fold(0, |count: usize, slot| Some(count + self.of(slot)?.len()))
    }

    /// Its values as far as they are known.
    pub(crate) fn values(self) -> impl Iterator<Item = &'a Valued> {
        self.descriptor
            .slots
            .iter()
            .flat_map(move |slot| self.of(slot).unwrap_or_default())
    }

    fn of(&self, slot: &'a Slot) -> Option<&'a [Valued]> {
        match slot {
            Slot::One(value) => Some(core::slice::from_ref(value)),
            Slot::Of(uuid) => self
                .sets
                .prototypes
                .iter()
                .find(|known| known.outstation == self.descriptor.outstation && known.uuid == *uuid)
                .map(|known| known.values.as_slice()),
        }
    }
}

/// The data sets of all outstations of a conversation.
#[derive(Clone, Debug, Default)]
pub(super) struct DataSets {
    prototypes: VecDeque<Prototype>,
    descriptors: VecDeque<Descriptor>,
}

impl DataSets {
    pub(super) fn get(&self, outstation: u16, number: u64) -> Option<DataSet<'_>> {
        let descriptor = self
            .descriptors
            .iter()
            .find(|set| set.outstation == outstation && set.number == number)?;
        Some(DataSet {
            sets: self,
            descriptor,
        })
    }

    /// Learns the prototypes and descriptors of a fragment; true when an older one was forgotten.
    pub(super) fn learn(&mut self, outstation: u16, fragment: &Fragment<'_>) -> bool {
        let mut forgot = false;
        for object in whole_objects(fragment, 85, 1) {
            let uuid = elements(object).find(|element| element.code == code::UUID);
            if let Some(uuid) = uuid.and_then(|element| element.ancillary.try_into().ok()) {
                let values = elements(object).filter_map(valued).take(MOST_VALUES).collect();
                self.prototypes
                    .retain(|known| known.outstation != outstation || known.uuid != uuid);
                forgot |= self.prototypes.len() >= MOST && self.prototypes.pop_front().is_some();
                self.prototypes.push_back(Prototype {
                    outstation,
                    uuid,
                    values,
                });
            }
        }
        for object in whole_objects(fragment, 86, 1) {
            let number = elements(object).find(|element| element.code == code::ID);
            if let Some(number) = number.and_then(|element| unsigned(element.ancillary)) {
                let slots = elements(object).filter_map(slot).take(MOST_VALUES).collect();
                self.descriptors
                    .retain(|known| known.outstation != outstation || known.number != number);
                forgot |= self.descriptors.len() >= MOST && self.descriptors.pop_front().is_some();
                self.descriptors.push_back(Descriptor {
                    outstation,
                    number,
                    slots,
                });
            }
        }
        forgot
    }
}

/// A data element or control; `None` for those that only name something.
fn valued(element: Element<'_>) -> Option<Valued> {
    matches!(element.code, code::DAEL | code::CTLV | code::CTLS).then(|| Valued {
        kind: element.kind,
        name: element
            .ancillary
            .get(..element.ancillary.len().min(LONGEST))
            .unwrap_or_default()
            .to_vec(),
    })
}

fn slot(element: Element<'_>) -> Option<Slot> {
    if element.code == code::PTYP {
        return element.ancillary.first_chunk().copied().map(Slot::Of);
    }
    valued(element).map(Slot::One)
}
