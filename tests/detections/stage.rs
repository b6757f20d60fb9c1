//! Hosts that talk, frame by frame, and the alarms that follow.

use std::collections::{BTreeSet, HashMap};

use tapglass::capture::{Frame, LinkType};
use tapglass::engine::{Engine, Options, Output};
use tapglass::flow::FlowLimits;
use tapglass::model::CaptureTime;
use tapglass::pipeline::Pipeline;
use tapglass::proto::Limits;
use tapglass::site::Site;
use tapglass::watch::{Nobody, Watcher};

/// A host: the last octet of its address, its card and what its frames' time to live is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    pub(crate) ip: [u8; 4],
    pub(crate) card: u8,
    pub(crate) ttl: u8,
}

impl Host {
    pub(crate) const fn new(last: u8) -> Self {
        Self {
            ip: [10, 0, 0, last],
            card: last,
            ttl: 64,
        }
    }
}

pub(crate) const HMI: Host = Host::new(20);
pub(crate) const PLC: Host = Host::new(1);

/// A connection: who asks from which port, who answers at which port.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line {
    pub(crate) client: Host,
    pub(crate) from: u16,
    pub(crate) server: Host,
    pub(crate) to: u16,
}

impl Line {
    pub(crate) const fn new(client: Host, server: Host, to: u16) -> Self {
        Self {
            client,
            from: 40_000,
            server,
            to,
        }
    }

    /// Another connection of the same hosts.
    pub(crate) const fn from(mut self, port: u16) -> Self {
        self.from = port;
        self
    }
}

pub(crate) struct Stage {
    pipeline: Pipeline,
    watcher: Watcher<Nobody>,
    at: i64,
    frame: u64,
    /// Next sequence number of each sender: address, port, address, port.
    next: HashMap<([u8; 4], u16, [u8; 4], u16), u32>,
    pub(crate) rules: BTreeSet<String>,
    pub(crate) severities: HashMap<String, &'static str>,
    pub(crate) texts: Vec<String>,
}

/// A plant without devices in which these rules files hold.
pub(crate) fn site(rules: &str) -> Site {
    plant("", rules)
}

pub(crate) fn plant(plant: &str, rules: &str) -> Site {
    let plant = format!("[site]\nname = \"t\"\n{plant}");
    match Site::from_files(&[("plant.toml", plant.as_bytes()), ("rules.toml", rules.as_bytes())]) {
        Ok(loaded) => loaded.site,
        Err(errors) => panic!("{errors:#?}"),
    }
}

impl Stage {
    pub(crate) fn new(site: Site) -> Self {
        Self {
            pipeline: Pipeline::new(
                tapglass::pipeline::hints_of(&site),
                FlowLimits::default(),
                Limits::default(),
            ),
            watcher: Watcher::new(Engine::new(site, Options::default()), Nobody),
            at: 1_772_524_800_000_000_000,
            frame: 0,
            next: HashMap::new(),
            rules: BTreeSet::new(),
            severities: HashMap::new(),
            texts: Vec::new(),
        }
    }

    /// Lets time pass.
    pub(crate) fn wait(&mut self, seconds: f64) {
        #[allow(clippy::cast_possible_truncation)]
        let passed = (seconds * 1e9) as i64;
        self.at += passed;
    }

    pub(crate) const fn now(&self) -> i64 {
        self.at
    }

    fn bytes(&mut self, sender: (Host, u16), receiver: (Host, u16), flags: u8, payload: &[u8]) -> Vec<u8> {
        let key = (sender.0.ip, sender.1, receiver.0.ip, receiver.1);
        let turned = (receiver.0.ip, receiver.1, sender.0.ip, sender.1);
        let heard = *self.next.entry(turned).or_insert(1_000);
        let sequence = self.next.entry(key).or_insert(1_000);
        let mut bytes = vec![2, 0, 0, 0, 0, receiver.0.card, 2, 0, 0, 0, 0, sender.0.card, 8, 0];
        let length = 40 + u16::try_from(payload.len()).unwrap();
        bytes.extend([0x45, 0]);
        bytes.extend(length.to_be_bytes());
        bytes.extend([0, 0, 0x40, 0, sender.0.ttl, 6, 0, 0]);
        bytes.extend(sender.0.ip);
        bytes.extend(receiver.0.ip);
        bytes.extend(sender.1.to_be_bytes());
        bytes.extend(receiver.1.to_be_bytes());
        bytes.extend(sequence.to_be_bytes());
        bytes.extend(heard.to_be_bytes());
        bytes.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        bytes.extend(payload);
        *sequence += u32::try_from(payload.len()).unwrap() + u32::from(flags & 2 > 0);
        bytes
    }

    fn play(&mut self, bytes: &[u8]) {
        self.at += 1_000_000;
        self.frame += 1;
        self.pipeline.frame(
            &Frame {
                number: self.frame,
                at: CaptureTime(self.at),
                link_type: LinkType::ETHERNET,
                interface: 0,
                wire_length: u32::try_from(bytes.len()).unwrap(),
                bytes,
            },
            &mut self.watcher,
        );
        self.collect();
    }

    fn open(&mut self, line: Line) {
        let key = (line.client.ip, line.from, line.server.ip, line.to);
        if !self.next.contains_key(&key) {
            let bytes = self.bytes((line.client, line.from), (line.server, line.to), 2, &[]);
            self.play(&bytes);
            let bytes = self.bytes((line.server, line.to), (line.client, line.from), 18, &[]);
            self.play(&bytes);
        }
    }

    /// The client sends.
    pub(crate) fn ask(&mut self, line: Line, payload: &[u8]) {
        self.open(line);
        let bytes = self.bytes((line.client, line.from), (line.server, line.to), 24, payload);
        self.play(&bytes);
    }

    /// The server sends.
    pub(crate) fn tell(&mut self, line: Line, payload: &[u8]) {
        self.open(line);
        let bytes = self.bytes((line.server, line.to), (line.client, line.from), 24, payload);
        self.play(&bytes);
    }

    fn collect(&mut self) {
        for output in self.watcher.engine.drain() {
            if let Output::Alarm(transition) = output {
                let alarm = &transition.alarm;
                self.rules.insert(alarm.rule.clone());
                self.severities.insert(alarm.rule.clone(), alarm.severity.name());
                self.texts.push(alarm.explanation.clone());
            }
        }
    }

    /// The capture is over.
    pub(crate) fn end(mut self) -> Self {
        self.pipeline.finish(&mut self.watcher);
        self.watcher.engine.finish(CaptureTime(self.at));
        self.collect();
        self
    }
}
