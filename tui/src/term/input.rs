//! Bytes from the terminal become keys, however the line cuts them.
//!
//! At 9600 baud the three bytes of an arrow key arrive a millisecond apart. A reader that takes "nothing to read
//! right now" for the end of a sequence makes `Esc`, `[` and `A` of it; this one waits for a stated silence.

use std::collections::VecDeque;

use crate::key::Key;

/// Sequences longer than this are noise.
const LONGEST: usize = 32;

/// Puts keys together from bytes.
#[derive(Debug, Default)]
pub struct Parser {
    /// Bytes of a key that is not complete. Begins with ESC or with the first byte of a UTF-8 character.
    pending: Vec<u8>,
    /// A sequence grew past [`LONGEST`]: its rest is thrown away up to the final byte.
    skipping: bool,
    keys: VecDeque<Key>,
}

impl Parser {
    /// Takes one byte.
    pub fn feed(&mut self, byte: u8) {
        match self.pending.first() {
            None => self.ground(byte),
            Some(0x1b) => self.escape(byte),
            Some(_) => self.character(byte),
        }
    }

    /// The next complete key.
    pub fn next_key(&mut self) -> Option<Key> {
        self.keys.pop_front()
    }

    /// True while bytes wait for the rest of a key: call [`Parser::silence`] when nothing more comes.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Nothing came for as long as a key can take: ESC alone is the Esc key, any other rest is noise.
    pub fn silence(&mut self) {
        if self.pending == [0x1b] {
            self.keys.push_back(Key::Esc);
        }
        self.pending.clear();
        self.skipping = false;
    }

    fn ground(&mut self, byte: u8) {
        let key = match byte {
            0x1b | 0xc2..=0xf4 => return self.pending.push(byte),
            b'\r' | b'\n' => Key::Enter,
            b'\t' => Key::Tab,
            0x08 | 0x7f => Key::Backspace,
            0x01..=0x1a => Key::Ctrl(char::from(byte + b'a' - 1)),
            0x20..=0x7e => Key::Char(char::from(byte)),
            _ => return,
        };
        self.keys.push_back(key);
    }

    /// A character of more than one byte.
    fn character(&mut self, byte: u8) {
        if !(0x80..0xc0).contains(&byte) {
            self.pending.clear();
            return self.feed(byte);
        }
        self.pending.push(byte);
        let wanted = match self.pending.first() {
            Some(0xc2..=0xdf) => 2,
            Some(0xe0..=0xef) => 3,
            _ => 4,
        };
        if self.pending.len() < wanted {
            return;
        }
        if let Some(character) = std::str::from_utf8(&self.pending)
            .ok()
            .and_then(|text| text.chars().next())
            && !character.is_control()
        {
            self.keys.push_back(Key::Char(character));
        }
        self.pending.clear();
    }

    fn escape(&mut self, byte: u8) {
        if byte == 0x1b {
            // Esc pressed twice, or a sequence that lost its end.
            if self.pending.len() == 1 {
                self.keys.push_back(Key::Esc);
            }
            self.pending.truncate(1);
            self.skipping = false;
            return;
        }
        match self.pending.get(1) {
            None if matches!(byte, b'[' | b'O') => self.pending.push(byte),
            None => {
                // Esc and another key close together, which is also how Alt arrives: two keys.
                self.pending.clear();
                self.keys.push_back(Key::Esc);
                self.ground(byte);
            }
            Some(b'O') => {
                self.finish(single_shift(byte));
            }
            Some(_) => self.sequence(byte),
        }
    }

    /// A byte of a control sequence (ECMA-48 5.4): parameters, intermediates, one final byte.
    fn sequence(&mut self, byte: u8) {
        if self.pending.get(2) == Some(&b'[') {
            // The Linux console sends F1 to F5 as ESC [ [ A to E.
            let key = match byte {
                b'A'..=b'E' => Key::Function(byte - b'A' + 1),
                _ => Key::Other,
            };
            return self.finish(key);
        }
        match byte {
            b'[' if self.pending.len() == 2 => self.pending.push(byte),
            0x20..=0x3f if self.pending.len() < LONGEST => self.pending.push(byte),
            0x20..=0x3f => self.skipping = true,
            0x40..=0x7e if self.skipping => self.finish(Key::Other),
            0x40..=0x7e => {
                let key = control(self.pending.get(2..).unwrap_or_default(), byte);
                self.finish(key);
            }
            _ => {
                self.pending.clear();
                self.skipping = false;
                self.ground(byte);
            }
        }
    }

    fn finish(&mut self, key: Key) {
        self.pending.clear();
        self.skipping = false;
        self.keys.push_back(key);
    }
}

/// `ESC O` and a letter: what a terminal sends in application mode.
fn single_shift(byte: u8) -> Key {
    match byte {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'F' => Key::End,
        b'H' => Key::Home,
        b'M' => Key::Enter,
        b'P'..=b'S' => Key::Function(byte - b'P' + 1),
        b'p'..=b'y' => Key::Char(char::from(byte - b'p' + b'0')),
        _ => Key::Other,
    }
}

/// `ESC [`, parameters and a final byte. Modifiers are ignored: Shift and Up is Up.
fn control(parameters: &[u8], last: u8) -> Key {
    let mut numbers = parameters.split(|byte| *byte == b';').map(|digits| {
        std::str::from_utf8(digits)
            .ok()
            .and_then(|text| text.parse::<u16>().ok())
    });
    let first = numbers.next().flatten();
    let second = numbers.next().flatten();
    match last {
        b'A' => Key::Up,
        b'B' => Key::Down,
        b'C' => Key::Right,
        b'D' => Key::Left,
        b'F' => Key::End,
        b'H' => Key::Home,
        b'Z' => Key::BackTab,
        b'R' => match (first, second) {
            (Some(row), Some(column)) => Key::CursorAt(row, column),
            _ => Key::Function(3),
        },
        b'P' | b'Q' | b'S' => Key::Function(last - b'P' + 1),
        b'~' => match first {
            Some(1 | 7) => Key::Home,
            Some(2) => Key::Insert,
            Some(3) => Key::Delete,
            Some(4 | 8) => Key::End,
            Some(5) => Key::PageUp,
            Some(6) => Key::PageDown,
            Some(number @ 11..=15) => function(number, 10),
            Some(number @ 17..=21) => function(number, 11),
            Some(number @ 23..=24) => function(number, 12),
            _ => Key::Other,
        },
        _ => Key::Other,
    }
}

fn function(number: u16, offset: u16) -> Key {
    u8::try_from(number.saturating_sub(offset)).map_or(Key::Other, Key::Function)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(bytes: &[u8]) -> Vec<Key> {
        let mut parser = Parser::default();
        let mut keys = Vec::new();
        for byte in bytes {
            parser.feed(*byte);
            keys.extend(std::iter::from_fn(|| parser.next_key()));
        }
        parser.silence();
        keys.extend(std::iter::from_fn(|| parser.next_key()));
        keys
    }

    #[test]
    fn sequences_in_single_bytes_are_one_key() {
        for (bytes, key) in [
            (&b"\x1b[A"[..], Key::Up),
            (b"\x1bOA", Key::Up),
            (b"\x1b[1;2B", Key::Down),
            (b"\x1b[H", Key::Home),
            (b"\x1b[4~", Key::End),
            (b"\x1b[6~", Key::PageDown),
            (b"\x1b[Z", Key::BackTab),
            (b"\x1b[15~", Key::Function(5)),
            (b"\x1b[24~", Key::Function(12)),
            (b"\x1b[[A", Key::Function(1)),
            (b"\x1bOP", Key::Function(1)),
            (b"\x1b[24;80R", Key::CursorAt(24, 80)),
            (b"\x1b[<0;1;1M", Key::Other),
            (b"\x03", Key::Ctrl('c')),
            (b"\x0c", Key::Ctrl('l')),
            (b"\r", Key::Enter),
            (b"\x7f", Key::Backspace),
            (b"\x08", Key::Backspace),
            ("ü".as_bytes(), Key::Char('ü')),
            ("日".as_bytes(), Key::Char('日')),
            (b"\x1b", Key::Esc),
        ] {
            assert_eq!(keys(bytes), [key], "{bytes:?}");
        }
    }

    #[test]
    fn escape_before_a_key_stays_two_keys() {
        assert_eq!(keys(b"\x1bq"), [Key::Esc, Key::Char('q')]);
        assert_eq!(keys(b"\x1b\x1b"), [Key::Esc, Key::Esc]);
        assert_eq!(keys(b"\x1b\x1b[A"), [Key::Esc, Key::Up]);
    }

    #[test]
    fn line_noise_is_swallowed_and_the_next_key_counts() {
        assert_eq!(keys(b"\x1b[12;\x1b[B"), [Key::Down]);
        assert_eq!(keys(b"\xe6\x97q"), [Key::Char('q')]);
        assert_eq!(keys(b"\xff\xfe\x00\x9bq"), [Key::Char('q')]);
        let mut long = b"\x1b[".to_vec();
        long.extend([b'1'; 200]);
        long.extend(b"mq");
        assert_eq!(keys(&long), [Key::Other, Key::Char('q')]);
        assert_eq!(keys(b"\x1b["), []);
    }
}
