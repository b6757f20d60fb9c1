//! From what was sighted to an alarm: who, which device, how often.

use std::net::IpAddr;
use std::sync::Arc;

use hashbrown::HashMap;

use tapglass_model::{CaptureTime, SECOND, Station};
use tapglass_proto::{Actor as Speaker, Direction};

use super::count::Subject;
use super::{Engine, REMEMBERED};
use crate::alarm::Key;
use crate::conversation::{Context, Conversation};
use crate::engine::step::{Evidence, Raise};
use crate::plant::bind::Hasher;
use crate::records::operation::Actor;
use crate::rules::detections::{self, Detection, Distinct, Per};
use crate::rules::verdict::{Cause, Detected, What};
use crate::site::{DeviceId, Site};

/// What devices said of themselves: by server, station and key.
pub(super) type Statements = HashMap<(IpAddr, u16, Station, &'static str), Box<str>, Hasher>;

/// A time written to a device may differ so much from the time of the capture.
const CLOCKS_DIFFER: i64 = 120 * SECOND;

/// Something that was seen in a conversation.
#[derive(Clone, Copy)]
pub(super) struct Sight<'a> {
    pub(super) context: &'a Context<'a>,
    station: Option<Station>,
    frame: u64,
    speaker: Speaker<'a>,
    note: &'a str,
    function: u64,
    address: u64,
    /// Its conversation is not, or not yet, one that the engine follows.
    apart: bool,
}

impl<'a> Sight<'a> {
    pub(super) fn new(context: &'a Context<'a>, frame: u64, station: Option<Station>) -> Self {
        Self {
            context,
            station,
            frame,
            speaker: Speaker::default(),
            note: "",
            function: 0,
            address: 0,
            apart: false,
        }
    }

    /// Its conversation is not followed.
    pub(super) const fn not_followed(mut self) -> Self {
        self.apart = true;
        self
    }

    /// More about it.
    pub(super) const fn told(mut self, note: &'a str) -> Self {
        self.note = note;
        self
    }

    /// What the protocol says of who acts.
    pub(super) const fn by(mut self, speaker: Speaker<'a>) -> Self {
        self.speaker = speaker;
        self
    }

    /// What tells it apart from others.
    pub(super) const fn apart(mut self, function: u64, address: u64) -> Self {
        self.function = function;
        self.address = address;
        self
    }

    /// It is about no single device behind the server.
    pub(super) const fn of_server(mut self) -> Self {
        self.station = None;
        self
    }

    fn subject(&self, number: u16, per: Per) -> Subject {
        let ends = self.context.conversation;
        let client = (per != Per::Device).then_some(ends.client.ip);
        let server = (per != Per::Client).then_some((ends.server.ip, ends.server.port));
        Subject {
            detection: number,
            client,
            server,
            station: self.station.filter(|_| matches!(per, Per::Pair | Per::Device)),
        }
    }

    fn value(&self, distinct: Distinct) -> u64 {
        match distinct {
            Distinct::Station => station_number(self.station),
            Distinct::Target => {
                let server = &self.context.conversation.server;
                let ip = match server.ip {
                    IpAddr::V4(ip) => u64::from(ip.to_bits()),
                    #[allow(clippy::cast_possible_truncation)] // both halves are taken
                    IpAddr::V6(ip) => (ip.to_bits() as u64) ^ ((ip.to_bits() >> 64) as u64),
                };
                ip << 24 ^ u64::from(server.port) << 8 ^ station_number(self.station)
            }
            Distinct::Function => self.function,
            Distinct::Address => self.address,
        }
    }
}

fn station_number(station: Option<Station>) -> u64 {
    match station {
        None | Some(Station::Server) => 0,
        Some(Station::Unit(unit)) => u64::from(unit) + 1,
        Some(Station::Link { outstation, .. }) => u64::from(outstation) + 1,
    }
}

impl Engine {
    /// Something that the engine notices itself.
    pub(super) fn noticed(&mut self, name: &str, sight: Sight<'_>) {
        if let Some(number) = self.detect.index.noticed(name) {
            self.sighted(number, sight);
        }
    }

    /// What a detection looks for was seen once: an alarm, when it was seen often enough.
    pub(super) fn sighted(&mut self, number: u16, sight: Sight<'_>) {
        let Some(detection) = detections::all().get(usize::from(number)) else {
            return;
        };
        let Some(rule) = self.detect.index.rule(number) else {
            return;
        };
        if detection.unlisted && self.principals.at(sight.context.conversation.client.ip).is_some() {
            return;
        }
        if detection.whole && self.unseen_lately(sight, detection.within) {
            return;
        }
        if let Some(coverage) = self.rules.coverage.get_mut(rule as usize) {
            coverage.evaluated += 1;
        }
        let subject = sight.subject(number, detection.per);
        let value = detection.distinct.map(|distinct| sight.value(distinct));
        if self.detect.counters.hit(subject, detection, value, self.now) {
            self.raise_detection(rule, detection, subject, sight);
        }
    }

    /// Part of what these two said within this time, or a minute, is not in the capture.
    fn unseen_lately(&mut self, sight: Sight<'_>, within: i64) -> bool {
        let since = self.now.saturating_sub(within.max(60 * SECOND));
        let slot = self.pairs.slot(sight.context.conversation);
        self.pairs.everything.overlap(since, self.now)
            || self
                .pairs
                .pair_of(slot)
                .and_then(|pair| self.pairs.get(pair))
                .is_some_and(|pair| pair.blind.iter().any(|blind| blind.overlap(since, self.now)))
    }

    fn raise_detection(
        &mut self,
        rule: u32,
        detection: &'static Detection,
        subject: Subject,
        sight: Sight<'_>,
    ) {
        let station = sight.station.unwrap_or_default();
        let context = sight.context;
        let (devices, conversation) = self.devices_of(sight);
        let client = &context.conversation.client;
        let actor = Arc::new(Actor {
            name: self
                .principals
                .at(client.ip)
                .and_then(|principal| self.site.principals.get(principal.0 as usize))
                .map(|principal| principal.name.clone()),
            mac: context.mac.filter(|_| context.from_client).or(client.mac),
            ip: client.ip,
            port: client.port,
            link: sight.speaker.link,
            application: sight.speaker.application.map(str::to_owned),
            user: sight.speaker.user.map(str::to_owned),
        });
        let target = Arc::new(self.target(context, &devices, station));
        let cause = Cause::new(
            What::Detected(Box::new(Detected {
                title: &detection.title,
                text: &detection.text,
                note: sight.note.to_owned(),
                count: detection.count,
                within: detection.within,
            })),
            None,
        );
        let device = devices.first().copied().filter(|_| detection.per != Per::Client);
        let place = (device.is_none() && detection.per != Per::Client).then_some((
            context.conversation.server.ip,
            subject.station.unwrap_or_default(),
        ));
        if let Some(coverage) = self.rules.coverage.get_mut(rule as usize) {
            coverage.violated += 1;
            coverage.violated_at = self.now;
        }
        let raise = Raise {
            rule,
            key: Key {
                rule,
                tag: None,
                principal: subject.client,
                device,
                place,
                nature: crate::alarm::Nature::Violation,
            },
            inputs: &[],
            devices: &devices,
            standing: false,
            uncertain: false,
        };
        let evidence = Evidence {
            write: None,
            conversation: Some(&conversation),
            frame: Some(sight.frame),
            between: Some((&actor, &target)),
        };
        self.raise(raise, &cause, evidence);
        self.tell();
    }

    /// The devices that it is about, and the conversation that shows it.
    fn devices_of(&mut self, sight: Sight<'_>) -> (Vec<DeviceId>, Arc<Conversation>) {
        let server = sight.context.conversation.server.ip;
        let at_server = |site: &Site| {
            (0_u32..)
                .zip(&site.devices)
                .filter(|(_, device)| device.host == Some(server))
                .map(|(number, _)| DeviceId(number))
                .take(1)
                .collect::<Vec<_>>()
        };
        if sight.apart {
            return (
                at_server(&self.site),
                Arc::new(sight.context.conversation.clone()),
            );
        }
        let slot = self.pairs.slot(sight.context.conversation);
        let devices = match sight.station {
            Some(station) => self.devices_at(slot, station).devices().to_vec(),
            None => at_server(&self.site),
        };
        let conversation = self.pairs.open(slot).map_or_else(
            || Arc::new(sight.context.conversation.clone()),
            |open| Arc::clone(&open.conversation),
        );
        (devices, conversation)
    }

    /// A client or device says something of itself or of its protection.
    pub(in crate::engine) fn look_at_statement(
        &mut self,
        context: &Context<'_>,
        of: Direction,
        station: Station,
        key: &'static str,
        value: &str,
    ) {
        let sight = Sight::new(context, 0, Some(station)).told(value);
        let numbers: Vec<u16> = self.detect.index.statements.to_vec();
        for number in numbers {
            let fits = detections::all()
                .get(usize::from(number))
                .is_some_and(|detection| {
                    detection.key == key
                        && (detection.values.is_empty()
                            || detection.values.iter().any(|known| known == value))
                });
            if fits {
                self.sighted(number, sight);
            }
        }
        // What a device is does not change from one day to the next.
        if of != Direction::FromServer
            || !matches!(key, "vendor" | "product" | "product_code" | "firmware" | "model")
        {
            return;
        }
        let (devices, _) = self.devices_of(sight);
        let stated = devices.iter().any(|device| {
            self.site
                .devices
                .get(device.0 as usize)
                .is_some_and(|device| device.identity.iter().any(|(part, _)| part == key))
        });
        // What the site states is compared with that, by builtin/identity.
        if stated {
            return;
        }
        let server = &context.conversation.server;
        let place = (server.ip, server.port, station, key);
        let known = &mut self.detect.statements;
        if known.len() >= REMEMBERED && !known.contains_key(&place) {
            self.detect.forgotten += 1;
            return;
        }
        let value: Box<str> = value.chars().take(128).collect::<String>().into();
        match known.insert(place, value.clone()) {
            Some(before) if before != value => {
                let note = format!("{key} was {before:?} and is {value:?}");
                self.noticed("identity-changed", sight.told(&note));
            }
            _ => {}
        }
    }

    /// A time is written to a device.
    pub(super) fn look_at_time(&mut self, detail: &str, at: CaptureTime, sight: Sight<'_>) {
        if let Ok(written) = CaptureTime::parse(detail)
            && written.since(at).saturating_abs() > CLOCKS_DIFFER
        {
            self.noticed("time-written-differs", sight.told(detail));
        }
    }
}
