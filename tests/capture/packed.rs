//! Compressed captures.

use std::io::Write;

use tapglass::capture::{End, Fault};

use crate::build::{Order, read};
use crate::forms::two;

/// One gzip member.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// One zstd frame.
pub(crate) fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

#[test]
fn unpacks_gzip_and_zstd_in_several_pieces() {
    let plain = two(Order::Big);
    let expected = read(&plain).frames;
    // The border between the pieces falls into a record.
    let (start, end) = plain.split_at(40);
    let skippable = [&0x184d_2a53_u32.to_le_bytes()[..], &3_u32.to_le_bytes(), b"abc"].concat();
    for (what, packed) in [
        ("gzip", gzip(&plain)),
        ("gzip members", [gzip(start), gzip(b""), gzip(end)].concat()),
        ("gzip padded with zeros", [gzip(&plain), vec![0; 700]].concat()),
        ("zstd", zstd(&plain)),
        (
            "zstd frames",
            [zstd(start), skippable.clone(), zstd(end), skippable.clone()].concat(),
        ),
        (
            "zstd that starts with a skippable frame",
            [skippable, zstd(&plain)].concat(),
        ),
    ] {
        let read = read(&packed);
        assert_eq!(read.end, End::Complete, "{what}");
        assert_eq!(read.frames, expected, "{what}");
        assert_eq!(read.counters.input_read, packed.len() as u64, "{what}");
    }
}

#[test]
fn reports_what_follows_or_damages_packed_captures() {
    let plain = two(Order::Little);
    let followed = read(&[gzip(&plain), b"something else".to_vec()].concat());
    assert_eq!(followed.frames.len(), 2);
    assert!(
        matches!(&followed.damages[..], [damage] if matches!(&damage.fault, Fault::Read(text)
        if text == "bytes that are not gzip follow the gzip data"))
    );
    for packed in [gzip(&plain), zstd(&plain)] {
        let read = read(&packed[..packed.len() - 2]);
        assert_eq!(
            read.frames.len(),
            2,
            "all of the data is there, only the checksum is cut off"
        );
        assert!(
            matches!(read.damages[0].fault, Fault::Read(_)),
            "{:?}",
            read.damages
        );
    }
}
