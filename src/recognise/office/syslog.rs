//! Syslog (RFC 5424 6.2.1): a priority in angle brackets.

use super::super::{Likeness, Recogniser};

pub(in super::super) static SYSLOG: Recogniser = Recogniser {
    name: "syslog",
    title: "Syslog",
    industrial: false,
    ports: &[514, 601],
    test: |look| {
        let priority = look.bytes.strip_prefix(b"<").and_then(|rest| {
            let digits = rest
                .iter()
                .take(4)
                .take_while(|byte| byte.is_ascii_digit())
                .count();
            (1..=3).contains(&digits).then(|| rest.get(digits) == Some(&b'>'))
        });
        Likeness::Fits.when(priority == Some(true))
    },
};
