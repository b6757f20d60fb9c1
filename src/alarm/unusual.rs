//! What to say of something that was not seen while learning.

use super::sentence::Sentence;
use super::text::{Words, number};
use crate::rules::verdict::Unusual;

impl Sentence<'_> {
    /// In a few words.
    pub(super) fn unusual_title(&self, unusual: &Unusual) -> String {
        let tag = self.tag();
        match unusual {
            Unusual::Observed => format!("{tag} has an unusual value"),
            Unusual::Written => format!("{tag} written with an unusual value"),
            Unusual::Pace { .. } => format!("{tag} changes unusually fast"),
            Unusual::Writer => format!("{tag} written by somebody who never did"),
            Unusual::WriteFunction(_) => format!("{tag} written in an unusual way"),
            Unusual::Talk { .. } => "A device is asked in a way that is new".to_owned(),
        }
    }

    /// One sentence.
    pub(super) fn unusual(&self, unusual: &Unusual) -> String {
        let (tag, who, value, was) = (self.tag(), self.who(), self.written(), self.was());
        let limit = || Words::limit(self.cause.limit).unwrap_or_default();
        match unusual {
            Unusual::Observed => format!("{tag} reads {value}; {} was learned.", limit()),
            Unusual::Written => format!("{who} wrote {tag} = {value}{was}; {} was learned.", limit()),
            Unusual::Pace { rate } => format!(
                "{tag} changes by {} a second, now {value}{was}; {} a second was learned.",
                number(*rate),
                limit()
            ),
            Unusual::Writer => {
                format!("{who} wrote {tag} = {value}{was}, and never did so while this was learned.")
            }
            Unusual::WriteFunction(function) => {
                format!("{who} wrote {tag} = {value}{was} with function {function}, which is new.")
            }
            Unusual::Talk {
                client,
                known,
                function,
            } => {
                let device = self.device();
                match known {
                    Some(principal) => format!(
                        "{} uses function {function} on {device}, and never did so while this was learned.",
                        self.words.site.principal_name(*principal)
                    ),
                    None => format!(
                        "{client} uses function {function} on {device}; the site does not know this address."
                    ),
                }
            }
        }
    }
}
