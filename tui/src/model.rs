//! What the person at the keyboard chose: the state of the screens, and nothing of the plant.

use std::collections::BTreeSet;
use std::sync::Arc;

use tapglass_model::snapshot::Snapshot;

/// One of the seven screens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Screen {
    /// Is the plant where it should be?
    #[default]
    Process,
    /// What needs an action?
    Alarms,
    /// Who wrote what?
    Writes,
    /// Who talks to whom?
    Hosts,
    /// What exactly was on the wire?
    Frame,
    /// What is watched, and what is blind?
    Rules,
    /// Was everything seen?
    Health,
}

impl Screen {
    /// The screens in the order of their keys.
    pub const ALL: [Self; 7] = [
        Self::Process,
        Self::Alarms,
        Self::Writes,
        Self::Hosts,
        Self::Frame,
        Self::Rules,
        Self::Health,
    ];

    /// The word in the row of screens.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Process => "Process",
            Self::Alarms => "Alarms",
            Self::Writes => "Writes",
            Self::Hosts => "Hosts",
            Self::Frame => "Frame",
            Self::Rules => "Rules",
            Self::Health => "Health",
        }
    }

    /// Its key, from 1.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8 + 1
    }

    /// The screen of its number, of its word, or of a part of the word that fits only one, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        if name.is_empty() {
            return None;
        }
        if let Ok(number) = name.parse::<u8>() {
            return Self::ALL.into_iter().find(|screen| screen.number() == number);
        }
        let mut found = Self::ALL
            .into_iter()
            .filter(|screen| screen.name().to_ascii_lowercase().starts_with(&name));
        found.next().filter(|_| found.next().is_none())
    }
}

/// How times are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TimeFormat {
    /// `12:03:51`, in UTC.
    #[default]
    Utc,
    /// `16s`, before the time of the picture.
    Relative,
}

/// Text that is being typed into the message line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Prompt {
    pub(crate) kind: PromptKind,
    pub(crate) text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PromptKind {
    /// `/`, with the filter before it was opened.
    Filter { before: String },
    /// `:`
    Command,
    /// The note on an acknowledgement.
    Note { ids: Vec<u64>, question: String },
    /// Duration and reason of a shelving.
    Shelve { ids: Vec<u64>, question: String },
    /// Stop monitoring?
    Quit,
}

/// The help that lies over the body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Help {
    pub(crate) search: String,
    pub(crate) scroll: u16,
}

/// The picture that the person holds while the capture goes on.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Held {
    pub(crate) snapshot: Arc<Snapshot>,
}

/// Which pane of the frame screen has the cursor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Pane {
    #[default]
    Tree,
    Bytes,
}

/// What is selected on each screen, by identifier: rows may come and go around it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Selection {
    pub(crate) point: Option<u64>,
    pub(crate) alarm: Option<u64>,
    pub(crate) write: Option<u64>,
    pub(crate) host: Option<u64>,
    pub(crate) rule: Option<String>,
    /// Line of the decoded tree; `None` is the first one with something wrong.
    pub(crate) field: Option<usize>,
    /// Byte of the decoded frame.
    pub(crate) byte: usize,
    /// First line of the health page.
    pub(crate) health: u16,
}

/// The whole state of the screens.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// The screen that is shown.
    pub screen: Screen,
    /// How times are written.
    pub time: TimeFormat,
    /// Only rows that contain this are listed; without those that do when it begins with `!`.
    pub filter: String,
    /// Only abnormal, new or unacknowledged rows are listed.
    pub abnormal_only: bool,
    /// Terminal columns and rows, for paging.
    pub size: (u16, u16),
    /// Whole seconds without a picture from the source.
    pub silent: u64,
    pub(crate) selection: Selection,
    /// The detail of the selected row fills the body.
    pub(crate) open: bool,
    /// First line of the open detail.
    pub(crate) detail_scroll: u16,
    pub(crate) held: Option<Held>,
    pub(crate) prompt: Option<Prompt>,
    pub(crate) help: Option<Help>,
    /// What came of the last key.
    pub(crate) note: String,
    /// Alarms marked for acknowledging together.
    pub(crate) marked: BTreeSet<u64>,
    /// Alarms by time alone; `None` takes the habit of the mode.
    pub(crate) by_time: Option<bool>,
    pub(crate) pane: Pane,
    /// Branches of the decoded tree that are folded or unfolded against their habit.
    pub(crate) turned: BTreeSet<String>,
    /// The frame that was asked for; `None` follows the cursor or the newest.
    pub(crate) frame: Option<u64>,
}

impl Model {
    /// A model that shows `screen` first.
    #[must_use]
    pub fn new(screen: Screen) -> Self {
        Self {
            screen,
            ..Self::default()
        }
    }

    /// The picture for the body: the held one, or the newest.
    pub(crate) fn shown<'a>(&'a self, newest: &'a Snapshot) -> &'a Snapshot {
        self.held.as_ref().map_or(newest, |held| &held.snapshot)
    }

    /// Rows of the body on the usual screen; paging needs no more precision.
    pub(crate) fn page(&self) -> usize {
        usize::from(self.size.1.saturating_sub(8)).max(1)
    }
}
