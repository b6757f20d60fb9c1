//! What a handshake says, for records and for people.

use tapglass_proto::json::Writer;

use super::suites;

/// What was read of a handshake. Everything is what the ends said in the clear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Version that the server chose, such as 0x0304 for TLS 1.3.
    pub version: Option<u16>,
    /// Highest version that the client offered.
    pub offered: Option<u16>,
    /// Name of the server that the client asked for.
    pub server_name: Option<String>,
    /// Application protocols that the client offered.
    pub offered_protocols: Vec<String>,
    /// Application protocol that the server chose.
    pub protocol: Option<String>,
    /// Cipher suite that the server chose.
    pub cipher_suite: Option<u16>,
    /// The server asked for the client's certificate; unknown where that is encrypted (TLS 1.3) or was not captured.
    pub client_certificate_requested: Option<bool>,
    /// The server's certificate: subject (TLS 1.2 and before).
    pub server_certificate: Option<String>,
    /// The client's certificate: subject (TLS 1.2 and before).
    pub client_certificate: Option<String>,
    /// An earlier session is taken up again.
    pub resumed: bool,
}

/// A version in the words of the standards.
fn version_name(version: u16) -> String {
    match version {
        0x0300 => "SSL 3.0".to_owned(),
        0x0301 => "TLS 1.0".to_owned(),
        0x0302 => "TLS 1.1".to_owned(),
        0x0303 => "TLS 1.2".to_owned(),
        0x0304 => "TLS 1.3".to_owned(),
        other => format!("TLS version {other:#06x}"),
    }
}

impl Facts {
    /// True when nothing of a handshake was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The version, cipher suite and names, one pair for each thing that is known.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = Vec::new();
        if let Some(version) = self.version {
            pairs.push(("version", version_name(version)));
        } else if let Some(offered) = self.offered {
            pairs.push(("offered_version", version_name(offered)));
        }
        if let Some(suite) = self.cipher_suite {
            pairs.push(("cipher_suite", suites::name(suite)));
        }
        if let Some(name) = &self.server_name {
            pairs.push(("server_name", name.clone()));
        }
        if let Some(protocol) = &self.protocol {
            pairs.push(("alpn", protocol.clone()));
        } else if !self.offered_protocols.is_empty() {
            pairs.push(("offered_alpn", self.offered_protocols.join(" ")));
        }
        if let Some(asked) = self.client_certificate_requested {
            let word = if asked { "requested" } else { "not requested" };
            pairs.push(("client_certificate_request", word.to_owned()));
        }
        if let Some(subject) = &self.server_certificate {
            pairs.push(("server_certificate", subject.clone()));
        }
        if let Some(subject) = &self.client_certificate {
            pairs.push(("client_certificate", subject.clone()));
        }
        if self.resumed {
            pairs.push(("resumed", "yes".to_owned()));
        }
        pairs
    }

    /// One line: the version and the cipher suite.
    #[must_use]
    pub fn summary(&self) -> String {
        match (self.version, self.cipher_suite) {
            (Some(version), Some(suite)) => format!("{}, {}", version_name(version), suites::name(suite)),
            (Some(version), None) => version_name(version),
            _ => "TLS; the handshake is not in the capture".to_owned(),
        }
    }

    /// Writes the object of the `conversation` record.
    pub fn json(&self, out: &mut Writer<'_>) {
        out.object(|out| {
            for (key, value) in self.pairs() {
                out.key(key).string(&value);
            }
        });
    }
}
