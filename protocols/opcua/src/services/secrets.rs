//! Methods of namespace 0 whose arguments hold passwords or keys, which are never printed.

use crate::types::NodeId;

/// The method by numeric id, and the places of its secret arguments from 0. Each has an id in its type and one in the
/// server's own objects; a client may use either.
const METHODS: [(u32, &[usize]); 13] = [
    // UpdateCertificate: the private key (OPC 10000-12 7.10)
    (12_616, &[5]),
    (13_737, &[5]),
    // UpdateCredential: the secret (OPC 10000-12 8.6)
    (17_519, &[1]),
    (18_006, &[1]),
    // SetSecurityKeys: the current and the future keys (OPC 10000-14 8.3.3)
    (17_296, &[3, 4]),
    (17_364, &[3, 4]),
    // AddUser: the password (OPC 10000-18 5.2)
    (24_269, &[1]),
    (24_304, &[1]),
    // ModifyUser: the password (OPC 10000-18 5.2)
    (24_271, &[2]),
    (24_306, &[2]),
    // ChangePassword: the old and the new one (OPC 10000-18 5.2)
    (24_275, &[0, 1]),
    (24_310, &[0, 1]),
    // UpdateCertificate of an application that is being provisioned
    (28_005, &[5]),
];

/// Methods that return keys: GetSecurityKeys, the third result (OPC 10000-14 8.3.2).
const RESULTS: [(u32, &[usize]); 2] = [(15_215, &[2]), (15_907, &[2])];

/// True when the argument at `place` of the method is a secret.
pub(crate) fn is_secret(method: NodeId<'_>, place: usize) -> bool {
    is_listed(&METHODS, method, place)
}

/// True when the result at `place` of the method is a secret.
pub(crate) fn is_secret_result(method: NodeId<'_>, place: usize) -> bool {
    is_listed(&RESULTS, method, place)
}

fn is_listed(methods: &[(u32, &[usize])], method: NodeId<'_>, place: usize) -> bool {
    let Some(id) = method.standard_id() else {
        return false;
    };
    methods
        .iter()
        .any(|(known, places)| *known == id && places.contains(&place))
}
