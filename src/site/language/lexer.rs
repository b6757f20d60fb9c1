//! Words, numbers and signs of a condition, one at a time: what a text means depends on where it stands.

use std::ops::Range;

use super::syntax::{SyntaxError, Word};

/// A piece of a condition.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Word(Word),
    /// An operator or bracket.
    Sign(&'static str),
    End,
}

/// Longer signs first, so that `->` is not read as `-`.
const SIGNS: [&str; 18] = [
    "->", "<=", ">=", "==", "!=", "<", ">", "+", "-", "*", "/", "(", ")", "[", "]", ",", "=", ".",
];

/// Signs of other languages, with the word of ours.
const FOREIGN: [(&str, &str); 9] = [
    ("&&", "write `and`"),
    ("||", "write `or`"),
    ("<>", "write `!=`"),
    ("=>", "write `->` for \"implies\", `>=` for \"at least\""),
    ("≤", "write `<=`"),
    ("≥", "write `>=`"),
    ("≠", "write `!=`"),
    ("!", "write `not`"),
    ("^", "there are no powers; multiply"),
];

/// Reads a condition from left to right.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// The text from here to its end, without white space before it.
    pub(super) fn rest(&mut self) -> &'a str {
        let rest = self.text.get(self.at..).unwrap_or("");
        let trimmed = rest.trim_start();
        self.at += rest.len() - trimmed.len();
        trimmed
    }

    /// Where the next token starts.
    pub(super) fn position(&mut self) -> usize {
        let _ = self.rest();
        self.at
    }

    /// The whole text.
    pub(super) const fn text(&self) -> &'a str {
        self.text
    }

    fn advance(&mut self, length: usize) -> Range<usize> {
        let start = self.at;
        self.at = (start + length).min(self.text.len());
        start..self.at
    }

    /// The next token and where it stands.
    pub(super) fn next(&mut self) -> Result<(Token, Range<usize>), SyntaxError> {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok((Token::End, self.at..self.at));
        };
        if first.is_ascii_digit() {
            return self.number(rest);
        }
        if first == '"' || first == '\'' {
            return self.quoted(rest, first);
        }
        if first.is_alphabetic() || first == '_' {
            let range = self.advance(word_length(rest));
            let word = Word {
                text: self.text.get(range.clone()).unwrap_or("").to_owned(),
                range: range.clone(),
                quoted: false,
            };
            return Ok((Token::Word(word), range));
        }
        for (sign, help) in FOREIGN {
            if rest.starts_with(sign) && !rest.starts_with("!=") {
                let range = self.advance(sign.len());
                return Err(SyntaxError {
                    range,
                    message: format!("`{sign}` is not part of the language"),
                    help: help.to_owned(),
                });
            }
        }
        if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            let range = self.advance(sign.len());
            return Ok((Token::Sign(sign), range));
        }
        let range = self.advance(first.len_utf8());
        Err(SyntaxError {
            range,
            message: format!("`{first}` is not part of the language"),
            help: "a tag name with other characters than letters, digits, `_` and `.` is written in quotes"
                .to_owned(),
        })
    }

    /// The next token, without taking it.
    pub(super) fn peek(&self) -> Result<(Token, Range<usize>), SyntaxError> {
        self.clone().next()
    }

    fn number(&mut self, rest: &str) -> Result<(Token, Range<usize>), SyntaxError> {
        let length = number_length(rest);
        let range = self.advance(length);
        let digits: String = rest.chars().take(length).filter(|c| *c != '_').collect();
        let value = match digits.strip_prefix("0x") {
            #[allow(clippy::cast_precision_loss)] // masks of registers
            Some(hexadecimal) => u64::from_str_radix(hexadecimal, 16)
                .map(|number| number as f64)
                .ok(),
            None => digits.parse().ok().filter(|number: &f64| number.is_finite()),
        };
        value
            .map(|value| (Token::Number(value), range.clone()))
            .ok_or(SyntaxError {
                range,
                message: format!("`{digits}` is not a number"),
                help: String::new(),
            })
    }

    fn quoted(&mut self, rest: &str, quote: char) -> Result<(Token, Range<usize>), SyntaxError> {
        let body = &rest[1..];
        let Some(length) = body.find(quote) else {
            let range = self.advance(rest.len());
            return Err(SyntaxError {
                range,
                message: "the quote is not closed".to_owned(),
                help: String::new(),
            });
        };
        let range = self.advance(length + 2);
        let word = Word {
            text: body[..length].to_owned(),
            range: range.clone(),
            quoted: true,
        };
        Ok((Token::Word(word), range))
    }

    /// The unit that follows a number, when one does: letters, `%`, `°`, with `/` only between letters (`l/s`).
    pub(super) fn unit(&mut self) -> Option<Word> {
        let rest = self.rest();
        let mut length = 0;
        let mut characters = rest.char_indices().peekable();
        while let Some((at, c)) = characters.next() {
            let part = c.is_alphabetic() || matches!(c, '%' | '‰' | '°' | '²' | '³' | '_' | '·');
            let later = at > 0 && (c.is_ascii_digit() || c == '^');
            let joins = at > 0
                && c == '/'
                && characters
                    .peek()
                    .is_some_and(|(_, next)| next.is_alphabetic() || *next == '%');
            if !part && !later && !joins {
                break;
            }
            length = at + c.len_utf8();
        }
        let text = rest.get(..length)?;
        // Also in capitals, so that the parser can say how they are written.
        if text.is_empty() || matches!(text.to_lowercase().as_str(), "and" | "or" | "in" | "not" | "by") {
            return None;
        }
        let range = self.advance(length);
        Some(Word {
            text: text.to_owned(),
            range,
            quoted: false,
        })
    }

    /// The target of an event: a quoted name, or everything up to white space, a comparison, a comma or a bracket, so that
    /// patterns such as `CB*.CMD` need no quotes.
    pub(super) fn target(&mut self) -> Option<Word> {
        let rest = self.rest();
        if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'')) {
            return match self.quoted(rest, quote) {
                Ok((Token::Word(word), _)) => Some(word),
                _ => None,
            };
        }
        let length = rest
            .find(|c: char| {
                c.is_whitespace() || matches!(c, '<' | '>' | '=' | '!' | ',' | '(' | ')' | '[' | ']')
            })
            .unwrap_or(rest.len());
        let text = rest.get(..length).filter(|text| !text.is_empty())?;
        let range = self.advance(length);
        Some(Word {
            text: text.to_owned(),
            range,
            quoted: false,
        })
    }
}

/// Length of a bare name: letters, digits, `_`, and `.` between them.
fn word_length(text: &str) -> usize {
    let whole = text
        .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.')))
        .unwrap_or(text.len());
    text.get(..whole)
        .map_or(whole, |word| word.trim_end_matches('.').len())
}

/// Length of a number: digits, a fraction, an exponent; `_` between digits, `0x` before hexadecimal ones.
fn number_length(text: &str) -> usize {
    if let Some(hexadecimal) = text.strip_prefix("0x") {
        let digits = hexadecimal
            .find(|c: char| !c.is_ascii_hexdigit())
            .unwrap_or(hexadecimal.len());
        return 2 + digits;
    }
    let bytes = text.as_bytes();
    let digits_from = |start: usize| {
        let mut end = start;
        while bytes
            .get(end)
            .is_some_and(|byte| byte.is_ascii_digit() || *byte == b'_' && end > start)
        {
            end += 1;
        }
        end
    };
    let mut end = digits_from(0);
    if bytes.get(end) == Some(&b'.') && bytes.get(end + 1).is_some_and(u8::is_ascii_digit) {
        end = digits_from(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        if bytes.get(end + 1 + sign).is_some_and(u8::is_ascii_digit) {
            end = digits_from(end + 1 + sign);
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<String> {
        let mut lexer = Lexer::new(text);
        let mut found = Vec::new();
        loop {
            match lexer.next() {
                Ok((Token::End, _)) => return found,
                Ok((Token::Number(number), _)) => found.push(format!("#{number}")),
                Ok((Token::Word(word), _)) => found.push(if word.quoted {
                    format!("'{}'", word.text)
                } else {
                    word.text
                }),
                Ok((Token::Sign(sign), _)) => found.push(sign.to_owned()),
                Err(error) => {
                    found.push(format!("! {}", error.message));
                    return found;
                }
            }
        }
    }

    #[test]
    fn text_becomes_tokens() {
        for (text, expected) in [
            ("FIT201 > 5", vec!["FIT201", ">", "#5"]),
            ("a->b", vec!["a", "->", "b"]),
            ("a<=-1.5e3", vec!["a", "<=", "-", "#1500"]),
            ("LIC101.SP", vec!["LIC101.SP"]),
            ("'LIT-101'!=2", vec!["'LIT-101'", "!=", "#2"]),
            ("\"LIT-101\"", vec!["'LIT-101'"]),
            ("0x1F 1_000 2.", vec!["#31", "#1000", "#2", "."]),
            ("x in [1,2]", vec!["x", "in", "[", "#1", ",", "#2", "]"]),
            ("a && b", vec!["a", "! `&&` is not part of the language"]),
            ("!a", vec!["! `!` is not part of the language"]),
            ("'open", vec!["! the quote is not closed"]),
            ("a ; b", vec!["a", "! `;` is not part of the language"]),
            ("1e999", vec!["! `1e999` is not a number"]),
            ("Druck_Ü1", vec!["Druck_Ü1"]),
            ("", vec![]),
        ] {
            assert_eq!(tokens(text), expected, "{text}");
        }
    }

    #[test]
    fn units_follow_numbers() {
        for (text, expected, rest) in [
            ("mm", Some("mm"), ""),
            (" l/s and", Some("l/s"), "and"),
            ("m3/h)", Some("m3/h"), ")"),
            ("% or", Some("%"), "or"),
            ("°C", Some("°C"), ""),
            ("µS/cm", Some("µS/cm"), ""),
            ("and b", None, "and b"),
            ("in [1", None, "in [1"),
            ("m / LIT101", Some("m"), "/ LIT101"),
            ("/ 3", None, "/ 3"),
            (")", None, ")"),
        ] {
            let mut lexer = Lexer::new(text);
            assert_eq!(lexer.unit().map(|word| word.text).as_deref(), expected, "{text}");
            assert_eq!(lexer.rest(), rest, "{text}");
        }
    }
}
