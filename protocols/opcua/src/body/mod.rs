//! The members of a message record that are OPC UA's own (records.md section 3), written when somebody asks.

mod items;
mod notifications;
mod parameters;
mod value;

use alloc::string::String;
use core::fmt::Write as _;

use tapglass_proto::json::Writer;
use tapglass_proto::model::Station;
use tapglass_proto::{Body, Fields, Marks};

use crate::application::{Application, Header};
use crate::describe;
use crate::frame::{Buffers, FrameType, Greeting};
use crate::memory::Memory;
use crate::names;
use crate::pending::Asked;
use crate::services::Role;
use crate::services::common::{RequestHeader, ResponseHeader};
use crate::types::{Strings, text};
use crate::whole::Whole;
use value::Show;

/// Bytes of a body that is not decoded, as far as they are printed.
const MOST_BYTES: usize = 1_024;

/// What a message carries.
#[derive(Clone, Copy)]
pub(crate) enum Content<'a> {
    /// HEL, ACK, ERR or RHE; `None` when it cannot be read.
    Greeting(Option<Greeting<'a>>),
    /// Nothing that can be read.
    Encrypted,
    /// The sender gave the message up, and why.
    Aborted(Option<Greeting<'a>>),
    /// A service message.
    Service {
        message: &'a Application<'a>,
        asked: Option<&'a Asked>,
        session: Option<u32>,
    },
}

/// The protocol's part of one message.
pub(crate) struct MessageBody<'a> {
    pub(crate) whole: &'a Whole<'a>,
    pub(crate) content: Content<'a>,
    pub(crate) memory: &'a Memory,
    pub(crate) depth: u8,
}

impl Body for MessageBody<'_> {
    fn marks(&self) -> Marks {
        let subfunction =
            match &self.content {
                Content::Service { message, .. } if message.type_id.is_some_and(|id| id.namespace != 0) => {
                    Some(Marks::FOREIGN_SERVICE)
                }
                Content::Greeting(Some(
                    Greeting::Hello { buffers, .. } | Greeting::Acknowledge { buffers },
                )) if buffers.version != 0 => Some(Marks::OTHER_VERSION),
                _ => None,
            };
        Marks {
            station: Some(Station::Server),
            subfunction,
            ..Marks::default()
        }
    }

    fn json(&self, out: &mut Writer<'_>) {
        let whole = self.whole;
        if let Some(channel) = whole.channel {
            out.key("channel").u64(u64::from(channel));
        }
        if let Some(token) = whole.token {
            out.key("token").u64(u64::from(token));
        }
        if let Some(header) = whole.sequence {
            out.key("sequence").u64(u64::from(header.sequence));
            out.key("request").u64(u64::from(header.request));
        }
        if whole.channel.is_some() {
            out.key("chunks").u64(u64::from(whole.chunks));
        }
        self.security(out);
        match self.content {
            Content::Greeting(greeting) => greeting_json(out, greeting),
            Content::Encrypted => {
                if whole.kind == FrameType::Open {
                    out.key("service").string("OpenSecureChannel");
                }
                out.key("encrypted").bool(true);
                out.key("size").u64(whole.bytes.len() as u64 + whole.dropped);
            }
            Content::Aborted(error) => {
                self.decrypted(out);
                out.key("aborted").bool(true);
                greeting_json(out, error);
            }
            Content::Service {
                message,
                asked,
                session,
            } => {
                self.decrypted(out);
                self.service(out, message, asked, session);
            }
        }
    }

    fn fields(&self, out: &mut Fields) {
        describe::message(out, self.whole, &self.content, self.memory, self.depth);
    }

    fn summary(&self, out: &mut String) {
        // Writing into a string cannot fail.
        let _ = self.summarise(out);
    }
}

impl<'a> MessageBody<'a> {
    /// What is read of an encrypted channel was read with a key.
    fn decrypted(&self, out: &mut Writer<'_>) {
        if self.whole.is_decrypted() {
            out.key("decrypted").bool(true);
        }
    }

    fn security(&self, out: &mut Writer<'_>) {
        match (self.whole.policy.name(), self.whole.open) {
            (Some(name), _) => {
                out.key("security_policy").string(name);
            }
            (None, Some(open)) => {
                out.key("security_policy").lossy(open.policy.unwrap_or_default());
            }
            (None, None) => {}
        }
        if let Some(mode) = self.whole.mode.name() {
            out.key("security_mode").string(mode);
        }
        if let Some(open) = self.whole.open {
            if let Some(chain) = open.certificate.filter(|chain| !chain.is_empty()) {
                value::certificate(out.key("sender_certificate"), Some(chain));
            }
            if let Some(thumbprint) = open.thumbprint {
                out.key("receiver_certificate").hex(thumbprint);
            }
        }
    }

    fn service(
        &self,
        out: &mut Writer<'_>,
        message: &'a Application<'a>,
        asked: Option<&'a Asked>,
        session: Option<u32>,
    ) {
        if let Some(id) = self
            .memory
            .session(session)
            .and_then(|session| session.id.as_deref())
        {
            out.key("session").string(id);
        }
        if let Some(service) = message.service {
            out.key("service").string(service.name);
        } else if let Some(id) = message.type_id {
            out.key("type_id").display(id);
        }
        if message.role == Role::Fault
            && let Some(asked) = asked
        {
            out.key("answers").string(asked.service());
        }
        let (handle, time) = match message.header {
            Header::Request(header) => (header.handle, header.timestamp),
            Header::Response(header) => (header.handle, header.timestamp),
            // Somewhere in it stands what proves the session, so the bytes are not written.
            Header::None => {
                out.key("bytes").u64(message.body.len() as u64);
                if let Some(fault) = message.fault {
                    out.key("malformed").display(fault);
                }
                return;
            }
        };
        let show = self.show(message, session);
        out.key("request_handle").u64(u64::from(handle));
        if !time.is_null() {
            out.key("sent").display(time);
        }
        if let Header::Request(header) = message.header {
            if let Some(audit) = header.audit.filter(|audit| !audit.is_empty()) {
                out.key("audit_entry").lossy(audit);
            }
            if header.timeout != 0 {
                out.key("timeout_ms").u64(u64::from(header.timeout));
            }
            if header.diagnostics != 0 {
                out.key("return_diagnostics").u64(u64::from(header.diagnostics));
            }
        }
        if let Header::Response(header) = message.header {
            if !header.diagnostics.is_empty() {
                out.key("service_diagnostics");
                value::diagnostic(out, &header.diagnostics, show);
            }
            if !header.strings.is_empty() {
                out.key("string_table").array(|out| {
                    for text in header.strings.iter() {
                        out.lossy(text);
                    }
                });
            }
        }
        if let Header::Request(RequestHeader { additional, .. })
        | Header::Response(ResponseHeader { additional, .. }) = message.header
            && additional.body.is_some()
        {
            out.key("additional_header");
            value::extension(out, &additional, show);
        }
        if message.is_decoded() {
            let items = items::Items { show, message, asked };
            if !items.write(out) {
                parameters::write(out, message, show);
            }
        } else {
            out.key("decoded").bool(false);
            bytes_json(out, message.parameters());
        }
        if let Some(fault) = message.fault {
            out.key("malformed").display(fault);
        }
    }

    /// What the writers of values need.
    fn show(&self, message: &Application<'a>, session: Option<u32>) -> Show<'a> {
        Show {
            memory: self.memory,
            strings: match message.header {
                Header::Response(header) => header.strings,
                _ => Strings::default(),
            },
            session,
            depth: self.depth,
        }
    }

    fn summarise(&self, out: &mut String) -> core::fmt::Result {
        let whole = self.whole;
        match self.content {
            Content::Greeting(None) => write!(out, "{} that cannot be read", whole.kind.letters()),
            Content::Greeting(Some(greeting)) => match greeting {
                Greeting::Hello { endpoint, .. } => write!(out, "hello to {}", text(endpoint)),
                Greeting::Acknowledge { buffers } => {
                    write!(out, "hello answered, chunks up to {} bytes", buffers.receive)
                }
                Greeting::Error { code, reason } => {
                    write!(out, "error {} {}", names::status(code), text(reason))
                }
                Greeting::ReverseHello { server, endpoint } => {
                    write!(out, "{} calls from {}", text(server), text(endpoint))
                }
            },
            Content::Encrypted => {
                write!(
                    out,
                    "encrypted {} of {} bytes on channel {}",
                    whole.kind.letters(),
                    whole.bytes.len(),
                    whole.channel.unwrap_or(0)
                )
            }
            Content::Aborted(error) => {
                let code = match error {
                    Some(Greeting::Error { code, .. }) => names::status(code),
                    _ => "without a reason",
                };
                write!(out, "message given up after {} chunks: {code}", whole.chunks)
            }
            Content::Service {
                message,
                asked,
                session,
            } => {
                let name = message
                    .service
                    .map_or("message of unknown type", |service| service.name);
                match (message.role, asked) {
                    (Role::Request, _) => out.write_str(name)?,
                    (Role::Response, _) => write!(out, "{name} answered")?,
                    (Role::Fault, Some(asked)) => write!(out, "{} failed", asked.service())?,
                    (Role::Fault, None) => out.write_str("a service failed")?,
                }
                if let Some(result) = message.result().filter(|result| *result != 0) {
                    write!(out, ": {}", names::status(result))?;
                }
                if message.is_decoded() {
                    let show = self.show(message, session);
                    items::Items { show, message, asked }.summarise(out)?;
                }
                Ok(())
            }
        }
    }
}

fn buffers_json(out: &mut Writer<'_>, buffers: Buffers) {
    for (key, value) in [
        ("version", buffers.version),
        ("receive_buffer", buffers.receive),
        ("send_buffer", buffers.send),
        ("max_message", buffers.message),
        ("max_chunks", buffers.chunks),
    ] {
        out.key(key).u64(u64::from(value));
    }
}

fn greeting_json(out: &mut Writer<'_>, greeting: Option<Greeting<'_>>) {
    match greeting {
        None => {}
        Some(Greeting::Hello { buffers, endpoint }) => {
            buffers_json(out, buffers);
            out.key("endpoint").lossy(endpoint.unwrap_or_default());
        }
        Some(Greeting::Acknowledge { buffers }) => buffers_json(out, buffers),
        Some(Greeting::Error { reason, .. }) => {
            out.key("reason").lossy(reason.unwrap_or_default());
        }
        Some(Greeting::ReverseHello { server, endpoint }) => {
            out.key("server_uri").lossy(server.unwrap_or_default());
            out.key("endpoint").lossy(endpoint.unwrap_or_default());
        }
    }
}

/// Bytes that are kept as they are: how many, and the first of them.
fn bytes_json(out: &mut Writer<'_>, bytes: &[u8]) {
    out.key("bytes").u64(bytes.len() as u64);
    out.key("body")
        .hex(bytes.get(..bytes.len().min(MOST_BYTES)).unwrap_or_default());
}
