//! From words to a condition.

use super::lex::{Kind, Token, tokens};
use super::{Literal, Node, Operator, Step, members};

/// Conditions may stand in each other so deep.
const DEPTH: usize = 64;

type Parsed<T> = Result<T, (usize, String)>;

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    end: usize,
    depth: usize,
}

/// Reads a whole filter; an error says where and why.
pub(super) fn parse(text: &str) -> Parsed<Node> {
    let mut parser = Parser {
        tokens: tokens(text)?,
        next: 0,
        end: text.len(),
        depth: 0,
    };
    if parser.tokens.is_empty() {
        return Err((
            0,
            "the filter is empty; write a condition such as function.code == 16".to_owned(),
        ));
    }
    let node = parser.any()?;
    match parser.peek() {
        None => Ok(node),
        Some(_) => Err((
            parser.at(),
            format!(
                "{} is not expected here; join conditions with `and` or `or`",
                parser.here()
            ),
        )),
    }
}

impl Parser {
    fn peek(&self) -> Option<&Kind> {
        self.tokens.get(self.next).map(|token| &token.kind)
    }

    /// Where the next word begins.
    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.end, |token| token.at)
    }

    /// The next word, for errors.
    fn here(&self) -> String {
        match self.peek() {
            None => "the end".to_owned(),
            Some(Kind::Word(word)) => format!("`{word}`"),
            Some(Kind::Quoted(text)) => format!("{text:?}"),
            Some(Kind::Sign(sign)) => format!("`{sign}`"),
        }
    }

    fn sign(&mut self, signs: &[&str]) -> bool {
        let found = matches!(self.peek(), Some(Kind::Sign(sign)) if signs.contains(sign));
        self.next += usize::from(found);
        found
    }

    fn keyword(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Kind::Word(next)) if next.eq_ignore_ascii_case(word));
        self.next += usize::from(found);
        found
    }

    fn any(&mut self) -> Parsed<Node> {
        let mut nodes = vec![self.all()?];
        while self.sign(&["||"]) || self.keyword("or") {
            nodes.push(self.all()?);
        }
        Ok(one_or(nodes, Node::Any))
    }

    fn all(&mut self) -> Parsed<Node> {
        let mut nodes = vec![self.not()?];
        while self.sign(&["&&"]) || self.keyword("and") {
            nodes.push(self.not()?);
        }
        Ok(one_or(nodes, Node::All))
    }

    fn not(&mut self) -> Parsed<Node> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err((
                self.at(),
                format!("more than {DEPTH} conditions stand in each other"),
            ));
        }
        let node = if self.sign(&["!"]) || self.keyword("not") {
            Node::Not(Box::new(self.not()?))
        } else if self.sign(&["("]) {
            let node = self.any()?;
            if !self.sign(&[")"]) {
                return Err((self.at(), format!("{} where `)` is missing", self.here())));
            }
            node
        } else {
            self.condition()?
        };
        self.depth -= 1;
        Ok(node)
    }

    fn condition(&mut self) -> Parsed<Node> {
        let at = self.at();
        let path = self.path()?;
        members::check(&path).map_err(|message| (at, message))?;
        let at = self.at();
        let Some(operator) = self.operator() else {
            return Ok(Node::Present(path));
        };
        let literals = if operator == Operator::In {
            self.list()?
        } else {
            vec![self.literal()?]
        };
        let mut node = Node::Compare(path, operator, literals);
        if operator == Operator::Matches
            && let Node::Compare(_, _, literals) = &mut node
        {
            for literal in literals {
                let pattern = regex_lite::RegexBuilder::new(&literal.text)
                    .case_insensitive(true)
                    .build();
                literal.pattern = Some(
                    pattern.map_err(|error| (at, format!("{:?} is no pattern: {error}", literal.text)))?,
                );
            }
        }
        Ok(node)
    }

    fn operator(&mut self) -> Option<Operator> {
        let operator = match self.peek()? {
            Kind::Sign("==" | "=") => Operator::Equal,
            Kind::Sign("!=") => Operator::Unequal,
            Kind::Sign("<") => Operator::Less,
            Kind::Sign("<=") => Operator::LessOrEqual,
            Kind::Sign(">") => Operator::Greater,
            Kind::Sign(">=") => Operator::GreaterOrEqual,
            Kind::Sign("~" | "=~") => Operator::Matches,
            Kind::Word(word) => match word.to_ascii_lowercase().as_str() {
                "eq" => Operator::Equal,
                "ne" => Operator::Unequal,
                "lt" => Operator::Less,
                "le" => Operator::LessOrEqual,
                "gt" => Operator::Greater,
                "ge" => Operator::GreaterOrEqual,
                "contains" => Operator::Contains,
                "matches" => Operator::Matches,
                "in" => Operator::In,
                _ => return None,
            },
            _ => return None,
        };
        self.next += 1;
        Some(operator)
    }

    /// A member and the way into it: `modbus.values[0]`, `dnp3.objects[*].group`.
    fn path(&mut self) -> Parsed<Vec<Step>> {
        let at = self.at();
        let here = self.here();
        let word = match self.peek() {
            Some(Kind::Word(word))
                if word.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_') =>
            {
                word.clone()
            }
            _ => {
                return Err((
                    at,
                    format!(
                        "{here} where the member of a record is expected, such as protocol or modbus.address"
                    ),
                ));
            }
        };
        self.next += 1;
        let mut path = steps(&word, at)?;
        while self.sign(&["["]) {
            path.push(self.element()?);
            if !self.sign(&["]"]) {
                return Err((self.at(), format!("{} where `]` is missing", self.here())));
            }
            // What follows the bracket begins with a dot.
            let at = self.at();
            if let Some(Kind::Word(word)) = self.peek()
                && let Some(rest) = word.strip_prefix('.')
            {
                path.extend(steps(rest, at)?);
                self.next += 1;
            }
        }
        Ok(path)
    }

    fn element(&mut self) -> Parsed<Step> {
        let step = match self.peek() {
            Some(Kind::Word(word)) if word == "*" => Some(Step::Each),
            Some(Kind::Word(word)) => word.parse().ok().map(Step::Element),
            Some(Kind::Sign("]")) => return Ok(Step::Each),
            _ => None,
        };
        let step = step.ok_or_else(|| {
            (
                self.at(),
                format!("{} where a number or * is expected, such as [0]", self.here()),
            )
        })?;
        self.next += 1;
        Ok(step)
    }

    fn list(&mut self) -> Parsed<Vec<Literal>> {
        let close = match self.peek() {
            Some(Kind::Sign("{")) => "}",
            Some(Kind::Sign("(")) => ")",
            Some(Kind::Sign("[")) => "]",
            // One value, such as a network.
            _ => return Ok(vec![self.literal()?]),
        };
        self.next += 1;
        let mut literals = vec![self.literal()?];
        while !self.sign(&[close]) {
            self.sign(&[","]);
            if self.peek().is_none() {
                return Err((self.at(), format!("the list has no end; put {close} behind it")));
            }
            literals.push(self.literal()?);
        }
        Ok(literals)
    }

    fn literal(&mut self) -> Parsed<Literal> {
        let literal = match self.peek() {
            Some(Kind::Word(word)) => Literal::word(word),
            Some(Kind::Quoted(text)) => Literal::quoted(text),
            _ => return Err((self.at(), format!("{} where a value is expected", self.here()))),
        };
        self.next += 1;
        Ok(literal)
    }
}

fn one_or(mut nodes: Vec<Node>, several: fn(Vec<Node>) -> Node) -> Node {
    match nodes.pop() {
        Some(only) if nodes.is_empty() => only,
        Some(last) => {
            nodes.push(last);
            several(nodes)
        }
        None => several(nodes),
    }
}

fn steps(word: &str, at: usize) -> Parsed<Vec<Step>> {
    let mut steps = Vec::new();
    for name in word.split('.') {
        if name.is_empty() {
            return Err((
                at,
                format!("{word:?} has a dot too many; members stand like modbus.address"),
            ));
        }
        steps.push(Step::Member(name.to_owned()));
    }
    Ok(steps)
}

impl Literal {
    fn quoted(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            number: None,
            whole: None,
            time: tapglass_model::CaptureTime::parse(text).ok(),
            network: None,
            pattern: None,
            truth: None,
        }
    }

    fn word(word: &str) -> Self {
        let hexadecimal = word
            .strip_prefix("0x")
            .or_else(|| word.strip_prefix("0X"))
            .and_then(|digits| i128::from_str_radix(digits, 16).ok());
        let whole = hexadecimal.or_else(|| word.parse().ok());
        #[allow(clippy::cast_precision_loss)] // beyond 2^53 the whole number decides
        let number = whole.map(|whole| whole as f64).or_else(|| {
            let first = word.trim_start_matches(['-', '+']);
            word.parse()
                .ok()
                .filter(|_| first.starts_with(|first: char| first.is_ascii_digit()))
        });
        let network = word.split_once('/').and_then(|(address, length)| {
            let address: std::net::IpAddr = address.parse().ok()?;
            let most = if address.is_ipv4() { 32 } else { 128 };
            Some((address, length.parse().ok().filter(|length| *length <= most)?))
        });
        Self {
            number,
            whole,
            network,
            truth: word.parse().ok(),
            ..Self::quoted(word)
        }
    }
}
