//! UMAS in the decoded tree.

use alloc::format;
use alloc::string::String;

use tapglass_proto::Direction;

use super::tree::Tree;
use crate::body::ModbusBody;
use crate::umas::{self, Content, Umas};

/// Fields of function 90.
pub(super) fn describe(body: &ModbusBody<'_>, out: &mut Tree<'_>) {
    let Some(umas) = body.umas() else {
        return out.data("Data", body.pdu.data.unwrap_or_default(), 1, "");
    };
    if let Some(signature) = umas.signature {
        outer(body, out, signature, umas.at);
    }
    out.add("Session key", format!("{:#04x}", umas.session), umas.at, 1, "");
    let mut text = format!("{:#04x}  {}", umas.code, umas::name(umas.code));
    if let Some(asked) = body.asked {
        text.push_str(&format!(" to {:#04x} {}", asked.code, umas::name(asked.code)));
    }
    out.add("Sub-function", text, umas.at + 1, 1, "");
    let start = umas.data_at();
    umas.items(body.asked, body.from, |item| {
        let at = start + item.at;
        match item.content {
            Content::Number(value) => out.add(item.name, format!("{value}  {value:#x}"), at, item.length, ""),
            Content::Text(text) => {
                let text = String::from_utf8_lossy(text).into_owned();
                out.add(item.name, text, at, item.length, "");
            }
            Content::Bytes(bytes) if lists_variables(body, &umas) => variables(out, umas.code, bytes, at),
            Content::Bytes(bytes) => out.data(item.name, bytes, at, ""),
        }
    });
}

fn lists_variables(body: &ModbusBody<'_>, umas: &Umas<'_>) -> bool {
    body.from == Direction::FromClient && matches!(umas.code, 0x22 | 0x23)
}

/// What stands around a signed message.
fn outer(body: &ModbusBody<'_>, out: &mut Tree<'_>, signature: &[u8], inner: usize) {
    let bytes = body.data_unit;
    let code = bytes.get(2).copied().unwrap_or(0);
    out.byte("Session key", bytes.get(1).copied(), "", 1, "");
    out.byte("Sub-function", Some(code), umas::name(code), 2, "");
    out.byte("Magic", signature.first().copied(), "", 3, "");
    out.data("Signature", signature.get(1..).unwrap_or_default(), 4, "");
    out.byte("Function", bytes.get(inner - 1).copied(), "UMAS", inner - 1, "");
}

fn variables(out: &mut Tree<'_>, code: u8, bytes: &[u8], at: usize) {
    let mut done = 0;
    for (number, variable) in umas::variables(code, bytes).enumerate() {
        let mut text = format!(
            "block {} base {} offset {}: {} of {} bytes",
            variable.block, variable.base, variable.offset, variable.count, variable.size
        );
        for (position, byte) in variable.data.iter().take(16).enumerate() {
            text.push_str(if position == 0 { " = " } else { "" });
            text.push_str(&format!("{byte:02x}"));
        }
        out.add(
            format!("Variable {number}"),
            text,
            at + variable.at,
            variable.length,
            "",
        );
        done = variable.at + variable.length;
    }
    out.data("Data", bytes.get(done..).unwrap_or_default(), at + done, "");
}
