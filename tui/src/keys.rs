//! The one table of keys. Footer, help, manual and tests are made from it, so that none of them can lie.
//!
//! What may not be bound: Ctrl-S and Ctrl-Q (they freeze a serial console), Ctrl-A and Ctrl-B (they belong to
//! terminal multiplexers), Ctrl-H, I, J, M and [ (they are Backspace, Tab, Enter and Esc), Alt (it is Esc and a
//! key on a slow line). Letters that can end a torn escape sequence have no effect that is logged.

use tapglass_model::snapshot::{Mode, Snapshot};

use crate::key::Key;
use crate::model::Screen;

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)] // The words of the table below say it.
pub enum Action {
    Show(Screen),
    Up,
    Down,
    Left,
    Right,
    PageUp,
    PageDown,
    First,
    Last,
    Open,
    Back,
    NextPane,
    Filter,
    NextMatch,
    PreviousMatch,
    Command,
    Help,
    AbnormalOnly,
    Hold,
    PlayPause,
    NextAlarm,
    PreviousAlarm,
    NextFrame,
    PreviousFrame,
    Faster,
    Slower,
    BackTenSeconds,
    OnTenSeconds,
    Acknowledge,
    Mark,
    Shelve,
    Unshelve,
    Decode,
    ByHost,
    ByPoint,
    Order,
    TimeFormat,
    Redraw,
    Suspend,
    Quit,
    Stop,
}

/// Where a key works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    screens: u8,
    live: bool,
    replay: bool,
}

impl Place {
    const EVERYWHERE: Self = Self::of(&Screen::ALL);

    const fn of(screens: &[Screen]) -> Self {
        let mut set = 0;
        let mut position = 0;
        while position < screens.len() {
            set |= 1 << screens[position] as u8;
            position += 1;
        }
        Self {
            screens: set,
            live: true,
            replay: true,
        }
    }

    const fn live(self) -> Self {
        Self {
            replay: false,
            ..self
        }
    }

    const fn replay(self) -> Self {
        Self { live: false, ..self }
    }

    /// True on this screen in this kind of source.
    #[must_use]
    pub const fn holds(self, screen: Screen, replay: bool) -> bool {
        self.screens & (1 << screen as u8) != 0 && (if replay { self.replay } else { self.live })
    }

    /// True when it works on every screen.
    #[must_use]
    pub const fn is_everywhere(self) -> bool {
        self.screens == Self::EVERYWHERE.screens
    }
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// The keys; the first is the one that the footer names.
    pub keys: &'static [Key],
    /// The keys in words, as help prints them.
    pub label: &'static str,
    /// What they do.
    pub action: Action,
    /// Where.
    pub place: Place,
    /// For the footer, such as `Enter point`; empty when help is enough.
    pub footer: &'static str,
    /// For help.
    pub help: &'static str,
}

const fn row(
    keys: &'static [Key],
    label: &'static str,
    action: Action,
    place: Place,
    footer: &'static str,
    help: &'static str,
) -> Binding {
    Binding {
        keys,
        label,
        action,
        place,
        footer,
        help,
    }
}

const ALARMS: Place = Place::of(&[Screen::Alarms]);
const WRITES: Place = Place::of(&[Screen::Writes]);
const FRAME: Place = Place::of(&[Screen::Frame]);
/// Screens whose rows a filter can choose from.
const FILTERED: Place = Place::of(&[
    Screen::Process,
    Screen::Alarms,
    Screen::Writes,
    Screen::Hosts,
    Screen::Rules,
]);
const LISTS: Place = Place::of(&[
    Screen::Process,
    Screen::Alarms,
    Screen::Writes,
    Screen::Hosts,
    Screen::Rules,
    Screen::Health,
]);

use Key::{
    BackTab, Backspace, Char, Ctrl, Down, End, Enter, Esc, Function, Home, Left, PageDown, PageUp, Right,
};
use Key::{Tab, Up};

/// Every key. The footer takes its entries in this order and leaves out from the end what has no room.
#[rustfmt::skip] // A table is read across.
pub const TABLE: &[Binding] = &[
    // This screen.
    row(&[Enter], "Enter", Action::Open, Place::of(&[Screen::Process]), "Enter point", "open the point"),
    row(&[Enter], "Enter", Action::Open, ALARMS, "Enter open", "open the alarm"),
    row(&[Enter], "Enter", Action::Open, WRITES, "Enter detail", "open the write"),
    row(&[Enter], "Enter", Action::Open, Place::of(&[Screen::Hosts]), "Enter open", "open the host"),
    row(&[Enter], "Enter", Action::Open, FRAME, "Enter answer", "go to answer or request"),
    row(&[Enter], "Enter", Action::Open, Place::of(&[Screen::Rules]), "Enter explain", "explain the rule"),
    row(&[Char('a')], "a", Action::Acknowledge, ALARMS, "a ack", "acknowledge it or the marked"),
    row(&[Char('v')], "v", Action::Mark, ALARMS, "", "mark several for a"),
    row(&[Char('s')], "s", Action::Shelve, ALARMS, "s shelve", "shelve, asks how long, why"),
    row(&[Char('u')], "u", Action::Unshelve, ALARMS, "", "take off the shelf"),
    row(&[Char('d')], "d", Action::Decode, Place::of(&[Screen::Process, Screen::Alarms, Screen::Writes]), "d decode", "decode its frame"),
    row(&[Char('b')], "b", Action::ByHost, WRITES, "b by host", "this host only"),
    row(&[Char('p')], "p", Action::ByPoint, WRITES, "p point", "this point only"),
    row(&[Tab, BackTab], "Tab", Action::NextPane, FRAME, "Tab tree/bytes", "tree or bytes"),
    row(&[Left, Char('h')], "Left h", Action::Left, FRAME, "", "fold, byte before"),
    row(&[Right, Char('l')], "Right l", Action::Right, FRAME, "", "unfold, next byte"),
    row(&[Char('.')], ".", Action::NextFrame, FRAME, ". , frame", "next frame"),
    row(&[Char(',')], ",", Action::PreviousFrame, FRAME, "", "frame before"),
    row(&[Char('o')], "o", Action::Order, ALARMS, "o order", "by priority or by time"),
    // Transport of a replay.
    row(&[Char(' ')], "Space", Action::PlayPause, Place::EVERYWHERE.replay(), "Space play", "play, pause"),
    row(&[Char('.')], ".", Action::NextFrame, LISTS.replay(), ". , frame", "one frame on"),
    row(&[Char(',')], ",", Action::PreviousFrame, LISTS.replay(), "", "one frame back"),
    row(&[Char(']')], "]", Action::NextAlarm, Place::EVERYWHERE.replay(), "] [ alarm", "on to the next alarm"),
    row(&[Char('[')], "[", Action::PreviousAlarm, Place::EVERYWHERE.replay(), "", "back to the alarm before"),
    row(&[Left, Char('h')], "Left h", Action::BackTenSeconds, LISTS.replay(), "Left Right 10s", "10 seconds back"),
    row(&[Right, Char('l')], "Right l", Action::OnTenSeconds, LISTS.replay(), "", "10 seconds on"),
    row(&[Char('}')], "}", Action::Faster, Place::EVERYWHERE.replay(), "} { speed", "double the speed"),
    row(&[Char('{')], "{", Action::Slower, Place::EVERYWHERE.replay(), "", "halve the speed"),
    // Everywhere.
    row(&[Char('!')], "!", Action::AbnormalOnly, Place::of(&[Screen::Process]), "! abnormal only", "abnormal only"),
    row(&[Char('!')], "!", Action::AbnormalOnly, ALARMS, "! unacked only", "not acknowledged only"),
    row(&[Char('!')], "!", Action::AbnormalOnly, WRITES, "! alarmed only", "alarmed or refused only"),
    row(&[Char('!')], "!", Action::AbnormalOnly, Place::of(&[Screen::Hosts]), "! new only", "new or alarmed only"),
    row(&[Char('!')], "!", Action::AbnormalOnly, Place::of(&[Screen::Rules]), "! blind only", "only rules that are blind"),
    row(&[Char('/')], "/", Action::Filter, FILTERED, "/ filter", "filter; /!text leaves out"),
    row(&[Char('/')], "/", Action::Filter, FRAME, "/ search", "search the tree"),
    row(&[Char('n')], "n", Action::NextMatch, Place::EVERYWHERE, "", "next match"),
    row(&[Char('N')], "N", Action::PreviousMatch, Place::EVERYWHERE, "", "match before"),
    row(&[Char(' ')], "Space", Action::Hold, Place::EVERYWHERE.live(), "Space hold", "hold the display"),
    row(&[Char(']')], "]", Action::NextAlarm, Place::EVERYWHERE.live(), "] [ alarm", "next alarm"),
    row(&[Char('[')], "[", Action::PreviousAlarm, Place::EVERYWHERE.live(), "", "alarm before"),
    row(&[Char('t')], "t", Action::TimeFormat, Place::EVERYWHERE, "t time", "time in UTC or ago"),
    row(&[Char(':')], ":", Action::Command, Place::EVERYWHERE, ": command", "command, :12:09, :f18402"),
    row(&[Up, Char('k')], "Up k", Action::Up, Place::EVERYWHERE, "", "row up"),
    row(&[Down, Char('j')], "Down j", Action::Down, Place::EVERYWHERE, "", "row down"),
    row(&[PageUp], "PgUp", Action::PageUp, Place::EVERYWHERE, "", "page up"),
    row(&[PageDown], "PgDn", Action::PageDown, Place::EVERYWHERE, "", "page down"),
    row(&[Home, Char('g')], "Home g", Action::First, Place::EVERYWHERE, "", "first row"),
    row(&[End, Char('G')], "End G", Action::Last, Place::EVERYWHERE, "", "last row"),
    row(&[Char('1')], "1", Action::Show(Screen::Process), Place::EVERYWHERE, "", "Process"),
    row(&[Char('2')], "2", Action::Show(Screen::Alarms), Place::EVERYWHERE, "", "Alarms"),
    row(&[Char('3')], "3", Action::Show(Screen::Writes), Place::EVERYWHERE, "", "Writes"),
    row(&[Char('4')], "4", Action::Show(Screen::Hosts), Place::EVERYWHERE, "", "Hosts"),
    row(&[Char('5')], "5", Action::Show(Screen::Frame), Place::EVERYWHERE, "", "Frame"),
    row(&[Char('6')], "6", Action::Show(Screen::Rules), Place::EVERYWHERE, "", "Rules"),
    row(&[Char('7')], "7", Action::Show(Screen::Health), Place::EVERYWHERE, "", "Health"),
    row(&[Esc, Backspace], "Esc Bksp", Action::Back, Place::EVERYWHERE, "", "back, close, clear"),
    row(&[Ctrl('l')], "Ctrl-L", Action::Redraw, Place::EVERYWHERE, "", "draw the screen again"),
    row(&[Ctrl('z')], "Ctrl-Z", Action::Suspend, Place::EVERYWHERE, "", "to the shell, fg returns"),
    row(&[Char('?'), Function(1)], "? F1", Action::Help, Place::EVERYWHERE, "? help", "this help"),
    row(&[Char('q')], "q", Action::Quit, Place::EVERYWHERE, "q quit", "quit, asks when live"),
    row(&[Ctrl('c')], "Ctrl-C", Action::Stop, Place::EVERYWHERE, "", "quit at once"),
];

/// True when the picture moves with a transport instead of with the wire.
pub(crate) fn is_replay(snapshot: &Snapshot) -> bool {
    snapshot.mode != Mode::Live
}

/// The lines that hold on a screen, in the order of the table.
pub fn holding(screen: Screen, replay: bool) -> impl Iterator<Item = &'static Binding> {
    TABLE
        .iter()
        .filter(move |binding| binding.place.holds(screen, replay))
}

/// What a key does on a screen.
#[must_use]
pub fn action(key: Key, screen: Screen, replay: bool) -> Option<Action> {
    holding(screen, replay)
        .find(|binding| binding.keys.contains(&key))
        .map(|binding| binding.action)
}

/// Why an action cannot be done now; `None` when it can.
#[must_use]
pub fn disabled(action: Action, snapshot: &Snapshot) -> Option<String> {
    let (name, reason) = match action {
        Action::Acknowledge | Action::Shelve | Action::Unshelve => {
            let name = match action {
                Action::Acknowledge => "acknowledge",
                Action::Shelve => "shelve",
                _ => "unshelve",
            };
            let reason = if !snapshot.acknowledge_off.is_empty() {
                snapshot.acknowledge_off.as_str()
            } else if snapshot.mode == Mode::Replay {
                "off in replay"
            } else {
                return None;
            };
            (name, reason)
        }
        _ => return None,
    };
    Some(format!("{name}: {reason}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn no_key_has_two_meanings_at_one_place() {
        for screen in Screen::ALL {
            for replay in [false, true] {
                let mut seen = BTreeMap::new();
                for binding in holding(screen, replay) {
                    for key in binding.keys {
                        let before = seen.insert(*key, binding.action);
                        assert_eq!(before, None, "{key} twice on {} (replay {replay})", screen.name());
                    }
                }
            }
        }
    }

    #[test]
    fn forbidden_keys_are_not_bound() {
        // What a torn escape sequence can end with must not do anything that is logged.
        let endings = "ABCDEFHPQRSZ";
        let logged = [
            Action::Acknowledge,
            Action::Shelve,
            Action::Unshelve,
            Action::Quit,
        ];
        for binding in TABLE {
            for key in binding.keys {
                if let Key::Ctrl(letter) = key {
                    assert!(!"sqabhijm".contains(*letter), "{key} is forbidden");
                }
                if let Key::Char(letter) = key {
                    assert!(letter.is_ascii(), "{key} is not on every keyboard");
                    assert!(
                        !(endings.contains(*letter) && logged.contains(&binding.action)),
                        "{key} ends an escape sequence and is logged"
                    );
                }
                if let Key::Function(_) = key {
                    assert!(binding.keys.len() > 1, "{key} may only be a second name");
                }
            }
        }
    }

    #[test]
    fn every_line_is_explained_in_plain_letters() {
        for binding in TABLE {
            assert!(
                !binding.help.is_empty() && binding.help.len() <= 28,
                "{binding:?}"
            );
            assert!(binding.label.is_ascii() && binding.help.is_ascii() && binding.footer.is_ascii());
            let first = binding.keys.first().map(ToString::to_string).unwrap_or_default();
            assert!(
                binding.footer.is_empty() || binding.footer.starts_with(&first),
                "the footer {:?} does not begin with its key {first}",
                binding.footer
            );
        }
    }
}
