//! The network interfaces of this machine.

use std::fmt::Write;
use std::io;

use super::{InterfaceState, sys};

/// Lists the interfaces, in the order of the system.
///
/// # Errors
/// When the system does not say.
pub fn interfaces() -> io::Result<Vec<InterfaceState>> {
    let names = sys::interface_names()?;
    // One that disappears meanwhile is left out.
    Ok(names.iter().filter_map(|name| state(name).ok()).collect())
}

/// The state of one interface.
pub(super) fn state(name: &str) -> io::Result<InterfaceState> {
    let (flags, hardware) = sys::interface_state(name)?;
    let is = |flag: i32| flags & flag != 0;
    Ok(InterfaceState {
        name: name.to_owned(),
        up: is(libc::IFF_UP),
        carrier: is(libc::IFF_RUNNING),
        loopback: is(libc::IFF_LOOPBACK),
        hardware,
    })
}

/// The interfaces in one line: `eth0 (up), eth1 (no link), eth2 (down)`.
pub(super) fn described() -> String {
    let mut text = String::new();
    for interface in interfaces().unwrap_or_default() {
        let state = match interface {
            InterfaceState { up: false, .. } => "down",
            InterfaceState { carrier: false, .. } => "no link",
            InterfaceState { .. } => "up",
        };
        let separator = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{separator}{} ({state})", interface.name);
    }
    if text.is_empty() { "none".to_owned() } else { text }
}
