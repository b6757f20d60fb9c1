//! The first item of a message in one line.

use alloc::string::String;
use core::fmt::{self, Write as _};

use tapglass_proto::Cursor;

use super::super::value;
use super::Items;
use crate::names;
use crate::services::attribute::AttributeOf;
use crate::services::id;
use crate::services::method::MethodCall;
use crate::services::subscription::{DATA_CHANGE_ID, Published};
use crate::types::{DataValue, length};

impl Items<'_> {
    /// Adds the first item and how many more there are.
    pub(in crate::body) fn summarise(&self, out: &mut String) -> fmt::Result {
        let mut cursor = self.cursor();
        let more = |out: &mut String, count: u32| {
            if count > 1 {
                write!(out, " and {} more", count - 1)
            } else {
                Ok(())
            }
        };
        match self.message.known_code() {
            id::READ_REQUEST => {
                let Ok(_) = cursor.take(12, "maxAge, timestampsToReturn") else {
                    return Ok(());
                };
                let count = length(&mut cursor, "nodesToRead").unwrap_or(None).unwrap_or(0);
                if let Ok(of) = AttributeOf::read_value_id(&mut cursor) {
                    write!(out, " {}", of.node)?;
                    more(out, count)?;
                }
            }
            id::WRITE_REQUEST => {
                let count = length(&mut cursor, "nodesToWrite").unwrap_or(None).unwrap_or(0);
                if let Ok((of, written)) = AttributeOf::write_value(&mut cursor, self.show.depth) {
                    write!(out, " {} = ", of.node)?;
                    value::short(out, &written)?;
                    more(out, count)?;
                }
            }
            id::READ_RESPONSE => {
                let count = length(&mut cursor, "results").unwrap_or(None).unwrap_or(0);
                if let Ok(read) = DataValue::read(&mut cursor, self.show.depth) {
                    out.push(' ');
                    value::short(out, &read)?;
                    more(out, count)?;
                }
            }
            id::PUBLISH_RESPONSE => {
                if let Ok(published) = Published::read(&mut cursor) {
                    self.summarise_changes(out, &published)?;
                }
            }
            id::WRITE_RESPONSE => {
                let count = length(&mut cursor, "results").unwrap_or(None).unwrap_or(0);
                if let Ok(code) = cursor.u32_le("results") {
                    write!(out, " {}", names::status(code))?;
                    more(out, count)?;
                }
            }
            id::CALL_REQUEST => {
                let count = length(&mut cursor, "methodsToCall").unwrap_or(None).unwrap_or(0);
                if let Ok(call) = MethodCall::read(&mut cursor, self.show.depth) {
                    write!(out, " {} of {}", call.method, call.object)?;
                    more(out, count)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Adds the first change of the first list of changes and how many more it holds.
    fn summarise_changes(&self, out: &mut String, published: &Published<'_>) -> fmt::Result {
        let Some(object) = published.notifications.iter().next() else {
            return out.write_str(" with a keep-alive");
        };
        let Some((DATA_CHANGE_ID, body)) = object.standard() else {
            return write!(out, " with {}", object.name().unwrap_or("something unknown"));
        };
        let mut cursor = Cursor::new(body);
        let count = length(&mut cursor, "monitoredItems").unwrap_or(None).unwrap_or(0);
        let (Ok(handle), Ok(changed)) = (
            cursor.u32_le("clientHandle"),
            DataValue::read(&mut cursor, self.show.depth),
        ) else {
            return Ok(());
        };
        let known = self.show.memory.subscription(published.subscription);
        match known.and_then(|known| known.items.get(&handle)) {
            Some(item) => write!(out, " {} = ", item.node.lend())?,
            None => write!(out, " handle {handle} = ")?,
        }
        value::short(out, &changed)?;
        if count > 1 {
            write!(out, " and {} more", count - 1)?;
        }
        Ok(())
    }
}
