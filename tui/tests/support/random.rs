//! Any snapshot that an engine could send, and some that it could not: from a number, so that it can be repeated.

use tapglass_model::snapshot::*;
use tapglass_model::{CaptureTime, Outcome, Quality, Severity};

/// A small generator of numbers (xorshift64*).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % limit.max(1)
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64) as usize].clone()
    }

    /// Names as they come from the wire, hostile ones too.
    pub(crate) fn text(&mut self) -> String {
        const TEXTS: [&str; 16] = [
            "",
            "LIT101",
            "PLC1",
            "10.20.1.66",
            "a very long name that no column of any table was made for, and then some more of it",
            "holding:100",
            "ns=2;s=Boiler.Setpoint",
            "\u{b0}C",
            "日本語のタグ名",
            "\x1b[2J\x07\n\r\t",
            "\u{202e}reversed\u{200b}\u{301}",
            "e\u{301}\u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467}",
            "1150 / 900 mm",
            "setpoint above safe max",
            " leading and   gaps ",
            "<>[]|^#o~*?",
        ];
        self.pick(&TEXTS).to_owned()
    }

    fn number(&mut self) -> f64 {
        const NUMBERS: [f64; 14] = [
            0.0,
            -0.0,
            1.0,
            -1.5,
            812.4,
            1e9,
            -1e20,
            1e300,
            f64::MAX,
            f64::MIN_POSITIVE,
            f64::NAN,
            f64::INFINITY,
            f64::NEG_INFINITY,
            65_535.0,
        ];
        self.pick(&NUMBERS)
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.chance(60).then(|| make(self))
    }

    fn time(&mut self) -> CaptureTime {
        let near = 1_773_489_847_000_000_000_i64;
        match self.below(8) {
            0 => CaptureTime(i64::MIN),
            1 => CaptureTime(i64::MAX),
            2 => CaptureTime(0),
            _ => CaptureTime(near - self.below(100_000) as i64 * 1_000_003),
        }
    }

    fn span(&mut self) -> i64 {
        self.pick(&[
            0,
            1,
            -5,
            1_000_000_000,
            60_000_000_000,
            90_000_000_000_000,
            i64::MAX,
            i64::MIN,
        ])
    }

    pub(crate) fn severity(&mut self) -> Severity {
        self.pick(&Severity::ALL)
    }

    fn list<T>(&mut self, most: u64, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let count = if self.chance(10) {
            most * 8
        } else {
            self.below(most + 1)
        };
        (0..count).map(|_| make(self)).collect()
    }

    fn big(&mut self) -> u64 {
        self.pick(&[0, 1, 7, 4_096, 1_204_511_309, u64::MAX])
    }

    pub(crate) fn snapshot(&mut self) -> Snapshot {
        let mode = self.pick(&[Mode::Live, Mode::Replay, Mode::Demo]);
        Snapshot {
            site: self.text(),
            site_title: self.text(),
            mode,
            source: self.text(),
            as_of: self.time(),
            capture: Capture {
                complete: self.chance(50),
                drops: self.big(),
                drop_percent: self.maybe(Self::number),
                gaps: self.big(),
                reason: self.text(),
            },
            unacknowledged: Counts {
                critical: self.below(2_000) as u32,
                high: self.below(3) as u32,
                medium: u32::MAX,
            },
            acknowledge_off: if self.chance(30) {
                self.text()
            } else {
                String::new()
            },
            groups: self.list(4, Self::group),
            points_never_received: self.below(3) as u32,
            alarms: self.list(8, Self::alarm),
            alarm_load: AlarmLoad {
                ten_minutes: self.below(100) as u32,
                hour: u32::MAX,
                day: 1,
                shelved: self.below(3) as u32,
                standing: 0,
                flood: self.chance(30),
            },
            writes: self.list(8, Self::write),
            write_totals: WriteTotals {
                total: self.big(),
                refused: self.big(),
                unanswered: self.big(),
                from_new: self.big(),
            },
            hosts: self.list(6, Self::host),
            frames: self.list(10, Self::frame_line),
            frame: self.maybe(Self::frame),
            rules: self.rules(),
            health: self.health(),
            replay: if mode == Mode::Live && self.chance(90) {
                None
            } else {
                self.maybe(Self::replay)
            },
            messages: self.list(4, Self::text),
        }
    }

    fn group(&mut self) -> Group {
        Group {
            area: self.text(),
            device: self.text(),
            address: self.text(),
            protocol: self.text(),
            arrives: self.text(),
            age: self.maybe(Self::span),
            points: self.list(6, Self::point),
        }
    }

    fn point(&mut self) -> Point {
        let number = self.number();
        let text = self.text();
        Point {
            id: self.below(12),
            tag: self.text(),
            description: self.text(),
            reading: match self.below(4) {
                0 => Reading::Never,
                1 => Reading::Number(number),
                2 => Reading::State(self.below(5) as u32),
                _ => Reading::Text(text),
            },
            decimals: self.below(256) as u8,
            unit: self.text(),
            states: self.list(3, Self::text),
            limits: Limits {
                trip_low: self.maybe(Self::number),
                alarm_low: self.maybe(Self::number),
                safe_low: self.maybe(Self::number),
                safe_high: self.maybe(Self::number),
                alarm_high: self.maybe(Self::number),
                trip_high: self.maybe(Self::number),
                range_low: self.maybe(Self::number),
                range_high: self.maybe(Self::number),
            },
            trend: self.list(40, |random| Bucket {
                value: random.maybe(Self::number),
                written: random.chance(10),
            }),
            age: self.maybe(Self::span),
            max_age: self.maybe(Self::span),
            stale: self.chance(20),
            quality: self.pick(&[Quality::Good, Quality::Uncertain, Quality::Bad, Quality::Unknown]),
            quality_reason: self.text(),
            forced: self.chance(10),
            commanded: self.text(),
            last_write: self.maybe(|random| LastWrite {
                at: random.time(),
                by: random.text(),
                by_new: random.chance(30),
            }),
            alarm: self.maybe(Self::severity),
            source: self.text(),
            raw: self.text(),
            role: self.text(),
            writers: self.text(),
            rules: self.list(3, Self::text),
        }
    }

    fn alarm(&mut self) -> Alarm {
        use AlarmState::*;
        Alarm {
            id: self.below(10),
            severity: self.severity(),
            state: self.pick(&[
                Unacknowledged,
                Returned,
                Acknowledged,
                Shelved,
                Suppressed,
                OutOfService,
                Normal,
            ]),
            future: self.chance(15),
            first_time: self.time(),
            last_time: self.time(),
            count: self.below(20_000) as u32,
            rule: self.text(),
            rule_place: self.text(),
            title: self.text(),
            point: self.text(),
            point_id: self.maybe(|random| random.below(12)),
            asset: self.text(),
            value: self.text(),
            by: self.text(),
            by_full: self.text(),
            by_new: self.chance(30),
            first_out: self.chance(30),
            group: self.below(3) as u32,
            cause: self.text(),
            effect: self.text(),
            response: self.list(4, Self::text),
            respond_within: self.maybe(|random| random.below(1_000) as u32),
            lines: self.list(4, Self::text),
            proof: self.list(3, |random| ProofFrame {
                frame: random.below(30),
                at: random.maybe(Self::time),
                text: random.text(),
            }),
            techniques: self.list(2, Self::text),
            note: self.text(),
            incomplete: self.chance(20),
        }
    }

    fn write(&mut self) -> WriteLine {
        use Outcome::*;
        WriteLine {
            id: self.below(12),
            at: self.time(),
            by: self.text(),
            by_full: self.text(),
            by_new: self.chance(20),
            to: self.text(),
            protocol: self.text(),
            command: self.text(),
            command_full: self.text(),
            point: self.text(),
            point_id: self.maybe(|random| random.below(12)),
            change: self.text(),
            outcome: self.pick(&[Requested, Accepted, Pending, Rejected, Unanswered, Unacknowledged]),
            result: self.text(),
            latency: self.maybe(Self::span),
            read_back: self.pick(&[
                ReadBack::None,
                ReadBack::Waiting,
                ReadBack::Equal,
                ReadBack::Different,
            ]),
            verdict: Verdict {
                alarms: self.list(3, |random| (random.below(10), random.severity())),
                checked: self.chance(60),
                incomplete: self.chance(20),
            },
            checks: self.list(4, |random| CheckLine {
                name: random.text(),
                passed: random.maybe(|random| random.chance(50)),
                detail: random.text(),
            }),
            request_frame: self.below(30),
            answer_frame: self.maybe(|random| random.below(30)),
            read_back_frame: self.maybe(|random| random.below(30)),
            raw: self.text(),
        }
    }

    fn host(&mut self) -> Host {
        Host {
            id: self.below(8),
            address: self.text(),
            name: self.text(),
            role: self.text(),
            protocols: self.text(),
            mac: self.text(),
            first_seen: self.time(),
            last_seen: self.time(),
            new: self.chance(30),
            reads_per_second: self.maybe(Self::number),
            writes: self.big(),
            exceptions: self.big(),
            alarm: self.maybe(Self::severity),
            conversations: self.list(3, Self::text),
        }
    }

    fn frame_line(&mut self) -> FrameLine {
        FrameLine {
            number: self.below(30),
            at: self.time(),
            from: self.text(),
            to: self.text(),
            length: self.below(9_000) as u32,
            summary: self.text(),
            marks: self.list(2, Self::severity),
        }
    }

    fn field(&mut self) -> FieldLine {
        FieldLine {
            depth: self.pick(&[0, 0, 1, 1, 2, 255]),
            name: self.text(),
            text: self.text(),
            start: self.pick(&[0, 1, 14, 60, u32::MAX]),
            length: self.pick(&[0, 1, 2, 4, 20, u32::MAX]),
            clause: self.text(),
            mark: self.maybe(Self::severity),
            mark_text: self.text(),
        }
    }

    fn frame(&mut self) -> DecodedFrame {
        DecodedFrame {
            number: self.below(30),
            at: self.time(),
            length: 66,
            from: self.text(),
            to: self.text(),
            bytes: self.list(90, |random| random.below(256) as u8),
            fields: self.list(12, Self::field),
            meaning: self.list(4, Self::field),
            pieces: self.list(2, |random| Piece {
                start: random.pick(&[0, u32::MAX]),
                length: random.pick(&[0, 1, u32::MAX]),
                frame: random.big(),
            }),
            pair: self.maybe(|random| random.below(30)),
            note: self.text(),
            problem: self.text(),
        }
    }

    fn rules(&mut self) -> Rules {
        use RuleState::*;
        Rules {
            armed: self.below(40) as u32,
            idle: u32::MAX,
            stale: self.below(3) as u32,
            never: 0,
            error: self.below(2) as u32,
            off: 1,
            list: self.list(8, |random| RuleLine {
                id: random.text(),
                title: random.text(),
                state: random.pick(&[Error, Never, Stale, Idle, Armed, Off]),
                severity: random.maybe(Self::severity),
                evaluated: random.big(),
                hits: random.big(),
                last: random.maybe(Self::time),
                why: random.list(3, Self::text),
                place: random.text(),
            }),
            loaded: self.text(),
        }
    }

    fn health(&mut self) -> Health {
        Health {
            frames: self.big(),
            bytes: self.big(),
            losses: self.list(4, |random| Loss {
                place: random.text(),
                count: random.big(),
                percent: random.maybe(Self::number),
                detail: random.text(),
                counts: random.chance(50),
            }),
            streams: self.big(),
            gaps: self.big(),
            truncated: self.big(),
            requests_seen: self.maybe(Self::number),
            answers_seen: self.maybe(Self::number),
            protocols: self.list(4, |random| ProtocolHealth {
                name: random.text(),
                messages: random.big(),
                errors: random.big(),
                unknown: random.big(),
                encrypted: random.below(3) as u32,
                last_error: random.text(),
            }),
            points_fresh: 1,
            points: 2,
            lag: self.maybe(Self::span),
            memory: self.maybe(Self::big),
            memory_limit: self.maybe(Self::big),
            uptime: self.maybe(Self::big),
            more: self.list(2, |random| (random.text(), random.text())),
            exceptions: self.list(5, Self::text),
        }
    }

    fn replay(&mut self) -> Replay {
        Replay {
            start: self.time(),
            end: self.time(),
            playback: self.pick(&[Playback::Paused, Playback::Playing, Playback::AtEnd]),
            speed: self.number(),
            frame: self.below(30),
            frames: self.maybe(Self::big),
            idle_skip: self.maybe(Self::span),
            next_alarm: self.maybe(Self::time),
            columns: self.list(60, |random| TimelineColumn {
                alarm: random.maybe(Self::severity),
                writes: random.below(3) as u32,
                packets: random.pick(&[0, 5, u32::MAX]),
            }),
            digest: self.text(),
        }
    }
}
