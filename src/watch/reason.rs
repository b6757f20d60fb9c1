//! Why a rule cannot fire, in a sentence with its mend.

use crate::engine::{Engine, RuleView};
use crate::plant::tags::Why;
use crate::site::Address;

/// The sentence; empty when the rule can fire.
#[must_use]
pub fn reason(engine: &Engine, view: &RuleView<'_>) -> String {
    if let Some(error) = &view.info.error {
        return error.clone();
    }
    let Some((why, tag)) = view.because else {
        return String::new();
    };
    let site = engine.site();
    let Some(tag) = site.tag(tag) else {
        return why.name().to_owned();
    };
    let device = site
        .devices
        .get(tag.device.0 as usize)
        .map_or("its device", |device| device.name.as_str());
    let address = match &tag.address {
        Address::Indexed { table, index } => format!("{}:{index}", table.name()),
        Address::Node { node, .. } => node.node().to_string(),
    };
    match why {
        Why::Never => format!(
            "input {} ({address} of {device}) was never received; poll or report it, correct its address, or remove the rule",
            tag.name
        ),
        Why::Stale => format!("input {} of {device} is too old", tag.name),
        Why::Encrypted => format!(
            "input {} of {device} is encrypted: who and when is seen, not what",
            tag.name
        ),
        other => format!("input {} of {device}: {}", tag.name, other.name()),
    }
}
