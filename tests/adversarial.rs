//! Real conversations that an attacker, a mirror or a network has treated badly: cut, repeated, swapped, with holes, from
//! the middle, of one side. What was not touched is found as before.

#![allow(clippy::unwrap_used)] // a test may fail loudly

mod support;
mod traffic;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Mutex;

use traffic::{End, Found, Heard, Numbers, Packet, decode, read};

/// Captures above this size are treated in one way of several, the others in all.
const LARGE: u64 = 300_000;

const ONE_BYTE: &str = "one_byte_in_each_segment_changes_no_message";
const CUT: &str = "cutting_segments_anywhere_changes_no_message";
const HOLE: &str = "a_hole_costs_what_it_touched_and_at_most_one_message_more";
const MIDDLE: &str = "a_capture_that_starts_in_the_middle_costs_at_most_one_message_of_each_side";
const FIRST: &str = "bytes at a named port are forgotten until a message is recognised";
const ROLES: &str = "the roles depend on the first piece";

/// What does not hold yet: test, capture, and what is wrong. A line whose capture passes must go.
const OPEN: &[(&str, &str, &str)] = &[
    (ONE_BYTE, "zeek-fuzz-72.pcap", FIRST),
    (CUT, "zeek-fuzz-72.pcap", FIRST),
    (ONE_BYTE, "suricata-dnp3-max-points.pcap", ROLES),
];

/// Every capture with a truth, and whether it is large.
fn captures() -> Vec<(PathBuf, bool)> {
    let Some(folder) = support::shared("captures") else {
        return Vec::new();
    };
    support::captures_with_truth(&folder)
        .into_iter()
        .map(|path| {
            let large = std::fs::metadata(&path).is_ok_and(|file| file.len() > LARGE);
            (path, large)
        })
        .collect()
}

/// Runs a check on every capture, on all processors; fails with everything that is wrong.
fn on_every_capture(test: &str, check: impl Fn(&[Packet], &mut Numbers, bool) -> Vec<String> + Sync) {
    let captures = captures();
    let next = std::sync::atomic::AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    let Some((path, large)) = captures.get(number) else {
                        return;
                    };
                    let mut numbers = Numbers::new(number as u64 + 1);
                    let name = path.file_name().unwrap().to_string_lossy().into_owned();
                    let found = check(&read(path), &mut numbers, *large);
                    let mut wrong = wrong.lock().unwrap();
                    wrong.extend(found.into_iter().map(|what| format!("{name}: {what}")));
                }
            });
        }
    });
    let mut wrong: Vec<String> = wrong.into_inner().unwrap();
    for (_, capture, why) in OPEN.iter().filter(|(of, ..)| *of == test) {
        let before = wrong.len();
        wrong.retain(|what| !what.starts_with(&format!("{capture}: ")));
        if wrong.len() == before && !captures.is_empty() {
            wrong.push(format!("{capture}: mended, take it out of OPEN: {why}"));
        }
    }
    wrong.sort();
    let shown = wrong.len().min(40);
    assert!(
        wrong.is_empty(),
        "{} in all\n{}",
        wrong.len(),
        wrong[..shown].join("\n")
    );
}

/// Messages of each direction of each connection.
type Streams<'a> = BTreeMap<(End, End), Vec<&'a Found>>;

fn streams(messages: &[Found]) -> Streams<'_> {
    let mut streams = Streams::new();
    for message in messages {
        streams
            .entry((message.from, message.to))
            .or_default()
            .push(message);
    }
    streams
}

/// The same messages with the same contents, direction by direction. Where the capture itself has holes, as many messages
/// may differ: finding the next message may depend on how it stands in segments.
fn same(before: &Heard, after: &Heard) -> Vec<String> {
    let holes = &before.holes;
    let (before, after) = (streams(&before.messages), streams(&after.messages));
    let says = |messages: &Vec<&Found>| -> Vec<(&'static str, u32, String)> {
        messages
            .iter()
            .map(|message| (message.kind, message.function, message.says.clone()))
            .collect()
    };
    let mut wrong = Vec::new();
    for (ends, messages) in &before {
        let (expected, found) = (says(messages), after.get(ends).map(says).unwrap_or_default());
        let allowed = holes.get(ends).copied().unwrap_or(0);
        if expected != found && differing(&expected, &found) > allowed {
            let place = (0..)
                .find(|&place| expected.get(place) != found.get(place))
                .unwrap();
            wrong.push(format!(
                "{ends:?}: {} messages, then {}; number {place} was {:.300?} and is {:.300?}",
                expected.len(),
                found.len(),
                expected.get(place),
                found.get(place)
            ));
        }
    }
    wrong.extend(
        after
            .iter()
            .filter(|(ends, _)| !before.contains_key(ends))
            .map(|(ends, messages)| format!("{ends:?}: {} invented", messages.len())),
    );
    wrong
}

/// How many of a list are not found in another one, in order.
fn differing<T: PartialEq>(expected: &[T], found: &[T]) -> usize {
    let mut place = 0;
    expected
        .iter()
        .filter(|wanted| {
            let at = found[place..].iter().position(|found| found == *wanted);
            place += at.map_or(0, |at| at + 1);
            at.is_none()
        })
        .count()
}

/// Every TCP payload in pieces that `size` chooses.
fn cut(packets: &[Packet], mut size: impl FnMut(usize) -> usize) -> Vec<Packet> {
    let mut cut = Vec::new();
    for packet in packets {
        let Some(segment) = packet
            .segment
            .as_ref()
            .filter(|segment| segment.payload.len() > 1)
        else {
            cut.push(packet.clone());
            continue;
        };
        // SYN stands at the first piece, FIN and RST at the last.
        let (mut sequence, mut rest) = (segment.sequence, segment.payload.as_slice());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(size(rest.len()).clamp(1, rest.len()));
            let mut part = packet.with(sequence, piece);
            let first = sequence == segment.sequence;
            let flags = &mut part.segment.as_mut().unwrap().flags;
            if !after.is_empty() {
                *flags &= !(traffic::talk::FIN | traffic::talk::RST);
            }
            if !first {
                *flags &= !traffic::talk::SYN;
            }
            cut.push(part);
            sequence = sequence.wrapping_add(u32::try_from(piece.len()).unwrap());
            rest = after;
        }
    }
    cut
}

#[test]
fn cutting_segments_anywhere_changes_no_message() {
    on_every_capture(CUT, |packets, numbers, large| {
        let before = decode(packets);
        let rounds = if large { 1 } else { 3 };
        (0..rounds)
            .flat_map(|_| {
                let most = [3, 40, 400][numbers.below(3)];
                let after = cut(packets, |_| 1 + numbers.below(most));
                same(&before, &decode(&after))
            })
            .collect()
    });
}

#[test]
fn one_byte_in_each_segment_changes_no_message() {
    on_every_capture(ONE_BYTE, |packets, _, large| {
        if large {
            return Vec::new();
        }
        same(&decode(packets), &decode(&cut(packets, |_| 1)))
    });
}

#[test]
fn repeating_segments_and_parts_of_them_changes_no_message() {
    on_every_capture(
        "repeating_segments_and_parts_of_them_changes_no_message",
        |packets, numbers, _| {
            let before = decode(packets);
            let mut after = Vec::new();
            let mut last: BTreeMap<(End, End), Packet> = BTreeMap::new();
            for packet in packets {
                let Some(segment) = packet
                    .segment
                    .as_ref()
                    .filter(|segment| !segment.payload.is_empty())
                else {
                    after.push(packet.clone());
                    continue;
                };
                let ends = (segment.from, segment.to);
                let plain = segment.flags & 7 == 0;
                // The sender repeats the end of its last segment together with the beginning of this one.
                let overlap = last.get(&ends).and_then(|last| {
                    let before = last.segment.as_ref()?;
                    let follows = before
                        .sequence
                        .wrapping_add(u32::try_from(before.payload.len()).ok()?);
                    (follows == segment.sequence && plain && numbers.one_in(3)).then(|| {
                        let back = 1 + numbers.below(before.payload.len());
                        let again = &before.payload[before.payload.len() - back..];
                        packet.with(
                            segment.sequence.wrapping_sub(u32::try_from(back).unwrap()),
                            &[again, &segment.payload].concat(),
                        )
                    })
                });
                after.push(overlap.unwrap_or_else(|| packet.clone()));
                for _ in 0..numbers.below(3) {
                    if plain && numbers.one_in(2) {
                        after.push(packet.clone());
                    }
                }
                last.insert(ends, packet.clone());
            }
            same(&before, &decode(&after))
        },
    );
}

#[test]
fn swapping_segments_of_one_side_changes_no_message() {
    on_every_capture(
        "swapping_segments_of_one_side_changes_no_message",
        |packets, numbers, _| {
            let before = decode(packets);
            // What was passed over, because the capture itself has holes, depends on what stands around it.
            let mut after = packets.to_vec();
            let next_of_flow: Vec<Option<usize>> =
                (0..packets.len()).map(|place| follower(packets, place)).collect();
            let mut moved = BTreeSet::new();
            for (place, next) in next_of_flow.iter().enumerate() {
                let Some(next) = *next else { continue };
                if numbers.one_in(3) && !moved.contains(&place) && !moved.contains(&next) {
                    moved.extend([place, next]);
                    // Times stay where they are.
                    let (first, second) = (after[place].at, after[next].at);
                    after.swap(place, next);
                    (after[place].at, after[next].at) = (first, second);
                }
            }
            same(&before, &decode(&after))
        },
    );
}

/// The next data of the same connection, if it is of the same side, follows without a hole, and neither opens or closes.
fn follower(packets: &[Packet], place: usize) -> Option<usize> {
    let this = packets[place].segment.as_ref()?;
    if this.payload.is_empty() || this.flags & 7 != 0 {
        return None;
    }
    // The first data of a stream that is joined in the middle says where it begins.
    let begun = packets[..place]
        .iter()
        .rev()
        .filter_map(|packet| packet.segment.as_ref())
        .any(|earlier| {
            earlier.from == this.from
                && earlier.to == this.to
                && (earlier.flags & 2 != 0 || !earlier.payload.is_empty())
        });
    let end = this
        .sequence
        .wrapping_add(u32::try_from(this.payload.len()).ok()?);
    let (next, segment) = packets
        .iter()
        .enumerate()
        .skip(place + 1)
        .take(40)
        .filter_map(|(next, packet)| Some((next, packet.segment.as_ref()?)))
        .find(|(_, segment)| segment.flow() == this.flow())?;
    let follows = segment.from == this.from
        && segment.sequence == end
        && !segment.payload.is_empty()
        && segment.flags & 7 == 0;
    // A pause long enough to give the hole up would be one of the capture.
    let soon = packets[next].at.since(packets[place].at) < 100_000_000;
    (begun && follows && soon).then_some(next)
}

/// What was lost on purpose: frames, by place, and where in their stream holes stand.
struct Loss {
    packets: Vec<Packet>,
    /// Places of frames that are gone or lack bytes.
    touched: BTreeSet<usize>,
    /// Holes of each direction.
    holes: BTreeMap<(End, End), usize>,
}

/// Untouched messages that are not found any more; of each hole the one being looked for is forgiven.
fn surviving(before: &Heard, loss: &Loss) -> Vec<String> {
    let after = decode(&loss.packets);
    let found = streams(&after.messages);
    let mut wrong = Vec::new();
    for (ends, messages) in streams(&before.messages) {
        let untouched: Vec<&Found> = messages
            .iter()
            .copied()
            .filter(|message| message.frames.iter().all(|frame| !loss.touched.contains(frame)))
            .collect();
        let mut left = found.get(&ends).into_iter().flatten();
        // In their order, so that nothing is found at another place.
        let mut rest = left.clone();
        let missing: Vec<&&Found> = untouched
            .iter()
            .filter(|message| {
                if rest.any(|candidate| candidate.itself() == message.itself()) {
                    left = rest.clone();
                    false
                } else {
                    rest = left.clone();
                    true
                }
            })
            .collect();
        let holes =
            loss.holes.get(&ends).copied().unwrap_or(0) + before.holes.get(&ends).copied().unwrap_or(0);
        if missing.len() > holes {
            let first = missing[0];
            wrong.push(format!(
                "{ends:?}: {} of {} untouched messages are missing after {holes} holes at {:?}; the first is {} {} of frames {:?}: {:02x?}",
                missing.len(),
                untouched.len(),
                loss.touched.iter().map(|place| place + 1).take(12).collect::<Vec<_>>(),
                first.kind,
                first.function,
                first.frames.iter().map(|frame| frame + 1).collect::<Vec<_>>(),
                &first.bytes[..first.bytes.len().min(40)],
            ));
        }
    }
    wrong
}

/// Takes out whole frames or stretches of bytes.
fn lose(packets: &[Packet], numbers: &mut Numbers, one_in: usize) -> Loss {
    let mut loss = Loss {
        packets: Vec::new(),
        touched: BTreeSet::new(),
        holes: BTreeMap::new(),
    };
    let mut run = 0;
    for (place, packet) in packets.iter().enumerate() {
        let data = packet
            .segment
            .as_ref()
            .filter(|segment| !segment.payload.is_empty());
        let Some(segment) = data.filter(|_| run > 0 || numbers.one_in(one_in)) else {
            loss.packets.push(packet.clone());
            continue;
        };
        loss.touched.insert(place);
        *loss.holes.entry((segment.from, segment.to)).or_default() += 1;
        if run == 0 && numbers.one_in(2) {
            // A stretch of bytes inside the segment.
            let from = numbers.below(segment.payload.len());
            let until = from + 1 + numbers.below(segment.payload.len() - from);
            if from > 0 {
                loss.packets
                    .push(packet.with(segment.sequence, &segment.payload[..from]));
            }
            if until < segment.payload.len() {
                let sequence = segment.sequence.wrapping_add(u32::try_from(until).unwrap());
                loss.packets
                    .push(packet.with(sequence, &segment.payload[until..]));
            }
            continue;
        }
        run = if run > 0 { run - 1 } else { numbers.below(6) };
    }
    loss
}

#[test]
fn a_hole_costs_what_it_touched_and_at_most_one_message_more() {
    on_every_capture(HOLE, |packets, numbers, large| {
        let before = decode(packets);
        let rounds = if large { 1 } else { 6 };
        (0..rounds)
            .flat_map(|round| {
                let loss = lose(packets, numbers, [40, 12, 5][round % 3]);
                surviving(&before, &loss)
            })
            .collect()
    });
}

#[test]
fn a_capture_that_starts_in_the_middle_costs_at_most_one_message_of_each_side() {
    on_every_capture(MIDDLE, |packets, numbers, large| {
        let before = decode(packets);
        let rounds = if large { 1 } else { 4 };
        (0..rounds)
            .flat_map(|_| {
                let start = numbers.below(packets.len());
                let mut holes = BTreeMap::new();
                for segment in packets[..start]
                    .iter()
                    .filter_map(|packet| packet.segment.as_ref())
                {
                    holes.insert((segment.from, segment.to), 1);
                    holes.insert((segment.to, segment.from), 1);
                }
                let loss = Loss {
                    packets: packets[start..].to_vec(),
                    touched: (0..start).collect(),
                    holes,
                };
                surviving(&before, &loss)
            })
            .collect()
    });
}

#[test]
fn one_side_alone_is_decoded_as_with_the_other() {
    on_every_capture("one_side_alone_is_decoded_as_with_the_other", |packets, _, _| {
        let before = decode(packets);
        let mut sides = BTreeSet::new();
        for segment in packets.iter().filter_map(|packet| packet.segment.as_ref()) {
            sides.insert(segment.from.min(segment.to) == segment.from);
        }
        sides
            .into_iter()
            .flat_map(|lower| {
                let kept = |packet: &Packet| {
                    packet
                        .segment
                        .as_ref()
                        .is_none_or(|segment| (segment.from < segment.to) == lower)
                };
                let touched = packets
                    .iter()
                    .enumerate()
                    .filter(|(_, packet)| !kept(packet))
                    .map(|(place, _)| place)
                    .collect();
                let loss = Loss {
                    packets: packets.iter().filter(|packet| kept(packet)).cloned().collect(),
                    touched,
                    holes: BTreeMap::new(),
                };
                surviving(&before, &loss)
            })
            .collect()
    });
}
