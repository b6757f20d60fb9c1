//! The engine as a whole: what it says to operations and to time.

mod aftermath;
mod alarms;
mod blindness;
mod boundary;
mod building;
mod commands;
mod counted;
mod determinism;
mod events;
mod exposure;
mod plant;
mod process;
mod records;
mod repeated;
mod silence;
mod temporal;
mod torn;
mod vectors;

use std::sync::Arc;

use tapglass_model::{
    Action, CaptureTime, Node, NodeIdentifier, Outcome, PointAddress, Quality, QualityReasons, SECOND,
    Severity, Station, Table, Value,
};
use tapglass_proto::{
    Actor, Answer, Blind, BlindReason, Direction, EachPoint, Function, Observation, Operation, Origin,
    Points, Status,
};

use super::{Engine, Options, Output};
use crate::alarm::{Alarm, Change, State};
use crate::conversation::{Context, Conversation, Party};
use crate::rules::coverage::Coverage;
use crate::site::Site;

/// A morning in March, as nanoseconds since the epoch.
const START: i64 = 1_772_524_800 * SECOND;

/// The hosts of the tests: a last octet and a card.
const HMI: u8 = 20;
const ENGINEER: u8 = 41;
const STRANGER: u8 = 99;

/// An engine with a plant of one or more devices at 10.0.0.x, and the words to play on it.
struct Stage {
    engine: Engine,
    /// Nanoseconds since [`START`].
    now: i64,
    frame: u64,
    transaction: u64,
    conversations: Vec<Conversation>,
    raised: Vec<Arc<Alarm>>,
    all: Vec<(Change, Arc<Alarm>)>,
    records: Vec<super::OperationRecord>,
    /// The requests to which reports answer are in the capture.
    requests: bool,
}

/// What the tests have in common: a Modbus PLC, two who may write, and whatever is added.
const HEAD: &str = r#"
[site]
name = "test"
[device.plc]
proto = "modbus"
host = "10.0.0.1"
unit = 1
base = 0
[principal.hmi]
ip = "10.0.0.20"
mac = "02:00:00:00:00:14"
ttl = 128
[principal.eng]
ip = "10.0.0.41"
mac = "02:00:00:00:00:29"
ttl = 128
"#;

fn site(plant: &str, rules: &str) -> Site {
    let loaded = Site::from_files(&[("plant.toml", plant.as_bytes()), ("rules.toml", rules.as_bytes())]);
    match loaded {
        Ok(loaded) => loaded.site,
        Err(errors) => panic!("{errors:#?}"),
    }
}

impl Stage {
    /// A Modbus plant with these tags and rules.
    fn modbus(tags: &str, rules: &str) -> Self {
        Self::new(site(&format!("{HEAD}{tags}"), rules))
    }

    fn new(site: Site) -> Self {
        Self::with(site, Options::default())
    }

    fn with(site: Site, options: Options) -> Self {
        let mut stage = Self {
            engine: Engine::new(site, options),
            now: 0,
            frame: 0,
            transaction: 0,
            conversations: Vec::new(),
            raised: Vec::new(),
            all: Vec::new(),
            records: Vec::new(),
            requests: true,
        };
        stage.engine.advance(stage.at());
        // Long enough before anything happens that nothing can have been missed.
        stage.quietly(120.0);
        stage
    }

    fn at(&self) -> CaptureTime {
        CaptureTime(START + self.now)
    }

    /// Lets time pass, with a frame of somebody else every second.
    fn wait(&mut self, seconds: f64) {
        #[allow(clippy::cast_possible_truncation)]
        let until = self.now + (seconds * SECOND as f64) as i64;
        while self.now + SECOND < until {
            self.now += SECOND;
            self.engine.advance(self.at());
        }
        self.now = until;
        self.engine.advance(self.at());
        self.collect();
    }

    /// The same before the play begins.
    fn quietly(&mut self, seconds: f64) {
        self.wait(seconds);
    }

    /// Lets time pass without any frame.
    fn silence(&mut self, seconds: f64) {
        #[allow(clippy::cast_possible_truncation)]
        let passed = (seconds * SECOND as f64) as i64;
        self.now += passed;
        self.engine.advance(self.at());
        self.collect();
    }

    fn collect(&mut self) {
        for output in self.engine.drain() {
            match output {
                Output::Alarm(transition) => {
                    if transition.change == Change::Raised {
                        self.raised.push(Arc::clone(&transition.alarm));
                    }
                    self.all.push((transition.change, transition.alarm));
                }
                Output::Operation(record) => self.records.push(*record),
            }
        }
    }

    fn conversation(&mut self, protocol: &'static str, client: u8, server: u8) -> usize {
        let ip = |last: u8| std::net::IpAddr::from([10, 0, 0, last]);
        if let Some(place) = self.conversations.iter().position(|known| {
            known.protocol == protocol && known.client.ip == ip(client) && known.server.ip == ip(server)
        }) {
            return place;
        }
        let party = |last: u8, port| Party {
            mac: Some([2, 0, 0, 0, 0, last]),
            ip: ip(last),
            port,
        };
        let number = u32::try_from(self.conversations.len()).unwrap();
        self.conversations.push(Conversation::new(
            number,
            protocol,
            6,
            party(client, 50_000),
            party(server, 502),
            Vec::new(),
        ));
        self.conversations.len() - 1
    }

    fn tell(&mut self, play: &Play<'_>, outcome: Outcome) -> u64 {
        self.frame += 1;
        let place = self.conversation(play.protocol, play.client, play.server);
        let conversation = &self.conversations[place];
        let expects = outcome == Outcome::Requested;
        if expects && !play.repeats {
            self.transaction += 1;
        }
        let operation = Operation {
            action: play.action,
            function: Function {
                code: 6,
                name: "a function",
            },
            at: CaptureTime(START + self.now),
            frame: self.frame,
            station: play.station,
            actor: Actor {
                link: play.link,
                application: play.application,
                user: play.user,
            },
            outcome,
            transaction: if expects { self.transaction } else { 0 },
            repeats: play.repeats,
            sequence: play.sequence,
            origin: play.origin,
            points: play.points,
            detail: "",
        };
        let from_client = play.action != Action::Report;
        let context = Context {
            conversation,
            mac: Some([
                2,
                0,
                0,
                0,
                0,
                play.card
                    .unwrap_or(if from_client { play.client } else { play.server }),
            ]),
            ttl: play.ttl,
            from_client,
        };
        let direction = if from_client {
            Direction::FromClient
        } else {
            Direction::FromServer
        };
        if self.requests && !from_client {
            let asks = Context {
                mac: Some([2, 0, 0, 0, 0, play.client]),
                ttl: 128,
                from_client: true,
                ..context
            };
            let station = Some(play.station);
            self.engine
                .message(&asks, Direction::FromClient, station, operation.at);
        }
        self.engine
            .message(&context, direction, Some(play.station), operation.at);
        self.engine.operation(&context, &operation);
        self.collect();
        self.transaction
    }

    /// The device's answer to the last command of a client.
    fn reply(&mut self, play: &Play<'_>, transaction: u64, outcome: Outcome, status: u32) {
        self.answer_with(play, transaction, outcome, status, false, &[]);
    }

    fn answer_with(
        &mut self,
        play: &Play<'_>,
        transaction: u64,
        outcome: Outcome,
        status: u32,
        echo_differs: bool,
        each: &[(Outcome, Status<'_>)],
    ) {
        self.frame += 1;
        let place = self.conversation(play.protocol, play.client, play.server);
        let conversation = &self.conversations[place];
        let context = Context {
            conversation,
            mac: Some([2, 0, 0, 0, 0, play.server]),
            ttl: 64,
            from_client: false,
        };
        let at = CaptureTime(START + self.now);
        self.engine
            .message(&context, Direction::FromServer, Some(play.station), at);
        self.engine.answer(
            &context,
            &Answer {
                transaction,
                at,
                frame: self.frame,
                outcome,
                status: (status != 0).then_some(Status {
                    code: status,
                    name: "a reason",
                }),
                each,
                echo_differs,
            },
        );
        self.collect();
    }

    /// A command, its answer 10 ms later.
    fn does(&mut self, play: &Play<'_>) {
        let transaction = self.tell(play, Outcome::Requested);
        self.now += 10_000_000;
        self.reply(play, transaction, Outcome::Accepted, 0);
    }

    /// A command that the device refuses.
    fn fails(&mut self, play: &Play<'_>) {
        let transaction = self.tell(play, Outcome::Requested);
        self.now += 10_000_000;
        self.reply(play, transaction, Outcome::Rejected, 4);
    }

    /// Writes a holding register of the PLC.
    fn write(&mut self, client: u8, register: u16, value: u16) {
        self.does(&registers(client, register, &value.to_be_bytes()));
    }

    /// Writes a coil of the PLC.
    fn coil(&mut self, client: u8, coil: u16, on: bool) {
        let byte = [u8::from(on)];
        self.does(&bits(client, coil, &byte));
    }

    /// The PLC reports holding registers.
    fn reads(&mut self, first: u16, values: &[u16]) {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_be_bytes()).collect();
        let play = Play {
            action: Action::Report,
            points: Points::Registers {
                table: Table::Holding,
                first,
                bytes: &bytes,
            },
            ttl: 64,
            ..Play::default()
        };
        self.tell(&play, Outcome::Accepted);
    }

    /// The PLC reports coils or discrete inputs.
    fn reads_bit(&mut self, table: Table, first: u16, on: bool) {
        let bytes = [u8::from(on)];
        let play = Play {
            action: Action::Report,
            points: Points::Bits {
                table,
                first,
                count: 1,
                bytes: &bytes,
            },
            ttl: 64,
            ..Play::default()
        };
        self.tell(&play, Outcome::Accepted);
    }

    /// The PLC refuses a read of a client.
    fn refuses(&mut self, client: u8, table: Table, first: u16, count: u16) {
        let play = Play {
            client,
            action: Action::Report,
            points: Points::Range { table, first, count },
            ttl: 64,
            ..Play::default()
        };
        self.tell(&play, Outcome::Rejected);
    }

    /// Polls the same registers every second for some seconds.
    fn polls(&mut self, seconds: u32, first: u16, values: &[u16]) {
        for _ in 0..seconds {
            self.reads(first, values);
            self.wait(1.0);
        }
    }

    fn blind(&mut self, direction: Option<Direction>, seconds: f64) {
        self.blind_to("modbus", 1, direction, seconds);
    }

    fn blind_to(&mut self, protocol: &'static str, server: u8, direction: Option<Direction>, seconds: f64) {
        let place = self.conversation(protocol, HMI, server);
        let conversation = &self.conversations[place];
        let context = Context {
            conversation,
            mac: None,
            ttl: 0,
            from_client: direction == Some(Direction::FromClient),
        };
        #[allow(clippy::cast_possible_truncation)]
        let from = CaptureTime(START + self.now - (seconds * SECOND as f64) as i64);
        self.engine.blind(
            Some(&context),
            &Blind {
                from,
                until: CaptureTime(START + self.now),
                frame: self.frame,
                direction,
                bytes: Some(12),
                reason: BlindReason::Gap,
                text: format_args!("12 bytes are missing"),
            },
        );
    }

    /// The rules that raised something, with severities, in order; low ones too.
    fn said(&self) -> Vec<(String, Severity)> {
        self.raised
            .iter()
            .map(|alarm| (alarm.rule.clone(), alarm.severity))
            .collect()
    }

    /// The ids of what was raised and is not only for the journal.
    fn rules(&self) -> Vec<&str> {
        self.raised
            .iter()
            .filter(|alarm| alarm.severity > Severity::Low)
            .map(|alarm| alarm.rule.as_str())
            .collect()
    }

    fn forget(&mut self) {
        self.raised.clear();
        self.all.clear();
    }

    /// The alarm of a rule as it is now.
    fn alarm(&self, rule: &str) -> Arc<Alarm> {
        self.engine
            .alarms()
            .rev()
            .find(|alarm| alarm.rule == rule)
            .cloned()
            .unwrap_or_else(|| panic!("no alarm of {rule}, but {:?}", self.said()))
    }

    fn coverage(&self, rule: &str) -> Coverage {
        self.engine
            .rules()
            .find(|view| view.info.id == rule)
            .map(|view| *view.coverage)
            .unwrap_or_else(|| {
                let ids: Vec<String> = self.engine.rules().map(|view| view.info.id.clone()).collect();
                panic!("no rule {rule} in {ids:?}")
            })
    }

    fn observed(&self, tag: &str) -> Option<f64> {
        let id = self
            .engine
            .site()
            .tags
            .iter()
            .position(|known| known.name == tag)
            .unwrap();
        let view = self.engine.tags().nth(id).unwrap();
        view.state.observed.value.number()
    }
}

/// One operation of a play.
#[derive(Clone, Copy)]
struct Play<'a> {
    protocol: &'static str,
    client: u8,
    server: u8,
    card: Option<u8>,
    ttl: u8,
    action: Action,
    station: Station,
    link: Option<u16>,
    application: Option<&'a str>,
    user: Option<&'a str>,
    repeats: bool,
    sequence: Option<u8>,
    origin: Origin,
    points: Points<'a>,
}

impl Default for Play<'_> {
    fn default() -> Self {
        Self {
            protocol: "modbus",
            client: HMI,
            server: 1,
            card: None,
            ttl: 128,
            action: Action::Write,
            station: Station::Unit(1),
            link: None,
            application: None,
            user: None,
            repeats: false,
            sequence: None,
            origin: Origin::Polled,
            points: Points::None,
        }
    }
}

fn registers(client: u8, first: u16, bytes: &[u8]) -> Play<'_> {
    Play {
        client,
        points: Points::Registers {
            table: Table::Holding,
            first,
            bytes,
        },
        ..Play::default()
    }
}

fn bits(client: u8, first: u16, bytes: &[u8]) -> Play<'_> {
    Play {
        client,
        points: Points::Bits {
            table: Table::Coil,
            first,
            count: 1,
            bytes,
        },
        ..Play::default()
    }
}

/// Points of any shape.
struct Each<'a>(Vec<Observation<'a>>);

impl EachPoint for Each<'_> {
    fn each(&self, visit: &mut dyn FnMut(&Observation<'_>)) {
        self.0.iter().for_each(visit);
    }
}

fn at(table: Table, index: u32) -> PointAddress<'static> {
    PointAddress::indexed(table, index)
}

fn node<'a>(uri: Option<&'a str>, text: &'a str) -> PointAddress<'a> {
    PointAddress::value_of(Node {
        namespace: 2,
        uri,
        identifier: NodeIdentifier::Text(text),
    })
}

fn flagged<'a>(address: PointAddress<'a>, value: Value<'a>, reasons: QualityReasons) -> Observation<'a> {
    Observation {
        reasons,
        quality: Quality::Good,
        ..Observation::good(address, value)
    }
}

fn standing(alarm: &Alarm) -> bool {
    alarm.state == State::Unacknowledged
}
