//! The filter language of `decode --filter`: conditions on the members of a record, whatever they are.
//!
//! A filter is checked against the JSON Schemas of the records before anything is read, so that a misspelled member is an
//! error and no empty result. It is evaluated on the record as it is printed: what can be seen can be filtered.

mod evaluate;
mod lex;
mod members;
mod parse;

use serde_json::Value;

/// A filter that was checked.
#[derive(Debug)]
pub struct Filter {
    root: Node,
}

/// What is wrong with a filter, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// The filter.
    pub text: String,
    /// Column, from 1.
    pub column: usize,
    /// What is wrong, and the mend.
    pub message: String,
}

impl std::fmt::Display for FilterError {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let indent = " ".repeat(self.column.saturating_sub(1));
        write!(
            out,
            "column {}: {}\n  {}\n  {indent}^",
            self.column, self.message, self.text
        )
    }
}

impl std::error::Error for FilterError {}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// Names the column and the mend.
    pub fn new(text: &str) -> Result<Self, FilterError> {
        parse::parse(text)
            .map(|root| Self { root })
            .map_err(|(at, message)| FilterError {
                text: text.to_owned(),
                column: text.get(..at).unwrap_or(text).chars().count() + 1,
                message,
            })
    }

    /// Does a record pass?
    #[must_use]
    pub fn passes(&self, record: &Value) -> bool {
        evaluate::holds(&self.root, record)
    }
}

/// A condition.
#[derive(Debug)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    /// The member is there and not false or empty.
    Present(Vec<Step>),
    Compare(Vec<Step>, Operator, Vec<Literal>),
}

/// One step into a record.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    /// A member of an object.
    Member(String),
    /// One element of a list, from 0; from the end when negative.
    Element(i64),
    /// Any element of a list.
    Each,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    Matches,
    In,
}

/// What a member is compared with.
#[derive(Debug)]
struct Literal {
    text: String,
    /// The text as a number, when it was not quoted.
    number: Option<f64>,
    /// The text as a whole number, exactly.
    whole: Option<i128>,
    time: Option<tapglass_model::CaptureTime>,
    /// Addresses with this prefix.
    network: Option<(std::net::IpAddr, u8)>,
    pattern: Option<regex_lite::Regex>,
    /// `true` and `false` without quotes.
    truth: Option<bool>,
}

#[cfg(test)]
mod tests;
