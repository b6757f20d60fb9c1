//! The control log of the sample works.

use tapglass_model::snapshot::{CheckLine, ReadBack, Verdict, WriteLine};
use tapglass_model::{CaptureTime, MILLISECOND, Outcome, Severity};

use crate::sample::at;

struct Row(
    CaptureTime,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
);

/// The writes, newest first.
pub(crate) fn list(attacked: bool) -> Vec<WriteLine> {
    let mut rows = Vec::new();
    if attacked {
        rows.extend(attack());
    }
    rows.extend(usual());
    rows
}

fn write(
    id: u64,
    row: Row,
    point_id: Option<u64>,
    outcome: Outcome,
    result: &str,
    read_back: ReadBack,
) -> WriteLine {
    let Row(at, by, to, command, command_full, point, change) = row;
    let protocol = match to {
        "RTU4" => "DNP3",
        "SRV2" => "OPC UA",
        _ => "Modbus",
    };
    WriteLine {
        id,
        at,
        by: by.into(),
        by_full: format!("10.20.1{by}"),
        to: to.into(),
        protocol: protocol.into(),
        command: command.into(),
        command_full: command_full.into(),
        point: point.into(),
        point_id,
        change: change.into(),
        outcome,
        result: result.into(),
        latency: (outcome != Outcome::Unanswered).then_some(9 * MILLISECOND),
        read_back,
        verdict: Verdict {
            checked: true,
            ..Verdict::default()
        },
        request_frame: 17_000 + id,
        answer_frame: Some(17_001 + id),
        ..WriteLine::default()
    }
}

fn attack() -> Vec<WriteLine> {
    let check = |name: &str, passed, detail: &str| CheckLine {
        name: name.into(),
        passed: Some(passed),
        detail: detail.into(),
    };
    let setpoint = Row(
        at(12, 3, 51, 204),
        ".66",
        "PLC1",
        "write 6",
        "6 write single register",
        "LIT101.SP",
        "800 -> 1150 mm",
    );
    let valve = Row(
        at(12, 3, 50, 112),
        ".66",
        "PLC1",
        "write 5",
        "5 write single coil",
        "MV101.CMD",
        "CLOSE -> OPEN",
    );
    vec![
        WriteLine {
            by_new: true,
            by_full: "10.20.1.66".into(),
            raw: "0x0320 -> 0x047e, scale x1, u16".into(),
            verdict: Verdict {
                alarms: vec![(101, Severity::Critical), (102, Severity::High)],
                checked: true,
                incomplete: false,
            },
            checks: vec![
                check("range 200..900 mm", false, "1150"),
                check("step at most 50 mm", false, "350"),
                check("writer in HMI-1, ENG-1", false, "10.20.1.66"),
                check("window 00:00-24:00", true, ""),
            ],
            request_frame: 18_402,
            answer_frame: Some(18_403),
            read_back_frame: Some(18_428),
            ..write(10, setpoint, Some(2), Outcome::Accepted, "ok", ReadBack::Equal)
        },
        WriteLine {
            by_new: true,
            by_full: "10.20.1.66".into(),
            verdict: Verdict {
                alarms: vec![(102, Severity::High)],
                checked: true,
                incomplete: false,
            },
            request_frame: 18_399,
            answer_frame: Some(18_400),
            ..write(9, valve, Some(4), Outcome::Accepted, "ok", ReadBack::Equal)
        },
    ]
}

fn usual() -> Vec<WriteLine> {
    use Outcome::{Accepted, Rejected, Unanswered};
    let full = |command: &str| -> &'static str {
        match command {
            "write 5" => "5 write single coil",
            "write 6" => "6 write single register",
            "write 16" => "16 write registers",
            "operate" => "4 operate CROB",
            "select" => "3 select CROB",
            _ => "Write",
        }
    };
    let row = |hour, minute, second, by, to, command: &'static str, point, change| {
        Row(
            at(hour, minute, second, 310),
            by,
            to,
            command,
            full(command),
            point,
            change,
        )
    };
    let mut rows = vec![
        write(
            8,
            row(
                11,
                58,
                2,
                ".20 HMI-1",
                "PLC1",
                "write 5",
                "MV101.CMD",
                "OPEN -> CLOSE",
            ),
            Some(4),
            Accepted,
            "ok",
            ReadBack::Equal,
        ),
        write(
            7,
            row(
                11,
                58,
                0,
                ".20 HMI-1",
                "PLC1",
                "write 6",
                "LIT101.SP",
                "780 -> 800 mm",
            ),
            Some(2),
            Accepted,
            "ok",
            ReadBack::Equal,
        ),
        write(
            6,
            row(
                11,
                40,
                10,
                ".21 ENG-1",
                "SRV2",
                "Write",
                "CL2.SP",
                "1.10->1.20 mg/l",
            ),
            Some(13),
            Accepted,
            "Good",
            ReadBack::Equal,
        ),
        write(
            5,
            row(
                11,
                22,
                41,
                ".20 HMI-1",
                "RTU4",
                "operate",
                "CB12.CMD",
                "TRIP 100 ms",
            ),
            Some(6),
            Rejected,
            "TIMEOUT",
            ReadBack::None,
        ),
        write(
            4,
            row(
                11,
                22,
                31,
                ".20 HMI-1",
                "RTU4",
                "select",
                "CB12.CMD",
                "TRIP 100 ms",
            ),
            Some(6),
            Accepted,
            "SUCCESS",
            ReadBack::None,
        ),
        write(
            3,
            row(
                10,
                15,
                7,
                ".21 ENG-1",
                "PLC1",
                "write 16",
                "40200+16",
                "16 registers",
            ),
            None,
            Rejected,
            "exc 2",
            ReadBack::None,
        ),
        write(
            2,
            row(
                9,
                12,
                44,
                ".20 HMI-1",
                "PLC1",
                "write 5",
                "P101.CMD",
                "STOP -> RUN",
            ),
            Some(5),
            Accepted,
            "ok",
            ReadBack::Different,
        ),
        write(
            1,
            row(
                8,
                30,
                0,
                ".21 ENG-1",
                "SRV2",
                "Write",
                "P205.SPD",
                "39.0 -> 41.0 %",
            ),
            Some(12),
            Unanswered,
            "",
            ReadBack::Waiting,
        ),
    ];
    if let Some(clock) = rows.iter_mut().find(|row| row.id == 6) {
        clock.verdict.alarms = vec![(104, Severity::Medium)];
    }
    if let Some(unwatched) = rows.iter_mut().find(|row| row.id == 3) {
        unwatched.verdict.checked = false;
    }
    rows
}
