//! Which detections a message could concern: a table by protocol, sender and function.

use tapglass_model::Station;
use tapglass_proto::{Direction, Marks, Message};

use crate::rules::detections::{Detection, On, Sender};
use crate::rules::set::RuleSet;

pub(super) const MODBUS: usize = 0;
pub(super) const DNP3: usize = 1;
pub(super) const OPCUA: usize = 2;
pub(super) const PROTOCOLS: usize = 3;
/// No protocol of the detections; the table has nothing for it.
const OTHER: usize = 3;

/// A plain request.
const ASKS: usize = 0;
/// A plain answer.
const ANSWERS: usize = 1;
/// An answer that refuses or indicates something.
const REFUSES: usize = 2;
/// A request with a mark: it asks for a confirmation, goes to or comes from a special address, or has an odd type.
const MARKED: usize = 3;
const CLASSES: usize = 4;

/// The first DNP3 address that is no device (IEEE 1815-2012 9.2.4.1.4).
pub(super) const SPECIAL: u16 = 0xfff0;
/// Internal indications that speak of the request: function, object or parameter not known.
pub(super) const REFUSALS: u16 = 0x0007;

/// The place of a protocol.
#[inline]
pub(super) fn place(protocol: &str) -> usize {
    match protocol {
        "modbus" => MODBUS,
        "dnp3" => DNP3,
        "opcua" => OPCUA,
        _ => OTHER,
    }
}

/// The place of a list in the table. It is a power of two long, so that no place lies outside.
#[inline]
const fn cell(protocol: usize, class: usize, code: u32) -> usize {
    (protocol << 10 | class << 8 | (code & 0xff) as usize) & (CELLS - 1)
}

/// Four protocols, four classes, 256 functions.
const CELLS: usize = 4 * CLASSES * 256;

/// True for a status that refuses.
#[inline]
pub(super) fn refuses(protocol: usize, message: &Message<'_>, marks: &Marks) -> bool {
    match protocol {
        DNP3 => marks.indications & REFUSALS != 0,
        // Any exception; of OPC UA only what is bad (OPC 10000-4 7.39.1).
        MODBUS => message.status.is_some(),
        _ => message.status.is_some_and(|status| status.code >> 31 == 1),
    }
}

#[inline]
pub(super) fn class(protocol: usize, message: &Message<'_>, marks: &Marks) -> usize {
    if message.from == Direction::FromServer {
        return if refuses(protocol, message, marks) {
            REFUSES
        } else {
            ANSWERS
        };
    }
    if protocol != MODBUS && is_marked(protocol, marks) {
        return MARKED;
    }
    ASKS
}

#[inline]
fn is_marked(protocol: usize, marks: &Marks) -> bool {
    if protocol == OPCUA {
        return marks.subfunction.is_some();
    }
    let special = matches!(
        marks.station,
        Some(Station::Link { master, outstation }) if master >= SPECIAL || outstation >= SPECIAL
    );
    special || marks.confirm
}

/// The detections that are switched on, by what they look at.
#[derive(Clone, Debug)]
pub(super) struct Index {
    /// Number of a list, by protocol, class and the low octet of the function; 0 is the empty one.
    table: Box<[u8; CELLS]>,
    lists: Vec<Box<[u16]>>,
    /// Those about anomalies, statements and other protocols, by name.
    anomalies: Vec<(&'static str, u16)>,
    pub(super) operations: Box<[u16]>,
    pub(super) statements: Box<[u16]>,
    pub(super) reports: Box<[u16]>,
    pub(super) talks: Box<[u16]>,
    /// Those that the engine notices itself, by the last part of their id.
    engine: Vec<(&'static str, u16)>,
    /// Rules by detection; `u32::MAX` when it is switched off.
    rules: Vec<u32>,
    /// Indications that are reported when they appear.
    pub(super) indications: u16,
}

impl Index {
    pub(super) fn new(all: &'static [Detection], rules: &RuleSet) -> Self {
        let place_of = |detection: &Detection| {
            rules
                .rule(&detection.id)
                .filter(|rule| rules.infos.get(*rule as usize).is_some_and(|info| !info.disabled))
                .unwrap_or(u32::MAX)
        };
        let places: Vec<u32> = all.iter().map(place_of).collect();
        let on = |on: On| -> Vec<(u16, &'static Detection)> {
            (0_u16..)
                .zip(all)
                .filter(|(number, detection)| {
                    detection.on == on && places.get(usize::from(*number)) != Some(&u32::MAX)
                })
                .collect()
        };
        let numbers = |kind: On| on(kind).into_iter().map(|(number, _)| number).collect();
        let mut index = Self {
            table: Box::new([0; CELLS]),
            lists: vec![Box::from([])],
            anomalies: on(On::Anomaly)
                .into_iter()
                .flat_map(|(number, detection)| {
                    detection
                        .anomalies
                        .iter()
                        .map(move |name| (name.as_str(), number))
                })
                .collect(),
            operations: numbers(On::Operation),
            statements: numbers(On::Identity),
            reports: numbers(On::Indication),
            talks: numbers(On::Talk),
            engine: on(On::Engine)
                .into_iter()
                .filter_map(|(number, detection)| Some((detection.id.rsplit_once('/')?.1, number)))
                .collect(),
            indications: on(On::Indication)
                .iter()
                .fold(0, |bits, (_, detection)| bits | detection.indications),
            rules: places.clone(),
        };
        index.fill(&on(On::Message));
        index
    }

    fn fill(&mut self, messages: &[(u16, &'static Detection)]) {
        for protocol in 0..PROTOCOLS {
            for class in 0..CLASSES {
                let some: Vec<_> = messages
                    .iter()
                    .filter(|(_, detection)| concerns(detection, protocol, class))
                    .collect();
                if some.is_empty() {
                    continue;
                }
                for code in 0..=255_u8 {
                    let list: Vec<u16> = some
                        .iter()
                        .filter(|(_, detection)| has_function(detection, protocol, code))
                        .map(|(number, _)| *number)
                        .collect();
                    let known = self.lists.iter().position(|known| **known == *list);
                    let place = known.unwrap_or_else(|| {
                        self.lists.push(list.into_boxed_slice());
                        self.lists.len() - 1
                    });
                    // There are fewer different lists than detections; one too many would be looked at too often.
                    self.table[cell(protocol, class, u32::from(code))] =
                        u8::try_from(place).unwrap_or(u8::MAX);
                }
            }
        }
    }

    /// Does any detection concern such a message?
    #[inline]
    pub(super) fn any(&self, protocol: usize, class: usize, code: u32) -> bool {
        self.table[cell(protocol, class, code)] != 0
    }

    /// Those that could.
    pub(super) fn of(&self, protocol: usize, message: &Message<'_>, marks: &Marks) -> &[u16] {
        let code = message.function.map_or(0, |function| function.code);
        let list = self.table[cell(protocol, class(protocol, message, marks), code)];
        self.lists.get(usize::from(list)).map_or(&[], |list| list)
    }

    /// Those about an anomaly.
    pub(super) fn of_anomaly(&self, name: &str) -> impl Iterator<Item = u16> {
        self.anomalies
            .iter()
            .filter(move |(known, _)| *known == name)
            .map(|(_, number)| *number)
    }

    /// The one that the engine notices itself.
    pub(super) fn noticed(&self, name: &str) -> Option<u16> {
        self.engine
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, number)| *number)
    }

    /// The rule of a detection.
    pub(super) fn rule(&self, number: u16) -> Option<u32> {
        self.rules
            .get(usize::from(number))
            .copied()
            .filter(|rule| *rule != u32::MAX)
    }
}

/// Could the detection concern messages of this protocol and class?
fn concerns(detection: &Detection, protocol: usize, class: usize) -> bool {
    if detection.protocol.as_deref().map(place) != Some(protocol) {
        return false;
    }
    let marked = detection.confirm
        || detection.stations != (0, 0)
        || (protocol == OPCUA && !detection.subfunctions.is_empty());
    let refusal = detection.refused
        || detection.indications != 0
        || !(detection.statuses.is_empty() && detection.other_statuses.is_empty());
    let sender = detection.from.map(|sender| sender == Sender::Client);
    match class {
        ASKS => sender != Some(false) && !marked && !refusal,
        MARKED => sender != Some(false) && !refusal,
        ANSWERS => sender != Some(true) && !marked && !refusal,
        _ => sender != Some(true) && !marked,
    }
}

/// Could it concern a function with this low octet?
fn has_function(detection: &Detection, protocol: usize, code: u8) -> bool {
    let low = |code: &u32| u8::try_from(code & 0xff).unwrap_or(0);
    (detection.functions.is_empty() || detection.functions.iter().any(|known| low(known) == code))
        && !(detection.other_functions.iter().any(|known| low(known) == code) && protocol != OPCUA)
}
