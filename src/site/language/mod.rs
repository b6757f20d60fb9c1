//! The language of conditions (site-and-rules 1.6): text to syntax, syntax to checked expression, and back to text.

mod check;
mod constant;
mod cost;
mod event;
mod lexer;
mod measure;
mod parse_call;
mod parse_event;
mod parser;
mod print;
mod resolve;
mod syntax;
#[cfg(test)]
mod tests;
mod units;

pub(super) use check::{Checker, Wanted};
pub(super) use constant::representable;
pub use cost::Cost;
pub(super) use parse_event::{parse_event, parse_test_action};
pub(super) use parser::parse_expression;
pub(super) use print::quoted;
pub use print::tag_word;

/// Deepest nesting of parentheses and functions. No rule of a plant comes near; hostile input must not end the stack.
const DEEPEST: usize = 48;
/// Deepest tree, modes included: chains such as `a and b and c` count once for each sign. The evaluator goes a little deeper.
pub(super) const DEEPEST_TREE: usize = 60;
/// Most nodes of one expression: its static cost has a bound.
const LARGEST: usize = 400;
