//! `--port`: where a protocol is expected, as a user names it.

use std::net::{IpAddr, SocketAddr};

use clap::Args;

use crate::pipeline::Hint;
use crate::registry::{PROTOCOLS, by_name};

/// The option that several commands share.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct Ports {
    /// Expect a protocol at a port, such as modbus=5020 or 10.0.0.5:5020=modbus. Content decides anyway; at a port that is
    /// named the first message is enough
    #[arg(long = "port", value_name = "PROTOCOL=PORT", value_delimiter = ',', value_parser = hint)]
    hints: Vec<Hint>,
}

impl Ports {
    /// What was named, in front of what a site names.
    pub(super) fn with(&self, others: Vec<Hint>) -> Vec<Hint> {
        let mut all = self.hints.clone();
        all.extend(others);
        all
    }
}

/// Reads `modbus=5020`, `5020=modbus`, `modbus=10.0.0.5:5020`, `[fd00::1]:5020=modbus`.
fn hint(text: &str) -> Result<Hint, String> {
    let (left, right) = text.split_once('=').ok_or_else(|| {
        "a protocol and a port are needed, such as modbus=5020 or 10.0.0.5:5020=modbus".to_owned()
    })?;
    // Either side may name the protocol.
    let (name, place) = if left.starts_with(|first: char| first.is_ascii_alphabetic()) {
        (left, right)
    } else {
        (right, left)
    };
    let protocol = by_name(name).ok_or_else(|| {
        let names: Vec<&str> = PROTOCOLS.iter().map(|protocol| protocol.name()).collect();
        format!("there is no protocol {name:?}; known are {}", names.join(", "))
    })?;
    let (ip, port) = place_of(place)?;
    Ok(Hint { ip, port, protocol })
}

fn place_of(text: &str) -> Result<(Option<IpAddr>, u16), String> {
    let range = |port: u16| {
        if port == 0 {
            Err("port 0 does not exist; ports go from 1 to 65535".to_owned())
        } else {
            Ok(port)
        }
    };
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        let port = text
            .parse()
            .map_err(|_| format!("{text:?} is no port; ports go from 1 to 65535"))?;
        return Ok((None, range(port)?));
    }
    let address: SocketAddr = text.parse().map_err(|_| {
        format!(
            "{text:?} is no port and no address with a port, such as 5020, 10.0.0.5:5020 or [fd00::5]:5020"
        )
    })?;
    Ok((Some(address.ip()), range(address.port())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_in_every_form() {
        let modbus = by_name("modbus").unwrap();
        for (text, ip, port) in [
            ("modbus=5020", None, 5020),
            ("5020=modbus", None, 5020),
            ("10.0.0.5:5020=modbus", Some("10.0.0.5"), 5020),
            ("modbus=10.0.0.5:5020", Some("10.0.0.5"), 5020),
            ("[fd00::5]:65535=modbus", Some("fd00::5"), 65_535),
        ] {
            let found = hint(text).unwrap();
            assert_eq!(found.protocol, modbus, "{text}");
            assert_eq!(
                (found.ip, found.port),
                (ip.map(|ip| ip.parse().unwrap()), port),
                "{text}"
            );
        }
    }

    #[test]
    fn errors_name_what_is_wrong() {
        for (text, part) in [
            ("modbus", "such as modbus=5020"),
            ("modbus=", "is no port"),
            ("modbus=0", "1 to 65535"),
            ("modbus=65536", "1 to 65535"),
            ("=502", "no protocol"),
            ("profinet=34964", "known are dnp3, opcua, modbus"),
            ("10.0.0.5=modbus", "address with a port"),
            ("fd00::5:502=modbus", "no protocol"),
        ] {
            let error = hint(text).unwrap_err();
            assert!(error.contains(part), "{text}: {error}");
        }
    }
}
