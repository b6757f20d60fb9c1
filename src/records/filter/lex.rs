//! Words of a filter.

/// A word and where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) at: usize,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A member, number, name, address or time without quotes.
    Word(String),
    /// A text in quotes.
    Quoted(String),
    /// An operator or bracket.
    Sign(&'static str),
}

/// Operators and brackets, the longer ones first.
const SIGNS: [&str; 19] = [
    "==", "!=", "<=", ">=", "&&", "||", "=~", "<", ">", "=", "!", "~", "(", ")", "[", "]", "{", "}", ",",
];

/// Characters of a word: those of names, numbers, IP and MAC addresses, networks, times, and node ids up to a quote.
fn is_word(character: char) -> bool {
    character.is_alphanumeric()
        || matches!(
            character,
            '.' | '_' | ':' | '/' | '-' | '+' | '*' | '@' | ';' | '%'
        )
}

/// Cuts a filter into words; the error says where and why.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, (usize, String)> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let Some(first) = rest.chars().next() else { break };
        if first.is_whitespace() {
            at += first.len_utf8();
        } else if first == '"' || first == '\'' {
            let (value, length) = quoted(rest, first).ok_or_else(|| {
                (
                    at,
                    format!("the text that begins here has no end; put {first} behind it"),
                )
            })?;
            tokens.push(Token {
                at,
                kind: Kind::Quoted(value),
            });
            at += length;
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            tokens.push(Token {
                at,
                kind: Kind::Sign(sign),
            });
            at += sign.len();
        } else if is_word(first) {
            let length = rest.find(|character| !is_word(character)).unwrap_or(rest.len());
            let word = rest.get(..length).unwrap_or(rest);
            tokens.push(Token {
                at,
                kind: Kind::Word(word.to_owned()),
            });
            at += length;
        } else {
            return Err((at, format!("{first:?} means nothing here; put texts in quotes")));
        }
    }
    Ok(tokens)
}

/// The text between quotes, and how long it is with them; a backslash takes the next character as it is.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        if character == quote {
            return Some((value, at + 1));
        }
        if character == '\\' {
            let (_, next) = characters.next()?;
            // A backslash that is no quote's stays: patterns need it.
            if next != quote && next != '\\' {
                value.push('\\');
            }
            value.push(next);
        } else {
            value.push(character);
        }
    }
    None
}
