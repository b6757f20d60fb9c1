//! Responses in plant words: values that are reported, and what became of what was asked.

use alloc::vec::Vec;

use tapglass_proto::model::{Action, Outcome};
use tapglass_proto::{Answer, Direction, Operation, Origin, Points, Sink, Status};

use crate::application::{Fragment, function};
use crate::lift::{Context, file_status};
use crate::memory::Known;
use crate::names;
use crate::objects::layout::Shape;
use crate::objects::sample::sample;
use crate::objects::structured::{Part, Visit, visit};
use crate::objects::time::Timestamp;
use crate::objects::{Block, Blocks, Point};
use crate::pairing::{Answered, Transactions};
use crate::points::{Selected, Take, common_time, is_control, origin};

/// The outcome of each point with its status.
pub(crate) type Outcomes = Vec<(Outcome, Status<'static>)>;

/// Gives the reports of a response to the sink: one for each run of objects of the same origin, in wire order.
pub(crate) fn reports(context: &Context<'_>, repeats: bool, sink: &mut dyn Sink) {
    if !sink.wants_reports() {
        return;
    }
    let fragment = context.fragment;
    let restarted = fragment.indications.is_some_and(|bits| bits.restarted());
    let mut common: Option<Timestamp> = None;
    let mut run: Option<(Origin, usize, Option<Timestamp>)> = None;
    let mut end = |run: Option<(Origin, usize, Option<Timestamp>)>, to: usize| {
        let Some((origin, from, common)) = run else { return };
        let take = Take::Reports { restarted, common };
        let points = Selected::part(fragment.objects, fragment.function, take, from, to);
        let report = context.operation(Action::Report, Outcome::Accepted, Points::Each(&points));
        sink.operation(&Operation {
            origin,
            repeats,
            ..report
        });
    };
    for block in Blocks::new(fragment.objects, fragment.function) {
        if block.header.group == 51 {
            common = common_time(&block);
        }
        let Some(origin) = origin(block.header.group).filter(|_| !block.data.is_empty()) else {
            continue;
        };
        match run {
            Some((before, ..)) if before == origin => {}
            _ => {
                end(run.take(), block.at);
                run = Some((origin, block.at, common));
            }
        }
    }
    end(run, fragment.objects.len());
}

/// Tells what a device says of itself in its attributes (group 0).
pub(crate) fn identity(context: &Context<'_>, sink: &mut dyn Sink) {
    let fragment = context.fragment;
    for block in Blocks::new(fragment.objects, fragment.function) {
        let key = match (block.header.group, block.header.variation) {
            (0, 252) => "vendor",
            (0, 250) => "product",
            (0, 242) => "firmware",
            (0, 243) => "hardware",
            (0, 248) => "serial_number",
            (0, 247) => "device_name",
            (0, 245) => "location",
            (0, 246) => "id_code",
            (0, 244) => "owner",
            (0, 208) => "system_name",
            (0, 207) => "primary_operator",
            (0, 206) => "secondary_operator",
            (0, 202) => "master_resource",
            (0, 197) => "configuration_version",
            (0, 196) => "configuration",
            _ => continue,
        };
        // Set 0 is the standard's; the same numbers in other sets are the vendor's own.
        for point in block
            .points()
            .filter(|point| point.is_whole && point.index == Some(0))
        {
            let mut text = Text(None);
            let told = visit(0, block.header.variation, point.data, &Known::NOTHING, &mut text).is_ok();
            if let Some(value) = text.0.and_then(|text| core::str::from_utf8(text).ok())
                && told
            {
                sink.identity(Direction::FromServer, context.station(), key, value);
            }
        }
    }
}

/// The text value of an attribute.
struct Text<'a>(Option<&'a [u8]>);

impl<'a> Visit<'a> for Text<'a> {
    fn member(&mut self, name: &'static str, _: usize, _: usize, part: Part<'a>) {
        if let ("value", Part::Text(text)) = (name, part) {
            self.0 = Some(text);
        }
    }

    fn list(&mut self, _: &'static str) {}
    fn item(&mut self, _: &'static str, _: usize, _: usize) {}
    fn end_item(&mut self) {}
    fn end_list(&mut self) {}
}

/// Answers the operations of the request that a response settles.
pub(crate) fn answer(
    context: &Context<'_>,
    answered: &Answered<'_>,
    outcomes: &mut Outcomes,
    sink: &mut dyn Sink,
) {
    let fragment = context.fragment;
    outcomes.clear();
    let request = Fragment::read(answered.bytes);
    let is_control_request = request
        .is_some_and(|request| (function::SELECT..=function::DIRECT_OPERATE).contains(&request.function));
    let refusal = fragment.indications.and_then(|bits| bits.refusal());
    let (outcome, status, echo_differs) = if is_control_request {
        let echoes = request.is_some_and(|request| compare(&request, fragment, outcomes));
        let refused = outcomes
            .iter()
            .find(|(outcome, _)| *outcome == Outcome::Rejected)
            .map(|(_, status)| *status)
            .or_else(|| refusal.map(of_indication));
        let accepted = outcomes.first().map(|(_, status)| *status);
        match refused {
            // A refusal need not repeat anything.
            Some(status) => (Outcome::Rejected, Some(status), !echoes && !outcomes.is_empty()),
            None => (Outcome::Accepted, accepted, !echoes),
        }
    } else {
        let file = file_status(fragment).map(|(code, name)| Status { code, name });
        match (refusal, file) {
            (Some(refusal), _) => (Outcome::Rejected, Some(of_indication(refusal)), false),
            (None, Some(status)) if status.code != 0 => (Outcome::Rejected, Some(status), false),
            (None, status) => (Outcome::Accepted, status, false),
        }
    };
    let mut give = |transactions: Transactions, each: &[(Outcome, Status<'_>)], echo_differs| {
        for nth in 0..u64::from(transactions.count) {
            sink.answer(&Answer {
                transaction: transactions.first + nth,
                at: context.at,
                frame: context.frame,
                outcome,
                status,
                each,
                echo_differs,
            });
        }
    };
    give(answered.transactions, outcomes, echo_differs);
    give(answered.authentication, &[], false);
}

fn of_indication((bit, name): (u16, &'static str)) -> Status<'static> {
    Status {
        code: u32::from(bit),
        name,
    }
}

/// The control points of a fragment with their blocks.
fn controls<'a>(fragment: &Fragment<'a>) -> impl Iterator<Item = (Block<'a>, Point<'a>)> {
    Blocks::new(fragment.objects, fragment.function)
        .filter(|block| is_control(block.header.group))
        .flat_map(|block| {
            block
                .points()
                .filter(|point| point.is_whole)
                .map(move |point| (block, point))
        })
}

/// True when two requests have the same controls in the same order, whatever their status says.
pub(crate) fn same_controls(one: &Fragment<'_>, other: &Fragment<'_>) -> bool {
    let mut others = controls(other);
    controls(one).all(|(before, asked)| {
        others
            .next()
            .is_some_and(|(block, point)| repeats(&before, &asked, &block, &point))
    }) && others.next().is_none()
}

/// Reads the status of each control in a response, and says whether it repeats the request in everything else.
fn compare(request: &Fragment<'_>, response: &Fragment<'_>, outcomes: &mut Outcomes) -> bool {
    let mut asked = controls(request);
    let mut echoes = true;
    let mut pattern = None;
    for (block, point) in controls(response) {
        let found = sample(&block, &point);
        let status = found.status.map(|code| Status {
            code: u32::from(code),
            name: names::control_status(code),
        });
        match (block.shape, block.header.variation) {
            // A pattern: its status stands for every output that its mask names.
            (Some(Shape::Control), 2) => pattern = status,
            (Some(Shape::Packed(_)), _) => {
                let selected = found.value == Some(tapglass_proto::model::Value::Bool(true));
                outcomes.extend(pattern.filter(|_| selected).map(of_status));
            }
            _ => outcomes.extend(status.map(of_status)),
        }
        echoes &= asked
            .next()
            .is_some_and(|(before, asked)| repeats(&before, &asked, &block, &point));
    }
    echoes && asked.next().is_none()
}

fn of_status(status: Status<'static>) -> (Outcome, Status<'static>) {
    let outcome = if status.code == 0 {
        Outcome::Accepted
    } else {
        Outcome::Rejected
    };
    (outcome, status)
}

/// The same object, index and octets but for the status, which comes last.
fn repeats(before: &Block<'_>, asked: &Point<'_>, block: &Block<'_>, point: &Point<'_>) -> bool {
    let without_status = |block: &Block<'_>, point: &Point<'_>| match block.shape {
        Some(Shape::Packed(_)) => None,
        _ => point.data.split_last().map(|(_, rest)| rest.len()),
    };
    let same_octets = match (without_status(before, asked), without_status(block, point)) {
        (Some(one), Some(other)) => asked.data.get(..one) == point.data.get(..other),
        (None, None) => sample(before, asked).value == sample(block, point).value,
        _ => false,
    };
    (before.header.group, before.header.variation, asked.index)
        == (block.header.group, block.header.variation, point.index)
        && same_octets
}
