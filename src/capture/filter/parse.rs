//! From the text of a filter to its meaning.

use std::iter::Peekable;
use std::net::IpAddr;
use std::str::FromStr;

use super::{Direction, Expression, Filter, FilterError, Test};

/// Longest text and deepest nesting; more than any kernel program holds.
const MAX_TEXT: usize = 8_192;
const MAX_DEPTH: usize = 64;

const TCP: u8 = 6;
const UDP: u8 = 17;

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        if text.len() > MAX_TEXT {
            let text = format!("{}...", text.chars().take(40).collect::<String>());
            return Err(FilterError::TooLong { text });
        }
        let words = words(text).into_iter().peekable();
        let mut parser = Parser {
            text,
            words,
            kind: None,
            depth: 0,
        };
        let expression = parser.expression()?;
        match parser.words.next() {
            None => Ok(Self {
                text: text.to_owned(),
                expression,
            }),
            Some(word) => Err(parser.wrong(Some(word), "`and`, `or` or the end")),
        }
    }
}

/// A word and the character it starts at, from 1.
#[derive(Clone, Copy)]
struct Word<'a> {
    at: usize,
    text: &'a str,
}

/// Words are separated by spaces; parentheses and signs stand for themselves.
fn words(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let mut rest = text;
    let mut at = 1;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            _ if first.is_whitespace() => first.len_utf8(),
            '(' | ')' | '!' => 1,
            '&' | '|' if rest.starts_with("&&") || rest.starts_with("||") => 2,
            _ => rest
                .find(|sign: char| sign.is_whitespace() || "()!&|".contains(sign))
                .map_or(rest.len(), |end| {
                    // A single sign is a word, so that it can be complained about.
                    end.max(first.len_utf8())
                }),
        };
        let (word, after) = rest.split_at(length);
        if !first.is_whitespace() {
            words.push(Word { at, text: word });
        }
        at += word.chars().count();
        rest = after;
    }
    words
}

/// What a value means: the words before it, kept for values that stand alone.
#[derive(Clone, Copy)]
enum Kind {
    Host(Direction),
    Net(Direction),
    Port(Option<u8>, Direction),
    PortRange(Option<u8>, Direction),
    Mac(Direction),
}

struct Parser<'a> {
    text: &'a str,
    words: Peekable<std::vec::IntoIter<Word<'a>>>,
    kind: Option<Kind>,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn wrong(&self, found: Option<Word<'_>>, expected: &'static str) -> FilterError {
        let at = found.map_or_else(|| self.text.chars().count() + 1, |word| word.at);
        let found = found.map_or_else(|| "the end".to_owned(), |word| format!("`{}`", word.text));
        FilterError::Word {
            text: self.text.to_owned(),
            at,
            found,
            expected,
        }
    }

    /// Takes the next word if it is one of these.
    fn take(&mut self, texts: &[&str]) -> bool {
        self.words.next_if(|word| texts.contains(&word.text)).is_some()
    }

    fn deeper(&mut self) -> Result<(), FilterError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            Err(FilterError::TooLong {
                text: self.text.to_owned(),
            })
        } else {
            Ok(())
        }
    }

    fn expression(&mut self) -> Result<Expression, FilterError> {
        let mut left = self.term()?;
        loop {
            let join = if self.take(&["and", "&&"]) {
                Expression::And
            } else if self.take(&["or", "||"]) {
                Expression::Or
            } else {
                return Ok(left);
            };
            left = join(Box::new(left), Box::new(self.term()?));
        }
    }

    fn term(&mut self) -> Result<Expression, FilterError> {
        self.deeper()?;
        let term = if self.take(&["not", "!"]) {
            Expression::Not(Box::new(self.term()?))
        } else if self.take(&["("]) {
            let inner = self.expression()?;
            if !self.take(&[")"]) {
                let next = self.words.next();
                return Err(self.wrong(next, "`)`"));
            }
            inner
        } else {
            Expression::Test(self.test()?)
        };
        self.depth -= 1;
        Ok(term)
    }

    fn test(&mut self) -> Result<Test, FilterError> {
        const EXPECTED: &str = "`host`, `net`, `port`, `portrange`, `tcp`, `udp`, `ip`, `ip6`, `arp`, `icmp`, \
                                `icmp6`, `ether host`, `src`, `dst`, `not` or `(`";
        let first = self.words.next();
        let Some(word) = first else {
            return Err(self.wrong(None, EXPECTED));
        };
        match word.text {
            "ip" => return Ok(Test::Ip4),
            "ip6" => return Ok(Test::Ip6),
            "arp" => return Ok(Test::Arp),
            "icmp" => return Ok(Test::Icmp),
            "icmp6" => return Ok(Test::Icmp6),
            "tcp" | "udp" => {
                let transport = if word.text == "tcp" { TCP } else { UDP };
                return self.transport(transport);
            }
            "ether" => {
                let direction = self.direction();
                if !self.take(&["host"]) && direction == Direction::Either {
                    let next = self.words.next();
                    return Err(self.wrong(next, "`host`, `src` or `dst`"));
                }
                return self.value(Kind::Mac(direction));
            }
            _ => {}
        }
        let direction = match word.text {
            "src" => Some(Direction::Source),
            "dst" => Some(Direction::Destination),
            _ => None,
        };
        let named = match (direction, self.words.peek()) {
            (Some(_), Some(next)) => next.text,
            _ => word.text,
        };
        let end = direction.unwrap_or(Direction::Either);
        let kind = match named {
            "host" => Kind::Host(end),
            "net" => Kind::Net(end),
            "port" => Kind::Port(None, end),
            "portrange" => Kind::PortRange(None, end),
            // `src 10.0.0.1` is a host, and a lone value is of the last kind.
            _ if direction.is_some() => return self.value(Kind::Host(end)),
            _ => {
                return match self.kind {
                    Some(kind)
                        if word
                            .text
                            .starts_with(|sign: char| sign.is_ascii_hexdigit() || sign == ':') =>
                    {
                        self.read(kind, Some(word))
                    }
                    _ => Err(self.wrong(first, EXPECTED)),
                };
            }
        };
        if direction.is_some() {
            self.words.next();
        }
        self.value(kind)
    }

    fn direction(&mut self) -> Direction {
        if self.take(&["src"]) {
            Direction::Source
        } else if self.take(&["dst"]) {
            Direction::Destination
        } else {
            Direction::Either
        }
    }

    /// `tcp` or `udp`, alone or before a port.
    fn transport(&mut self, transport: u8) -> Result<Test, FilterError> {
        let direction = self.direction();
        if self.take(&["port"]) {
            self.value(Kind::Port(Some(transport), direction))
        } else if self.take(&["portrange"]) {
            self.value(Kind::PortRange(Some(transport), direction))
        } else if direction == Direction::Either {
            Ok(Test::Transport(transport))
        } else {
            let next = self.words.next();
            Err(self.wrong(next, "`port` or `portrange`"))
        }
    }

    fn value(&mut self, kind: Kind) -> Result<Test, FilterError> {
        self.kind = Some(kind);
        let word = self.words.next();
        self.read(kind, word)
    }

    fn read(&self, kind: Kind, word: Option<Word<'a>>) -> Result<Test, FilterError> {
        let text = word.map_or("", |word| word.text);
        let (test, expected) = match kind {
            Kind::Host(direction) => (
                text.parse()
                    .ok()
                    .map(|address: IpAddr| Test::Net(direction, address, bits(address))),
                "an IP address (names are not looked up)",
            ),
            Kind::Net(direction) => (net(text, direction), "a network such as 10.0.0.0/8"),
            Kind::Port(transport, direction) => (
                text.parse()
                    .ok()
                    .map(|port| Test::Port(transport, direction, port, port)),
                "a port number",
            ),
            Kind::PortRange(transport, direction) => (
                text.split_once('-').and_then(|(from, to)| {
                    let (from, to) = (from.parse().ok()?, to.parse().ok()?);
                    (from <= to).then_some(Test::Port(transport, direction, from, to))
                }),
                "a range of ports such as 2404-2405",
            ),
            Kind::Mac(direction) => (
                mac(text).map(|mac| Test::Mac(direction, mac)),
                "a MAC address such as 02:00:00:00:00:01",
            ),
        };
        test.ok_or_else(|| self.wrong(word, expected))
    }
}

fn bits(address: IpAddr) -> u8 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// `ADDRESS/BITS`; address bits beyond the network would be a mistake of the writer.
fn net(text: &str, direction: Direction) -> Option<Test> {
    let (address, length) = text.split_once('/')?;
    let (address, length): (IpAddr, u8) = (address.parse().ok()?, length.parse().ok()?);
    let beyond = match address {
        _ if length > bits(address) => return None,
        IpAddr::V4(address) => u128::from(address.to_bits().checked_shl(length.into()).unwrap_or(0)),
        IpAddr::V6(address) => address.to_bits().checked_shl(length.into()).unwrap_or(0),
    };
    (beyond == 0).then_some(Test::Net(direction, address, length))
}

fn mac(text: &str) -> Option<[u8; 6]> {
    let mut mac = [0; 6];
    let mut parts = text.split([':', '-']);
    for byte in &mut mac {
        *byte = u8::from_str_radix(parts.next()?, 16).ok()?;
    }
    parts.next().is_none().then_some(mac)
}
