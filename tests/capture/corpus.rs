//! The captures of others: as many frames as their index says.

use std::path::Path;

use tapglass::capture::{End, open};

use crate::build::{drain, shared};

#[test]
fn counts_as_many_frames_as_the_index_of_the_corpus() {
    let Some(captures) = shared("captures") else {
        return;
    };
    let index = std::fs::read_to_string(captures.join("INDEX.json")).unwrap();
    let index: Vec<serde_json::Value> = serde_json::from_str(&index).unwrap();
    assert!(index.len() > 50, "the index has only {} captures", index.len());
    for entry in &index {
        let name = entry["name"].as_str().unwrap();
        let read = drain(open(&captures.join(name)).unwrap());
        assert_eq!(
            Some(read.frames.len() as u64),
            entry["frames"].as_u64(),
            "{name}: {:?}",
            read.damages
        );
    }
}

#[test]
fn unpacks_the_scenarios() {
    let Some(scenarios) = shared("scenarios") else {
        return;
    };
    let mut names: Vec<_> = std::fs::read_dir(&scenarios)
        .unwrap()
        .map(|entry| entry.unwrap().path().join("capture.pcap.gz"))
        .filter(|path| path.is_file())
        .collect();
    names.sort();
    assert!(names.len() > 10, "only {} scenarios", names.len());
    for path in names.iter().step_by(names.len() / 8) {
        let read = drain(open(path).unwrap());
        assert_eq!(read.end, End::Complete, "{}", path.display());
        assert_eq!(
            read.frames.len() as u64,
            unpacked_records(path),
            "{}",
            path.display()
        );
        let size = path.metadata().unwrap().len();
        assert_eq!(
            (read.counters.input_read, read.counters.input_size),
            (size, Some(size))
        );
    }
}

/// Counts the records of a little-endian pcap in one gzip file, with nothing of ours.
fn unpacked_records(path: &Path) -> u64 {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).unwrap();
    std::io::Read::read_to_end(&mut flate2::read::MultiGzDecoder::new(file), &mut bytes).unwrap();
    let mut rest = &bytes[24..];
    let mut count = 0;
    while !rest.is_empty() {
        let captured = u32::from_le_bytes(rest[8..12].try_into().unwrap());
        rest = &rest[16 + captured as usize..];
        count += 1;
    }
    count
}
