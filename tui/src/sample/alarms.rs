//! The alarms of the sample works.

use tapglass_model::snapshot::{Alarm, AlarmState, ProofFrame};
use tapglass_model::{CaptureTime, SECOND, Severity};

use crate::sample::at;

fn alarm(
    id: u64,
    severity: Severity,
    state: AlarmState,
    time: CaptureTime,
    rule: &str,
    point: &str,
    title: &str,
) -> Alarm {
    Alarm {
        id,
        severity,
        state,
        first_time: time,
        last_time: time,
        rule: rule.into(),
        point: point.into(),
        title: title.into(),
        ..Alarm::default()
    }
}

/// A stranger wrote a setpoint above its limit.
pub(crate) fn attack() -> Vec<Alarm> {
    use AlarmState::{Acknowledged, Returned, Shelved, Unacknowledged};
    let first = Alarm {
        rule_place: "rules.toml:12".into(),
        point_id: Some(2),
        asset: "PLC1".into(),
        value: "1150 / 900 mm".into(),
        by: ".66".into(),
        by_full: "10.20.1.66".into(),
        by_new: true,
        first_out: true,
        group: 7,
        cause: "Client 10.20.1.66 wrote holding:100 (function 6) = 1150 mm. First time this host is seen. \
                Value before 800 mm, set 11:58 by HMI-1."
            .into(),
        effect: "Tank T101 overflows at 1000 mm; at +0.6 mm/s in about 5 min.".into(),
        response: vec![
            "Check LIT101 on the local panel.".into(),
            "Set the setpoint back to 800 mm from HMI-1.".into(),
            "If it is written again, switch PLC1 to LOCAL.".into(),
            "Call security, extension 4410.".into(),
        ],
        respond_within: Some(300),
        proof: vec![
            proof(
                18_402,
                at(12, 3, 51, 204),
                "request: write single register 100 = 1150",
            ),
            proof(18_403, at(12, 3, 51, 215), "response: echo, accepted"),
            proof(18_428, at(12, 3, 51, 998), "HMI-1 reads 1150: read back equal"),
        ],
        techniques: vec!["T0836 Modify Parameter".into()],
        ..alarm(
            101,
            Severity::Critical,
            Unacknowledged,
            at(12, 3, 51, 204),
            "LIT101.SP/envelope",
            "LIT101.SP",
            "setpoint above safe max",
        )
    };
    let writer = Alarm {
        point_id: Some(4),
        value: "10.20.1.66".into(),
        by: ".66".into(),
        by_full: "10.20.1.66".into(),
        by_new: true,
        group: 7,
        count: 2,
        last_time: at(12, 3, 51, 204),
        cause: "10.20.1.66 is not in the list of allowed writers of PLC1.".into(),
        effect: "Somebody unknown moves the plant.".into(),
        response: vec!["Find out who sits at 10.20.1.66.".into()],
        proof: vec![proof(18_399, at(12, 3, 50, 112), "request: write coil 17 = ON")],
        ..alarm(
            102,
            Severity::High,
            Unacknowledged,
            at(12, 3, 50, 112),
            "writers",
            "PLC1",
            "writer not allowed",
        )
    };
    let ramp = Alarm {
        point_id: Some(3),
        value: "+0.6 / 0.2 m3/h/s".into(),
        note: "acknowledged 12:04:05".into(),
        ..alarm(
            103,
            Severity::High,
            Acknowledged,
            at(12, 4, 2, 10),
            "FIT101/rate",
            "FIT101",
            "rising outside ramp",
        )
    };
    let window = Alarm {
        point_id: Some(13),
        value: "1.10 -> 1.20 mg/l".into(),
        by: "ENG-1".into(),
        by_full: "10.20.1.21 ENG-1".into(),
        ..alarm(
            104,
            Severity::Medium,
            Returned,
            at(11, 40, 10, 700),
            "CL2.SP/schedule",
            "CL2.SP",
            "change outside window",
        )
    };
    let clock = Alarm {
        value: "IIN1.4 set".into(),
        count: 14,
        note: "shelved until 14:02: RTU exchange".into(),
        ..alarm(
            105,
            Severity::Medium,
            Shelved,
            at(10, 2, 33, 118),
            "rtu-clock",
            "RTU4",
            "clock not synchronised",
        )
    };
    vec![first, writer, ramp, window, clock]
}

fn proof(frame: u64, at: CaptureTime, text: &str) -> ProofFrame {
    ProofFrame {
        frame,
        at: Some(at),
        text: text.into(),
    }
}

/// Forty alarms more.
pub(crate) fn flood() -> Vec<Alarm> {
    (0_u32..40)
        .map(|number| {
            let severity = if number % 5 == 0 {
                Severity::High
            } else {
                Severity::Medium
            };
            let time = at(12, 0, 10, 0).plus(i64::from(number) * 5 * SECOND);
            let point = format!("TIT{}", 300 + number);
            Alarm {
                value: "81.0 / 80.0 C".into(),
                group: 8,
                ..alarm(
                    200 + u64::from(number),
                    severity,
                    AlarmState::Unacknowledged,
                    time,
                    "band",
                    &point,
                    "above safe max",
                )
            }
        })
        .collect()
}

/// A device stopped answering.
pub(crate) fn silent_device() -> Alarm {
    Alarm {
        asset: "RTU4".into(),
        value: "9 min / 60 s".into(),
        cause: "RTU4 has not answered a poll since 11:55.".into(),
        effect: "Feeder 12 is not seen.".into(),
        response: vec!["Check the link to RTU4.".into()],
        ..alarm(
            301,
            Severity::High,
            AlarmState::Unacknowledged,
            at(11, 56, 7, 0),
            "silence",
            "RTU4",
            "device is silent",
        )
    }
}

/// What lies after the cursor of the replay.
pub(crate) fn future() -> Vec<Alarm> {
    let later = |id, severity, time, point, title, value: &str| Alarm {
        future: true,
        value: value.into(),
        ..alarm(
            id,
            severity,
            AlarmState::Unacknowledged,
            time,
            "band",
            point,
            title,
        )
    };
    vec![
        later(
            401,
            Severity::Critical,
            at(12, 9, 14, 20),
            "LIT101",
            "level above overflow",
            "1000 / 1000 mm",
        ),
        later(
            402,
            Severity::High,
            at(12, 11, 30, 552),
            "P101.CMD",
            "dry run, no flow",
            "0.0 / 0.3 m3/h",
        ),
        later(
            403,
            Severity::Medium,
            at(12, 17, 2, 100),
            "RTU4",
            "clock not synchronised",
            "IIN1.4",
        ),
    ]
}
