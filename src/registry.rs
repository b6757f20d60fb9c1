//! The protocols of this build; the only file that names them.

use tapglass_proto::Protocol;

/// How many there are.
pub const COUNT: usize = 3;

/// Every protocol, in the order in which they are asked whether bytes are theirs: strong evidence first.
pub static PROTOCOLS: [&dyn Protocol; COUNT] = [
    &tapglass_dnp3::Dnp3,
    &tapglass_opcua::OpcUa,
    &tapglass_modbus::Modbus,
];

/// The protocol of a name.
#[must_use]
pub fn by_name(name: &str) -> Option<usize> {
    PROTOCOLS.iter().position(|protocol| protocol.name() == name)
}
