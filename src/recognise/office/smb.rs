//! SMB over TCP: version 1, 2 and 3 behind the session header.

use super::super::{Likeness, Recogniser};

pub(in super::super) static SMB: Recogniser = Recogniser {
    name: "smb",
    title: "SMB",
    industrial: false,
    ports: &[445, 139],
    test: |look| {
        let named = look
            .bytes
            .get(4..8)
            .is_some_and(|id| matches!(id, b"\xffSMB" | b"\xfeSMB" | b"\xfdSMB"));
        Likeness::Is.when(look.tcp() && named && look.bytes.first() == Some(&0))
    },
};
