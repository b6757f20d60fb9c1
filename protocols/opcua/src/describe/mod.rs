//! The decoded tree of a message: every field with its bytes and its clause, from the same tables that check it.

mod tree;

use alloc::format;
use alloc::string::{String, ToString};

use tapglass_proto::{Cursor, Fields};

use crate::application::Header;
use crate::body::Content;
use crate::frame::{CHANNEL_HEADER, FrameType, Greeting, HEADER};
use crate::r#gen as tables;
use crate::grammar::{Kind, Structure};
use crate::memory::Memory;
use crate::names;
use crate::pending::Asked;
use crate::services::method::MethodCall;
use crate::services::{Role, id, secrets};
use crate::types::{Strings, length, text};
use crate::whole::Whole;
use tree::Tree;

/// Adds the tree of a message.
pub(crate) fn message(
    out: &mut Fields,
    whole: &Whole<'_>,
    content: &Content<'_>,
    memory: &Memory,
    depth: u8,
) {
    header(out, whole);
    match content {
        Content::Greeting(greeting) => greeting_fields(out, whole, greeting.as_ref()),
        Content::Encrypted => {
            let start = clear(whole);
            let length = whole.bytes.len().saturating_sub(start);
            out.add("body", "encrypted", start, length, "OPC 10000-6 6.7.2.5");
        }
        Content::Aborted(error) => {
            let reason = match error {
                Some(Greeting::Error { code, reason }) => {
                    format!("{} {}", names::status(*code), text(*reason))
                }
                _ => String::from("cannot be read"),
            };
            let length = whole.body.len();
            let start = whole.bytes.len().saturating_sub(length);
            let begun = whole.spans.first().map_or(start, |span| span.raw);
            if begun < start {
                let shown = "chunks of a message that its sender gave up, and the last header";
                out.add("given up", shown, begun, start - begun, "OPC 10000-6 6.7.3");
            }
            out.add("abort", reason, start, length, "OPC 10000-6 6.7.3");
        }
        Content::Service { .. } => service(out, whole, content, memory, depth),
    }
    footer(out, whole);
}

/// What follows the body of the last chunk: a signature, and padding where it was encrypted.
fn footer(out: &mut Fields, whole: &Whole<'_>) {
    let end = whole.spans.last().map_or(0, |span| span.raw + span.length);
    let length = whole.bytes.len().saturating_sub(end);
    if whole.sequence.is_none() || end == 0 || length == 0 {
        return;
    }
    let what = if whole.is_decrypted() {
        "padding and signature, which is not checked"
    } else {
        "signature, which is not checked"
    };
    out.add("footer", what, end, length, "OPC 10000-6 6.7.2.5");
}

/// Bytes in the clear in front of a body that cannot be read (OPC 10000-6 6.7.2).
fn clear(whole: &Whole<'_>) -> usize {
    let length = match (whole.channel, whole.open) {
        (None, _) => HEADER,
        (Some(_), Some(open)) => {
            let parts = [open.policy, open.certificate, open.thumbprint];
            let lengths = parts.iter().map(|bytes| 4 + bytes.map_or(0, <[u8]>::len));
            CHANNEL_HEADER + lengths.sum::<usize>()
        }
        (Some(_), None) if whole.token.is_some() => CHANNEL_HEADER + 4,
        (Some(_), None) => CHANNEL_HEADER,
    };
    length.min(whole.bytes.len())
}

/// The frame around the message; of several chunks the first.
fn header(out: &mut Fields, whole: &Whole<'_>) {
    // An encrypted body begins nowhere that can be seen; the header then ends with what is in the clear.
    let start = 0;
    let end = match whole.spans.first() {
        Some(span) if span.raw > 0 => span.raw,
        _ => clear(whole),
    };
    let name = whole.kind.letters();
    out.group("header", name, start, end, "OPC 10000-6 6.7.2", |out| {
        out.add("MessageType", name, 0, 3, "OPC 10000-6 7.1.2.2");
        let chunk = whole.bytes.get(3).map_or(' ', |letter| char::from(*letter));
        out.add("IsFinal", chunk.to_string(), 3, 1, "");
        let size = Cursor::new(whole.bytes.get(4..).unwrap_or_default()).u32_le("MessageSize");
        out.add("MessageSize", size.unwrap_or(0).to_string(), 4, 4, "");
        let Some(channel) = whole.channel else { return };
        out.add(
            "SecureChannelId",
            channel.to_string(),
            8,
            4,
            "OPC 10000-6 6.7.2.2",
        );
        if let Some(token) = whole.token {
            out.add("TokenId", token.to_string(), 12, 4, "OPC 10000-6 6.7.2.3");
        }
        if let Some(open) = whole.open {
            let mut at = CHANNEL_HEADER;
            for (name, bytes) in [
                ("SecurityPolicyUri", open.policy),
                ("SenderCertificate", open.certificate),
                ("ReceiverCertificateThumbprint", open.thumbprint),
            ] {
                let length = bytes.map_or(0, <[u8]>::len);
                let shown = match name {
                    "SecurityPolicyUri" => String::from(text(bytes)),
                    _ => format!("{length} bytes"),
                };
                out.add(name, shown, at, 4 + length, "OPC 10000-6 6.7.2.3");
                at += 4 + length;
            }
        }
        if let Some(sequence) = whole.sequence {
            let at = end.saturating_sub(8);
            out.add(
                "SequenceNumber",
                sequence.sequence.to_string(),
                at,
                4,
                "OPC 10000-6 6.7.2.4",
            );
            out.add("RequestId", sequence.request.to_string(), at + 4, 4, "");
        }
    });
    // The headers of the later chunks stand between the parts of the body.
    for (first, second) in whole.spans.iter().zip(whole.spans.iter().skip(1)) {
        let start = first.raw + first.length;
        out.add(
            "header",
            "of the next chunk",
            start,
            second.raw.saturating_sub(start),
            "OPC 10000-6 6.7.2",
        );
    }
}

fn greeting_fields(out: &mut Fields, whole: &Whole<'_>, greeting: Option<&Greeting<'_>>) {
    let clause = match whole.kind {
        FrameType::Hello => "OPC 10000-6 7.1.2.3",
        FrameType::Acknowledge => "OPC 10000-6 7.1.2.4",
        FrameType::Error => "OPC 10000-6 7.1.2.5",
        _ => "OPC 10000-6 7.1.2.6",
    };
    let mut at = HEADER;
    let mut number = |out: &mut Fields, name: &str, shown: String| {
        out.add(name, shown, at, 4, clause);
        at += 4;
        at
    };
    let string = |out: &mut Fields, name: &str, bytes: Option<&[u8]>, at: usize| {
        let length = 4 + bytes.map_or(0, <[u8]>::len);
        out.add(name, text(bytes), at, length, clause);
        at + length
    };
    let end = greeting.map_or(HEADER, |greeting| HEADER + greeting.length());
    let left = whole.bytes.len().saturating_sub(end);
    match greeting {
        None => {}
        Some(Greeting::Hello { buffers, .. } | Greeting::Acknowledge { buffers }) => {
            let mut next = HEADER;
            for (name, value) in [
                ("ProtocolVersion", buffers.version),
                ("ReceiveBufferSize", buffers.receive),
                ("SendBufferSize", buffers.send),
                ("MaxMessageSize", buffers.message),
                ("MaxChunkCount", buffers.chunks),
            ] {
                next = number(out, name, value.to_string());
            }
            if let Some(Greeting::Hello { endpoint, .. }) = greeting {
                string(out, "EndpointUrl", *endpoint, next);
            }
        }
        Some(Greeting::Error { code, reason }) => {
            let next = number(out, "Error", format!("{code:#010x} {}", names::status(*code)));
            string(out, "Reason", *reason, next);
        }
        Some(Greeting::ReverseHello { server, endpoint }) => {
            let next = string(out, "ServerUri", *server, HEADER);
            string(out, "EndpointUrl", *endpoint, next);
        }
    }
    if left > 0 {
        out.add("more", format!("{left} bytes"), end, left, "");
    }
}

fn service(out: &mut Fields, whole: &Whole<'_>, content: &Content<'_>, memory: &Memory, depth: u8) {
    let Content::Service { message, asked, .. } = content else {
        return;
    };
    let mut tree = Tree {
        out,
        whole,
        types: &memory.types,
        strings: match message.header {
            Header::Response(header) => header.strings,
            _ => Strings::default(),
        },
        secret_results: asked.is_some_and(|asked| returns_secrets(asked, depth)),
        base: 0,
        depth,
    };
    let id = message.type_id.map_or_else(String::new, |id| id.to_string());
    tree.add(
        "TypeId",
        format!("{id} {}", message.name()),
        0,
        message.header_at,
        "OPC 10000-6 5.2.9",
    );
    let header = match message.role {
        Role::Request => tables::REQUEST_HEADER,
        Role::Response | Role::Fault => tables::RESPONSE_HEADER,
    };
    let mut cursor = Cursor::new(message.body);
    if cursor.take(message.header_at, "TypeId").is_err() || message.parameters_at == message.header_at {
        let left = message.body.len().saturating_sub(message.header_at);
        tree.add("body", "not readable".into(), message.header_at, left, "");
        return;
    }
    let _ = tree.kind(
        "header",
        Kind::Structure(Structure::Standard(header)),
        &mut cursor,
    );
    match message.layout {
        Some(parameters) => {
            let _ = tree.members(parameters, &mut cursor);
        }
        None => {
            let length = message.end.saturating_sub(message.parameters_at);
            tree.add(
                "parameters",
                "not decoded by this version".into(),
                message.parameters_at,
                length,
                "",
            );
        }
    }
    match message.fault {
        Some(fault) => {
            let (at, left) = (cursor.position(), cursor.left());
            tree.add("malformed", fault.to_string(), at, left, "");
        }
        None if message.end < message.body.len() => {
            let left = message.body.len() - message.end;
            tree.add("more", format!("{left} bytes"), message.end, left, "");
        }
        None => {}
    }
    if let Some(span) = whole.spans.last() {
        // A signature that gave itself away was taken off the body, and not off its span.
        let after = span.raw + whole.body.len().saturating_sub(span.body).min(span.length);
        let left = whole.bytes.len().saturating_sub(after);
        if left > 0 {
            out.add(
                "signature",
                format!("{left} bytes"),
                after,
                left,
                "OPC 10000-6 6.7.2.5",
            );
        }
    }
}

/// True when the answer to a call holds keys.
fn returns_secrets(asked: &Asked, depth: u8) -> bool {
    if asked.code != id::CALL_REQUEST {
        return false;
    }
    let mut cursor = Cursor::new(&asked.parameters);
    let count = length(&mut cursor, "methodsToCall").ok().flatten().unwrap_or(0);
    (0..count)
        .map_while(|_| MethodCall::read(&mut cursor, depth).ok())
        .any(|call| (0..4).any(|place| secrets::is_secret_result(call.method, place)))
}
