//! Addresses of points, in the canonical form that users type and records print (records.md section 4).

use alloc::string::String;
use core::fmt::{self, Write as _};

/// The tables of Modbus and the point types of DNP3, whose points are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Table {
    /// Modbus coil, a bit that can be written.
    Coil,
    /// Modbus discrete input, a bit that can be read.
    Discrete,
    /// Modbus input register, 16 bits that can be read.
    Input,
    /// Modbus holding register, 16 bits that can be written.
    Holding,
    /// DNP3 binary input (groups 1, 2).
    BinaryInput,
    /// DNP3 double-bit binary input (groups 3, 4).
    DoubleBitInput,
    /// DNP3 binary output and its controls (groups 10 to 13).
    BinaryOutput,
    /// DNP3 counter (groups 20, 22).
    Counter,
    /// DNP3 frozen counter (groups 21, 23).
    FrozenCounter,
    /// DNP3 analog input (groups 30 to 33).
    AnalogInput,
    /// DNP3 analog output and its setpoints (groups 40 to 43).
    AnalogOutput,
    /// DNP3 analog input reporting deadband (group 34).
    Deadband,
}

impl Table {
    /// Every table.
    pub const ALL: [Self; 12] = [
        Self::Coil,
        Self::Discrete,
        Self::Input,
        Self::Holding,
        Self::BinaryInput,
        Self::DoubleBitInput,
        Self::BinaryOutput,
        Self::Counter,
        Self::FrozenCounter,
        Self::AnalogInput,
        Self::AnalogOutput,
        Self::Deadband,
    ];

    /// The word before the colon of an address.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Coil => "coil",
            Self::Discrete => "discrete",
            Self::Input => "input",
            Self::Holding => "holding",
            Self::BinaryInput => "bi",
            Self::DoubleBitInput => "dbi",
            Self::BinaryOutput => "bo",
            Self::Counter => "counter",
            Self::FrozenCounter => "frozen",
            Self::AnalogInput => "ai",
            Self::AnalogOutput => "ao",
            Self::Deadband => "deadband",
        }
    }

    /// The table of a word.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|table| table.name() == name)
    }

    /// True for the four tables of Modbus.
    #[must_use]
    pub const fn is_modbus(self) -> bool {
        (self as u8) < (Self::BinaryInput as u8)
    }
}

/// The identifier part of a NodeId (OPC 10000-6 5.2.2.9).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeIdentifier<'a> {
    /// `i=`
    Numeric(u32),
    /// `s=`
    Text(&'a str),
    /// `g=`, the 16 bytes as on the wire.
    Guid([u8; 16]),
    /// `b=`
    Opaque(&'a [u8]),
}

/// A node of an OPC UA server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node<'a> {
    /// The server's namespace index.
    pub namespace: u16,
    /// The namespace's URI, once the server's NamespaceArray was seen or when the NodeId carries it.
    pub uri: Option<&'a str>,
    /// The identifier.
    pub identifier: NodeIdentifier<'a>,
}

/// Where a point is, inside its device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PointAddress<'a> {
    /// A point counted from 0 in one of the tables, or one bit of a register.
    Indexed {
        /// The table.
        table: Table,
        /// Wire address or DNP3 index, from 0.
        index: u32,
        /// The bit of a register, 0 is the least significant.
        bit: Option<u8>,
    },
    /// An attribute of an OPC UA node.
    Node {
        /// The node.
        node: Node<'a>,
        /// The attribute id, 13 is Value (OPC 10000-6 A.1).
        attribute: u32,
    },
}

impl<'a> PointAddress<'a> {
    /// The address of a point in a table.
    #[must_use]
    pub const fn indexed(table: Table, index: u32) -> Self {
        Self::Indexed {
            table,
            index,
            bit: None,
        }
    }

    /// The address of a node's Value.
    #[must_use]
    pub const fn value_of(node: Node<'a>) -> Self {
        Self::Node { node, attribute: 13 }
    }
}

/// An address inside one network place: many devices can stand behind one IP address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Station {
    /// The server itself (OPC UA).
    #[default]
    Server,
    /// Modbus unit id.
    Unit(u8),
    /// DNP3 link addresses of the two ends (IEEE 1815-2012 9.2.4.1.4).
    Link {
        /// The master's address.
        master: u16,
        /// The outstation's address.
        outstation: u16,
    },
}

/// The names of the 27 attributes (OPC 10000-6 A.1), from 1.
const ATTRIBUTES: [&str; 27] = [
    "NodeId",
    "NodeClass",
    "BrowseName",
    "DisplayName",
    "Description",
    "WriteMask",
    "UserWriteMask",
    "IsAbstract",
    "Symmetric",
    "InverseName",
    "ContainsNoLoops",
    "EventNotifier",
    "Value",
    "DataType",
    "ValueRank",
    "ArrayDimensions",
    "AccessLevel",
    "UserAccessLevel",
    "MinimumSamplingInterval",
    "Historizing",
    "Executable",
    "UserExecutable",
    "DataTypeDefinition",
    "RolePermissions",
    "UserRolePermissions",
    "AccessRestrictions",
    "AccessLevelEx",
];

/// The name of an OPC UA attribute.
#[must_use]
pub fn attribute_name(attribute: u32) -> Option<&'static str> {
    ATTRIBUTES.get((attribute as usize).checked_sub(1)?).copied()
}

/// The attribute of a name.
#[must_use]
pub fn attribute_from_name(name: &str) -> Option<u32> {
    ATTRIBUTES
        .iter()
        .position(|known| *known == name)
        .and_then(|at| u32::try_from(at + 1).ok())
}

impl fmt::Display for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.uri {
            Some(uri) if self.namespace != 0 => write!(f, "nsu={uri};")?,
            _ if self.namespace != 0 => write!(f, "ns={};", self.namespace)?,
            _ => {}
        }
        write!(f, "{}", self.identifier)
    }
}

impl fmt::Display for NodeIdentifier<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Numeric(number) => write!(f, "i={number}"),
            Self::Text(text) => write!(f, "s={text}"),
            Self::Guid(b) => {
                // The first three parts are little-endian on the wire (OPC 10000-6 5.2.2.6).
                let [a0, a1, a2, a3, b0, b1, c0, c1, d @ ..] = b;
                write!(
                    f,
                    "g={a3:02x}{a2:02x}{a1:02x}{a0:02x}-{b1:02x}{b0:02x}-{c1:02x}{c0:02x}-"
                )?;
                for (position, byte) in d.iter().enumerate() {
                    if position == 2 {
                        f.write_char('-')?;
                    }
                    write!(f, "{byte:02x}")?;
                }
                Ok(())
            }
            Self::Opaque(bytes) => {
                f.write_str("b=")?;
                base64(f, bytes)
            }
        }
    }
}

/// Base64 with padding (RFC 4648 section 4), the text form of opaque identifiers.
fn base64(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for position in 0..4 {
            let sextet = (bits >> (18 - 6 * position) & 63) as usize;
            let sign = if position <= group.len() {
                ALPHABET.get(sextet).copied()
            } else {
                Some(b'=')
            };
            f.write_char(char::from(sign.unwrap_or(b'=')))?;
        }
    }
    Ok(())
}

impl fmt::Display for PointAddress<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Indexed { table, index, bit } => {
                write!(f, "{}:{index}", table.name())?;
                if let Some(bit) = bit {
                    write!(f, ".{bit}")?;
                }
                Ok(())
            }
            Self::Node { node, attribute } => {
                write!(f, "{node}")?;
                if attribute != 13 {
                    match attribute_name(attribute) {
                        Some(name) => write!(f, "@{name}")?,
                        None => write!(f, "@{attribute}")?,
                    }
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Station {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Server => Ok(()),
            Self::Unit(unit) => write!(f, "unit {unit}"),
            Self::Link { outstation, .. } => write!(f, "address {outstation}"),
        }
    }
}

/// The text of an address, owned.
#[must_use]
pub fn address_text(address: &PointAddress<'_>) -> String {
    let mut text = String::new();
    let _ = write!(text, "{address}");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_print_in_their_canonical_form() {
        let node = |namespace, uri, identifier| Node {
            namespace,
            uri,
            identifier,
        };
        for (address, text) in [
            (PointAddress::indexed(Table::Holding, 20), "holding:20"),
            (
                PointAddress::Indexed {
                    table: Table::Holding,
                    index: 12,
                    bit: Some(3),
                },
                "holding:12.3",
            ),
            (PointAddress::indexed(Table::DoubleBitInput, 3), "dbi:3"),
            (
                PointAddress::value_of(node(2, None, NodeIdentifier::Text("A.B"))),
                "ns=2;s=A.B",
            ),
            (
                PointAddress::value_of(node(2, Some("urn:x"), NodeIdentifier::Numeric(7))),
                "nsu=urn:x;i=7",
            ),
            (
                PointAddress::value_of(node(0, None, NodeIdentifier::Numeric(2258))),
                "i=2258",
            ),
            (
                PointAddress::value_of(node(1, None, NodeIdentifier::Opaque(b"any"))),
                "ns=1;b=YW55",
            ),
            (
                PointAddress::value_of(node(1, None, NodeIdentifier::Opaque(b"an"))),
                "ns=1;b=YW4=",
            ),
            (
                PointAddress::Node {
                    node: node(2, None, NodeIdentifier::Text("A")),
                    attribute: 14,
                },
                "ns=2;s=A@DataType",
            ),
        ] {
            assert_eq!(address_text(&address), text);
        }
        let guid = [
            0x91, 0x2b, 0x96, 0x72, 0x75, 0xfa, 0xe6, 0x4a, 0x8d, 0x28, 0xb4, 0x04, 0xdc, 0x7d, 0xaf, 0x63,
        ];
        assert_eq!(
            address_text(&PointAddress::value_of(node(0, None, NodeIdentifier::Guid(guid)))),
            "g=72962b91-fa75-4ae6-8d28-b404dc7daf63"
        );
    }
}
