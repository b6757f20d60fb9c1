//! SSH (RFC 4253 4.2).

use super::super::{Likeness, Recogniser};

pub(in super::super) static SSH: Recogniser = Recogniser {
    name: "ssh",
    title: "SSH",
    industrial: false,
    ports: &[22],
    test: |look| Likeness::Is.when(look.tcp() && look.bytes.starts_with(b"SSH-")),
};
