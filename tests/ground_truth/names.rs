//! Names that records give to numbers of the wire, so that both spellings can be compared.

use serde_json::Value;

/// Lower-case letters and digits only: `UNCONFIRMED_USER_DATA` and `Unconfirmed user data` are the same name.
pub(crate) fn plain(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|character| character.to_ascii_lowercase())
        .collect()
}

/// Link function codes (IEEE 1815 9.2.4.1.3) by name.
pub(crate) fn link_function(name: &str) -> Option<i128> {
    let names: &[(&str, i128)] = &[
        ("resetlinkstates", 0),
        ("resetlinkstate", 0),
        ("resetuserprocess", 1),
        ("testlinkstates", 2),
        ("testlinkstate", 2),
        ("confirmeduserdata", 3),
        ("unconfirmeduserdata", 4),
        ("requestlinkstatus", 9),
        ("ack", 0),
        ("nack", 1),
        ("linkstatus", 11),
        ("notsupported", 15),
    ];
    let name = plain(name);
    names
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, code)| *code)
}

/// Internal indications as the truth writes them: the first octet is the higher one.
const INDICATIONS: &[(&str, i128)] = &[
    ("broadcast", 0x0100),
    ("class1events", 0x0200),
    ("class2events", 0x0400),
    ("class3events", 0x0800),
    ("needtime", 0x1000),
    ("localcontrol", 0x2000),
    ("devicetrouble", 0x4000),
    ("devicerestart", 0x8000),
    ("nofunccodesupport", 0x0001),
    ("functionnotsupported", 0x0001),
    ("nofunctioncodesupport", 0x0001),
    ("objectunknown", 0x0002),
    ("parametererror", 0x0004),
    ("eventbufferoverflow", 0x0008),
    ("alreadyexecuting", 0x0010),
    ("configcorrupt", 0x0020),
    ("configurationcorrupt", 0x0020),
    ("reserved2", 0x0040),
    ("reserved1", 0x0080),
];

/// Quality flags of DNP3 points; some bits have a name for each kind of point.
const FLAGS: &[(&str, i128)] = &[
    ("online", 1),
    ("restart", 2),
    ("commlost", 4),
    ("remoteforced", 8),
    ("localforced", 16),
    ("chatterfilter", 32),
    ("overrange", 32),
    ("rollover", 32),
    ("referenceerr", 64),
    ("referenceerror", 64),
    ("discontinuity", 64),
    ("reserved", 0),
];

/// A set of bits that is given as a number or as a list of names; `None` when a name is unknown.
fn bits(value: &Value, names: &[(&str, i128)]) -> Option<i128> {
    let Some(list) = value.as_array() else {
        return super::values::integer(value);
    };
    list.iter().try_fold(0, |bits, name| {
        let name = plain(name.as_str()?);
        let (_, bit) = names.iter().find(|(known, _)| *known == name)?;
        Some(bits | bit)
    })
}

/// Internal indications as a number.
pub(crate) fn indications(value: &Value) -> Option<i128> {
    bits(value, INDICATIONS)
}

/// Quality flags as a number.
pub(crate) fn flags(value: &Value) -> Option<i128> {
    bits(value, FLAGS)
}

/// Attribute ids (OPC 10000-6 A.1) by name.
pub(crate) fn attribute(name: &str) -> Option<i128> {
    const NAMES: &[&str] = &[
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
    NAMES
        .iter()
        .position(|known| *known == name)
        .map(|place| place as i128 + 1)
}
