//! `[device.X]`: what is watched, and how it counts.

use std::net::IpAddr;

use super::super::fields::{Context, Fields, choice};
use super::super::names::{Names, sorted};
use super::super::toml_reader::{Table, ValueKind};
use super::super::{Device, DeviceId, Protocol, StationSpec, WordOrder, suggest};
use super::document::{Named, named};

const KEYS: [&str; 15] = [
    "proto",
    "host",
    "port",
    "transport",
    "unit",
    "master",
    "outstation",
    "base",
    "order",
    "zone",
    "expect_security",
    "identity",
    "poll",
    "desc",
    "protocol",
];

/// Protocols by the word of site files.
pub(in super::super) const PROTOCOLS: [(&str, Protocol); 4] = [
    ("modbus", Protocol::Modbus),
    ("dnp3", Protocol::Dnp3),
    ("opcua", Protocol::OpcUa),
    ("historian", Protocol::Historian),
];

/// Orders of bytes by the word of site files.
pub(in super::super) const ORDERS: [(&str, WordOrder); 4] = [
    ("ABCD", WordOrder::ABCD),
    ("CDAB", WordOrder::CDAB),
    ("BADC", WordOrder::BADC),
    ("DCBA", WordOrder::DCBA),
];

const TRANSPORTS: [(&str, ()); 4] = [
    ("tcp", ()),
    ("udp", ()),
    ("rtu_over_tcp", ()),
    ("ascii_over_tcp", ()),
];

/// Reads every device.
pub(in super::super) fn read(document: &Table, names: &mut Names, context: &mut Context) -> Vec<Device> {
    let mut devices = Vec::new();
    for table in named(document, "device", context) {
        let id = DeviceId(u32::try_from(devices.len()).unwrap_or(u32::MAX));
        names.devices.insert(table.name.to_owned(), (id, table.span));
        devices.push(one(table, context));
    }
    devices
}

fn one(named: Named<'_>, context: &mut Context) -> Device {
    let what = format!("device `{}`", named.name);
    if named.name.contains('/') {
        context
            .problems
            .error(named.span, "the name of a device may not hold a slash")
            .help("addresses are written `device/address`");
    }
    let fields = Fields::new(named.table, named.span, &KEYS, &what, context);
    let protocol = protocol(&fields, &what, context);
    let device = Device {
        name: named.name.to_owned(),
        protocol: protocol.unwrap_or(Protocol::Modbus),
        host: fields.get("host").and_then(|value| {
            let text = super::super::fields::text(value, "host", context)?;
            address(text, value.span, context)
        }),
        port: whole(&fields, "port", 1..=65_535, context),
        transport: transport(&fields, context),
        station: StationSpec {
            unit: whole(&fields, "unit", 0..=255, context),
            master: whole(&fields, "master", 0..=65_535, context),
            outstation: whole(&fields, "outstation", 0..=65_535, context),
        },
        base: whole(&fields, "base", 0..=1, context).unwrap_or(0),
        order: order(&fields, context).unwrap_or_default(),
        zone: fields.text("zone", context).map(str::to_owned),
        expect_security: security(&fields, context),
        identity: identity(&fields, context),
        poll: fields.duration(&["poll"], context),
        location: super::tag::location(named.span, context),
    };
    if let Some(protocol) = protocol {
        foreign_keys(&fields, protocol, context);
    }
    device
}

fn protocol(fields: &Fields<'_>, what: &str, context: &mut Context) -> Option<Protocol> {
    let Some(value) = fields.any(&["proto", "protocol"]) else {
        fields
            .missing("proto", what, context)
            .help("say `proto = \"modbus\"`, `\"dnp3\"` or `\"opcua\"`");
        return None;
    };
    let word = super::super::fields::text(value, "proto", context)?;
    choice(word, value.span, "proto", &PROTOCOLS, context)
}

/// Keys that mean something for another protocol only.
fn foreign_keys(fields: &Fields<'_>, protocol: Protocol, context: &mut Context) {
    for (key, owner) in [
        ("unit", Protocol::Modbus),
        ("base", Protocol::Modbus),
        ("order", Protocol::Modbus),
        ("master", Protocol::Dnp3),
        ("outstation", Protocol::Dnp3),
        ("expect_security", Protocol::OpcUa),
    ] {
        if owner != protocol
            && let Some(entry) = fields.table.entry(key)
        {
            context
                .problems
                .error(
                    entry.key_span,
                    format!(
                        "`{key}` is for {}, this device speaks {}",
                        owner.name(),
                        protocol.name()
                    ),
                )
                .help(format!("remove `{key}`, or correct `proto`"));
        }
    }
}

/// An IP address; a name is refused, since nothing here asks a name server.
pub(in super::super) fn address(
    text: &str,
    span: super::super::source::Span,
    context: &mut Context,
) -> Option<IpAddr> {
    let parsed = text.trim().parse().ok();
    if parsed.is_none() {
        let help = match text.rsplit_once(':') {
            Some((host, port)) if host.parse::<IpAddr>().is_ok() && port.parse::<u16>().is_ok() => {
                format!("write `\"{host}\"`, and `port = {port}` as its own key")
            }
            _ => "write the address in numbers, such as `10.1.5.33`: names are never looked up".to_owned(),
        };
        context
            .problems
            .error(span, format!("`{text}` is not an IP address"))
            .help(help);
    }
    parsed
}

fn whole<T: TryFrom<i64>>(
    fields: &Fields<'_>,
    key: &'static str,
    range: std::ops::RangeInclusive<i64>,
    context: &mut Context,
) -> Option<T> {
    fields
        .whole(key, range, context)
        .and_then(|number| T::try_from(number).ok())
}

fn transport(fields: &Fields<'_>, context: &mut Context) -> Option<String> {
    let value = fields.get("transport")?;
    let word = fields.text("transport", context)?;
    choice(word, value.span, "transport", &TRANSPORTS, context)?;
    Some(word.to_owned())
}

pub(in super::super) fn order(fields: &Fields<'_>, context: &mut Context) -> Option<WordOrder> {
    let value = fields.get("order")?;
    let word = fields.text("order", context)?;
    choice(word, value.span, "order", &ORDERS, context)
}

fn security(fields: &Fields<'_>, context: &mut Context) -> Vec<String> {
    const MODES: [(&str, ()); 3] = [("None", ()), ("Sign", ()), ("SignAndEncrypt", ())];
    let mut modes = Vec::new();
    for (text, span) in fields.texts("expect_security", context).unwrap_or_default() {
        for word in text.split('|').map(str::trim) {
            if choice(word, span, "expect_security", &MODES, context).is_some() {
                modes.push(word.to_owned());
            }
        }
    }
    modes
}

fn identity(fields: &Fields<'_>, context: &mut Context) -> Vec<(String, String)> {
    const PARTS: [&str; 5] = ["vendor", "product", "firmware", "serial", "name"];
    let Some(value) = fields.get("identity") else {
        return Vec::new();
    };
    let ValueKind::Table(table) = &value.kind else {
        super::super::fields::wrong_type(value, "identity", "a table", context)
            .help("write `identity = { vendor = \"...\", product = \"...\", firmware = \"...\" }`");
        return Vec::new();
    };
    let identity = Fields::new(table, value.span, &PARTS, "`identity`", context);
    PARTS
        .into_iter()
        .filter_map(|part| Some((part.to_owned(), identity.text(part, context)?.to_owned())))
        .collect()
}

/// Reports devices that nothing on the wire tells apart.
pub(in super::super) fn check_twins(devices: &[Device], names: &Names, context: &mut Context) {
    for (place, device) in devices.iter().enumerate() {
        let twin = devices.iter().take(place).find(|other| {
            other.protocol == device.protocol
                && other.host == device.host
                && other.station == device.station
                // Modbus units and DNP3 addresses tell stations apart; OPC UA servers on one host differ in their port.
                && (device.protocol != Protocol::OpcUa || other.port == device.port)
        });
        if let Some(twin) = twin {
            let span = |name: &str| names.devices.get(name).map(|(_, span)| *span).unwrap_or_default();
            context
                .problems
                .error(span(&device.name), format!("`{}` and `{}` are one device", twin.name, device.name))
                .related(span(&twin.name), "the other one")
                .help("same host and station: correct `host`, `unit` or `outstation`, or move the tags to one of them");
        }
    }
}

/// Reports zones of devices that no `[zone.X]` declares.
pub(in super::super) fn check_zones(document: &Table, names: &Names, context: &mut Context) {
    for table in named(document, "device", &mut Context::default()) {
        let Some(value) = table.table.get("zone") else {
            continue;
        };
        let Some(zone) = value.text() else {
            continue;
        };
        if !names.zones.contains_key(zone) {
            let help = if names.zones.is_empty() {
                format!("declare it: `[zone.{zone}]`")
            } else {
                suggest::help(zone, &sorted(&names.zones))
            };
            context
                .problems
                .error(value.span, format!("there is no zone `{zone}`"))
                .help(help);
        }
    }
}
