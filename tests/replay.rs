//! A replay as the screens see it: what they show is what was heard up to the cursor, whichever way it came there.

#![allow(clippy::unwrap_used, clippy::panic)] // a test may fail loudly

use std::path::Path;

use tapglass::keys::KeyRing;
use tapglass::model::CaptureTime;
use tapglass::model::snapshot::{Host, Mode, Playback, Snapshot};
use tapglass::replay::{Captures, Player, Recording};
use tapglass::site::Site;

fn player() -> Player {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/demo");
    let site = Site::load(&root.join("site")).unwrap().site;
    let captures = Captures::Files(vec![root.join("waterworks.pcap.gz")]);
    Player::new(
        Recording {
            captures,
            site,
            keys: KeyRing::default(),
            hints: Vec::new(),
        },
        Mode::Replay,
    )
    .unwrap()
}

fn look(player: &mut Player) -> Snapshot {
    player.picture(Playback::Paused, 1.0, None)
}

fn end() -> CaptureTime {
    CaptureTime(i64::MAX)
}

fn host<'a>(picture: &'a Snapshot, address: &str) -> &'a Host {
    picture
        .hosts
        .iter()
        .find(|host| host.address == address)
        .unwrap_or_else(|| panic!("{address} is not listed"))
}

#[test]
fn the_stranger_is_the_first_host_and_says_what_it_did() {
    let mut player = player();
    player.advance(end(), u64::MAX);
    let picture = look(&mut player);
    let stranger = host(&picture, "10.20.1.66");
    assert!(stranger.new && stranger.name.is_empty());
    assert!(stranger.alarm.is_some() && stranger.writes > 0);
    assert_eq!(stranger.role, "client");
    let told = stranger.conversations.join("\n");
    assert!(
        told.contains("to plc1 10.20.1.10 port 502") && told.contains("Write"),
        "{told}"
    );
    // Of equal alarms, the address that the site does not name leads.
    let worst = picture.hosts.iter().filter_map(|host| host.alarm).max();
    let first_unnamed = picture.hosts.iter().position(|host| host.new).unwrap();
    assert!(
        picture
            .hosts
            .iter()
            .take(first_unnamed)
            .all(|host| host.alarm > stranger.alarm || !host.new),
        "{worst:?}"
    );
}

#[test]
fn the_poll_of_the_controller_has_its_pace_and_the_named_are_not_new() {
    let mut player = player();
    player.advance(end(), u64::MAX);
    let picture = look(&mut player);
    let plc = host(&picture, "10.20.1.10");
    assert_eq!((plc.name.as_str(), plc.new), ("plc1", false));
    // Four tables each second, by the HMI of the recording.
    let pace = plc.reads_per_second.unwrap();
    assert!((3.0..6.0).contains(&pace), "{pace}");
    assert!(
        plc.conversations.iter().any(|line| line.contains("vendor")),
        "{plc:?}"
    );
}

#[test]
fn a_cursor_that_went_forth_and_back_shows_the_same() {
    let mut straight = player();
    let first = straight.next_frame().unwrap();
    let middle = first.plus(60_000_000_000);
    straight.advance(middle, u64::MAX);
    let mut around = player();
    around.advance(middle.plus(30_000_000_000), u64::MAX);
    around.seek(middle);
    let [straight, around] = [look(&mut straight), look(&mut around)];
    assert_eq!(straight.hosts, around.hosts);
    assert_eq!(straight.alarms, around.alarms);
    assert_eq!(straight.writes, around.writes);
    assert_eq!(straight.groups, around.groups);
    assert!(!straight.hosts.is_empty());
}
