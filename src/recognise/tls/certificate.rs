//! The subject of an X.509 certificate (RFC 5280 4.1), from its DER; nothing else of it is read.

/// Names longer than this are cut.
const LONGEST: usize = 256;

/// One element: its tag, its content, and what follows.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match *first {
        short @ 0..=0x7f => (usize::from(short), rest),
        long @ 0x81..=0x83 => {
            let (length, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            let length = length
                .iter()
                .fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
            (length, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// The subject as text, such as `CN=plc-7, O=Waterworks`.
pub(super) fn subject(certificate: &[u8]) -> Option<String> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut rest, _) = element(certificate)?;
    let (tag, _, after_version) = element(rest)?;
    // The version is left out in certificates of version 1.
    if tag == 0xa0 {
        rest = after_version;
    }
    // Serial number, signature algorithm, issuer, validity.
    for _ in 0..4 {
        rest = element(rest)?.2;
    }
    let (_, mut names, _) = element(rest)?;
    let mut text = String::new();
    while let Some((_, set, next)) = element(names) {
        names = next;
        let (_, pair, _) = element(set)?;
        let (_, identifier, value) = element(pair)?;
        let (_, value, _) = element(value)?;
        let key = match identifier {
            [0x55, 0x04, 3] => "CN",
            [0x55, 0x04, 6] => "C",
            [0x55, 0x04, 7] => "L",
            [0x55, 0x04, 8] => "ST",
            [0x55, 0x04, 10] => "O",
            [0x55, 0x04, 11] => "OU",
            _ => continue,
        };
        let value = String::from_utf8_lossy(value);
        let value: String = value
            .chars()
            .filter(|character| !character.is_control())
            .collect();
        if text.len() + value.len() > LONGEST {
            break;
        }
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(key);
        text.push('=');
        text.push_str(&value);
    }
    (!text.is_empty()).then_some(text)
}
