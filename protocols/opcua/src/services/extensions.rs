//! Structures that travel in ExtensionObjects, found by the id of their binary encoding.

use crate::grammar::Structure;
use crate::services::{monitored_item, server, session, subscription};
use crate::types::ExtensionObject;

/// Sorted by the numeric id of the encoding in namespace 0.
static KNOWN: &[(u32, &Structure)] = &[
    (321, &session::ANONYMOUS_TOKEN),
    (324, &session::USER_NAME_TOKEN),
    (327, &session::CERTIFICATE_TOKEN),
    (340, &server::BUILD_INFO),
    (603, &monitored_item::SIMPLE_ATTRIBUTE_OPERAND),
    (724, &monitored_item::DATA_CHANGE_FILTER),
    (727, &monitored_item::EVENT_FILTER),
    (730, &monitored_item::AGGREGATE_FILTER),
    (subscription::DATA_CHANGE_ID, &subscription::DATA_CHANGE),
    (subscription::STATUS_CHANGE_ID, &subscription::STATUS_CHANGE),
    (864, &server::SERVER_STATUS),
    (subscription::EVENTS_ID, &subscription::EVENTS),
    (940, &session::ISSUED_TOKEN),
];

/// The structure in an ExtensionObject and its bytes, where its layout is known.
pub(crate) fn known<'a>(object: &ExtensionObject<'a>) -> Option<(&'static Structure, &'a [u8])> {
    let (id, body) = object.standard()?;
    let at = KNOWN.binary_search_by_key(&id, |(id, _)| *id).ok()?;
    KNOWN.get(at).map(|(_, structure)| (*structure, body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names;

    #[test]
    fn the_table_is_sorted_and_agrees_with_the_public_ids() {
        assert!(KNOWN.is_sorted_by_key(|(id, _)| *id));
        for (id, structure) in KNOWN {
            assert_eq!(names::encoding(*id), Some(structure.name));
        }
    }
}
