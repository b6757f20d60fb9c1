//! The `operation` record: what was done to one point of the process (records.md section 4).

use std::net::IpAddr;
use std::sync::Arc;

use tapglass_model::{CaptureTime, ControlBlock, Outcome, Quality, QualityReasons, Value};
use tapglass_proto::json::Writer;

use super::{Captures, frame_number, write_line};
use crate::conversation::{Conversation, mac_text};

/// Who acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Its name in the site file.
    pub name: Option<String>,
    /// Network card that sent the request.
    pub mac: Option<[u8; 6]>,
    /// Address.
    pub ip: IpAddr,
    /// Port.
    pub port: u16,
    /// DNP3 link address.
    pub link: Option<u16>,
    /// OPC UA application.
    pub application: Option<String>,
    /// OPC UA user.
    pub user: Option<String>,
}

/// What is acted on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name in the site file.
    pub name: Option<String>,
    /// Network card.
    pub mac: Option<[u8; 6]>,
    /// Address.
    pub ip: IpAddr,
    /// Port.
    pub port: u16,
    /// Modbus unit id.
    pub unit: Option<u8>,
    /// DNP3 link address.
    pub link: Option<u16>,
}

fn place(out: &mut Writer<'_>, name: Option<&str>, mac: Option<[u8; 6]>, ip: IpAddr, port: u16) {
    if let Some(name) = name {
        out.key("name").string(name);
    }
    if let Some(mac) = mac {
        out.key("mac").string(&mac_text(mac));
    }
    out.key("ip").display(ip);
    out.key("port").u64(u64::from(port));
}

impl Actor {
    /// Writes the object.
    pub fn json(&self, out: &mut Writer<'_>) {
        out.object(|out| {
            place(out, self.name.as_deref(), self.mac, self.ip, self.port);
            if let Some(link) = self.link {
                out.key("link").u64(u64::from(link));
            }
            if let Some(application) = &self.application {
                out.key("application").string(application);
            }
            if let Some(user) = &self.user {
                out.key("user").string(user);
            }
        });
    }
}

impl Target {
    /// Writes the object.
    pub fn json(&self, out: &mut Writer<'_>) {
        out.object(|out| {
            place(out, self.name.as_deref(), self.mac, self.ip, self.port);
            if let Some(unit) = self.unit {
                out.key("unit").u64(u64::from(unit));
            }
            if let Some(link) = self.link {
                out.key("link").u64(u64::from(link));
            }
        });
    }
}

/// A value of the wire that owns its text.
#[derive(Clone, Debug, PartialEq)]
pub enum Raw {
    /// None.
    Null,
    /// A bit.
    Bool(bool),
    /// A whole number.
    Unsigned(u64),
    /// A whole number with sign.
    Signed(i64),
    /// Single precision.
    Float(f32),
    /// Double precision.
    Double(f64),
    /// A relay operation.
    Control(ControlBlock),
    /// A point in time.
    Time(CaptureTime),
    /// Text, or the name of a type that has no place here.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
    /// Consecutive registers.
    Registers(Vec<u16>),
    /// A masked write: AND mask, OR mask.
    Mask(u16, u16),
}

/// Bytes of a value that a record shows.
const SHOWN: usize = 256;

impl Raw {
    /// The value, owned; very long ones are cut.
    #[must_use]
    pub fn new(value: &Value<'_>) -> Self {
        match *value {
            Value::Bool(bit) => Self::Bool(bit),
            Value::Unsigned(number) => Self::Unsigned(number),
            Value::Signed(number) => Self::Signed(number),
            Value::Float(number) => Self::Float(number),
            Value::Double(number) => Self::Double(number),
            Value::DoubleBit(state) => Self::Unsigned(u64::from(state)),
            Value::Control(block) => Self::Control(block),
            Value::Time(time) => Self::Time(time),
            Value::Text(text) => Self::Text(text.chars().take(SHOWN).collect()),
            Value::Bytes(bytes) => Self::Bytes(bytes.iter().take(SHOWN).copied().collect()),
            Value::Other(name) => Self::Text(name.chars().take(SHOWN).collect()),
            _ => Self::Null,
        }
    }

    fn json(&self, out: &mut Writer<'_>) {
        match self {
            Self::Null => out.null(),
            Self::Bool(bit) => out.bool(*bit),
            Self::Unsigned(number) => out.u64(*number),
            Self::Signed(number) => out.i64(*number),
            Self::Float(number) => out.f32(*number),
            Self::Double(number) => out.f64(*number),
            Self::Control(block) => out.value(&Value::Control(*block)),
            Self::Time(time) => out.time(*time),
            Self::Text(text) => out.string(text),
            Self::Bytes(bytes) => out.hex(bytes),
            Self::Registers(registers) => {
                out.array(|out| registers.iter().for_each(|word| out.u64(u64::from(*word))));
            }
            Self::Mask(and, or) => out.object(|out| {
                out.key("and_mask").u64(u64::from(*and));
                out.key("or_mask").u64(u64::from(*or));
            }),
        }
    }
}

/// A value in the unit of its tag.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scaled {
    /// Not known, or not a number type.
    None,
    /// A bit.
    Bool(bool),
    /// A number.
    Number(f64),
    /// Everything it can be, where only a part was written.
    Between(f64, f64),
}

impl Scaled {
    fn json(self, out: &mut Writer<'_>) {
        match self {
            Self::None => out.null(),
            Self::Bool(bit) => out.bool(bit),
            Self::Number(number) => out.f64(number),
            Self::Between(low, high) => out.array(|out| {
                out.f64(low);
                out.f64(high);
            }),
        }
    }
}

/// One operation on one point.
#[derive(Clone, Debug)]
pub struct OperationRecord {
    /// When it was requested or reported.
    pub time: CaptureTime,
    /// Frame that completed the message.
    pub frame: u64,
    /// All frames: request and answer.
    pub frames: Vec<u64>,
    /// The conversation that carries it.
    pub conversation: Arc<Conversation>,
    /// The word of its action.
    pub action: &'static str,
    /// Who acts.
    pub actor: Arc<Actor>,
    /// What is acted on.
    pub target: Arc<Target>,
    /// Canonical address of the point; empty when it is about the device.
    pub point: String,
    /// The tag's name.
    pub tag: Option<String>,
    /// As on the wire.
    pub raw: Option<Raw>,
    /// Typed and scaled.
    pub value: Scaled,
    /// Its engineering unit.
    pub unit: String,
    /// How far the device vouches for it.
    pub quality: Option<(Quality, QualityReasons)>,
    /// Value and time last known before.
    pub previous: Option<(f64, CaptureTime)>,
    /// What became of it.
    pub outcome: Outcome,
    /// The status on the wire.
    pub status: Option<(u32, String)>,
    /// What else a person should know.
    pub detail: String,
}

impl OperationRecord {
    /// The device has answered, or will not.
    pub fn settle(
        &mut self,
        outcome: Outcome,
        frame: Option<u64>,
        status: Option<tapglass_proto::Status<'_>>,
    ) {
        self.outcome = outcome;
        self.frames.extend(frame);
        self.status = status.map(|status| (status.code, status.name.to_owned()));
    }

    /// Writes the record as one line.
    pub fn write(&self, out: &mut Vec<u8>, captures: &Captures) {
        write_line(out, captures, "operation", self.time, self.frame, |out| {
            out.key("frames").array(|out| {
                self.frames.iter().for_each(|frame| out.u64(frame_number(*frame)));
            });
            out.members(self.conversation.members());
            self.members(out);
        });
    }

    fn members(&self, out: &mut Writer<'_>) {
        out.key("action").string(self.action);
        self.actor.json(out.key("actor"));
        self.target.json(out.key("target"));
        if !self.point.is_empty() {
            out.key("point").string(&self.point);
        }
        if let Some(tag) = &self.tag {
            out.key("tag").string(tag);
        }
        if let Some(raw) = &self.raw {
            raw.json(out.key("raw"));
            self.value.json(out.key("value"));
        }
        if !self.unit.is_empty() {
            out.key("unit").string(&self.unit);
        }
        if let Some((quality, reasons)) = &self.quality {
            out.key("quality").string(quality.name());
            if !reasons.is_empty() {
                out.key("quality_reasons")
                    .array(|out| reasons.names().for_each(|name| out.string(name)));
            }
        }
        if let Some((value, time)) = &self.previous {
            out.key("previous").object(|out| {
                out.key("value").f64(*value);
                out.key("time").time(*time);
            });
        }
        out.key("outcome").string(self.outcome.name());
        if let Some((code, name)) = &self.status {
            out.key("status").code(*code, name);
        }
        if !self.detail.is_empty() {
            out.key("detail").string(&self.detail);
        }
    }
}
