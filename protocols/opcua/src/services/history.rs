//! HistoryRead and HistoryUpdate (OPC 10000-4 5.11.3, 5.11.5, OPC 10000-11 6) as plain readers.

use tapglass_proto::Cursor;

use crate::fault::Fault;
use crate::types::{DataValue, ExtensionObject, NodeId, bytes, length};

/// Binary encoding of HistoryData.
const HISTORY_DATA: u32 = 658;
/// Binary encoding of HistoryModifiedData, which begins like HistoryData.
const HISTORY_MODIFIED_DATA: u32 = 11_227;
/// Binary encodings of the details of an update, each of which begins with its node: UpdateDataDetails to
/// DeleteEventDetails, UpdateStructureDataDetails.
const UPDATES: [u32; 6] = [682, 685, 688, 691, 694, 11_300];

/// A node of which a client wants to know the past.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HistoryOf<'a> {
    /// The node.
    pub(crate) node: NodeId<'a>,
    /// Elements of an array; `None` for all.
    pub(crate) index_range: Option<&'a [u8]>,
    /// Where an earlier answer stopped.
    pub(crate) continuation: &'a [u8],
}

impl<'a> HistoryOf<'a> {
    /// Reads a HistoryReadValueId.
    pub(crate) fn read(cursor: &mut Cursor<'a>) -> Result<Self, Fault> {
        let node = NodeId::read(cursor)?;
        let index_range = bytes(cursor, "indexRange")?.filter(|range| !range.is_empty());
        cursor.u16_le("dataEncoding")?;
        bytes(cursor, "dataEncoding")?;
        Ok(Self {
            node,
            index_range,
            continuation: bytes(cursor, "continuationPoint")?.unwrap_or_default(),
        })
    }
}

/// The values of a node's past; none where the history is one of events.
pub(crate) fn values<'a>(
    data: &ExtensionObject<'a>,
    depth: u8,
    visit: &mut dyn FnMut(DataValue<'a>),
) -> Result<(), Fault> {
    let Some((HISTORY_DATA | HISTORY_MODIFIED_DATA, body)) = data.standard() else {
        return Ok(());
    };
    let mut cursor = Cursor::new(body);
    for _ in 0..length(&mut cursor, "dataValues")?.unwrap_or(0) {
        visit(DataValue::read(&mut cursor, depth)?);
    }
    Ok(())
}

/// The node whose past an update changes.
pub(crate) fn updated_node<'a>(details: &ExtensionObject<'a>) -> Option<NodeId<'a>> {
    let (id, body) = details.standard()?;
    UPDATES
        .contains(&id)
        .then(|| NodeId::read(&mut Cursor::new(body)).ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::standard;

    #[test]
    fn the_details_of_updates_begin_with_their_node() {
        assert_eq!(standard::structure(HISTORY_DATA).unwrap().name(), "HistoryData");
        let modified = standard::structure(HISTORY_MODIFIED_DATA).unwrap();
        assert_eq!(modified.name(), "HistoryModifiedData");
        let mut members = modified.members(&mut Cursor::new(&[])).unwrap();
        assert_eq!(members.next().unwrap().name, "dataValues");
        for id in UPDATES {
            let mut members = standard::structure(id)
                .unwrap()
                .members(&mut Cursor::new(&[]))
                .unwrap();
            assert_eq!(members.next().unwrap().name, "nodeId");
        }
    }
}
