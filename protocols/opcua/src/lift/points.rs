//! The points of requests and responses, read from the message each time they are asked for.

use tapglass_model::{PointAddress, Value};
use tapglass_proto::{Cursor, EachPoint, Observation};

use super::value::{address, event_text, observation, of_variant};
use crate::fault::Fault;
use crate::grammar::Structure;
use crate::memory::{Item, Memory, Subscription};
use crate::services::attribute::AttributeOf;
use crate::services::method::{Arguments, MethodCall};
use crate::services::monitored_item::{CreateItem, MonitoringParameters};
use crate::services::subscription::{DATA_CHANGE_ID, EVENTS_ID, Notifications};
use crate::services::{id, secrets};
use crate::types::{DataValue, Scalar, Variant, length};

/// Shows each point. Every message was checked before, so an early end leaves nothing out.
type Visit<'v> = &'v mut dyn FnMut(&Observation<'_>);

/// The values of a ReadResponse at the nodes of its request.
pub(super) struct Reads<'a> {
    pub(super) memory: &'a Memory,
    pub(super) session: Option<u32>,
    pub(super) asked: &'a [u8],
    pub(super) results: &'a [u8],
    pub(super) depth: u8,
}

impl Reads<'_> {
    fn walk(&self, visit: Visit<'_>) -> Result<(), Fault> {
        let (mut asked, mut results) = (Cursor::new(self.asked), Cursor::new(self.results));
        asked.f64_le("maxAge")?;
        asked.i32_le("timestampsToReturn")?;
        let count = length(&mut asked, "nodesToRead")?.unwrap_or(0);
        let count = count.min(length(&mut results, "results")?.unwrap_or(0));
        for _ in 0..count {
            let of = AttributeOf::read_value_id(&mut asked)?;
            let value = DataValue::read(&mut results, self.depth)?;
            let at = address(self.memory, self.session, of.node, of.attribute);
            visit(&observation(at, &value));
        }
        Ok(())
    }
}

impl EachPoint for Reads<'_> {
    fn each(&self, visit: &mut dyn FnMut(&Observation<'_>)) {
        let _ = self.walk(visit);
    }
}

/// The values of a WriteRequest.
pub(super) struct Writes<'a> {
    pub(super) memory: &'a Memory,
    pub(super) session: Option<u32>,
    pub(super) parameters: &'a [u8],
    pub(super) depth: u8,
}

impl Writes<'_> {
    fn walk(&self, visit: Visit<'_>) -> Result<(), Fault> {
        let mut cursor = Cursor::new(self.parameters);
        for _ in 0..length(&mut cursor, "nodesToWrite")?.unwrap_or(0) {
            let (of, value) = AttributeOf::write_value(&mut cursor, self.depth)?;
            let at = address(self.memory, self.session, of.node, of.attribute);
            let mut seen = observation(at, &value);
            // A client that says nothing of the status does not vouch for Good; it only writes a value.
            if value.status.is_none() {
                seen.status = None;
            }
            visit(&seen);
        }
        Ok(())
    }
}

impl EachPoint for Writes<'_> {
    fn each(&self, visit: &mut dyn FnMut(&Observation<'_>)) {
        let _ = self.walk(visit);
    }
}

/// The methods of a CallRequest: one point for each, with its first argument as value.
pub(super) struct Calls<'a> {
    pub(super) memory: &'a Memory,
    pub(super) session: Option<u32>,
    pub(super) parameters: &'a [u8],
    pub(super) depth: u8,
}

impl Calls<'_> {
    fn walk(&self, visit: Visit<'_>) -> Result<(), Fault> {
        let mut cursor = Cursor::new(self.parameters);
        for _ in 0..length(&mut cursor, "methodsToCall")?.unwrap_or(0) {
            let call = MethodCall::read(&mut cursor, self.depth)?;
            let at = address(self.memory, self.session, call.method, super::VALUE);
            let first = call.arguments.iter().next();
            let value = match first {
                Some(_) if secrets::is_secret(call.method, 0) => Value::Other("redacted"),
                Some(first) => of_variant(&first),
                None => Value::Null,
            };
            visit(&Observation::good(at, value));
        }
        Ok(())
    }
}

impl EachPoint for Calls<'_> {
    fn each(&self, visit: &mut dyn FnMut(&Observation<'_>)) {
        let _ = self.walk(visit);
    }
}

/// The attributes that a CreateMonitoredItemsRequest begins to watch.
pub(super) struct CreatedItems<'a> {
    pub(super) memory: &'a Memory,
    pub(super) session: Option<u32>,
    pub(super) parameters: &'a [u8],
}

impl CreatedItems<'_> {
    fn walk(&self, visit: Visit<'_>) -> Result<(), Fault> {
        let mut cursor = Cursor::new(self.parameters);
        cursor.u32_le("subscriptionId")?;
        cursor.i32_le("timestampsToReturn")?;
        for _ in 0..length(&mut cursor, "itemsToCreate")?.unwrap_or(0) {
            let item = CreateItem::read(&mut cursor)?;
            let at = address(self.memory, self.session, item.of.node, item.of.attribute);
            visit(&Observation::good(at, Value::Null));
        }
        Ok(())
    }
}

impl EachPoint for CreatedItems<'_> {
    fn each(&self, visit: &mut dyn FnMut(&Observation<'_>)) {
        let _ = self.walk(visit);
    }
}

/// Monitored items that a request lists by the server's numbers.
pub(super) struct ListedItems<'a> {
    memory: &'a Memory,
    subscription: &'a Subscription,
    code: u32,
    parameters: &'a [u8],
}

impl<'a> ListedItems<'a> {
    /// The items; `None` when one of them is not known, for then the answers to them could not be told apart.
    pub(super) fn new(memory: &'a Memory, code: u32, parameters: &'a [u8]) -> Option<Self> {
        let subscription = Cursor::new(parameters).u32_le("subscriptionId").ok()?;
        let listed = Self {
            memory,
            subscription: memory.subscription(subscription)?,
            code,
            parameters,
        };
        let mut all = true;
        listed.walk(&mut |item| all &= item.is_some()).ok()?;
        all.then_some(listed)
    }

    fn walk(&self, visit: &mut dyn FnMut(Option<&Item>)) -> Result<(), Fault> {
        let mut cursor = Cursor::new(self.parameters);
        cursor.u32_le("subscriptionId")?;
        if self.code != id::DELETE_ITEMS_REQUEST {
            // the times to return, or the monitoring mode
            cursor.i32_le("mode")?;
        }
        for _ in 0..length(&mut cursor, "items")?.unwrap_or(0) {
            let id = cursor.u32_le("monitoredItemId")?;
            if self.code == id::MODIFY_ITEMS_REQUEST {
                MonitoringParameters::read(&mut cursor)?;
            }
            visit(self.subscription.item(id));
        }
        Ok(())
    }
}

impl EachPoint for ListedItems<'_> {
    fn each(&self, visit: &mut dyn FnMut(&Observation<'_>)) {
        let _ = self.walk(&mut |item| {
            if let Some(item) = item {
                visit(&Observation::good(item_address(self.memory, item), Value::Null));
            }
        });
    }
}

/// Nodes that a request names in one member of its structure.
pub(super) struct Nodes<'a> {
    pub(super) memory: &'a Memory,
    pub(super) session: Option<u32>,
    pub(super) structure: Structure<'static>,
    /// The structure and its member.
    pub(super) member: (&'static str, &'static str),
    pub(super) parameters: &'a [u8],
    pub(super) depth: u8,
}

impl EachPoint for Nodes<'_> {
    fn each(&self, visit: &mut dyn FnMut(&Observation<'_>)) {
        let mut cursor = Cursor::new(self.parameters);
        let _ = self
            .structure
            .each(&mut cursor, self.depth, &mut |owner, member, value| {
                if let Scalar::Node(node) = value
                    && (owner, member) == self.member
                {
                    let at = address(self.memory, self.session, node, super::VALUE);
                    visit(&Observation::good(at, Value::Null));
                }
            });
    }
}

/// What a Publish or Republish response reports.
pub(super) struct Changes<'a> {
    pub(super) memory: &'a Memory,
    pub(super) subscription: u32,
    pub(super) notifications: Notifications<'a>,
    pub(super) depth: u8,
}

impl Changes<'_> {
    /// Shows the handle and what it stands for, with the value or the fields of the event.
    fn walk(&self, visit: &mut dyn FnMut(Option<&Item>, Change<'_>)) -> Result<(), Fault> {
        let subscription = self.memory.subscription(self.subscription);
        let item = |handle| subscription.and_then(|subscription| subscription.items.get(&handle));
        for object in self.notifications.iter() {
            let Some((kind, body)) = object.standard() else {
                continue;
            };
            let mut cursor = Cursor::new(body);
            match kind {
                DATA_CHANGE_ID => {
                    for _ in 0..length(&mut cursor, "monitoredItems")?.unwrap_or(0) {
                        let handle = cursor.u32_le("clientHandle")?;
                        let value = DataValue::read(&mut cursor, self.depth)?;
                        visit(item(handle), Change::Value(value));
                    }
                }
                EVENTS_ID => {
                    for _ in 0..length(&mut cursor, "events")?.unwrap_or(0) {
                        let handle = cursor.u32_le("clientHandle")?;
                        let fields = Arguments::read(&mut cursor, self.depth)?;
                        visit(item(handle), Change::Event(fields));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// How many changes there are, and how many of them have no known node.
    pub(super) fn count(&self) -> (u32, u32) {
        let (mut all, mut unknown) = (0, 0);
        let _ = self.walk(&mut |item, _| {
            all += 1;
            unknown += u32::from(item.is_none());
        });
        (all, unknown)
    }

    /// True when there is nothing but a keep-alive.
    pub(super) fn is_empty(&self) -> bool {
        self.notifications.iter().next().is_none()
    }
}

/// A change of a value or an event.
enum Change<'a> {
    Value(DataValue<'a>),
    Event(Arguments<'a>),
}

impl EachPoint for Changes<'_> {
    fn each(&self, visit: &mut dyn FnMut(&Observation<'_>)) {
        let _ = self.walk(&mut |item, change| {
            let Some(item) = item else { return };
            let at = item_address(self.memory, item);
            match change {
                Change::Value(value) => visit(&observation(at, &value)),
                Change::Event(fields) => visit(&event(at, item, &fields)),
            }
        });
    }
}

/// An event as a value of the node that sent it: its message, at its own time.
fn event<'a>(at: PointAddress<'a>, item: &'a Item, fields: &Arguments<'a>) -> Observation<'a> {
    let field = |name: &str| -> Option<Variant<'a>> {
        let place = item.fields.iter().position(|field| &**field == name)?;
        fields.iter().nth(place)
    };
    let message = field("Message").and_then(|message| event_text(&message));
    let time = match field("Time").and_then(|time| time.scalar()) {
        Some(Scalar::Time(time)) => time.capture_time(),
        _ => None,
    };
    let mut seen = Observation::good(at, message.map_or(Value::Other("event"), Value::Text));
    seen.source_time = time;
    seen
}

fn item_address<'a>(memory: &'a Memory, item: &'a Item) -> PointAddress<'a> {
    let node = item.node.lend();
    PointAddress::Node {
        node: node.with_uri(memory.uri(node.namespace)),
        attribute: item.attribute,
    }
}
