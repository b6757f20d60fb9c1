//! HTTP/1 (RFC 9112) and the preface of HTTP/2.

use super::super::bytes::contains;
use super::super::{Likeness, Recogniser};

/// How far a request line is read.
const LINE: usize = 1024;

pub(in super::super) static HTTP: Recogniser = Recogniser {
    name: "http",
    title: "HTTP",
    industrial: false,
    ports: &[80, 8080],
    test: |look| {
        let bytes = look.bytes;
        let methods = [
            &b"GET "[..],
            b"POST ",
            b"PUT ",
            b"HEAD ",
            b"DELETE ",
            b"OPTIONS ",
            b"CONNECT ",
            b"PATCH ",
            b"PRI * ",
            b"M-SEARCH ",
            b"NOTIFY ",
        ];
        let asks = methods.iter().any(|method| bytes.starts_with(method)) && contains(bytes, b" HTTP/", LINE);
        Likeness::Is.when(asks || bytes.starts_with(b"HTTP/1."))
    },
};
