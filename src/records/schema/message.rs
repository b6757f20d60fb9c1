//! The `message` record and the member that carries each protocol's part.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Code, Party};

/// One application message as it stood on the wire.
#[derive(JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// `message`
    pub record: String,
    /// RFC 3339 in UTC with nanoseconds: the capture's time.
    pub time: String,
    /// The sensor's name, when one is set.
    #[serde(default)]
    pub sensor: Option<String>,
    /// File or interface.
    pub capture: String,
    /// Frame that completed the message, counted from 1 in that capture.
    pub frame: u64,
    /// Every frame that carried a part of it.
    pub frames: Vec<u64>,
    /// Community ID version 1, seed 0.
    pub flow: String,
    /// Who asks.
    pub client: Party,
    /// Who answers.
    pub server: Party,
    /// VLAN ids, outermost first; left out when untagged.
    #[serde(default)]
    pub vlan: Vec<u16>,
    /// `modbus`, `dnp3` or `opcua`.
    pub protocol: String,
    /// `client` or `server`.
    pub from: String,
    /// `tcp`, `udp`, `rtu_over_tcp` ...
    pub transport: String,
    /// `request`, `response`, `exception`, `unsolicited`, `confirm`, `link`, `hello`, `acknowledge`, `error`,
    /// `reverse_hello`, `open`, `close`
    pub kind: String,
    /// Function or service.
    #[serde(default)]
    pub function: Option<Code>,
    /// Status of an answer.
    #[serde(default)]
    pub status: Option<Code>,
    /// Frame of the request that it answers.
    #[serde(default)]
    pub response_to: Option<u64>,
    /// Microseconds since that request.
    #[serde(default)]
    pub latency_us: Option<i64>,
    /// Names of what is odd about it.
    #[serde(default)]
    pub anomalies: Vec<String>,
    /// The Modbus part.
    #[serde(default)]
    pub modbus: Option<Modbus>,
    /// The DNP3 part.
    #[serde(default)]
    pub dnp3: Option<Dnp3>,
    /// The OPC UA part.
    #[serde(default)]
    pub opcua: Option<OpcUa>,
}

/// The Modbus part of a message. Addresses are those on the wire, from 0.
#[derive(Default, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)] // the names of the standard's fields
pub struct Modbus {
    pub transaction: Option<u16>,
    /// Another request with this transaction identifier still waited.
    pub transaction_reused: Option<bool>,
    pub unit: u8,
    /// The protocol identifier, when it is not 0.
    pub protocol_id: Option<u16>,
    pub address: Option<u16>,
    pub quantity: Option<u16>,
    pub read_address: Option<u16>,
    pub read_quantity: Option<u16>,
    /// Booleans for bits, whole numbers for registers.
    pub values: Vec<Value>,
    pub and_mask: Option<u16>,
    pub or_mask: Option<u16>,
    pub write_address: Option<u16>,
    pub write_quantity: Option<u16>,
    pub write_values: Vec<u16>,
    pub subfunction: Option<Code>,
    pub records: Vec<Map<String, Value>>,
    pub mei: Option<Code>,
    /// CANopen general reference, 43/13.
    pub canopen: Map<String, Value>,
    pub read_code: Option<u8>,
    pub read_code_name: Option<String>,
    pub object: Option<u8>,
    pub object_name: Option<String>,
    pub conformity: Option<u8>,
    pub conformity_name: Option<String>,
    pub more_follows: Option<u8>,
    pub next_object: Option<u8>,
    pub objects: Vec<Map<String, Value>>,
    pub exception: Option<Code>,
    /// Eight outputs of function 7.
    pub exception_status: Option<u8>,
    /// Data of a diagnostic sub-function.
    pub value: Option<u16>,
    pub comm_status: Option<u16>,
    pub event_count: Option<u16>,
    pub message_count: Option<u16>,
    /// Events of function 12: `code`, `name`, `flags`.
    pub events: Vec<Map<String, Value>>,
    /// Answer of function 17: `id`, `running`, `additional`, `text`.
    pub server_id: Map<String, Value>,
    /// Function 90: `session`, `subfunction`, `answers`, and what the sub-function has besides.
    pub umas: Map<String, Value>,
    /// What has no public layout, hexadecimal.
    pub data: Option<String>,
    /// What stands behind the end of the function, hexadecimal.
    pub surplus: Option<String>,
}

/// The DNP3 part of a message.
#[derive(Default, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)] // the names of the standard's fields
pub struct Dnp3 {
    pub source: u16,
    pub destination: u16,
    /// A broadcast or the self-address.
    pub destination_name: Option<String>,
    /// The same of the source, where it can mean nothing.
    pub source_name: Option<String>,
    pub link: Link,
    pub transport: Option<Transport>,
    pub control: Option<Control>,
    /// Internal indications by name.
    pub iin: Vec<String>,
    /// Of an OPERATE, the SELECT before it.
    pub select: Option<Select>,
    pub objects: Vec<Objects>,
    /// What could not be decoded, hexadecimal.
    pub data: Option<String>,
    /// How many bytes `data` has where it could hold a password and is not shown.
    pub data_length: Option<u64>,
}

/// The SELECT before an OPERATE.
#[derive(Default, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Select {
    /// Its sequence number.
    pub seq: u8,
    /// Microseconds from the one to the other.
    pub delay_us: i64,
    /// Both have the same controls in the same order.
    pub same_objects: bool,
    /// The sequence number is the next one.
    pub sequence_follows: bool,
}

/// Link layer control octet.
#[derive(Default, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Link {
    pub function: String,
    pub code: u8,
    pub direction: bool,
    pub primary: bool,
    #[serde(default)]
    pub fcb: Option<bool>,
    #[serde(default)]
    pub fcv: Option<bool>,
    #[serde(default)]
    pub dfc: Option<bool>,
}

/// Transport layer.
#[derive(Default, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Transport {
    pub seq: u8,
    pub segments: u32,
}

/// Application control octet.
#[derive(Default, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Control {
    pub fir: bool,
    pub fin: bool,
    pub con: bool,
    pub uns: bool,
    pub seq: u8,
}

/// One object header with its points.
#[derive(Default, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct Objects {
    pub group: u8,
    pub variation: u8,
    /// What group and variation are.
    pub name: String,
    pub qualifier: u8,
    #[serde(default)]
    pub start: Option<u32>,
    #[serde(default)]
    pub stop: Option<u32>,
    /// Up to 2^32, for a range of all 32-bit numbers.
    #[serde(default)]
    pub count: Option<u64>,
    /// `index` or `size`, `value`, `flags`, `time`, and what the group has besides.
    #[serde(default)]
    pub points: Vec<Map<String, Value>>,
}

/// The OPC UA part of a message.
#[derive(Default, JsonSchema, Serialize)]
#[serde(default)]
#[allow(missing_docs)] // the names of the standard's fields
pub struct OpcUa {
    pub channel: Option<u32>,
    pub token: Option<u32>,
    pub sequence: Option<u32>,
    pub request: Option<u32>,
    pub request_handle: Option<u32>,
    pub chunks: Option<u32>,
    pub security_policy: Option<String>,
    pub security_mode: Option<String>,
    /// `sha1`, `bytes`, and what it says: `subject`, `issuer`, `valid_from`, `valid_until`, `self_signed`.
    pub sender_certificate: Option<Map<String, Value>>,
    pub receiver_certificate: Option<String>,
    pub session: Option<String>,
    pub service: Option<String>,
    /// Service that a fault answers.
    pub answers: Option<String>,
    /// Sender's time in the request or response header.
    pub sent: Option<String>,
    pub timeout_ms: Option<u32>,
    pub endpoint: Option<String>,
    pub version: Option<u32>,
    pub receive_buffer: Option<u32>,
    pub send_buffer: Option<u32>,
    pub max_message: Option<u32>,
    pub max_chunks: Option<u32>,
    pub reason: Option<String>,
    /// `node`, `attribute`, `value`, `type`, `status`, times, and what the service has besides.
    pub items: Vec<Map<String, Value>>,
    /// Other parameters of the service.
    pub parameters: Map<String, Value>,
    pub max_age: Option<f64>,
    pub timestamps: Option<String>,
    pub max_references: Option<u32>,
    pub subscription: Option<u32>,
    pub notification: Option<u32>,
    pub published: Option<Value>,
    /// The body cannot be seen.
    pub encrypted: bool,
    /// The body was encrypted and is read with a key that was given.
    pub decrypted: bool,
    /// Size of a body that cannot be seen, bytes.
    pub size: Option<u64>,
    /// The body is not decoded by this version and stands in `body`.
    pub decoded: Option<bool>,
    /// Hexadecimal.
    pub body: Option<String>,
    pub bytes: Option<u64>,
}
