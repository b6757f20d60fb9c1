//! The kinds of rules, each read from its keys.

mod chatter;
mod commands;
mod limits;
mod process;
mod traffic;

use super::super::rule_kinds::KindInfo;
use super::rule::Kinds;
use super::rule_reader::RuleReader;

/// Reads what must hold; `None` when something was reported.
pub(in super::super) fn read(kind: &KindInfo, reader: &mut RuleReader<'_>) -> Option<Kinds> {
    match kind.name {
        "envelope" => limits::envelope(reader),
        "step" => limits::step(reader),
        "walk" => limits::walk(reader),
        "rate" => limits::rate(reader),
        "domain" => limits::domain(reader),
        "writers" => commands::writers(reader),
        "permissive" => commands::permissive(reader),
        "cycle" => commands::cycle(reader),
        "chatter" => chatter::chatter(reader),
        "sbo" => commands::sbo(reader),
        "limit-write" => commands::limit_write(reader),
        "bypass" => commands::bypass(reader),
        "schedule" => commands::schedule(reader),
        "sequence" => commands::sequence(reader),
        "interlock" => process::interlock(reader),
        "feedback" => process::feedback(reader),
        "uncommanded" => process::uncommanded(reader),
        "mirror" => process::mirror(reader),
        "balance" => process::balance(reader),
        "frozen" => process::frozen(reader),
        "replay" => process::replay(reader),
        "count" => traffic::count(reader),
        "silence" => traffic::silence(reader),
        "sanity" => traffic::sanity(reader),
        _ => traffic::baseline(reader),
    }
}
