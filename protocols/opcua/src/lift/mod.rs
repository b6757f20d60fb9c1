//! From messages to operations: what a client does and what a server reports, in the words of rules.

mod answer;
mod detail;
mod past;
mod points;
mod value;

pub(crate) use answer::{aborted, answer};

use tapglass_model::{Action, CaptureTime, Outcome, Station};
use tapglass_proto::{BlindReason, Cursor, Direction, EachPoint, Function, Operation, Origin, Points};

use crate::application::Application;
use crate::context::Context;
use crate::r#gen as tables;
use crate::grammar::Structure;
use crate::learn;
use crate::lift::past::{Changed, Past};
use crate::lift::points::{Calls, Changes, CreatedItems, ListedItems, Nodes, Reads, Writes};
use crate::memory::Memory;
use crate::pending::Asked;
use crate::services::id;
use crate::services::subscription::{Notifications, Published};
use crate::types::length;

/// The attribute that holds a variable's value.
const VALUE: u32 = 13;

/// What a request does; `None` for what only asks for values or keeps a session alive.
fn action(memory: &Memory, message: &Application<'_>, session: Option<u32>) -> Option<Action> {
    let mut cursor = Cursor::new(message.parameters());
    Some(match message.known_code() {
        id::FIND_SERVERS_REQUEST | id::GET_ENDPOINTS_REQUEST | id::FIND_SERVERS_ON_NETWORK_REQUEST => {
            Action::Identify
        }
        id::REGISTER_SERVER_REQUEST | id::REGISTER_SERVER_2_REQUEST => Action::Configure,
        id::ADD_NODES_REQUEST
        | id::ADD_REFERENCES_REQUEST
        | id::DELETE_NODES_REQUEST
        | id::DELETE_REFERENCES_REQUEST => Action::Configure,
        // It changes what is recorded and not the process: a rule about setpoints must not take it for a write.
        id::HISTORY_UPDATE_REQUEST => Action::Configure,
        // Own requests that wait are given up.
        id::CANCEL_REQUEST => Action::Other,
        id::CREATE_SESSION_REQUEST | id::ACTIVATE_SESSION_REQUEST => Action::Login,
        id::BROWSE_REQUEST
        | id::BROWSE_NEXT_REQUEST
        | id::TRANSLATE_REQUEST
        | id::QUERY_FIRST_REQUEST
        | id::QUERY_NEXT_REQUEST => Action::Browse,
        id::WRITE_REQUEST => Action::Write,
        id::CALL_REQUEST => Action::Call,
        id::CREATE_ITEMS_REQUEST | id::MODIFY_ITEMS_REQUEST | id::DELETE_ITEMS_REQUEST => Action::Subscribe,
        id::SET_TRIGGERING_REQUEST | id::CREATE_SUBSCRIPTION_REQUEST | id::MODIFY_SUBSCRIPTION_REQUEST => {
            Action::Subscribe
        }
        id::SET_PUBLISHING_MODE_REQUEST => match cursor.u8("publishingEnabled") {
            Ok(0) => Action::BlockReporting,
            _ => Action::AllowReporting,
        },
        id::SET_MONITORING_MODE_REQUEST => {
            cursor.u32_le("subscriptionId").ok()?;
            match cursor.i32_le("monitoringMode") {
                // Only 2 reports; 1 fills the queue that nobody reads.
                Ok(0 | 1) => Action::BlockReporting,
                _ => Action::AllowReporting,
            }
        }
        // Ending one's own subscription is ordinary; ending or taking that of another client blinds it.
        id::DELETE_SUBSCRIPTIONS_REQUEST | id::TRANSFER_REQUEST => {
            if takes_from_others(memory, &mut cursor, session) {
                Action::BlockReporting
            } else {
                Action::Subscribe
            }
        }
        _ => return None,
    })
}

/// True when one of the listed subscriptions belongs to a session of another application or user.
fn takes_from_others(memory: &Memory, cursor: &mut Cursor<'_>, session: Option<u32>) -> bool {
    let own = memory.actor(session);
    let count = length(cursor, "subscriptionIds").ok().flatten().unwrap_or(0);
    (0..count)
        .map_while(|_| cursor.u32_le("subscriptionIds").ok())
        .any(|subscription| {
            let owner = memory.subscription(subscription).and_then(|known| known.owner);
            owner.is_some_and(|owner| {
                let other = memory.actor(Some(owner));
                // A client that reconnects takes its own subscriptions into a new session.
                Some(owner) != session
                    && (other.application.is_some() || other.user.is_some())
                    && other != own
            })
        })
}

/// Tells the operation of a request; false when it is none.
pub(crate) fn request(
    context: &mut Context<'_>,
    message: &Application<'_>,
    session: Option<u32>,
    transaction: u64,
    depth: u8,
) -> bool {
    let memory = &*context.memory;
    let Some(action) = action(memory, message, session) else {
        return false;
    };
    if !context.out.wants().operations {
        return true;
    }
    let parameters = message.parameters();
    let writes;
    let calls;
    let created;
    let listed;
    let nodes;
    let changed;
    let points = match message.known_code() {
        id::WRITE_REQUEST => {
            writes = Writes {
                memory,
                session,
                parameters,
                depth,
            };
            Points::Each(&writes as &dyn EachPoint)
        }
        id::CALL_REQUEST => {
            calls = Calls {
                memory,
                session,
                parameters,
                depth,
            };
            Points::Each(&calls)
        }
        id::CREATE_ITEMS_REQUEST => {
            created = CreatedItems {
                memory,
                session,
                parameters,
            };
            Points::Each(&created)
        }
        id::MODIFY_ITEMS_REQUEST | id::DELETE_ITEMS_REQUEST | id::SET_MONITORING_MODE_REQUEST => {
            listed = ListedItems::new(memory, message.known_code(), parameters);
            match &listed {
                Some(listed) => Points::Each(listed),
                None => Points::None,
            }
        }
        id::HISTORY_UPDATE_REQUEST
        | id::ADD_NODES_REQUEST
        | id::ADD_REFERENCES_REQUEST
        | id::DELETE_NODES_REQUEST
        | id::DELETE_REFERENCES_REQUEST => {
            changed = Changed::new(memory, session, message.known_code(), parameters, depth);
            match &changed {
                Some(changed) => Points::Each(changed),
                None => Points::None,
            }
        }
        id::BROWSE_REQUEST => {
            nodes = Nodes {
                memory,
                session,
                structure: Structure::Parameters(tables::BROWSE_REQUEST),
                member: ("BrowseDescription", "nodeId"),
                parameters,
                depth,
            };
            Points::Each(&nodes)
        }
        id::TRANSLATE_REQUEST => {
            nodes = Nodes {
                memory,
                session,
                structure: Structure::Parameters(tables::TRANSLATE_BROWSE_PATHS_TO_NODE_IDS_REQUEST),
                member: ("BrowsePath", "startingNode"),
                parameters,
                depth,
            };
            Points::Each(&nodes)
        }
        _ => Points::None,
    };
    let mut actor = memory.actor(session);
    if message.known_code() == id::CREATE_SESSION_REQUEST {
        // There is no session yet, and the request says who asks for it.
        actor.application = learn::application_of(parameters, depth);
    }
    let detail = detail::of(message, depth);
    context.out.operation(&Operation {
        action,
        function: Function {
            code: message.code(),
            name: message.name(),
        },
        at: context.at,
        frame: context.frame,
        station: Station::Server,
        actor,
        outcome: Outcome::Requested,
        transaction,
        repeats: false,
        sequence: None,
        origin: Origin::Polled,
        points,
        detail: &detail,
    });
    true
}

/// Tells what a response reports: the values that were read or published.
pub(crate) fn response(
    context: &mut Context<'_>,
    message: &Application<'_>,
    asked: Option<&Asked>,
    session: Option<u32>,
    depth: u8,
) {
    if message.fault.is_some() || message.result().is_none_or(|result| result >> 31 == 1) {
        return;
    }
    match (message.known_code(), asked) {
        (id::READ_RESPONSE, Some(asked)) if asked.code == id::READ_REQUEST => {
            let reads = Reads {
                memory: context.memory,
                session,
                asked: &asked.parameters,
                results: message.parameters(),
                depth,
            };
            if context.out.wants().operations && context.out.wants_reports() {
                let operation = report(
                    context.memory,
                    context.at,
                    context.frame,
                    message,
                    session,
                    &reads,
                );
                context.out.operation(&operation);
            }
        }
        (id::HISTORY_READ_RESPONSE, Some(asked)) if asked.code == id::HISTORY_READ_REQUEST => {
            let past = Past {
                memory: context.memory,
                session,
                asked: &asked.parameters,
                results: message.parameters(),
                depth,
            };
            if context.out.wants().operations && !past.is_empty() {
                let memory = context.memory as &Memory;
                let mut operation = report(memory, context.at, context.frame, message, session, &past);
                // What was is not what is: no rule may take a value of the past for the present one.
                operation.action = Action::Other;
                operation.detail = "values of the past";
                context.out.operation(&operation);
            }
        }
        (id::PUBLISH_RESPONSE, _) => {
            if let Ok(published) = Published::read(&mut Cursor::new(message.parameters())) {
                let Published {
                    subscription,
                    notifications,
                    ..
                } = published;
                notified(context, message, session, subscription, notifications, depth);
            }
        }
        (id::REPUBLISH_RESPONSE, Some(asked)) if asked.code == id::REPUBLISH_REQUEST => {
            let subscription = Cursor::new(&asked.parameters).u32_le("subscriptionId");
            let notifications = Notifications::read(&mut Cursor::new(message.parameters()));
            if let (Ok(subscription), Ok(notifications)) = (subscription, notifications) {
                notified(context, message, session, subscription, notifications, depth);
            }
        }
        _ => {}
    }
}

/// The operation of a report of polled values.
fn report<'a>(
    memory: &'a Memory,
    at: CaptureTime,
    frame: u64,
    message: &Application<'_>,
    session: Option<u32>,
    points: &'a dyn EachPoint,
) -> Operation<'a> {
    Operation {
        action: Action::Report,
        function: Function {
            code: message.code(),
            name: message.name(),
        },
        at,
        frame,
        station: Station::Server,
        actor: memory.actor(session),
        outcome: Outcome::Accepted,
        transaction: 0,
        repeats: false,
        sequence: None,
        origin: Origin::Polled,
        points: Points::Each(points),
        detail: "",
    }
}

/// Tells what a subscription reports, and once what it reports without anybody knowing of which nodes.
fn notified(
    context: &mut Context<'_>,
    message: &Application<'_>,
    session: Option<u32>,
    subscription: u32,
    notifications: Notifications<'_>,
    depth: u8,
) {
    let changes = Changes {
        memory: context.memory,
        subscription,
        notifications,
        depth,
    };
    if changes.is_empty() {
        return;
    }
    let known = context.memory.subscription(subscription);
    let mut unnamed = 0;
    // Where everything was seen since its creation, nothing can be unknown.
    if known.is_none_or(|known| !known.complete && !known.told) {
        unnamed = changes.count().1;
    }
    if context.out.wants().operations {
        let owner = known.and_then(|known| known.owner);
        let session = session.or(owner);
        let mut operation = report(
            context.memory,
            context.at,
            context.frame,
            message,
            session,
            &changes,
        );
        operation.origin = Origin::Event;
        context.out.operation(&operation);
    }
    if unnamed > 0 {
        context.memory.subscription_mut(subscription).told = true;
        context.blind(
            Some(Direction::FromServer),
            BlindReason::StartInMiddle,
            context.at,
            None,
            format_args!(
                "subscription {subscription} reports items that were created before the capture or in a part that \
                 is missing: their nodes are not known"
            ),
        );
    }
}
