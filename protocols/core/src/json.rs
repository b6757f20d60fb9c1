//! Writing JSON: keys in the order they are written, numbers that JSON cannot hold as strings (records.md section 2).

use alloc::vec::Vec;
use core::fmt;

use tapglass_model::{CaptureTime, Value};

/// The largest whole number that every JSON reader holds exactly, 2^53.
const EXACT: u64 = 1 << 53;

/// What must stand before the next key or element.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Due {
    Nothing,
    Comma,
    /// A key stands there without its value.
    Value,
}

/// Appends JSON to a buffer. The caller keeps objects and arrays balanced.
pub struct Writer<'a> {
    out: &'a mut Vec<u8>,
    due: Due,
}

impl<'a> Writer<'a> {
    /// Writes to the end of `out`.
    pub fn new(out: &'a mut Vec<u8>) -> Self {
        Self {
            out,
            due: Due::Nothing,
        }
    }

    fn separate(&mut self) {
        if self.due == Due::Comma {
            self.out.push(b',');
        }
        self.due = Due::Comma;
    }

    /// A decoder that meets damaged bytes behind a key has no value for it: the record stays JSON all the same.
    fn end_value(&mut self) {
        if self.due == Due::Value {
            self.out.extend_from_slice(b"null");
            self.due = Due::Comma;
        }
    }

    /// Writes a key; a value should follow, without one it is null.
    pub fn key(&mut self, key: &str) -> &mut Self {
        self.end_value();
        self.separate();
        self.out.push(b'"');
        self.out.extend_from_slice(key.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.due = Due::Value;
        self
    }

    /// Opens an object.
    pub fn begin_object(&mut self) {
        self.separate();
        self.out.push(b'{');
        self.due = Due::Nothing;
    }

    /// Closes an object.
    pub fn end_object(&mut self) {
        self.end_value();
        self.out.push(b'}');
        self.due = Due::Comma;
    }

    /// Opens an array.
    pub fn begin_array(&mut self) {
        self.separate();
        self.out.push(b'[');
        self.due = Due::Nothing;
    }

    /// Closes an array.
    pub fn end_array(&mut self) {
        self.out.push(b']');
        self.due = Due::Comma;
    }

    /// An object with what `inner` writes.
    pub fn object(&mut self, inner: impl FnOnce(&mut Self)) {
        self.begin_object();
        inner(self);
        self.end_object();
    }

    /// An array with what `inner` writes.
    pub fn array(&mut self, inner: impl FnOnce(&mut Self)) {
        self.begin_array();
        inner(self);
        self.end_array();
    }

    /// A whole number; above 2^53 a string.
    pub fn u64(&mut self, value: u64) {
        self.separate();
        let mut digits = itoa::Buffer::new();
        let text = digits.format(value);
        if value > EXACT {
            self.out.push(b'"');
            self.out.extend_from_slice(text.as_bytes());
            self.out.push(b'"');
        } else {
            self.out.extend_from_slice(text.as_bytes());
        }
    }

    /// A whole number with sign; beyond 2^53 a string.
    pub fn i64(&mut self, value: i64) {
        if value >= 0 {
            return self.u64(value.unsigned_abs());
        }
        self.separate();
        let mut digits = itoa::Buffer::new();
        let text = digits.format(value);
        if value.unsigned_abs() > EXACT {
            self.out.push(b'"');
            self.out.extend_from_slice(text.as_bytes());
            self.out.push(b'"');
        } else {
            self.out.extend_from_slice(text.as_bytes());
        }
    }

    /// A double; what is not finite becomes `"NaN"`, `"Infinity"` or `"-Infinity"`.
    pub fn f64(&mut self, value: f64) {
        if value.is_finite() {
            self.separate();
            let mut digits = zmij::Buffer::new();
            self.out.extend_from_slice(digits.format_finite(value).as_bytes());
        } else {
            self.not_finite(value);
        }
    }

    /// A float, with as many digits as single precision needs.
    pub fn f32(&mut self, value: f32) {
        if value.is_finite() {
            self.separate();
            let mut digits = zmij::Buffer::new();
            self.out.extend_from_slice(digits.format_finite(value).as_bytes());
        } else {
            self.not_finite(f64::from(value));
        }
    }

    fn not_finite(&mut self, value: f64) {
        self.string(if value.is_nan() {
            "NaN"
        } else if value > 0.0 {
            "Infinity"
        } else {
            "-Infinity"
        });
    }

    /// True or false.
    pub fn bool(&mut self, value: bool) {
        self.separate();
        self.out.extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// Null.
    pub fn null(&mut self) {
        self.separate();
        self.out.extend_from_slice(b"null");
    }

    /// A string.
    pub fn string(&mut self, value: &str) {
        self.separate();
        self.out.push(b'"');
        self.escaped(value);
        self.out.push(b'"');
    }

    /// A string made of formatted parts.
    pub fn display(&mut self, value: impl fmt::Display) {
        use fmt::Write as _;
        self.separate();
        self.out.push(b'"');
        let _ = write!(Escaping(self), "{value}");
        self.out.push(b'"');
    }

    /// Bytes as text, where what is not UTF-8 becomes the replacement character.
    pub fn lossy(&mut self, value: &[u8]) {
        self.separate();
        self.out.push(b'"');
        for part in value.utf8_chunks() {
            self.escaped(part.valid());
            if !part.invalid().is_empty() {
                self.escaped("\u{fffd}");
            }
        }
        self.out.push(b'"');
    }

    /// Bytes as lower-case hexadecimal.
    pub fn hex(&mut self, value: &[u8]) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.separate();
        self.out.push(b'"');
        self.out.reserve(value.len() * 2);
        for byte in value {
            for nibble in [byte >> 4, byte & 15] {
                self.out
                    .push(DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'?'));
            }
        }
        self.out.push(b'"');
    }

    /// A time in RFC 3339.
    pub fn time(&mut self, value: CaptureTime) {
        self.separate();
        self.out.push(b'"');
        self.out.extend_from_slice(&value.rfc3339());
        self.out.push(b'"');
    }

    /// Members that were written before, without their braces.
    pub fn members(&mut self, written: &[u8]) {
        if !written.is_empty() {
            self.separate();
            self.out.extend_from_slice(written);
        }
    }

    /// A code and its name.
    pub fn code(&mut self, code: u32, name: &str) {
        self.object(|out| {
            out.key("code").u64(u64::from(code));
            out.key("name").string(name);
        });
    }

    /// A value of the wire.
    pub fn value(&mut self, value: &Value<'_>) {
        match *value {
            Value::Bool(bit) => self.bool(bit),
            Value::Unsigned(number) => self.u64(number),
            Value::Signed(number) => self.i64(number),
            Value::Float(number) => self.f32(number),
            Value::Double(number) => self.f64(number),
            Value::DoubleBit(state) => self.u64(u64::from(state)),
            Value::Control(block) => self.object(|out| {
                out.key("control_code").u64(u64::from(block.code));
                out.key("operation").string(block.name());
                out.key("count").u64(u64::from(block.count));
                out.key("on_ms").u64(u64::from(block.on_ms));
                out.key("off_ms").u64(u64::from(block.off_ms));
            }),
            Value::Time(time) => self.time(time),
            Value::Text(text) => self.string(text),
            Value::Bytes(bytes) => self.hex(bytes),
            Value::Other(name) => self.string(name),
            _ => self.null(),
        }
    }

    fn escaped(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut clean = 0;
        for (at, &byte) in bytes.iter().enumerate() {
            let short = match byte {
                b'"' => b"\\\"".as_slice(),
                b'\\' => b"\\\\",
                b'\n' => b"\\n",
                b'\r' => b"\\r",
                b'\t' => b"\\t",
                0..0x20 | 0x7f => b"",
                _ => continue,
            };
            self.out
                .extend_from_slice(bytes.get(clean..at).unwrap_or_default());
            clean = at + 1;
            if short.is_empty() {
                let hexadecimal = |nibble: u8| {
                    if nibble < 10 {
                        b'0' + nibble
                    } else {
                        b'a' + nibble - 10
                    }
                };
                self.out.extend_from_slice(b"\\u00");
                self.out.push(hexadecimal(byte >> 4));
                self.out.push(hexadecimal(byte & 15));
            } else {
                self.out.extend_from_slice(short);
            }
        }
        self.out.extend_from_slice(bytes.get(clean..).unwrap_or_default());
    }
}

/// Lets formatted text pass through the escaping.
struct Escaping<'a, 'b>(&'a mut Writer<'b>);

impl fmt::Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.escaped(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::String;

    fn written(inner: impl FnOnce(&mut Writer<'_>)) -> String {
        let mut out = Vec::new();
        inner(&mut Writer::new(&mut out));
        String::from_utf8(out).unwrap_or_default()
    }

    #[test]
    fn a_key_without_a_value_is_null() {
        let mut out = Vec::new();
        let mut writer = Writer::new(&mut out);
        writer.object(|writer| {
            writer.key("a");
            writer.key("b").object(|writer| {
                writer.key("c:").string("d:");
                writer.key("e");
            });
            writer.key("f");
        });
        assert_eq!(out, br#"{"a":null,"b":{"c:":"d:","e":null},"f":null}"#);
    }

    #[test]
    fn separates_members_and_elements() {
        let text = written(|w| {
            w.object(|w| {
                w.key("a").array(|w| {
                    w.u64(1);
                    w.object(|_| {});
                    w.null();
                });
                w.key("b").bool(true);
            });
        });
        assert_eq!(text, r#"{"a":[1,{},null],"b":true}"#);
    }

    #[test]
    fn writes_what_json_cannot_hold_as_strings() {
        let text = written(|w| {
            w.array(|w| {
                w.u64(1 << 53);
                w.u64((1 << 53) + 1);
                w.i64(-5);
                w.i64(i64::MIN);
                w.f64(f64::NAN);
                w.f64(f64::NEG_INFINITY);
                w.f32(0.1);
                w.f64(1e300);
            });
        });
        assert_eq!(
            text,
            r#"[9007199254740992,"9007199254740993",-5,"-9223372036854775808","NaN","-Infinity",0.1,1e+300]"#
        );
    }

    #[test]
    fn escapes_what_would_end_or_break_a_string() {
        let text = written(|w| {
            w.array(|w| {
                w.string("a\"b\\c\n\u{1}\u{7f}é");
                w.display(format_args!("{}-{}", "x\ty", 2));
                w.lossy(&[0x61, 0xff, 0x62]);
                w.hex(&[0, 0xab]);
            });
        });
        assert_eq!(
            text,
            "[\"a\\\"b\\\\c\\n\\u0001\\u007fé\",\"x\\ty-2\",\"a\u{fffd}b\",\"00ab\"]"
        );
    }
}
