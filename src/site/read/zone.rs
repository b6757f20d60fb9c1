//! `[zone.X]` and `[[conduit]]`: which parts of the network may talk with which.

use std::net::IpAddr;

use super::super::fields::{Context, Fields, choice};
use super::super::names::{Names, sorted};
use super::super::source::Span;
use super::super::toml_reader::Table;
use super::super::{Conduit, Device, Zone, suggest};
use super::device::PROTOCOLS;
use super::document::{listed, named};

/// Reads every zone; devices that a zone names get it.
pub(in super::super) fn read_zones(
    document: &Table,
    devices: &mut [Device],
    names: &mut Names,
    context: &mut Context,
) -> Vec<Zone> {
    let mut zones = Vec::new();
    for table in named(document, "zone", context) {
        let what = format!("zone `{}`", table.name);
        let fields = Fields::new(
            table.table,
            table.span,
            &["networks", "devices", "desc"],
            &what,
            context,
        );
        let networks = fields
            .texts("networks", context)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(text, span)| network(text, span, context))
            .collect();
        for (device, span) in fields.texts("devices", context).unwrap_or_default() {
            let found = names
                .devices
                .get(device)
                .and_then(|(id, _)| devices.get_mut(id.0 as usize));
            match found {
                Some(known) => known.zone = Some(table.name.to_owned()),
                None => {
                    let help = suggest::help(device, &sorted(&names.devices));
                    context
                        .problems
                        .error(span, format!("there is no device `{device}`"))
                        .help(help);
                }
            }
        }
        names.zones.insert(table.name.to_owned(), table.span);
        zones.push(Zone {
            name: table.name.to_owned(),
            networks,
        });
    }
    zones
}

/// Reads every conduit.
pub(in super::super) fn read_conduits(
    document: &Table,
    names: &Names,
    context: &mut Context,
) -> Vec<Conduit> {
    let mut conduits = Vec::new();
    for (table, span) in listed(document, "conduit", context) {
        let fields = Fields::new(
            table,
            span,
            &["from", "to", "protocols", "desc"],
            "a conduit",
            context,
        );
        let from = zone_of(&fields, "from", names, context);
        let to = zone_of(&fields, "to", names, context);
        let protocols = fields
            .texts("protocols", context)
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(word, span)| choice(word, span, "protocols", &PROTOCOLS, context))
            .collect();
        if let (Some(from), Some(to)) = (from, to) {
            conduits.push(Conduit { from, to, protocols });
        }
    }
    conduits
}

fn zone_of(fields: &Fields<'_>, key: &'static str, names: &Names, context: &mut Context) -> Option<String> {
    let Some(value) = fields.get(key) else {
        fields
            .missing(key, "this conduit", context)
            .help("a conduit goes `from` one zone `to` another");
        return None;
    };
    let zone = fields.text(key, context)?;
    if names.zones.contains_key(zone) {
        return Some(zone.to_owned());
    }
    let help = suggest::help(zone, &sorted(&names.zones));
    context
        .problems
        .error(value.span, format!("there is no zone `{zone}`"))
        .help(help);
    None
}

/// `10.1.5.0/24`; an address alone is a network of one.
fn network(text: &str, span: Span, context: &mut Context) -> Option<(IpAddr, u8)> {
    let parsed = parse_network(text.trim());
    if parsed.is_none() {
        context
            .problems
            .error(span, format!("`{text}` is not a network"))
            .help("networks look like `10.1.5.0/24` or `fd00::/64`");
    }
    let (address, length) = parsed?;
    let masked = mask(address, length);
    if masked != address {
        context
            .problems
            .warning(span, format!("`{text}` has bits beyond its prefix"))
            .help(format!("write `{masked}/{length}`"));
    }
    Some((masked, length))
}

fn parse_network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address.parse().ok()?, Some(length.parse().ok()?)),
        None => (text.parse().ok()?, None),
    };
    let longest = match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    };
    let length = length.unwrap_or(longest);
    (length <= longest).then_some((address, length))
}

fn mask(address: IpAddr, length: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let kept = u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0);
            IpAddr::V4((u32::from(v4) & kept).into())
        }
        IpAddr::V6(v6) => {
            let kept = u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0);
            IpAddr::V6((u128::from(v6) & kept).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_an_address_and_a_prefix() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        for (text, expected) in [
            ("10.1.5.0/24", Some((address("10.1.5.0"), 24))),
            ("10.1.5.7", Some((address("10.1.5.7"), 32))),
            ("0.0.0.0/0", Some((address("0.0.0.0"), 0))),
            ("fd00::/64", Some((address("fd00::"), 64))),
            ("10.1.5.0/33", None),
            ("10.1.5/24", None),
            ("plant", None),
        ] {
            assert_eq!(parse_network(text), expected, "{text}");
        }
        assert_eq!(mask(address("10.1.5.7"), 24), address("10.1.5.0"));
        assert_eq!(mask(address("10.1.5.7"), 0), address("0.0.0.0"));
        assert_eq!(mask(address("10.1.5.7"), 32), address("10.1.5.7"));
    }
}
