//! Loading a site for a command, with its errors as an engineer needs them.

use std::io::IsTerminal as _;
use std::path::Path;

use crate::site::{Loaded, RenderStyle, Site, render};

/// Loads the site of `--site`; prints what is wrong with it and gives `None` when it cannot be used.
pub(super) fn load(directory: Option<&Path>) -> Option<Site> {
    let Some(directory) = directory else {
        return Some(Site::default());
    };
    let style = RenderStyle {
        color: std::io::stderr().is_terminal() && colours(),
        ..RenderStyle::default()
    };
    match Site::load(directory) {
        Ok(Loaded {
            site,
            warnings,
            files,
        }) => {
            if !warnings.is_empty() {
                eprint!("{}", render(&warnings, &files, &style));
            }
            Some(site)
        }
        Err(errors) => {
            eprintln!("{}", errors.render(&style).trim_end());
            let count = errors.errors();
            eprintln!(
                "tapglass: the site in {} cannot be used: {count} error{}; `tapglass rules check --site {0}` lists them again",
                directory.display(),
                if count == 1 { "" } else { "s" }
            );
            None
        }
    }
}

/// `NO_COLOR` and a dumb terminal switch colours off.
pub(super) fn colours() -> bool {
    let off = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    !off && !dumb
}
