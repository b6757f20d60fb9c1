//! A replay as the screens see it: what they show is what was heard up to the cursor, whichever way it came there.

#![allow(clippy::unwrap_used, clippy::panic)] // a test may fail loudly

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use tapglass::capture::write::{InterfaceDescription, PcapWriter, PcapngWriter, Section};
use tapglass::capture::{LinkType, Next, Source, open};
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

/// Small numbers that are the same on every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// Everything that a screen can show.
fn everything(player: &mut Player) -> String {
    format!("{:#?}", look(player))
}

fn assert_same(one: &str, other: &str, what: &str) {
    let differs = one.lines().zip(other.lines()).find(|(one, other)| one != other);
    assert!(one == other, "{what}: {differs:?}");
}

#[test]
fn a_way_back_over_checkpoints_shows_what_a_straight_way_shows() {
    let mut wandering = player();
    wandering.keep_checkpoints(std::time::Duration::ZERO);
    let first = wandering.next_frame().unwrap();
    let mut numbers = Numbers(0x2545_f491_4f6c_dd1d);
    for round in 0..30 {
        let mut straight = player();
        if numbers.below(2) == 0 {
            let at = first.plus(i64::try_from(numbers.below(200_000)).unwrap() * 1_000_000);
            wandering.seek(at);
            straight.seek(at);
        } else {
            let frame = 1 + numbers.below(3_400);
            wandering.seek_frame(frame);
            straight.seek_frame(frame);
            wandering.step(-1);
            straight.step(-1);
        }
        let (one, other) = (everything(&mut wandering), everything(&mut straight));
        assert_same(&one, &other, &format!("round {round}"));
        // A frame that is not at hand any more is read again from a checkpoint.
        let frame = 1 + numbers.below(3_000);
        wandering.select(Some(frame));
        straight.select(Some(frame));
        let (one, other) = (look(&mut wandering), look(&mut straight));
        assert!(one.frame.is_some(), "frame {frame}");
        assert_eq!(
            format!("{:?}", one.frame),
            format!("{:?}", other.frame),
            "frame {frame}"
        );
        wandering.select(None);
    }
}

/// Writes the frames of a capture into a plain one.
fn write_plain(from: &Path, to: &Path, pcapng: bool) {
    let mut source = open(from).unwrap();
    let file = BufWriter::new(File::create(to).unwrap());
    if pcapng {
        let mut writer = PcapngWriter::new(file, &Section::default()).unwrap();
        let described = InterfaceDescription {
            link_type: LinkType::ETHERNET,
            snap_length: 0,
            name: "",
            description: "",
        };
        writer.interface(&described).unwrap();
        while let Next::Frame(frame) = source.next() {
            writer.frame(&frame, "").unwrap();
        }
        writer.finish().unwrap();
    } else {
        let mut writer = PcapWriter::new(file, LinkType::ETHERNET, 65_535).unwrap();
        while let Next::Frame(frame) = source.next() {
            writer.frame(&frame).unwrap();
        }
        writer.finish().unwrap();
    }
}

#[test]
fn a_plain_capture_is_read_on_where_a_checkpoint_stands() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures/demo");
    let packed = root.join("waterworks.pcap.gz");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for form in ["pcap", "pcapng"] {
        let plain = folder.join(format!("waterworks.{form}"));
        write_plain(&packed, &plain, form == "pcapng");
        let recording = Recording {
            captures: Captures::Files(vec![plain]),
            site: Site::load(&root.join("site")).unwrap().site,
            keys: KeyRing::default(),
            hints: Vec::new(),
        };
        let mut around = Player::new(recording.clone(), Mode::Replay).unwrap();
        around.keep_checkpoints(std::time::Duration::ZERO);
        around.seek_frame(3_000);
        for frame in [2_999, 1_500, 1_499, 2_500, 64, 1] {
            around.seek_frame(frame);
            let mut straight = Player::new(recording.clone(), Mode::Replay).unwrap();
            straight.seek_frame(frame);
            let (one, other) = (everything(&mut around), everything(&mut straight));
            assert_same(&one, &other, &format!("{form} frame {frame}"));
        }
    }
}
