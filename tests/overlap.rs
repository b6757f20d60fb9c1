//! Two contents for the same place of a TCP stream: whichever came first, both are seen.

#![allow(clippy::unwrap_used, clippy::panic)] // a test may fail loudly

mod support;

use std::path::Path;

use serde_json::{Value, json};
use tapglass::capture::write::PcapWriter;
use tapglass::capture::{Frame, LinkType, Next, Source, open};
use tapglass::model::{CaptureTime, MILLISECOND};

/// A TCP connection that is being written, frame by frame.
struct Connection {
    frames: Vec<(CaptureTime, Vec<u8>)>,
    /// Next sequence numbers of client and server.
    next: [u32; 2],
    ttl: u8,
    identification: u16,
}

const SYN: u8 = 2;
const ACK: u8 = 16;
const URG: u8 = 32;

impl Connection {
    /// With its opening, or joined in the middle after some requests.
    fn new(opened: bool) -> Self {
        let mut connection = Self {
            frames: Vec::new(),
            next: [1_000, 0xffff_ff00],
            ttl: 64,
            identification: 1,
        };
        if opened {
            connection.segment(0, SYN, 999, 0, &[]);
            connection.segment(1, SYN | ACK, 0xffff_feff, 1_000, &[]);
            connection.segment(0, ACK, 1_000, 0xffff_ff00, &[]);
        } else {
            connection.poll(1);
            connection.poll(2);
        }
        connection
    }

    fn segment(&mut self, side: usize, flags: u8, sequence: u32, acknowledged: u32, data: &[u8]) {
        let length = u16::try_from(40 + data.len()).unwrap();
        let (client, server) = ([10, 0, 0, 1], [10, 0, 0, 2]);
        let (from, to) = if side == 0 {
            (client, server)
        } else {
            (server, client)
        };
        let (source, destination): (u16, u16) = if side == 0 { (40_000, 502) } else { (502, 40_000) };
        let mut frame = vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0];
        frame.extend(length.to_be_bytes());
        frame.extend(self.identification.to_be_bytes());
        frame.extend([0x40, 0, self.ttl, 6, 0, 0]);
        frame.extend(from);
        frame.extend(to);
        frame.extend(source.to_be_bytes());
        frame.extend(destination.to_be_bytes());
        frame.extend(sequence.to_be_bytes());
        frame.extend(acknowledged.to_be_bytes());
        frame.extend([
            0x50,
            flags,
            0xff,
            0xff,
            0,
            0,
            0,
            if flags & URG != 0 { 6 } else { 0 },
        ]);
        frame.extend(data);
        let at = CaptureTime(self.frames.len() as i64 * 10 * MILLISECOND);
        self.identification += 1;
        self.frames.push((at, frame));
    }

    /// Data of the client at a distance from where it stands.
    fn data(&mut self, ahead: usize, data: &[u8]) {
        let sequence = self.next[0].wrapping_add(u32::try_from(ahead).unwrap());
        self.segment(0, ACK, sequence, self.next[1], data);
    }

    /// The client goes on, the server has acknowledged and says so with an answer.
    fn advance(&mut self, client: usize, answer: &[u8]) {
        self.next[0] = self.next[0].wrapping_add(u32::try_from(client).unwrap());
        self.segment(1, ACK, self.next[1], self.next[0], answer);
        self.next[1] = self.next[1].wrapping_add(u32::try_from(answer.len()).unwrap());
    }

    /// A read of a register and its answer.
    fn poll(&mut self, transaction: u8) {
        let request = [0, transaction, 0, 0, 0, 6, 1, 3, 0, 1, 0, 1];
        self.data(0, &request);
        self.advance(request.len(), &[0, transaction, 0, 0, 0, 5, 1, 3, 2, 0, 5]);
    }

    fn records(&self) -> Vec<Value> {
        let file = tempfile::NamedTempFile::new().unwrap();
        write(file.path(), &self.frames);
        support::json_lines(&support::decode(&[file.path()]).unwrap())
    }
}

fn write(path: &Path, frames: &[(CaptureTime, Vec<u8>)]) {
    let mut writer =
        PcapWriter::new(std::fs::File::create(path).unwrap(), LinkType::ETHERNET, 262_144).unwrap();
    for (number, (at, bytes)) in (1..).zip(frames) {
        let wire_length = u32::try_from(bytes.len()).unwrap();
        writer
            .frame(&Frame {
                number,
                at: *at,
                link_type: LinkType::ETHERNET,
                interface: 0,
                wire_length,
                bytes,
            })
            .unwrap();
    }
    writer.finish().unwrap();
}

/// A write of a register.
fn write_request(value: u8) -> [u8; 12] {
    [0, 50, 0, 0, 0, 6, 1, 6, 0, 7, 0, value]
}

/// Values that were written, each with the anomalies of its message.
fn written(records: &[Value]) -> Vec<(u64, Value)> {
    records
        .iter()
        .filter(|record| {
            record["record"] == "message" && record["kind"] == "request" && record["function"]["code"] == 6
        })
        .map(|record| {
            let value = record["modbus"]["values"][0].as_u64().unwrap();
            (value, record["anomalies"].clone())
        })
        .collect()
}

fn anomalies(records: &[Value]) -> Vec<&str> {
    records
        .iter()
        .filter(|record| record["record"] == "anomaly")
        .map(|record| record["name"].as_str().unwrap())
        .collect()
}

fn polls(records: &[Value]) -> usize {
    records
        .iter()
        .filter(|record| record["kind"] == "request" && record["function"]["code"] == 3)
        .count()
}

fn assert_both(connection: &mut Connection, first: u8, second: u8, polls_before: usize, what: &str) {
    connection.advance(12, &write_request(first));
    connection.poll(60);
    connection.poll(61);
    let records = connection.records();
    let marked = json!(["tcp_overlap_conflict"]);
    let mut found = written(&records);
    found.sort_by_key(|(value, _)| *value);
    let mut expected = vec![(u64::from(first), Value::Null), (u64::from(second), marked)];
    expected.sort_by_key(|(value, _)| *value);
    assert_eq!(found, expected, "{what}");
    assert_eq!(anomalies(&records), ["tcp_overlap_conflict"], "{what}");
    assert_eq!(polls(&records), polls_before + 2, "{what}: nothing is told twice");
}

#[test]
fn a_segment_sent_again_with_other_content_is_read_in_its_place_wherever_it_was_cut() {
    for opened in [true, false] {
        let before = if opened { 0 } else { 2 };
        for (first, second) in [(10, 200), (200, 10)] {
            for cut in 0..12 {
                for again in 0..=cut {
                    // The write in one or two segments; its end comes again, from before or at the cut, with another value.
                    let mut connection = Connection::new(opened);
                    if cut > 0 {
                        connection.data(0, &write_request(first)[..cut]);
                    }
                    connection.data(cut, &write_request(first)[cut..]);
                    connection.data(again, &write_request(second)[again..]);
                    let what = format!("{first} then {second}, cut at {cut}, again from {again}, {opened}");
                    // A last byte that nobody has acknowledged when it comes again is no keep-alive.
                    assert_both(&mut connection, first, second, before, &what);
                }
            }
        }
    }
}

#[test]
fn an_end_that_comes_later_completes_both_readings() {
    for cut in 8..11 {
        let mut connection = Connection::new(true);
        // The register differs; the value, which both share, comes last.
        let other = [0, 50, 0, 0, 0, 6, 1, 6, 0, 99, 0, 10];
        connection.data(0, &write_request(10)[..cut]);
        connection.data(0, &other[..cut]);
        connection.data(cut, &write_request(10)[cut..]);
        connection.advance(12, &write_request(10));
        let records = connection.records();
        let registers: Vec<u64> = records
            .iter()
            .filter(|record| record["kind"] == "request")
            .map(|record| record["modbus"]["address"].as_u64().unwrap())
            .collect();
        let expected: &[u64] = if cut > 9 { &[7, 99] } else { &[7] };
        assert_eq!(registers, expected, "{cut}");
    }
}

#[test]
fn contents_that_waited_behind_a_hole_are_both_read() {
    for (from, until) in [(0, 12), (2, 12), (5, 12), (9, 12), (11, 12)] {
        let mut connection = Connection::new(true);
        let request = [0, 1, 0, 0, 0, 6, 1, 3, 0, 1, 0, 1];
        // The read before it comes last.
        connection.data(12, &write_request(10));
        connection.data(12 + from, &write_request(200)[from..until]);
        connection.data(0, &request);
        connection.advance(12, &[0, 1, 0, 0, 0, 5, 1, 3, 2, 0, 5]);
        assert_both(&mut connection, 10, 200, 1, &format!("{from}..{until}"));
    }
}

#[test]
fn a_write_hidden_behind_other_lengths_is_seen() {
    // First a write of many registers whose values look like a write of one; then the same bytes with a length that makes
    // them two messages: only the header differs.
    let inner = write_request(200);
    let mut many = vec![0, 50, 0, 0, 0, 19, 1, 16, 0, 7, 0, 6, 12];
    many.extend(inner);
    let mut connection = Connection::new(true);
    connection.data(0, &many);
    connection.data(0, &[0, 50, 0, 0, 0, 7]);
    connection.advance(many.len(), &[0, 50, 0, 0, 0, 6, 1, 16, 0, 7, 0, 6]);
    let records = connection.records();
    assert_eq!(written(&records).len(), 1, "{records:#?}");
    assert_eq!(written(&records)[0].0, 200);
}

#[test]
fn an_urgent_byte_hides_no_write() {
    let mut connection = Connection::new(true);
    let mut bytes = write_request(200).to_vec();
    bytes.insert(5, 0xee);
    connection.segment(0, ACK | URG, 1_000, 0xffff_ff00, &bytes);
    connection.advance(13, &write_request(200));
    connection.poll(60);
    let records = connection.records();
    assert!(
        written(&records).iter().any(|(value, _)| *value == 200),
        "{records:#?}"
    );
    assert!(anomalies(&records).contains(&"tcp_urgent_data"));
    assert_eq!(polls(&records), 1);
}

#[test]
fn a_write_far_from_the_stream_is_read_and_does_not_move_it() {
    let mut connection = Connection::new(true);
    connection.poll(1);
    connection.data(1 << 30, &write_request(200));
    connection.poll(2);
    connection.poll(3);
    let records = connection.records();
    assert_eq!(written(&records), [(200, json!(["tcp_astray_segment"]))]);
    assert_eq!(polls(&records), 3);
    assert!(records.iter().all(|record| record["record"] != "blind_spot"));
}

#[test]
fn garbage_before_the_first_request_does_not_hide_the_conversation() {
    let mut connection = Connection::new(true);
    connection.data(0, b"GET / HTTP/1");
    connection.data(0, &write_request(200));
    connection.advance(12, &write_request(200));
    connection.poll(60);
    let records = connection.records();
    assert_eq!(written(&records).len(), 1, "{records:#?}");
    assert_eq!(written(&records)[0].0, 200);
}

#[test]
fn a_flood_of_conflicts_is_bounded_and_said() {
    let mut connection = Connection::new(true);
    connection.data(0, &write_request(1));
    for number in 0..400_u16 {
        let mut request = write_request(2);
        request[8..10].copy_from_slice(&number.to_be_bytes());
        connection.data(0, &request);
    }
    connection.advance(12, &write_request(1));
    connection.poll(60);
    let records = connection.records();
    assert_eq!(written(&records).len(), 257);
    assert_eq!(anomalies(&records).len(), 400, "each is named");
    let limits = records
        .iter()
        .filter(|record| record["record"] == "blind_spot" && record["why"] == "limit");
    assert_eq!(limits.count(), 1);
    assert_eq!(polls(&records), 1);
}

#[test]
fn keep_alives_with_any_byte_are_no_conflict() {
    let mut connection = Connection::new(true);
    connection.poll(1);
    for _ in 0..5 {
        let sequence = connection.next[0].wrapping_sub(1);
        connection.segment(0, ACK, sequence, connection.next[1], &[0xa5]);
        connection.segment(1, ACK, connection.next[1], connection.next[0], &[]);
    }
    connection.poll(2);
    let records = connection.records();
    assert_eq!((anomalies(&records).len(), polls(&records)), (0, 2));
}

/// What a client said: messages without what depends on other messages.
fn said(records: &[Value]) -> Vec<Value> {
    let mut said: Vec<Value> = records
        .iter()
        .filter(|record| record["record"] == "message" && record["from"] == "client")
        .map(|record| {
            let body = match record["protocol"].as_str().unwrap() {
                // What a session has learned before is not known to a second reading: names of nodes and of files.
                "opcua" => record["opcua"]["service"].clone(),
                "dnp3" => {
                    let mut body = record["dnp3"].clone();
                    forget_files(&mut body);
                    body
                }
                protocol => record[protocol].clone(),
            };
            json!([record["kind"], record["function"], body])
        })
        .collect();
    said.sort_by_key(Value::to_string);
    said
}

/// Takes out the names that blocks and closes have from the opening of their file.
fn forget_files(body: &mut Value) {
    let objects = body["objects"]
        .as_array_mut()
        .map(std::mem::take)
        .unwrap_or_default();
    body["objects"] = objects
        .into_iter()
        .map(|mut object| {
            for point in object["points"].as_array_mut().into_iter().flatten() {
                point.as_object_mut().unwrap().remove("file");
            }
            object
        })
        .collect();
}

#[test]
fn a_forged_copy_before_any_segment_of_a_client_hides_nothing_that_it_says() {
    let Some(folder) = support::shared("captures") else {
        return;
    };
    let mut tried = 0;
    for path in support::captures_with_truth(&folder) {
        // Of fuzzed bytes only a reader in step can say that they are a message.
        let fuzzed = path.to_str().unwrap().contains("fuzz");
        if fuzzed || !std::fs::metadata(&path).is_ok_and(|file| (2_000..40_000).contains(&file.len())) {
            continue;
        }
        let mut source = open(&path).unwrap();
        let mut frames = Vec::new();
        let mut whole = true;
        while let Next::Frame(frame) = source.next() {
            whole &= frame.link_type == LinkType::ETHERNET && frame.wire_length as usize == frame.bytes.len();
            frames.push((frame.at, frame.bytes.to_vec()));
        }
        if !whole {
            continue;
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        let before = support::json_lines(&support::decode(&[&path]).unwrap());
        let expected = said(&before);
        let places: Vec<usize> = before
            .iter()
            .filter(|record| record["from"] == "client" && record["transport"] == "tcp")
            .filter_map(|record| record["frame"].as_u64())
            .filter_map(|frame| usize::try_from(frame - 1).ok())
            .collect();
        for place in places.iter().step_by(places.len() / 6 + 1) {
            let Some(forged) = forged(&frames[*place].1) else {
                continue;
            };
            let mut attacked = frames.clone();
            attacked.insert(*place, (frames[*place].0, forged));
            write(file.path(), &attacked);
            let found = said(&support::json_lines(&support::decode(&[file.path()]).unwrap()));
            for message in &expected {
                let count = |list: &[Value]| list.iter().filter(|other| *other == message).count();
                assert!(
                    count(&found) >= count(&expected),
                    "{} frame {}: {message} is gone",
                    path.display(),
                    place + 1
                );
            }
            tried += 1;
        }
    }
    println!("{tried} forged segments");
}

/// The same segment with other data, when it is TCP in IPv4 with data.
fn forged(frame: &[u8]) -> Option<Vec<u8>> {
    if frame.get(12..14)? != [8, 0] || *frame.get(23)? != 6 {
        return None;
    }
    let ip = usize::from(frame[14] & 15) * 4;
    let total = usize::from(u16::from_be_bytes([frame[16], frame[17]]));
    let tcp = 14 + ip;
    let data = tcp + usize::from(frame.get(tcp + 12)? >> 4) * 4;
    let end = (14 + total).min(frame.len());
    // Synchronisation and ends stay alone.
    if data >= end || frame[tcp + 13] & 7 != 0 {
        return None;
    }
    let mut forged = frame.to_vec();
    forged[data..end].iter_mut().for_each(|byte| *byte = !*byte);
    Some(forged)
}
