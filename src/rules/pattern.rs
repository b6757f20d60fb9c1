//! Event patterns: `write P201.CMD == 1`, `operate role cmd == open`, `change FAN.RUN`.

use tapglass_model::Action;

use crate::plant::{Interval, Truth};
use crate::site::{Comparison, Event, EventKind, TagId};

/// A pattern, ready to be asked.
#[derive(Clone, Debug)]
pub struct Pattern {
    kind: EventKind,
    sign: Option<Comparison>,
    /// Tags in order, each with the number it is compared with.
    tags: Box<[(TagId, f64)]>,
}

impl Pattern {
    /// The pattern of an event.
    #[must_use]
    pub fn new(event: &Event) -> Self {
        let number = |place: usize| match &event.value {
            // One number for all tags, or one for each where state names differ.
            Some((_, numbers)) => numbers
                .get(place)
                .or_else(|| numbers.last())
                .copied()
                .unwrap_or(f64::NAN),
            None => f64::NAN,
        };
        let mut tags: Vec<_> = event
            .tags
            .tags()
            .iter()
            .enumerate()
            .map(|(place, tag)| (*tag, number(place)))
            .collect();
        tags.sort_by_key(|(tag, _)| *tag);
        tags.dedup_by_key(|(tag, _)| *tag);
        Self {
            kind: event.kind,
            sign: event.value.as_ref().map(|(sign, _)| *sign),
            tags: tags.into_boxed_slice(),
        }
    }

    /// What it waits for.
    #[must_use]
    pub const fn kind(&self) -> EventKind {
        self.kind
    }

    /// Its tags, in order.
    pub fn tags(&self) -> impl Iterator<Item = TagId> {
        self.tags.iter().map(|(tag, _)| *tag)
    }

    /// True when it is about this tag, whatever its value.
    #[must_use]
    pub fn concerns(&self, tag: TagId) -> bool {
        self.tags.binary_search_by_key(&tag, |(known, _)| *known).is_ok()
    }

    /// True when an action is of this kind.
    #[must_use]
    pub const fn takes(&self, action: Action) -> bool {
        match self.kind {
            EventKind::Write => action.commands(),
            EventKind::Operate => matches!(
                action,
                Action::Operate | Action::DirectOperate | Action::DirectOperateNoReply
            ),
            EventKind::Select => matches!(action, Action::Select),
            EventKind::Change => false,
        }
    }

    /// Is it this event, when `tag` gets `value`?
    #[must_use]
    pub fn matches(&self, tag: TagId, value: Interval, tolerance: f64) -> Truth {
        let Ok(place) = self.tags.binary_search_by_key(&tag, |(known, _)| *known) else {
            return Truth::False;
        };
        match self.sign {
            None => Truth::True,
            Some(sign) => value.compare(sign, Interval::exact(self.tags[place].1), tolerance),
        }
    }
}
