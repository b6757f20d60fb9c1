//! What the server made of an operation.

use alloc::vec::Vec;

use tapglass_model::Outcome;
use tapglass_proto::{Answer, Cursor, Status};

use crate::application::Application;
use crate::context::Context;
use crate::fault::Fault;
use crate::names;
use crate::pending::Asked;
use crate::services::id;
use crate::services::method::MethodResult;
use crate::services::monitored_item::{CreateResult, Revised};
use crate::types::{Diagnostics, NodeId, Numbers, length};

/// GoodCompletesAsynchronously: accepted, and done later.
const LATER: u32 = 0x002e_0000;

/// The outcome that a status code states (site-and-rules 1.3).
fn outcome(status: u32) -> Outcome {
    match status {
        bad if bad >> 31 == 1 => Outcome::Rejected,
        later if later & 0xffff_0000 == LATER => Outcome::Pending,
        _ => Outcome::Accepted,
    }
}

fn status(code: u32) -> Status<'static> {
    Status {
        code,
        name: names::status(code),
    }
}

/// Tells the answer to an operation. `outcomes` is a buffer that is used again.
pub(crate) fn answer(
    context: &mut Context<'_>,
    message: &Application<'_>,
    asked: &Asked,
    outcomes: &mut Vec<(Outcome, Status<'static>)>,
    depth: u8,
) {
    if asked.transaction == 0 || !context.out.wants().operations {
        return;
    }
    outcomes.clear();
    let result = message.result();
    if message.fault.is_none() {
        let _ = each(message, depth, &mut |code| {
            outcomes.push((outcome(code), status(code)))
        });
    }
    let refused = !outcomes.is_empty() && outcomes.iter().all(|(outcome, _)| *outcome == Outcome::Rejected);
    let whole = match result {
        Some(result) if outcome(result) != Outcome::Accepted => outcome(result),
        Some(_) if refused => Outcome::Rejected,
        Some(_) => match outcomes.as_slice() {
            [(Outcome::Pending, _)] => Outcome::Pending,
            _ => Outcome::Accepted,
        },
        // It answered, and nobody can say what.
        None => Outcome::Unanswered,
    };
    // The service as a whole went well when its only item did not: that item's status says more.
    let said = match (result, outcomes.as_slice()) {
        (Some(0), [(_, only)]) => Some(*only),
        (result, _) => result.map(status),
    };
    let points_of_their_own = matches!(
        message.known_code(),
        id::WRITE_RESPONSE
            | id::CALL_RESPONSE
            | id::CREATE_ITEMS_RESPONSE
            | id::MODIFY_ITEMS_RESPONSE
            | id::DELETE_ITEMS_RESPONSE
            | id::SET_MONITORING_MODE_RESPONSE
            | id::HISTORY_UPDATE_RESPONSE
            | id::ADD_NODES_RESPONSE
            | id::ADD_REFERENCES_RESPONSE
            | id::DELETE_NODES_RESPONSE
            | id::DELETE_REFERENCES_RESPONSE
    );
    context.out.answer(&Answer {
        transaction: asked.transaction,
        at: context.at,
        frame: context.frame,
        outcome: whole,
        status: said,
        each: if points_of_their_own { outcomes } else { &[] },
        echo_differs: false,
    });
}

/// Tells that the answer was given up by its sender.
pub(crate) fn aborted(context: &mut Context<'_>, asked: &Asked, code: Option<u32>) {
    if asked.transaction == 0 || !context.out.wants().operations {
        return;
    }
    context.out.answer(&Answer {
        transaction: asked.transaction,
        at: context.at,
        frame: context.frame,
        // What the server did before it failed to answer is not known.
        outcome: Outcome::Unanswered,
        status: code.map(status),
        each: &[],
        echo_differs: false,
    });
}

/// The status of each item in the order of the request.
fn each(message: &Application<'_>, depth: u8, visit: &mut dyn FnMut(u32)) -> Result<(), Fault> {
    let mut cursor = Cursor::new(message.parameters());
    let code = message.known_code();
    match code {
        id::WRITE_RESPONSE
        | id::CALL_RESPONSE
        | id::CREATE_ITEMS_RESPONSE
        | id::MODIFY_ITEMS_RESPONSE
        | id::DELETE_ITEMS_RESPONSE
        | id::SET_MONITORING_MODE_RESPONSE
        | id::SET_PUBLISHING_MODE_RESPONSE
        | id::HISTORY_UPDATE_RESPONSE
        | id::ADD_NODES_RESPONSE
        | id::ADD_REFERENCES_RESPONSE
        | id::DELETE_NODES_RESPONSE
        | id::DELETE_REFERENCES_RESPONSE
        | id::TRANSFER_RESPONSE
        | id::DELETE_SUBSCRIPTIONS_RESPONSE => {}
        _ => return Ok(()),
    }
    for _ in 0..length(&mut cursor, "results")?.unwrap_or(0) {
        visit(match code {
            id::CALL_RESPONSE => MethodResult::read(&mut cursor, depth)?.status,
            id::CREATE_ITEMS_RESPONSE => CreateResult::read(&mut cursor)?.status,
            id::MODIFY_ITEMS_RESPONSE => {
                let status = cursor.u32_le("statusCode")?;
                Revised::read(&mut cursor)?;
                status
            }
            id::ADD_NODES_RESPONSE => {
                let status = cursor.u32_le("statusCode")?;
                NodeId::read(&mut cursor)?;
                status
            }
            id::HISTORY_UPDATE_RESPONSE => {
                let status = cursor.u32_le("statusCode")?;
                Numbers::read(&mut cursor, "operationResults")?;
                Diagnostics::read(&mut cursor, depth)?;
                status
            }
            id::TRANSFER_RESPONSE => {
                let status = cursor.u32_le("statusCode")?;
                Numbers::read(&mut cursor, "availableSequenceNumbers")?;
                status
            }
            _ => cursor.u32_le("results")?,
        });
    }
    Ok(())
}
