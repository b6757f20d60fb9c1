//! Requests in plant words: what each fragment of a master does to the outstation.

use alloc::format;
use alloc::string::String;

use tapglass_proto::model::{Action, CaptureTime, Outcome, Station};
use tapglass_proto::{Actor, Operation, Origin, Points, Sink};

use crate::application::{Fragment, function, wants_no_response};
use crate::link;
use crate::memory::Known;
use crate::objects::file::File;
use crate::objects::structured::visit;
use crate::objects::{Block, Blocks};
use crate::pairing::{Ends, Transactions};
use crate::points::{Selected, Take, table};
use crate::words;

/// What all operations of a fragment share.
#[derive(Clone, Copy)]
pub(crate) struct Context<'a> {
    pub(crate) at: CaptureTime,
    pub(crate) frame: u64,
    pub(crate) ends: Ends,
    /// Link source.
    pub(crate) source: u16,
    pub(crate) fragment: &'a Fragment<'a>,
}

impl Context<'_> {
    pub(crate) const fn station(&self) -> Station {
        self.ends.station()
    }

    /// An operation without points.
    pub(crate) fn operation<'b>(
        &self,
        action: Action,
        outcome: Outcome,
        points: Points<'b>,
    ) -> Operation<'b> {
        Operation {
            action,
            function: self.fragment.named_function(),
            at: self.at,
            frame: self.frame,
            station: self.station(),
            actor: Actor {
                link: Some(self.source),
                ..Actor::default()
            },
            outcome,
            transaction: 0,
            repeats: false,
            sequence: Some(self.fragment.control.sequence()),
            origin: Origin::default(),
            points,
            detail: "",
        }
    }
}

/// Gives the operations of a request to the sink and says how many there were.
pub(crate) fn request(
    context: &Context<'_>,
    transactions: Transactions,
    repeats: bool,
    known: &Known<'_>,
    sink: &mut dyn Sink,
) -> u32 {
    let fragment = context.fragment;
    let is_unacknowledged =
        wants_no_response(fragment.function) || link::is_broadcast(context.ends.outstation);
    let mut count = 0;
    let mut give = |action, points: Points<'_>, detail: &str| {
        let outcome = if is_unacknowledged {
            Outcome::Unacknowledged
        } else {
            Outcome::Requested
        };
        sink.operation(&Operation {
            transaction: if is_unacknowledged {
                0
            } else {
                transactions.first + u64::from(count)
            },
            repeats,
            detail,
            ..context.operation(action, outcome, points)
        });
        count += 1;
    };
    match fragment.function {
        function::SELECT => control(fragment, Action::Select, &mut give),
        function::OPERATE => control(fragment, Action::Operate, &mut give),
        function::DIRECT_OPERATE => control(fragment, Action::DirectOperate, &mut give),
        function::DIRECT_OPERATE_NR => control(fragment, Action::DirectOperateNoReply, &mut give),
        function::WRITE => write(fragment, known, &mut give),
        function::READ => read(fragment, known, &mut give),
        function::CONFIRM => {}
        code => {
            let (action, detail) = whole(code);
            let action = if changes_users(fragment) {
                Action::Configure
            } else {
                action
            };
            let words = match action {
                Action::Configure
                    if matches!(code, function::AUTHENTICATE_REQ | function::AUTH_REQ_NO_ACK) =>
                {
                    file_words(fragment, known)
                }
                Action::Configure if code == function::ACTIVATE_CONFIG => file_words(fragment, known),
                Action::Freeze if matches!(code, function::FREEZE_AT_TIME | function::FREEZE_AT_TIME_NR) => {
                    frozen(fragment)
                }
                Action::File | Action::Login => file_words(fragment, known),
                Action::Freeze | Action::Configure | Action::BlockReporting | Action::AllowReporting => {
                    words::targets(fragment.objects, code)
                }
                Action::Start | Action::Stop => applications(fragment),
                _ => String::new(),
            };
            match (detail.is_empty(), words.is_empty()) {
                (_, true) => give(action, Points::None, detail),
                (true, false) => give(action, Points::None, &words),
                (false, false) => give(action, Points::None, &format!("{detail}: {words}")),
            }
        }
    }
    count
}

/// Functions that act on the device as a whole.
const fn whole(code: u8) -> (Action, &'static str) {
    match code {
        function::IMMED_FREEZE | function::IMMED_FREEZE_NR => (Action::Freeze, ""),
        function::FREEZE_CLEAR | function::FREEZE_CLEAR_NR => (Action::Freeze, "and clear"),
        function::FREEZE_AT_TIME | function::FREEZE_AT_TIME_NR => (Action::Freeze, ""),
        function::COLD_RESTART => (Action::Restart, "cold"),
        function::WARM_RESTART => (Action::Restart, "warm"),
        function::INITIALIZE_DATA => (Action::Configure, "initialize data"),
        function::INITIALIZE_APPL => (Action::Configure, "initialize application"),
        function::START_APPL => (Action::Start, ""),
        function::STOP_APPL => (Action::Stop, ""),
        function::SAVE_CONFIG => (Action::Configure, "save configuration"),
        function::ENABLE_UNSOLICITED => (Action::AllowReporting, ""),
        function::DISABLE_UNSOLICITED => (Action::BlockReporting, ""),
        function::ASSIGN_CLASS => (Action::Configure, "assign class"),
        function::DELAY_MEASURE => (Action::Diagnose, "measure delay"),
        function::RECORD_CURRENT_TIME => (Action::Other, "record the present time"),
        function::AUTHENTICATE_FILE | function::AUTHENTICATE_REQ | function::AUTH_REQ_NO_ACK => {
            (Action::Login, "")
        }
        function::OPEN_FILE..=function::ABORT_FILE => (Action::File, ""),
        function::ACTIVATE_CONFIG => (Action::Configure, "activate configuration"),
        _ => (Action::Other, ""),
    }
}

/// Takes an action, its points and what else a person should know.
type Give<'a> = dyn FnMut(Action, Points<'_>, &str) + 'a;

/// SELECT and the operates: all controls of the fragment together, as the outstation takes them.
fn control(fragment: &Fragment<'_>, action: Action, give: &mut Give<'_>) {
    give(
        action,
        Points::Each(&Selected::whole(
            fragment.objects,
            fragment.function,
            Take::Controls,
        )),
        "",
    );
}

/// WRITE: one operation for each run of objects that do the same.
fn write(fragment: &Fragment<'_>, known: &Known<'_>, give: &mut Give<'_>) {
    let mut run: Option<(Action, String, usize)> = None;
    let mut end = |run: Option<(Action, String, usize)>, to: usize| {
        if let Some((action, detail, from)) = run {
            let points = Selected::part(fragment.objects, fragment.function, Take::Writes, from, to);
            let points = if action == Action::Write {
                Points::Each(&points)
            } else {
                Points::None
            };
            give(action, points, &detail);
        }
    };
    for block in Blocks::new(fragment.objects, fragment.function) {
        let (action, detail) = written(&block, known);
        match &run {
            Some((before, words, _)) if *before == action && *words == detail => {}
            _ => {
                end(run.take(), block.at);
                run = Some((action, detail, block.at));
            }
        }
    }
    end(run, fragment.objects.len());
}

/// What a WRITE of one block does.
fn written(block: &Block<'_>, known: &Known<'_>) -> (Action, String) {
    let header = &block.header;
    match header.group {
        // Not the clock, but when something is to happen.
        50 if matches!(header.variation, 2 | 4) => (Action::Configure, words::schedule(block)),
        50 => (Action::SetTime, words::first_time(block)),
        70 => (Action::File, words::file(&file_of(block, known))),
        80 => words::cleared(block),
        85 | 86 => (Action::Configure, String::from("data set definition")),
        0 => (Action::Configure, words::attributes(block)),
        // Commands for the console of the device, which can change anything.
        112 => (Action::Configure, words::object(header)),
        _ if table(header.group).is_some() => (Action::Write, String::new()),
        87 | 88 | 101 | 102 | 110 | 111 => (Action::Write, words::object(header)),
        _ => (Action::Other, words::object(header)),
    }
}

/// READ asks for values, which the response reports; only questions about the device and work on files are operations.
fn read(fragment: &Fragment<'_>, known: &Known<'_>, give: &mut Give<'_>) {
    let mut identifies = false;
    for block in Blocks::new(fragment.objects, fragment.function) {
        match block.header.group {
            0 => identifies = true,
            70 => give(Action::File, Points::None, &words::file(&file_of(&block, known))),
            _ => {}
        }
    }
    if identifies {
        give(Action::Identify, Points::None, "");
    }
}

/// The members of the first file object of a block.
fn file_of<'a>(block: &Block<'a>, known: &Known<'a>) -> File<'a> {
    let mut file = File::default();
    if let Some(point) = block.points().next() {
        // What is cut off stays unknown.
        let header = &block.header;
        let _ = visit(header.group, header.variation, point.data, known, &mut file);
    }
    file
}

/// The file or user that a file function or an authentication names.
fn file_words(fragment: &Fragment<'_>, known: &Known<'_>) -> String {
    Blocks::new(fragment.objects, fragment.function)
        .find(|block| matches!(block.header.group, 70 | 120))
        .map(|block| words::file(&file_of(&block, known)))
        .unwrap_or_default()
}

/// True when users are added, changed or removed, or get new update keys (group 120 variations 8, 10, 11, 13, 14).
fn changes_users(fragment: &Fragment<'_>) -> bool {
    matches!(
        fragment.function,
        function::AUTHENTICATE_REQ | function::AUTH_REQ_NO_ACK
    ) && Blocks::new(fragment.objects, fragment.function)
        .any(|block| block.header.group == 120 && matches!(block.header.variation, 8 | 10 | 11 | 13 | 14))
}

/// When which points are frozen.
fn frozen(fragment: &Fragment<'_>) -> String {
    let time = Blocks::new(fragment.objects, fragment.function)
        .find(|block| block.header.group == 50)
        .map(|block| words::schedule(&block))
        .unwrap_or_default();
    let targets = words::targets(fragment.objects, fragment.function);
    if time.is_empty() {
        return targets;
    }
    format!("{time}: {targets}")
}

/// The names of the applications that are started or stopped (group 90).
fn applications(fragment: &Fragment<'_>) -> String {
    Blocks::new(fragment.objects, fragment.function)
        .filter(|block| block.header.group == 90)
        .flat_map(|block| block.points())
        .fold(String::new(), |mut words, point| {
            if !words.is_empty() {
                words.push_str(", ");
            }
            words.push_str(&String::from_utf8_lossy(point.data));
            words
        })
}

/// The file objects of a fragment say what became of its command, where they do.
pub(crate) fn file_status(fragment: &Fragment<'_>) -> Option<(u32, &'static str)> {
    Blocks::new(fragment.objects, fragment.function)
        .filter(|block| block.header.group == 70)
        .find_map(|block| file_of(&block, &Known::NOTHING).status)
}
