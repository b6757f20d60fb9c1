//! Secrets that protocols without encryption show: that there is one, never what it is.

/// A secret that anybody on the way can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Secret {
    /// A password is sent, or asked for.
    Password,
    /// A community name, which is the password of SNMP 1 and 2c (RFC 3584 section 5).
    Community,
}

impl Secret {
    /// The word of records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Password => "password_in_clear",
            Self::Community => "community_in_clear",
        }
    }
}

/// How far a segment is searched.
const SEARCHED: usize = 2048;

/// The secret that a segment of a protocol shows.
#[must_use]
pub fn secret_in(protocol: &str, bytes: &[u8]) -> Option<Secret> {
    let found = match protocol {
        // RFC 959 4.1.1
        "ftp" => bytes
            .first_chunk::<5>()
            .is_some_and(|front| front.eq_ignore_ascii_case(b"PASS ")),
        // RFC 7617; what is base64 is not encrypted.
        "http" => has(bytes, b"\nauthorization: basic "),
        "telnet" => has(bytes, b"password:"),
        "snmp" => return is_community(bytes).then_some(Secret::Community),
        _ => false,
    };
    found.then_some(Secret::Password)
}

/// Is a text in the bytes, in any letter case?
fn has(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes
        .get(..SEARCHED)
        .unwrap_or(bytes)
        .windows(wanted.len())
        .any(|window| window.eq_ignore_ascii_case(wanted))
}

/// Version 1 or 2c: a sequence, its length, and the version 0 or 1.
fn is_community(bytes: &[u8]) -> bool {
    let inner = match bytes.get(1) {
        Some(0x81) => 3,
        Some(0x82) => 4,
        _ => 2,
    };
    matches!(bytes.get(inner..inner + 3), Some([2, 1, 0 | 1]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_where_their_protocol_shows_them() {
        for (protocol, bytes, secret) in [
            ("ftp", &b"PASS hunter2\r\n"[..], Some(Secret::Password)),
            ("ftp", b"pass x\r\n", Some(Secret::Password)),
            ("ftp", b"PASV\r\n", None),
            ("ftp", b"331 Password required\r\n", None),
            (
                "http",
                b"GET / HTTP/1.1\r\nHost: plc\r\nauthorization: Basic YTpi\r\n\r\n",
                Some(Secret::Password),
            ),
            ("http", b"GET / HTTP/1.1\r\nAuthorization: Bearer x\r\n\r\n", None),
            ("telnet", b"\xff\xfb\x01Password: ", Some(Secret::Password)),
            ("telnet", b"login: ", None),
            (
                "snmp",
                &[0x30, 0x29, 2, 1, 1, 4, 6, b'p', b'u', b'b', b'l', b'i', b'c'],
                Some(Secret::Community),
            ),
            (
                "snmp",
                &[0x30, 0x82, 1, 0, 2, 1, 0, 4, 1, b'a'],
                Some(Secret::Community),
            ),
            ("snmp", &[0x30, 0x3e, 2, 1, 3, 0x30], None),
            ("snmp", &[0x30], None),
            ("ssh", b"password: ", None),
        ] {
            assert_eq!(secret_in(protocol, bytes), secret, "{protocol} {bytes:?}");
        }
    }
}
