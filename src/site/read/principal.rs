//! `[principal.X]`: who may be allowed to write.

use super::super::fields::{Context, Fields};
use super::super::names::Names;
use super::super::toml_reader::Table;
use super::super::{Principal, PrincipalId};
use super::document::{Named, named};

const KEYS: [&str; 9] = [
    "ip",
    "mac",
    "ttl",
    "link",
    "application_uri",
    "user",
    "certificate",
    "kind",
    "desc",
];

/// Reads every principal.
pub(in super::super) fn read(document: &Table, names: &mut Names, context: &mut Context) -> Vec<Principal> {
    let mut principals = Vec::new();
    for table in named(document, "principal", context) {
        let id = PrincipalId(u32::try_from(principals.len()).unwrap_or(u32::MAX));
        names.principals.insert(table.name.to_owned(), (id, table.span));
        principals.push(one(table, context));
    }
    principals
}

fn one(named: Named<'_>, context: &mut Context) -> Principal {
    let what = format!("principal `{}`", named.name);
    let fields = Fields::new(named.table, named.span, &KEYS, &what, context);
    let ips = fields
        .texts("ip", context)
        .unwrap_or_default()
        .into_iter()
        .filter_map(|(text, span)| super::device::address(text, span, context))
        .collect();
    let principal = Principal {
        name: named.name.to_owned(),
        ips,
        mac: octets(
            &fields,
            "mac",
            "network card's address",
            "a network card looks like `00:1b:1b:aa:10:20`",
            context,
        ),
        ttl: fields
            .whole("ttl", 1..=255, context)
            .and_then(|ttl| u8::try_from(ttl).ok()),
        link: fields
            .whole("link", 0..=65_535, context)
            .and_then(|link| u16::try_from(link).ok()),
        application_uri: fields.text("application_uri", context).map(str::to_owned),
        user: fields.text("user", context).map(str::to_owned),
        certificate: octets(
            &fields,
            "certificate",
            "thumbprint",
            "give the SHA-1 thumbprint, 40 hexadecimal digits",
            context,
        ),
        kind: kind(&fields, context),
        location: super::tag::location(named.span, context),
    };
    let identified = ["ip", "mac", "link", "application_uri", "user", "certificate"]
        .into_iter()
        .any(|key| named.table.entry(key).is_some());
    if !identified {
        context
            .problems
            .error(
                named.span,
                format!("{what} matches everybody: nothing says who it is"),
            )
            .help("give at least one of `ip`, `mac`, `link`, `application_uri`, `user`, `certificate`");
    }
    principal
}

fn kind(fields: &Fields<'_>, context: &mut Context) -> Option<String> {
    const KINDS: [(&str, ()); 4] = [("hmi", ()), ("scada", ()), ("engineering", ()), ("historian", ())];
    let value = fields.get("kind")?;
    let word = fields.text("kind", context)?;
    super::super::fields::choice(word, value.span, "kind", &KINDS, context)?;
    Some(word.to_owned())
}

/// Bytes as hexadecimal digits, with or without `:` or `-` between them.
fn octets<const N: usize>(
    fields: &Fields<'_>,
    key: &'static str,
    noun: &str,
    form: &str,
    context: &mut Context,
) -> Option<[u8; N]> {
    let value = fields.get(key)?;
    let text = fields.text(key, context)?;
    let parsed = hexadecimal(text);
    if parsed.is_none() {
        context
            .problems
            .error(value.span, format!("`{text}` is not a {noun}"))
            .help(form);
    }
    parsed
}

fn hexadecimal<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| !matches!(byte, b':' | b'-' | b' ' | b'.'))
        .collect();
    if digits.len() != 2 * N {
        return None;
    }
    let mut octets = [0; N];
    for (octet, pair) in octets.iter_mut().zip(digits.chunks(2)) {
        let text = std::str::from_utf8(pair).ok()?;
        *octet = u8::from_str_radix(text, 16)
            .ok()
            .filter(|_| pair.iter().all(u8::is_ascii_hexdigit))?;
    }
    Some(octets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_cards_are_six_pairs_of_digits() {
        let expected = Some([0x00, 0x1b, 0x1b, 0xaa, 0x10, 0x20]);
        for text in ["00:1b:1b:aa:10:20", "00-1B-1B-AA-10-20", "001b.1baa.1020"] {
            assert_eq!(hexadecimal::<6>(text), expected, "{text}");
        }
        for text in ["", "00:1b:1b:aa:10", "00:1b:1b:aa:10:2g", "+0:1b:1b:aa:10:20"] {
            assert_eq!(hexadecimal::<6>(text), None, "{text}");
        }
    }
}
