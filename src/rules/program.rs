//! Conditions as flat nodes: everything a rule reads at run time is an index.

use crate::site::{Comparison, Event, EventKind, Expression, Operator, Site, TagId};

use super::monitor::{Memory, Monitor};
use super::pattern::Pattern;

/// Place of a node in the [`Program`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// Place of a monitor: the memory of one temporal operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MonitorId(pub u32);

/// One operation of a condition.
#[derive(Clone, Copy, Debug)]
#[allow(missing_docs)] // as in Expression
pub enum Node {
    Number(f64),
    Truth(bool),
    Tag(TagId),
    Commanded(TagId),
    Observed(TagId),
    Previous(TagId),
    Age(TagId),
    Good(TagId),
    Forced(TagId),
    /// A temporal operator.
    Monitor(MonitorId),
    Window(u32),
    Absolute(NodeId),
    Negative(NodeId),
    Arithmetic(Operator, NodeId, NodeId),
    /// The tag's resolution is the tolerance of an equality.
    Compare(Comparison, NodeId, NodeId, Option<TagId>),
    Within(NodeId, f64, f64, Option<TagId>),
    Not(NodeId),
    And(NodeId, NodeId),
    Or(NodeId, NodeId),
    Implies(NodeId, NodeId),
}

/// Why a condition cannot be compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompileError {
    /// It is nested deeper than evaluation goes.
    TooDeep,
    /// It names a tag, a mode or a window that the site does not have.
    NoSuchName,
}

/// Deeper conditions are refused: evaluation descends once for each level.
const DEPTH: u32 = 64;

/// All nodes of all rules.
#[derive(Clone, Debug, Default)]
pub struct Program {
    nodes: Vec<Node>,
    /// The compiled condition of each mode.
    modes: Vec<Option<NodeId>>,
}

impl Program {
    /// A node. An index that is not of this program gives "unknown", it cannot occur.
    #[must_use]
    pub fn node(&self, id: NodeId) -> Node {
        self.nodes
            .get(id.0 as usize)
            .copied()
            .unwrap_or(Node::Number(f64::NAN))
    }

    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    fn push(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        NodeId(u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX))
    }

    /// Compiles a condition; each temporal operator gets a monitor, inner ones before outer ones.
    ///
    /// # Errors
    /// When it is too deep or names what the site does not have.
    pub fn compile(
        &mut self,
        site: &Site,
        monitors: &mut Vec<Monitor>,
        expression: &Expression,
    ) -> Result<NodeId, CompileError> {
        Compiler {
            program: self,
            site,
            monitors,
        }
        .expression(expression, 0)
    }
}

struct Compiler<'a> {
    program: &'a mut Program,
    site: &'a Site,
    monitors: &'a mut Vec<Monitor>,
}

impl Compiler<'_> {
    fn tag(&self, tag: TagId) -> Result<TagId, CompileError> {
        if (tag.0 as usize) < self.site.tags.len() {
            Ok(tag)
        } else {
            Err(CompileError::NoSuchName)
        }
    }

    fn monitor(&mut self, memory: Memory, tags: Vec<TagId>) -> NodeId {
        let id = MonitorId(u32::try_from(self.monitors.len()).unwrap_or(u32::MAX));
        self.monitors.push(Monitor::new(memory, tags));
        self.program.push(Node::Monitor(id))
    }

    fn mode(&mut self, index: u32, depth: u32) -> Result<NodeId, CompileError> {
        let place = index as usize;
        if let Some(Some(node)) = self.program.modes.get(place) {
            return Ok(*node);
        }
        let site = self.site;
        let Some((_, when)) = site.modes.get(place) else {
            return Err(CompileError::NoSuchName);
        };
        let node = self.expression(when, depth + 1)?;
        if self.program.modes.len() <= place {
            self.program.modes.resize(place + 1, None);
        }
        self.program.modes[place] = Some(node);
        Ok(node)
    }

    fn expression(&mut self, expression: &Expression, depth: u32) -> Result<NodeId, CompileError> {
        if depth > DEPTH {
            return Err(CompileError::TooDeep);
        }
        let deeper = depth + 1;
        let all_tags = || tags_with_modes(self.site, expression);
        let node = match expression {
            Expression::Number(number) => Node::Number(*number),
            Expression::Truth(truth) => Node::Truth(*truth),
            Expression::Tag(tag) => Node::Tag(self.tag(*tag)?),
            Expression::Commanded(tag) => Node::Commanded(self.tag(*tag)?),
            Expression::Observed(tag) => Node::Observed(self.tag(*tag)?),
            Expression::Previous(tag) => Node::Previous(self.tag(*tag)?),
            Expression::Age(tag) => Node::Age(self.tag(*tag)?),
            Expression::Good(tag) => Node::Good(self.tag(*tag)?),
            Expression::Forced(tag) => Node::Forced(self.tag(*tag)?),
            Expression::Rate(tag, _) => {
                let tag = self.tag(*tag)?;
                return Ok(self.monitor(Memory::rate(tag), vec![tag]));
            }
            Expression::Minimum(tag, duration, _) => {
                let tag = self.tag(*tag)?;
                return Ok(self.monitor(Memory::minimum(tag, *duration), vec![tag]));
            }
            Expression::Maximum(tag, duration, _) => {
                let tag = self.tag(*tag)?;
                return Ok(self.monitor(Memory::maximum(tag, *duration), vec![tag]));
            }
            Expression::Average(tag, duration, _) => {
                let tag = self.tag(*tag)?;
                return Ok(self.monitor(Memory::average(tag, *duration), vec![tag]));
            }
            Expression::Changed(tag, duration, _) => {
                let tag = self.tag(*tag)?;
                return Ok(self.monitor(Memory::changed(tag, *duration), vec![tag]));
            }
            Expression::Once(inner, duration, _) => {
                let (tags, momentary) = (all_tags(), has_edge(self.site, inner, 8));
                let inner = self.expression(inner, deeper)?;
                return Ok(self.monitor(Memory::once(inner, *duration, momentary), tags));
            }
            Expression::Held(inner, duration, _) => {
                let (tags, momentary) = (all_tags(), has_edge(self.site, inner, 8));
                let inner = self.expression(inner, deeper)?;
                return Ok(self.monitor(Memory::held(inner, *duration, momentary), tags));
            }
            Expression::Since(ever, happened, _) => {
                let tags = all_tags();
                let ever = self.expression(ever, deeper)?;
                let happened = self.expression(happened, deeper)?;
                return Ok(self.monitor(Memory::since(ever, happened), tags));
            }
            Expression::Rose(inner, _) => {
                let tags = all_tags();
                let inner = self.expression(inner, deeper)?;
                return Ok(self.monitor(Memory::rose(inner), tags));
            }
            Expression::Fell(inner, _) => {
                let tags = all_tags();
                let inner = self.expression(inner, deeper)?;
                return Ok(self.monitor(Memory::fell(inner), tags));
            }
            Expression::Count(event, duration, _) => {
                let tags = self.event_tags(event)?;
                return Ok(self.monitor(Memory::count(Pattern::new(event), *duration), tags));
            }
            Expression::Mode(name) => return self.mode(name.index, deeper),
            Expression::Window(name) => {
                if name.index as usize >= self.site.windows.len() {
                    return Err(CompileError::NoSuchName);
                }
                Node::Window(name.index)
            }
            Expression::Absolute(a) => Node::Absolute(self.expression(a, deeper)?),
            Expression::Negative(a) => Node::Negative(self.expression(a, deeper)?),
            Expression::Arithmetic(sign, a, b) => {
                Node::Arithmetic(*sign, self.expression(a, deeper)?, self.expression(b, deeper)?)
            }
            Expression::Compare(sign, a, b) => Node::Compare(
                *sign,
                self.expression(a, deeper)?,
                self.expression(b, deeper)?,
                compared(a, b),
            ),
            Expression::Within(a, low, high) => {
                Node::Within(self.expression(a, deeper)?, *low, *high, bare(a))
            }
            Expression::Not(a) => Node::Not(self.expression(a, deeper)?),
            Expression::And(a, b) => Node::And(self.expression(a, deeper)?, self.expression(b, deeper)?),
            Expression::Or(a, b) => Node::Or(self.expression(a, deeper)?, self.expression(b, deeper)?),
            Expression::Implies(a, b) => {
                Node::Implies(self.expression(a, deeper)?, self.expression(b, deeper)?)
            }
        };
        Ok(self.program.push(node))
    }

    fn event_tags(&self, event: &Event) -> Result<Vec<TagId>, CompileError> {
        event.tags.tags().iter().map(|tag| self.tag(*tag)).collect()
    }
}

/// The tag whose resolution is the tolerance of an equality of `a` and `b`.
fn compared(a: &Expression, b: &Expression) -> Option<TagId> {
    bare(a).or_else(|| bare(b))
}

fn bare(expression: &Expression) -> Option<TagId> {
    match expression {
        Expression::Tag(tag)
        | Expression::Commanded(tag)
        | Expression::Observed(tag)
        | Expression::Previous(tag) => Some(*tag),
        _ => None,
    }
}

/// The tags an expression reads, also through modes, each once.
#[must_use]
pub fn tags_with_modes(site: &Site, expression: &Expression) -> Vec<TagId> {
    fn gather(site: &Site, expression: &Expression, depth: u32, tags: &mut Vec<TagId>) {
        for tag in expression.tags() {
            if !tags.contains(&tag) {
                tags.push(tag);
            }
        }
        if depth == 0 {
            return;
        }
        expression.walk(&mut |node| {
            if let Expression::Mode(name) = node
                && let Some((_, when)) = site.modes.get(name.index as usize)
            {
                gather(site, when, depth - 1, tags);
            }
        });
    }
    let mut tags = Vec::new();
    gather(site, expression, 8, &mut tags);
    tags
}

/// True when `rose` or `fell` stands in an expression, also through modes: it can be true for an instant.
fn has_edge(site: &Site, expression: &Expression, depth: u32) -> bool {
    let mut found = false;
    expression.walk(&mut |node| {
        found |= match node {
            Expression::Rose(..) | Expression::Fell(..) => true,
            Expression::Mode(name) if depth > 0 => site
                .modes
                .get(name.index as usize)
                .is_some_and(|(_, when)| has_edge(site, when, depth - 1)),
            _ => false,
        };
    });
    found
}

/// True when an expression waits for events and not for values.
#[must_use]
pub fn counts_events(kind: EventKind) -> bool {
    kind != EventKind::Change
}
