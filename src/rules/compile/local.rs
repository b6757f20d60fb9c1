//! Which tag says that an equipment is switched to local.

use std::collections::HashMap;

use super::Builder;
use crate::site::{DeviceId, Site, Tag, TagId};

/// A bit that says whether something is switched to local. (A site says it in words only; the convention is `X.LOCAL`, or
/// `local` in the description of a bit.)
pub(super) struct Switch {
    tag: TagId,
    device: DeviceId,
    /// What it belongs to: its name without the last part.
    stem: String,
    /// It belongs to the device as a whole, because nothing else there is named so.
    whole: bool,
    /// Its name says it, not only its description.
    named: bool,
}

/// The switches of a site.
pub(super) fn switches(site: &Site) -> Vec<Switch> {
    let mut named_so: HashMap<(DeviceId, String), u32> = HashMap::new();
    let mut switches = Vec::new();
    for (number, tag) in (0_u32..).zip(&site.tags) {
        let name = normal(&tag.name);
        for (end, _) in name.match_indices('.') {
            *named_so.entry((tag.device, name[..end].to_owned())).or_default() += 1;
        }
        let (stem, last) = name.rsplit_once('.').unwrap_or(("", &name));
        let named = matches!(last, "local" | "loc" | "lr" | "localremote");
        if named || is_described(tag) {
            switches.push(Switch {
                tag: TagId(number),
                device: tag.device,
                stem: stem.to_owned(),
                whole: false,
                named,
            });
        }
    }
    for switch in &mut switches {
        let device = site.devices.get(switch.device.0 as usize);
        let others = named_so.get(&(switch.device, switch.stem.clone()));
        switch.whole = switch.stem.is_empty()
            || device.is_some_and(|device| normal(&device.name) == switch.stem)
            || others.is_none_or(|count| *count < 2);
    }
    switches
}

impl Builder<'_> {
    /// The tag that says that the equipment of a tag is switched to local: that of the same equipment, which shares the
    /// front of its name, else one of the device as a whole. That of another equipment says nothing: a pump in local does
    /// not explain what the one beside it does.
    pub(super) fn local_switch(&self, of: &Tag) -> Option<TagId> {
        let name = normal(&of.name);
        let nearness = |switch: &Switch| {
            let own = !switch.stem.is_empty()
                && name
                    .strip_prefix(&switch.stem)
                    .is_some_and(|rest| rest.starts_with('.'));
            (own || switch.whole).then_some(if own { switch.stem.len() } else { 0 })
        };
        let mut best: Option<((bool, usize), TagId)> = None;
        for switch in self.switches.iter().filter(|switch| switch.device == of.device) {
            // Of those that are equally near, the first.
            if let Some(near) = nearness(switch).map(|near| (switch.named, near))
                && best.is_none_or(|(known, _)| near > known)
            {
                best = Some((near, switch.tag));
            }
        }
        best.map(|(_, tag)| tag)
    }
}

/// A name with one kind of separator, in small letters.
fn normal(name: &str) -> String {
    name.replace(['_', '-', ':', '/'], ".").to_ascii_lowercase()
}

fn is_described(tag: &Tag) -> bool {
    let text = tag.description.to_ascii_lowercase();
    tag.role.is_none() && (text.contains("local/remote") || text.contains("local control"))
}
