//! What was lost or not understood below the protocols, by name and in words.

use crate::input::Input;
use crate::pipeline::Counters;

/// Every counter by name.
pub(super) fn all(counters: &Counters) -> Vec<(&'static str, u64)> {
    let mut all = vec![
        ("frames", counters.frames),
        ("bytes", counters.bytes),
        ("tcp_segments", counters.tcp),
        ("udp_datagrams", counters.udp),
        ("other_transport", counters.other_transport),
        ("not_ip", counters.not_ip.values().sum()),
        ("conversations", counters.conversations),
        ("unrecognised_flows", counters.unrecognised),
        ("segments_repeated", counters.streams.repeated),
        ("segments_out_of_order", counters.streams.out_of_order),
        ("segments_conflicting", counters.streams.conflicts),
        ("segments_late", counters.streams.late),
        ("segments_astray", counters.streams.astray),
        ("fragments_overlapping", counters.fragments_overlapping),
        ("packets_captured_twice", counters.copies),
        ("stream_gaps", counters.gaps),
        ("stream_gap_bytes", counters.gap_bytes),
    ];
    all.extend(counters.lost());
    all
}

/// What was lost or not understood below the protocols, by name; only what is not zero.
pub(in super::super) fn not_seen(counters: &Counters, input: &mut Input) -> Vec<(&'static str, u64)> {
    let mut not_seen = counters.lost();
    for source in input.counters() {
        not_seen.push(("dropped_by_kernel", source.dropped_by_kernel));
        not_seen.push(("dropped_by_interface", source.dropped_by_interface));
        not_seen.push(("damaged_places", source.damages));
    }
    not_seen.retain(|(_, count)| *count > 0);
    not_seen
}

/// The reason of a counter, in the word of blind spots.
pub(super) fn why(name: &str) -> &'static str {
    match name {
        "frames_cut_off" => "truncated",
        "dropped_by_kernel" | "dropped_by_interface" => "capture_drop",
        "flows_given_up"
        | "hosts_not_judged"
        | "alarms_not_kept"
        | "detections_not_counted"
        | "fragments_given_up"
        | "too_many_layers"
        | "segments_not_compared" => "limit",
        "unread_link_type" => "not_decoded",
        "encrypted_frames" => "encrypted",
        _ => "damaged",
    }
}

/// A counter as a sentence.
pub(in super::super) fn sentence(name: &str, count: u64) -> String {
    match name {
        "frames_cut_off" => {
            format!("{count} frames were cut off when they were captured; capture with a larger snap length")
        }
        "damaged_headers" => format!("{count} frames have IP, TCP or UDP headers that contradict themselves"),
        "unread_link_type" => format!("{count} frames have a link type that is not read"),
        "encrypted_frames" => {
            format!(
                "{count} frames are encrypted below TCP and UDP (IPsec or MACsec); what they carry cannot be seen"
            )
        }
        "segments_not_compared" => {
            format!(
                "{count} segments were sent again so late that they could not be compared with the first time"
            )
        }
        "too_many_layers" => {
            format!("{count} frames have more tunnels or headers within each other than are followed")
        }
        "fragments_given_up" => format!("{count} fragmented packets lack pieces"),
        "flows_given_up" => {
            format!("{count} conversations were given up because there were too many at once")
        }
        "dropped_by_kernel" => format!("{count} frames were dropped by the kernel while capturing"),
        "dropped_by_interface" => {
            format!("{count} frames were dropped by the network interface while capturing")
        }
        "detections_not_counted" => format!(
            "{count} occurrences of what the built-in detections count were not counted: there were too many clients and devices at once"
        ),
        "alarms_not_kept" => format!(
            "{count} alarms were too many to be kept and are not listed, low ones first; check a shorter time, or the hosts that raise them"
        ),
        "hosts_not_judged" => {
            format!("{count} times a host was not judged because there are too many")
        }
        "damaged_places" => format!("{count} places of the capture are damaged"),
        other => format!("{other}: {count}"),
    }
}
