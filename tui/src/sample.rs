//! A small water works, for trying the screens without an engine and for testing them.

use tapglass_model::snapshot::{
    AlarmLoad, AlarmState, Capture, Counts, Health, Host, Loss, Mode, Playback, ProtocolHealth, Replay,
    RuleLine, RuleState, Rules, Snapshot, TimelineColumn, WriteTotals,
};
use tapglass_model::{CaptureTime, SECOND, Severity};

mod alarms;
mod frames;
mod points;
mod source;
mod writes;

pub use source::Works;

/// The situations that the screens must be right in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Live, nothing wrong.
    Normal,
    /// Live, a setpoint was written above its limit.
    OneAlarm,
    /// Live, forty alarms in ten minutes.
    Flood,
    /// Live, one device is silent.
    Stale,
    /// Live, frames were lost.
    Drops,
    /// Live, nothing was received yet.
    Empty,
    /// A capture, paused at the bad write.
    Replay,
}

impl State {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Normal,
        Self::OneAlarm,
        Self::Flood,
        Self::Stale,
        Self::Drops,
        Self::Empty,
        Self::Replay,
    ];

    /// Its word, for the names of test files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::OneAlarm => "one-alarm",
            Self::Flood => "flood",
            Self::Stale => "stale",
            Self::Drops => "drops",
            Self::Empty => "empty",
            Self::Replay => "replay",
        }
    }
}

/// 2026-03-14 at `hour`:`minute`:`second`.`millisecond`.
pub(crate) fn at(hour: u8, minute: u8, second: u8, millisecond: u32) -> CaptureTime {
    CaptureTime::from_civil(2026, 3, 14, hour, minute, second, millisecond * 1_000_000).unwrap_or_default()
}

/// The picture of the works in a situation.
#[must_use]
pub fn works(state: State) -> Snapshot {
    let mut snapshot = Snapshot {
        site: String::from("WORKS-2"),
        site_title: String::from("Small water works"),
        source: String::from("eth1"),
        as_of: at(12, 4, 7, 0),
        capture: Capture {
            complete: true,
            ..Capture::default()
        },
        rules: rules(),
        health: health(),
        hosts: hosts(),
        frames: frames::list(),
        frame: Some(frames::bad_write()),
        ..Snapshot::default()
    };
    if state == State::Empty {
        return Snapshot {
            site: String::new(),
            source: snapshot.source,
            as_of: snapshot.as_of,
            ..Snapshot::default()
        };
    }
    let attacked = matches!(state, State::OneAlarm | State::Flood | State::Replay);
    snapshot.groups = points::groups(attacked, state == State::Stale);
    snapshot.points_never_received = 1;
    snapshot.writes = writes::list(attacked);
    snapshot.write_totals = WriteTotals {
        total: 36 + 2 * u64::from(attacked),
        refused: 1,
        unanswered: 1,
        from_new: 2 * u64::from(attacked),
    };
    if attacked {
        snapshot.alarms = alarms::attack();
    }
    if state == State::Flood {
        snapshot.alarms.extend(alarms::flood());
        snapshot.alarm_load.flood = true;
    }
    if state == State::Stale {
        snapshot.alarms.push(alarms::silent_device());
        snapshot.messages.push(String::from(
            "4 points are stale: RTU4 silent for 9 min (limit 60 s).",
        ));
        snapshot.rules.armed -= 2;
        snapshot.rules.stale += 2;
        snapshot.health.points_fresh -= 4;
    }
    if state == State::Drops {
        lose(&mut snapshot);
    }
    if state == State::Replay {
        replay(&mut snapshot);
    }
    settle(&mut snapshot);
    snapshot
}

/// Fills what follows from the lists: counts and load.
pub(crate) fn settle(snapshot: &mut Snapshot) {
    let mut counts = Counts::default();
    let mut shelved = 0;
    let mut recent = 0;
    for alarm in snapshot.alarms.iter().filter(|alarm| !alarm.future) {
        if alarm.state.is_unacknowledged() {
            counts.add(alarm.severity);
        }
        shelved += u32::from(alarm.state == AlarmState::Shelved);
        recent += u32::from(snapshot.as_of.since(alarm.first_time) < 600 * SECOND);
    }
    snapshot.unacknowledged = counts;
    snapshot.alarm_load = AlarmLoad {
        ten_minutes: recent,
        hour: recent + 2,
        day: recent + 28,
        shelved,
        standing: shelved,
        flood: snapshot.alarm_load.flood,
    };
}

fn lose(snapshot: &mut Snapshot) {
    snapshot.capture = Capture {
        complete: false,
        drops: 3_614,
        drop_percent: Some(0.3),
        gaps: 12,
        reason: String::from("3 614 frames dropped by the kernel"),
    };
    if let Some(loss) = snapshot.health.losses.first_mut() {
        loss.count = 3_614;
        loss.percent = Some(0.3);
        loss.detail = String::from("last 12:03:58");
    }
    snapshot.health.gaps = 12;
    snapshot.health.exceptions.insert(
        0,
        String::from("3 614 frames dropped by the kernel since 11:58:12"),
    );
    snapshot.messages.push(String::from(
        "Frames are being lost: verdicts since 11:58:12 are marked incomplete.",
    ));
    for write in snapshot.writes.iter_mut().take(3) {
        write.verdict.incomplete = true;
    }
}

fn replay(snapshot: &mut Snapshot) {
    let (start, end) = (at(12, 0, 0, 0), at(12, 30, 0, 0));
    snapshot.mode = Mode::Replay;
    snapshot.source = String::from("12-attack.pcapng");
    snapshot.as_of = at(12, 3, 51, 204);
    snapshot.acknowledge_off = String::from("off in replay");
    snapshot
        .alarms
        .retain(|alarm| alarm.first_time <= at(12, 3, 51, 204) && alarm.first_time >= start);
    snapshot.alarms.extend(alarms::future());
    let mut columns = vec![TimelineColumn::default(); 240];
    for (position, column) in columns.iter_mut().enumerate() {
        column.packets = if position % 37 == 3 { 900 } else { 380 };
        column.writes = u32::from(position % 19 == 4);
        column.alarm = match position {
            30 => Some(Severity::Critical),
            73 => Some(Severity::Critical),
            92 => Some(Severity::High),
            136 => Some(Severity::Medium),
            _ => None,
        };
    }
    snapshot.replay = Some(Replay {
        start,
        end,
        playback: Playback::Paused,
        speed: 1.0,
        frame: 18_402,
        frames: Some(91_220),
        idle_skip: Some(5 * SECOND),
        next_alarm: Some(at(12, 9, 14, 20)),
        columns,
        digest: String::from("sha256 9b0e..41"),
    });
}

fn rules() -> Rules {
    let rule = |id: &str, title: &str, state, evaluated, hits, why: &[&str]| RuleLine {
        id: id.into(),
        title: title.into(),
        state,
        severity: Some(Severity::High),
        evaluated,
        hits,
        last: (hits > 0).then(|| at(12, 3, 51, 204)),
        why: why.iter().map(|line| (*line).into()).collect(),
        place: format!("rules.toml:{}", 12 + id.len()),
    };
    Rules {
        armed: 35,
        idle: 3,
        stale: 0,
        never: 2,
        error: 1,
        off: 1,
        list: vec![
            rule(
                "LIT101.SP/envelope",
                "LIT101.SP within 200..900 mm",
                RuleState::Armed,
                8,
                1,
                &["LIT101.SP is fresh."],
            ),
            rule(
                "writers",
                "writes only from allowed hosts",
                RuleState::Armed,
                38,
                2,
                &["Every write is judged."],
            ),
            rule(
                "FIT101/rate",
                "FIT101 ramp below 0.2 m3/h/s",
                RuleState::Armed,
                43_200,
                1,
                &["FIT101 is fresh."],
            ),
            rule(
                "cb12-earthed",
                "no CLOSE of CB12 while its earth switch is in",
                RuleState::Never,
                0,
                0,
                &[
                    "Input ES12.POS (DNP3 binary input 7 of RTU4) was never received.",
                    "RTU4 answers polls of class 1, 2 and 3; index 7 is in none of them.",
                    "Add index 7 to a class on the RTU, or poll it, or remove the rule.",
                ],
            ),
            rule(
                "ph-rate",
                "AIT202 slower than 0.2 pH/s",
                RuleState::Error,
                0,
                0,
                &["Line 31: there is no tag AIT202.P. Did you mean AIT202.PH?"],
            ),
            rule(
                "listen-only",
                "no Force Listen Only Mode",
                RuleState::Idle,
                0,
                0,
                &["No diagnostics traffic yet."],
            ),
            rule(
                "cold-restart",
                "no cold restart outside maintenance",
                RuleState::Off,
                0,
                0,
                &["Switched off in rules.toml."],
            ),
        ],
        loaded: String::from("42 rules, sha256 5f1c..9a"),
    }
}

fn health() -> Health {
    let loss = |place: &str, count, counts: bool| Loss {
        place: place.into(),
        count,
        percent: counts.then_some(0.0),
        detail: String::new(),
        counts,
    };
    let protocol = |name: &str, messages, errors, unknown, encrypted, last_error: &str| ProtocolHealth {
        name: name.into(),
        messages,
        errors,
        unknown,
        encrypted,
        last_error: last_error.into(),
    };
    Health {
        frames: 1_204_511_309,
        bytes: 96_360_904_720,
        losses: vec![
            loss("kernel drops", 0, true),
            loss("dropped by Tapglass", 0, true),
            loss("not Ethernet/IP", 20_114, false),
        ],
        streams: 14,
        gaps: 2,
        requests_seen: Some(100.0),
        answers_seen: Some(100.0),
        protocols: vec![
            protocol("Modbus", 9_120_441, 3, 0, 0, "length 0 (frame 771)"),
            protocol("DNP3", 402_118, 0, 11, 0, "group 120 (authentication)"),
            protocol("OPC UA", 1_840_022, 0, 0, 1, ""),
        ],
        points_fresh: 13,
        points: 14,
        lag: Some(400_000),
        memory: Some(61 << 20),
        memory_limit: Some(256 << 20),
        uptime: Some(12 * 86_400 + 11_640),
        more: vec![(
            String::from("CLOCK"),
            String::from("NTP synchronised, offset 2 ms"),
        )],
        exceptions: vec![
            String::from("1 encrypted OPC UA channel (SRV2)"),
            String::from("3 rules that cannot fire (6 Rules)"),
            String::from("1 point never received (1 Process)"),
        ],
        ..Health::default()
    }
}

fn hosts() -> Vec<Host> {
    let host = |id, address: &str, name: &str, role: &str, protocols: &str, reads, writes, exceptions| Host {
        id,
        address: address.into(),
        name: name.into(),
        role: role.into(),
        protocols: protocols.into(),
        first_seen: CaptureTime::parse("2026-03-02T06:00:00Z").unwrap_or_default(),
        last_seen: at(12, 4, 7, 0),
        reads_per_second: Some(reads),
        writes,
        exceptions,
        ..Host::default()
    };
    let mut stranger = host(1, "10.20.1.66", "", "client", "Modbus", 0.0, 2, 0);
    stranger.first_seen = at(12, 3, 49, 0);
    stranger.new = true;
    stranger.alarm = Some(Severity::High);
    stranger.mac = String::from("00:50:56:8e:4a:11");
    stranger.conversations = vec![
        String::from("to PLC1 10.20.1.10:502 unit 1, Modbus/TCP, since 12:03:49, 2 requests, 2 answers"),
        String::from("functions: 5 write single coil x1, 6 write single register x1"),
        String::from("points: MV101.CMD (coil:17), LIT101.SP (holding:100)"),
    ];
    vec![
        stranger,
        host(2, "10.20.1.20", "HMI-1", "client", "Modbus DNP3", 14.0, 29, 1),
        host(3, "10.20.1.21", "ENG-1", "client", "Modbus OPC UA", 0.4, 7, 1),
        host(4, "10.20.1.10/1", "PLC1", "server", "Modbus", 12.0, 31, 1),
        host(5, "10.20.1.14 #4", "RTU4", "outstation", "DNP3", 0.2, 2, 0),
        host(6, "10.20.1.30", "SRV2", "server", "OPC UA", 2.0, 5, 0),
    ]
}
