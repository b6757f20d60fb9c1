//! `[mode.X]`: an operating mode, named so that rules can say `mode(X)`.

use super::super::diagnostic::Problems;
use super::super::fields::{Context, Fields, text};
use super::super::language::{Checker, Wanted, parse_expression};
use super::super::names::Names;
use super::super::toml_reader::ValueKind;
use super::super::{Expression, Site};
use super::document::Named;

/// Reads the condition of a mode.
pub(in super::super) fn read(
    named: Named<'_>,
    site: &Site,
    names: &Names,
    slots: &mut u32,
    context: &mut Context,
) -> Option<Expression> {
    let what = format!("mode `{}`", named.name);
    let fields = Fields::new(named.table, named.span, &["when", "desc"], &what, context);
    let Some(value) = fields.get("when") else {
        fields
            .missing("when", &what, context)
            .help("say when the plant is in it, as in `when = \"MODE201 == auto\"`");
        return None;
    };
    if let ValueKind::Truth(truth) = value.kind {
        return Some(Expression::Truth(truth));
    }
    let condition = text(value, "when", context)?;
    let inside = context.sources.inside(value.span, condition);
    let syntax = parse_expression(condition);
    let mut checker = Checker {
        site,
        names,
        problems: &mut context.problems,
        inside,
        slots,
    };
    match syntax {
        Ok(syntax) => checker.expression(&syntax, &Wanted::Truth),
        Err(error) => {
            checker.syntax_error(error);
            None
        }
    }
}

/// How deep each condition is, with the modes it uses. Circles, which are errors, come out as deep.
pub(in super::super) fn depths(modes: &[(String, Expression)]) -> Vec<usize> {
    let mut depths = vec![0; modes.len()];
    // Each round follows one more mode; without circles that many rounds reach the end of every chain.
    for _ in 0..modes.len().min(100) {
        let next: Vec<usize> = modes
            .iter()
            .map(|(_, condition)| condition.depth(&depths))
            .collect();
        if next == depths {
            break;
        }
        depths = next;
    }
    depths
}

/// Reports modes that depend on themselves.
pub(in super::super) fn check_circles(
    modes: &[(String, Expression)],
    names: &Names,
    problems: &mut Problems,
) {
    let next: Vec<Vec<usize>> = modes
        .iter()
        .map(|(_, condition)| {
            let mut found = Vec::new();
            condition.walk(&mut |node| {
                if let Expression::Mode(name) = node {
                    found.push(name.index as usize);
                }
            });
            found
        })
        .collect();
    for (start, (name, _)) in modes.iter().enumerate() {
        let mut open = next.get(start).cloned().unwrap_or_default();
        let mut seen = vec![false; modes.len()];
        while let Some(at) = open.pop() {
            if at == start {
                let span = names.modes.get(name).map(|(_, span)| *span).unwrap_or_default();
                problems
                    .error(span, format!("mode `{name}` depends on itself"))
                    .help("a mode may use other modes, but not in a circle");
                break;
            }
            if let Some(visited) = seen.get_mut(at)
                && !*visited
            {
                *visited = true;
                open.extend(next.get(at).into_iter().flatten());
            }
        }
    }
}
