//! Who logs on, and how: the identity token of ActivateSession (OPC 10000-4 7.41).

use alloc::boxed::Box;

use tapglass_model::Station;
use tapglass_proto::{Cursor, Direction};

use crate::context::Context;
use crate::fault::Fault;
use crate::r#gen as tables;
use crate::grammar::Structure;
use crate::security::Mode;
use crate::types::{ExtensionObject, Scalar, bytes, text};
use crate::x509::Stated;

/// The owner of the certificate that a user shows.
fn certificate_user(body: &[u8]) -> Box<str> {
    let mut cursor = Cursor::new(body);
    let owner = bytes(&mut cursor, "policyId")
        .and_then(|_| bytes(&mut cursor, "certificateData"))
        .ok()
        .flatten()
        .and_then(Stated::of);
    match owner {
        Some(owner) if !owner.subject.is_empty() => owner.subject.into_boxed_str(),
        _ => Box::from("certificate"),
    }
}

/// What an identity token says.
struct Logon {
    /// The user, or how the client logs on.
    user: Box<str>,
    /// The kind of token.
    token: &'static str,
    /// How the password is protected within the message; empty where there is none.
    password: Password,
}

/// How a password stands in its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Password {
    /// There is none.
    Absent,
    /// Readable, unless the whole message is encrypted (OPC 10000-4 7.41.4).
    Plain,
    /// Encrypted by itself.
    Encrypted,
}

impl Logon {
    const fn new(user: Box<str>, token: &'static str) -> Self {
        Self {
            user,
            token,
            password: Password::Absent,
        }
    }

    fn of(object: &ExtensionObject<'_>, depth: u8) -> Self {
        match object.standard() {
            Some((321, _)) => Self::new(Box::from("anonymous"), "anonymous"),
            Some((324, body)) => Self::user_name(body, depth),
            Some((327, body)) => Self::new(certificate_user(body), "certificate"),
            Some((940, _)) => Self::new(Box::from("issued token"), "issued"),
            // No token at all is an anonymous user (OPC 10000-4 5.7.3.2).
            None if object.body.is_none() => Self::new(Box::from("anonymous"), "anonymous"),
            _ => Self::new(Box::from("unknown token"), "unknown"),
        }
    }

    fn user_name(body: &[u8], depth: u8) -> Self {
        let mut user = Box::<str>::from("");
        let (mut password, mut encrypted) = (false, false);
        let token = Structure::Standard(tables::USER_NAME_IDENTITY_TOKEN);
        let _ = token.each(
            &mut Cursor::new(body),
            depth,
            &mut |_, member, value| match (member, value) {
                ("userName", Scalar::Text(found)) => user = text(found).into(),
                ("password", Scalar::Bytes(found)) => {
                    password = found.is_some_and(|found| !found.is_empty());
                }
                ("encryptionAlgorithm", Scalar::Text(found)) => encrypted = !text(found).is_empty(),
                _ => {}
            },
        );
        Self {
            user,
            token: "user_name",
            password: match (password, encrypted) {
                (false, _) => Password::Absent,
                (true, false) => Password::Plain,
                (true, true) => Password::Encrypted,
            },
        }
    }
}

fn logon(parameters: &[u8], depth: u8) -> Option<Logon> {
    let mut logon = None;
    let mut cursor = Cursor::new(parameters);
    let visit = &mut |_: &str, member: &str, value: Scalar<'_>| {
        if let ("userIdentityToken", Scalar::Extension(object)) = (member, value) {
            logon = Some(Logon::of(&object, depth));
        }
    };
    Structure::Parameters(tables::ACTIVATE_SESSION_REQUEST)
        .each(&mut cursor, depth, visit)
        .ok()?;
    logon
}

/// The user of an ActivateSession request, or how the client logs on.
pub(crate) fn user_of(parameters: &[u8], depth: u8) -> Option<Box<str>> {
    logon(parameters, depth).map(|logon| logon.user)
}

/// Learns who logs on; `mode` is how the channel is protected.
pub(super) fn user(
    context: &mut Context<'_>,
    session: Option<u32>,
    mode: Mode,
    parameters: &[u8],
    depth: u8,
) -> Result<(), Fault> {
    let Some(logon) = logon(parameters, depth) else {
        return Ok(());
    };
    let mut say = |key, value: &str| {
        context
            .out
            .identity(Direction::FromClient, Station::Server, key, value);
    };
    say("user", &logon.user);
    say("user_token", logon.token);
    let password = match (logon.password, mode) {
        (Password::Absent, _) => None,
        (Password::Plain, Mode::None | Mode::Sign) => Some("in_clear"),
        (Password::Plain | Password::Encrypted, _) => Some("encrypted"),
    };
    if let Some(password) = password {
        say("user_password", password);
    }
    // Taken for true until the server refuses it: where only requests are seen, nothing better comes.
    if let Some(session) = context.memory.session_mut(session) {
        session.user = Some(logon.user);
    }
    Ok(())
}
