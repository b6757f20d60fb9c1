//! What is not a capture is refused in words that say what, where and the mend.

use std::path::Path;

use tapglass::capture::open;

use crate::build::{Order, file};
use crate::packed::{gzip, zstd};

/// The error for a file with this content, its name replaced by FILE.
fn refusal(bytes: &[u8]) -> String {
    let file = file(bytes);
    let error = open(file.path()).err().expect("must be refused");
    error
        .to_string()
        .replace(&file.path().display().to_string(), "FILE")
}

#[test]
fn says_what_is_wrong_with_a_name() {
    let missing = open(Path::new("no/such.pcap")).err().unwrap();
    assert_eq!(
        missing.to_string(),
        "`no/such.pcap`: no such file; check the name, and the directory it is in"
    );
    let directory = tempfile::tempdir().unwrap();
    let text = open(directory.path()).err().unwrap().to_string();
    let name = directory.path().display();
    assert_eq!(
        text,
        format!("`{name}` is a directory; name the captures in it, such as {name}/*.pcapng")
    );
    let odd = open(Path::new("bad\u{1b}[31m\nname")).err().unwrap().to_string();
    assert!(odd.starts_with("`bad\\u{1b}[31m\\nname`: no such file"), "{odd}");
}

#[test]
fn says_what_is_wrong_with_a_content() {
    let empty = "`FILE` is empty (0 bytes): nothing was captured or copied; capture or copy it again";
    let expected = "pcap or pcapng, also gzip or zstd compressed, is expected";
    let order = Order::Little;
    for (bytes, text) in [
        (Vec::new(), empty.to_owned()),
        (gzip(b""), empty.to_owned()),
        (zstd(b""), empty.to_owned()),
        (
            b"hello world".to_vec(),
            format!("`FILE` is not a capture: it starts with 68 65 6c 6c 6f 20 77 6f \"hello wo\"; {expected}"),
        ),
        (vec![0xff], format!("`FILE` is not a capture: it starts with ff \".\"; {expected}")),
        (
            gzip(b"hi\n"),
            format!("`FILE` is not a capture: it starts with 68 69 0a \"hi.\"; {expected}"),
        ),
        (
            b"PK\x03\x04abcd".to_vec(),
            format!(
                "`FILE` is not a capture: it starts with 50 4b 03 04 61 62 63 64 \"PK..abcd\"; {expected}: \
                 this looks like a ZIP archive, unpack it with `unzip`"
            ),
        ),
        (
            order.pcap(0xa1b2_c3d4, 4, 0, 1)[..20].to_vec(),
            "`FILE` ends inside its own header: 20 bytes, 24 are needed; capture or copy it again".to_owned(),
        ),
        (
            [order.words(&[0xa1b2_c3d4, 0x0001_0063]), vec![0; 16]].concat(),
            "`FILE` is a pcap file of version 99.1, which is not read; convert it with `editcap -F pcapng FILE \
             OUT.pcapng`"
                .to_owned(),
        ),
    ] {
        assert_eq!(refusal(&bytes), text);
    }
    let cut = gzip(&order.pcap(0xa1b2_c3d4, 4, 0, 1));
    assert_eq!(
        refusal(&cut[..12]),
        "`FILE` cannot be read: the gzip data are cut off; check the disk, or copy the capture again"
    );
}
