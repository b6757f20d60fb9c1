//! The points of the sample works.

use tapglass_model::snapshot::{Bucket, Group, LastWrite, Limits, Point, Reading};
use tapglass_model::{CaptureTime, Quality, SECOND, Severity};

use crate::sample::at;

/// Buckets of a trend.
const BUCKETS: usize = 36;

fn analog(
    id: u64,
    tag: &str,
    description: &str,
    value: f64,
    decimals: u8,
    unit: &str,
    limits: [f64; 6],
) -> Point {
    let [trip_low, alarm_low, safe_low, safe_high, alarm_high, trip_high] = limits.map(Some);
    Point {
        id,
        tag: tag.into(),
        description: description.into(),
        reading: Reading::Number(value),
        decimals,
        unit: unit.into(),
        limits: Limits {
            trip_low,
            alarm_low,
            safe_low,
            safe_high,
            alarm_high,
            trip_high,
            ..Limits::default()
        },
        trend: steady(value),
        age: Some(SECOND),
        max_age: Some(60 * SECOND),
        role: "measurement".into(),
        ..Point::default()
    }
}

fn discrete(id: u64, tag: &str, description: &str, states: [&str; 2], state: u32) -> Point {
    Point {
        id,
        tag: tag.into(),
        description: description.into(),
        reading: Reading::State(state),
        states: states.map(String::from).to_vec(),
        trend: steady(f64::from(state)),
        age: Some(SECOND),
        max_age: Some(60 * SECOND),
        role: "command".into(),
        ..Point::default()
    }
}

fn steady(value: f64) -> Vec<Bucket> {
    vec![
        Bucket {
            value: Some(value),
            written: false,
        };
        BUCKETS
    ]
}

/// The trend before `bucket` had another value; the change was a write.
fn written(mut point: Point, bucket: usize, before: f64, at: CaptureTime, by: &str, new: bool) -> Point {
    for (position, entry) in point.trend.iter_mut().enumerate() {
        if position < bucket {
            entry.value = Some(before);
        }
        entry.written = position == bucket;
    }
    point.last_write = Some(LastWrite {
        at,
        by: by.into(),
        by_new: new,
    });
    point
}

fn rising(mut point: Point) -> Point {
    for (bucket, step) in point.trend.iter_mut().zip(0_u32..) {
        bucket.value = bucket
            .value
            .map(|value| value * (0.97 + 0.03 * f64::from(step) / 36.0));
    }
    point
}

/// Three devices with their points.
#[allow(clippy::too_many_lines)] // A list of points is read from top to bottom.
pub(crate) fn groups(attacked: bool, silent: bool) -> Vec<Group> {
    let eight = CaptureTime::parse("2026-03-11T08:00:00Z").unwrap_or_default();
    let mut level = rising(analog(
        1,
        "LIT101",
        "Tank T101 level",
        812.4,
        1,
        "mm",
        [250.0, 340.0, 340.0, 900.0, 900.0, 1000.0],
    ));
    level.source = "holding:0, u16 x 0.1".into();
    level.raw = "8124 (0x1fbc)".into();
    level.rules = vec!["LIT101/envelope armed".into(), "LIT101/rate armed".into()];
    let setpoint = analog(
        2,
        "LIT101.SP",
        "Tank T101 level setpoint",
        if attacked { 1150.0 } else { 800.0 },
        0,
        "mm",
        [250.0, 340.0, 340.0, 900.0, 900.0, 1000.0],
    );
    let mut setpoint = if attacked {
        written(setpoint, 35, 800.0, at(12, 3, 51, 204), ".66", true)
    } else {
        written(setpoint, 14, 780.0, at(11, 58, 0, 4), "HMI-1", false)
    };
    setpoint.alarm = attacked.then_some(Severity::Critical);
    setpoint.source = "holding:100, u16".into();
    setpoint.raw = if attacked {
        "0x047e".into()
    } else {
        "0x0320".into()
    };
    setpoint.commanded = if attacked {
        "1150 mm".into()
    } else {
        "800 mm".into()
    };
    setpoint.role = "setpoint".into();
    setpoint.writers = "HMI-1, ENG-1".into();
    setpoint.rules = vec![
        "LIT101.SP/envelope armed".into(),
        "LIT101.SP/step armed".into(),
        "writers armed".into(),
    ];
    let mut flow = rising(analog(
        3,
        "FIT101",
        "Inflow",
        2.41,
        2,
        "m3/h",
        [0.2, 0.5, 0.5, 3.2, 3.2, 3.6],
    ));
    flow.alarm = attacked.then_some(Severity::High);
    let valve = discrete(
        4,
        "MV101.CMD",
        "Inlet valve",
        ["CLOSED", "OPEN"],
        u32::from(attacked),
    );
    let mut valve = if attacked {
        written(valve, 35, 0.0, at(12, 3, 50, 112), ".66", true)
    } else {
        written(valve, 20, 1.0, at(11, 58, 2, 310), "HMI-1", false)
    };
    valve.alarm = attacked.then_some(Severity::High);
    let pump = written(
        discrete(5, "P101.CMD", "Transfer pump", ["STOP", "RUN"], 1),
        99,
        1.0,
        at(9, 12, 44, 0),
        "HMI-1",
        false,
    );
    let breaker = discrete(6, "CB12.CMD", "Feeder 12 breaker", ["OPEN", "CLOSED"], 1);
    let breaker = written(breaker, 99, 1.0, eight, "HMI-1", false);
    let mut earth = discrete(7, "ES12.POS", "Feeder 12 earth switch", ["OUT", "IN"], 0);
    earth.reading = Reading::Never;
    earth.quality = Quality::Unknown;
    earth.trend.clear();
    earth.age = None;
    earth.role = "feedback".into();
    let volts = analog(
        8,
        "BUS1.V",
        "Busbar voltage",
        20.13,
        2,
        "kV",
        [18.0, 19.0, 19.0, 21.0, 21.0, 22.0],
    );
    let amps = analog(
        9,
        "FDR12.I",
        "Feeder 12 current",
        184.0,
        1,
        "A",
        [0.0, 20.0, 20.0, 350.0, 350.0, 400.0],
    );
    let mut oil = analog(
        10,
        "TXF1.TOP",
        "Transformer oil",
        66.2,
        1,
        "\u{b0}C",
        [-20.0, 0.0, 0.0, 90.0, 90.0, 105.0],
    );
    oil.quality = if silent { Quality::Bad } else { Quality::Good };
    oil.quality_reason = if silent {
        "communication lost".into()
    } else {
        String::new()
    };
    let mut feeder = vec![breaker, earth, volts, amps, oil];
    for point in &mut feeder {
        if silent && point.age.is_some() {
            point.age = Some(540 * SECOND);
            point.stale = true;
            for bucket in point.trend.iter_mut().skip(4) {
                bucket.value = None;
            }
        }
    }
    let acid = analog(
        11,
        "AIT202.PH",
        "Outlet pH",
        7.12,
        2,
        "pH",
        [5.5, 6.5, 6.5, 9.5, 9.5, 10.5],
    );
    let speed = written(
        analog(
            12,
            "P205.SPD",
            "Dosing pump speed",
            41.0,
            1,
            "%",
            [0.0, 5.0, 5.0, 90.0, 90.0, 100.0],
        ),
        99,
        41.0,
        at(8, 30, 0, 0),
        "ENG-1",
        false,
    );
    let mut chlorine = written(
        analog(
            13,
            "CL2.SP",
            "Chlorine setpoint",
            1.2,
            2,
            "mg/l",
            [0.1, 0.3, 0.3, 2.0, 2.0, 2.5],
        ),
        99,
        1.1,
        at(11, 40, 10, 700),
        "ENG-1",
        false,
    );
    chlorine.alarm = attacked.then_some(Severity::Medium);
    let mut blower = discrete(14, "BL301.RUN", "Blower", ["STOP", "RUN"], 1);
    blower.forced = true;
    blower.quality = Quality::Uncertain;
    blower.quality_reason = "forced locally".into();
    let group = |area: &str, device: &str, address: &str, protocol: &str, arrives: &str, age, points| Group {
        area: area.into(),
        device: device.into(),
        address: address.into(),
        protocol: protocol.into(),
        arrives: arrives.into(),
        age: Some(age),
        points,
    };
    let quiet = if silent { 540 } else { 6 };
    vec![
        group(
            "RAW WATER",
            "PLC1",
            "10.20.1.10/1",
            "Modbus",
            "polled",
            SECOND,
            vec![level, setpoint, flow, valve, pump],
        ),
        group(
            "FEEDER 12",
            "RTU4",
            "10.20.1.14 addr 4",
            "DNP3",
            "event",
            quiet * SECOND,
            feeder,
        ),
        group(
            "DOSING",
            "SRV2",
            "10.20.1.30 ns=2",
            "OPC UA",
            "publish",
            2 * SECOND,
            vec![acid, speed, chlorine, blower],
        ),
    ]
}
