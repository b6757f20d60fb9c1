//! Data types that a server defined itself, learned from the DataTypeDefinition attributes that clients read
//! (OPC 10000-3 8.48 to 8.52, OPC 10000-6 5.2.6 to 5.2.8).

use alloc::boxed::Box;
use alloc::string::ToString;
use alloc::vec::Vec;

use tapglass_proto::Cursor;

use crate::fault::Fault;
use crate::grammar::{Kind, Member, Rank, Structure};
use crate::standard;
use crate::types::{BuiltIn, ExtensionObject, NodeId, Scalar, StoredNode, bytes, length, text};

/// Types that are remembered for a server. A companion specification has some hundreds.
const MOST_TYPES: usize = 4_096;
/// Members or values of a type that are remembered; a type with more stays unknown.
const MOST_MEMBERS: u32 = 1_024;
/// Bytes of all definitions together, as they stood on the wire.
const MOST_BYTES: usize = 4 << 20;
/// Bytes of an identifier; no type of a companion specification comes near.
const LONGEST_IDENTIFIER: usize = 512;

/// A data type that the server defined.
#[derive(Clone, Debug)]
pub(crate) struct Custom {
    node: StoredNode,
    name: Box<str>,
    layout: Layout,
    members: Box<[Part]>,
    /// Bytes of the definition.
    weight: usize,
}

/// What the members of a type mean (OPC 10000-3 8.49).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// All of them follow each other.
    Plain,
    /// A mask says which of the optional ones are there.
    Optional,
    /// A switch says which one is there.
    Union,
    /// They are names of values.
    Enumeration,
}

#[derive(Clone, Debug)]
struct Part {
    name: Box<str>,
    /// Data type of a member.
    of: StoredNode,
    rank: i32,
    optional: bool,
    subtypes: bool,
    /// Value of an enumeration.
    value: i64,
}

impl Custom {
    /// The name of the type, or its node where nobody read a name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The name of a value, for an enumeration.
    pub(crate) fn value_name(&self, value: i64) -> Option<&str> {
        let mut values = self.members.iter();
        values.find(|part| part.value == value).map(|part| &*part.name)
    }

    /// Reads the mask or the switch; gives the members that follow.
    pub(crate) fn begin<'t>(
        &'t self,
        types: &'t CustomTypes,
        cursor: &mut Cursor<'_>,
    ) -> Result<Present<'t>, Fault> {
        let (mut mask, mut parts) = (0, &self.members[..]);
        match self.layout {
            Layout::Plain | Layout::Enumeration => {}
            Layout::Optional => mask = cursor.u32_le("EncodingMask")?,
            Layout::Union => {
                let at = cursor.position();
                let switch = cursor.u32_le("SwitchField")?;
                parts = match (switch as usize).checked_sub(1) {
                    None => &[],
                    Some(place) => self.members.get(place..=place).ok_or(Fault::Encoding {
                        field: "SwitchField",
                        at,
                        value: switch,
                    })?,
                };
            }
        }
        Ok(Present {
            types,
            parts: parts.iter(),
            mask,
        })
    }

    /// The name of what `begin` reads, and its clause.
    pub(crate) fn lead(&self) -> Option<(&'static str, &'static str)> {
        match self.layout {
            Layout::Plain | Layout::Enumeration => None,
            Layout::Optional => Some(("EncodingMask", "OPC 10000-6 5.2.7")),
            Layout::Union => Some(("SwitchField", "OPC 10000-6 5.2.8")),
        }
    }
}

/// The members of a structure that are there.
pub(crate) struct Present<'t> {
    types: &'t CustomTypes,
    parts: core::slice::Iter<'t, Part>,
    /// Bits of the optional members to come.
    mask: u32,
}

impl<'t> Iterator for Present<'t> {
    type Item = Member<'t>;

    fn next(&mut self) -> Option<Member<'t>> {
        loop {
            let part = self.parts.next()?;
            if part.optional {
                let here = self.mask & 1 != 0;
                self.mask >>= 1;
                if !here {
                    continue;
                }
            }
            let kind = match self.types.kind(part.of.lend()) {
                // A structure that may be another one says which it is.
                Kind::Structure(_) | Kind::Unknown if part.subtypes => Kind::Plain(BuiltIn::EXTENSION_OBJECT),
                kind => kind,
            };
            let rank = match part.rank {
                ..=0 => Rank::One,
                1 => Rank::Array,
                _ => Rank::Matrix,
            };
            return Some(Member {
                name: &part.name,
                kind,
                rank,
            });
        }
    }
}

/// The types of one server.
#[derive(Clone, Debug, Default)]
pub(crate) struct CustomTypes {
    /// Sorted by node.
    types: Vec<Custom>,
    /// Encodings with the data types that they encode, sorted.
    encodings: Vec<(StoredNode, StoredNode)>,
    /// Bytes of all definitions.
    bytes: usize,
    full: bool,
}

impl CustomTypes {
    pub(crate) const fn new() -> Self {
        Self {
            types: Vec::new(),
            encodings: Vec::new(),
            bytes: 0,
            full: false,
        }
    }

    fn place(&self, node: NodeId<'_>) -> Result<usize, usize> {
        self.types.binary_search_by(|known| known.node.lend().cmp(&node))
    }

    /// The structure that an encoding encodes.
    pub(crate) fn structure(&self, encoding: NodeId<'_>) -> Option<Structure<'_>> {
        let at = self
            .encodings
            .binary_search_by(|(known, _)| known.lend().cmp(&encoding));
        let (_, of) = self.encodings.get(at.ok()?)?;
        match self.kind(of.lend()) {
            Kind::Structure(structure) => Some(structure),
            _ => None,
        }
    }

    /// How values of a data type are encoded.
    fn kind(&self, node: NodeId<'_>) -> Kind<'_> {
        if let Some(id) = node.standard_id() {
            return standard::data_type(id).unwrap_or(Kind::Unknown);
        }
        match self.place(node).ok().and_then(|at| self.types.get(at)) {
            Some(custom) if custom.layout == Layout::Enumeration => Kind::Named(custom),
            Some(custom) => Kind::Structure(Structure::Custom(custom, self)),
            None => Kind::Unknown,
        }
    }

    /// Learns from a DataTypeDefinition attribute. False when it did not fit, for the first time.
    pub(crate) fn define(
        &mut self,
        node: NodeId<'_>,
        definition: &ExtensionObject<'_>,
        name: Option<&str>,
    ) -> bool {
        let read = match definition.standard() {
            Some((122, body)) => structure(body),
            Some((123, body)) => enumeration(body).map(|parts| (None, Layout::Enumeration, parts)),
            _ => return true,
        };
        let Ok((encoding, layout, parts)) = read else {
            return true;
        };
        let place = self.place(node);
        let weight = definition.body.map_or(0, <[u8]>::len) + node.weight();
        let before = place
            .ok()
            .and_then(|at| self.types.get(at))
            .map_or(0, |known| known.weight);
        let bytes = self.bytes.saturating_sub(before) + weight;
        if bytes > MOST_BYTES || (place.is_err() && self.types.len() >= MOST_TYPES) {
            return core::mem::replace(&mut self.full, true);
        }
        if let Some(encoding) = encoding.filter(|encoding| !encoding.is_null()) {
            self.encode(encoding, node);
        }
        let custom = Custom {
            node: node.into(),
            name: name.map_or_else(|| node.to_string().into_boxed_str(), Box::from),
            layout,
            members: parts.into_boxed_slice(),
            weight,
        };
        self.bytes = bytes;
        match place {
            Ok(at) => {
                if let Some(known) = self.types.get_mut(at) {
                    *known = custom;
                }
            }
            Err(at) => self.types.insert(at, custom),
        }
        true
    }

    /// Learns that a node is an encoding of a data type.
    pub(crate) fn encode(&mut self, encoding: NodeId<'_>, of: NodeId<'_>) {
        // Those of namespace 0 are known, and nobody may give them another meaning.
        if encoding.namespace == 0 || encoding.weight().max(of.weight()) > LONGEST_IDENTIFIER {
            return;
        }
        match self
            .encodings
            .binary_search_by(|(known, _)| known.lend().cmp(&encoding))
        {
            Ok(at) => {
                if let Some(known) = self.encodings.get_mut(at) {
                    known.1 = of.into();
                }
            }
            Err(at) if self.encodings.len() < MOST_TYPES => {
                self.encodings.insert(at, (encoding.into(), of.into()))
            }
            Err(_) => {}
        }
    }

    /// Learns the name of a node, where it is a type.
    pub(crate) fn rename(&mut self, node: NodeId<'_>, name: &str) {
        if self.types.is_empty() || name.is_empty() || name.len() > LONGEST_IDENTIFIER {
            return;
        }
        if let Ok(at) = self.place(node)
            && let Some(known) = self.types.get_mut(at)
            && &*known.name != name
        {
            known.name = name.into();
        }
    }
}

/// Reads a StructureDefinition.
fn structure(body: &[u8]) -> Result<(Option<NodeId<'_>>, Layout, Vec<Part>), Fault> {
    let mut cursor = Cursor::new(body);
    let encoding = NodeId::read(&mut cursor)?;
    NodeId::read(&mut cursor)?;
    let at = cursor.position();
    let (layout, with_subtypes) = match cursor.i32_le("structureType")? {
        0 => (Layout::Plain, false),
        1 => (Layout::Optional, false),
        2 => (Layout::Union, false),
        3 => (Layout::Plain, true),
        4 => (Layout::Union, true),
        other => {
            return Err(Fault::Encoding {
                field: "structureType",
                at,
                value: other.unsigned_abs(),
            });
        }
    };
    let mut parts = Vec::new();
    for _ in 0..count(&mut cursor)? {
        let name = text(bytes(&mut cursor, "name")?).into();
        Scalar::read(&mut cursor, BuiltIn::LOCALIZED_TEXT, 0)?;
        let of = NodeId::read(&mut cursor)?.into();
        let rank = cursor.i32_le("valueRank")?;
        let dimensions = length(&mut cursor, "arrayDimensions")?.unwrap_or(0);
        cursor.take((dimensions as usize).saturating_mul(4), "arrayDimensions")?;
        cursor.u32_le("maxStringLength")?;
        // The same flag says that a member may be missing, or that it may be of a subtype (OPC 10000-3 8.51).
        let flag = cursor.u8("isOptional")? != 0;
        parts.push(Part {
            name,
            of,
            rank,
            optional: flag && layout == Layout::Optional,
            subtypes: flag && with_subtypes,
            value: 0,
        });
    }
    Ok((Some(encoding), layout, parts))
}

/// Reads an EnumDefinition.
fn enumeration(body: &[u8]) -> Result<Vec<Part>, Fault> {
    let mut cursor = Cursor::new(body);
    let mut parts = Vec::new();
    for _ in 0..count(&mut cursor)? {
        let value = cursor.i64_le("value")?;
        Scalar::read(&mut cursor, BuiltIn::LOCALIZED_TEXT, 0)?;
        Scalar::read(&mut cursor, BuiltIn::LOCALIZED_TEXT, 0)?;
        parts.push(Part {
            name: text(bytes(&mut cursor, "name")?).into(),
            of: NodeId::INT32.into(),
            rank: -1,
            optional: false,
            subtypes: false,
            value,
        });
    }
    Ok(parts)
}

fn count(cursor: &mut Cursor<'_>) -> Result<u32, Fault> {
    let at = cursor.position();
    match length(cursor, "fields")?.unwrap_or(0) {
        count @ ..=MOST_MEMBERS => Ok(count),
        value => Err(Fault::Encoding {
            field: "fields",
            at,
            value,
        }),
    }
}
