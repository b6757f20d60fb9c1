//! What a key log may look like, and what is said of one that is wrong.

use std::io::Write as _;

use proptest::prelude::*;
use tapglass_proto::Keys as _;

use super::*;

const IV: &str = "000102030405060708090A0B0C0D0E0F";
const KEY: &str = "F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFFf0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

fn load(text: &[u8]) -> Result<KeyRing, KeysError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text).unwrap();
    KeyRing::load(&[file.path()])
}

fn whole() -> String {
    let mut text = String::new();
    for side in ["client", "server"] {
        text += &format!("{side}_iv_5_1: {IV}\n{side}_key_5_1: {KEY}\n{side}_siglen_5_1: 32\n");
    }
    text
}

#[test]
fn keys_are_found_by_channel_and_token() {
    for text in [
        whole(),
        whole().replace('\n', "\r\n"),
        format!("\u{feff}# keys of a test\n\n{}", whole()),
        // no end of the last line, more and less space, small letters
        whole().trim_end().replace(": ", ":").to_ascii_lowercase(),
        whole().replace(": ", " :   "),
        // a part that a later version may have
        format!("client_sigkey_5_1: x\n{}", whole()),
    ] {
        let ring = load(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
        let set = ring.find(5, 1, 0).unwrap();
        assert_eq!(set.client.unwrap().iv()[15], 15);
        assert_eq!(set.server.unwrap().key().len(), 32);
        assert_eq!(set.server.unwrap().signature(), Some(32));
        for (channel, token, nth) in [(5, 2, 0), (1, 5, 0), (5, 1, 1)] {
            assert!(ring.find(channel, token, nth).is_none());
        }
    }
}

#[test]
fn a_number_that_is_used_again_has_several_keys() {
    let again = whole().replace("F0F1", "A0A1");
    // the first once more: a log that was copied twice has no more keys
    let ring = load(format!("{}{again}{}", whole(), whole()).as_bytes()).unwrap();
    let first = |nth| ring.find(5, 1, nth).map(|set| set.client.unwrap().key()[0]);
    assert_eq!((first(0), first(1), first(2)), (Some(0xf0), Some(0xa0), None));
}

#[test]
fn a_side_is_enough_and_half_a_side_is_none() {
    let ring = load(format!("client_iv_5_1: {IV}\nclient_key_5_1: {}", &KEY[..32]).as_bytes()).unwrap();
    let set = ring.find(5, 1, 0).unwrap();
    assert_eq!(set.client.unwrap().key().len(), 16);
    assert_eq!((set.client.unwrap().signature(), set.server), (None, None));
    let error = load(format!("client_iv_5_1: {IV}\n").as_bytes())
        .unwrap_err()
        .to_string();
    assert!(error.contains("holds no keys"), "{error}");
    assert!(load(b"").unwrap_err().to_string().contains("holds no keys"));
}

#[test]
fn what_is_wrong_is_said_with_its_place_and_without_its_content() {
    for (text, place, said) in [
        (format!("client_iv_5_1 {IV}"), "1:47", "a colon is missing"),
        (
            format!("\n  CLIENT_RANDOM_1_2: {KEY}"),
            "2:3",
            "must begin with 'client_'",
        ),
        (format!("client_key_5: {KEY}"), "1:1", "other than four parts"),
        (
            format!("client_key_x_1: {KEY}"),
            "1:12",
            "the channel is no number",
        ),
        (
            format!("client_key_5_4294967296: {KEY}"),
            "1:14",
            "the token is no number",
        ),
        (
            format!("client_key_5_+1: {KEY}"),
            "1:14",
            "the token is no number",
        ),
        (
            format!("client_key_5_1: {}", &KEY[1..]),
            "1:17",
            "has 63 hexadecimal digits; it must have 32 or 64",
        ),
        (
            format!("client_key_5_1: {KEY}00"),
            "1:17",
            "has 66 hexadecimal digits",
        ),
        (
            format!("client_iv_5_1: {}", &IV[2..]),
            "1:16",
            "has 30 hexadecimal digits; it must have 32",
        ),
        (format!("client_iv_5_1: 00 {IV}"), "1:18", "no hexadecimal digit"),
        (
            format!("{}server_siglen_5_1: 65", whole()),
            "7:20",
            "the length of the signature",
        ),
        (
            format!("server_siglen_5_1: {IV}"),
            "1:20",
            "the length of the signature",
        ),
        ("x".repeat(2_000), "1:1025", "longer than 1024 characters"),
    ] {
        let error = load(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(&format!(":{place}: ")), "{place}: {error}");
        assert!(error.contains(said), "{error}");
        assert!(
            !error.contains(&IV[2..12]) && !error.contains(&KEY[2..12]),
            "{error}"
        );
    }
    let error = load(&[0x0a, 0x0d, 0x0d, 0x0a, 0xff, 0xfe])
        .unwrap_err()
        .to_string();
    assert!(error.contains(":3:1: this is no text"), "{error}");
    let error = KeyRing::load(&["/nowhere/keys"]).unwrap_err().to_string();
    assert!(
        error.starts_with("cannot read the keys in /nowhere/keys"),
        "{error}"
    );
}

#[test]
fn secrets_of_a_capture_are_taken_line_by_line() {
    let ring = KeyRing::default();
    let text = format!("{}nonsense\n\0\0", whole());
    ring.take_secrets("a.pcapng", 0x544c_534b, text.as_bytes());
    assert!(ring.is_empty() && ring.faults().is_empty());
    ring.take_secrets("a.pcapng", OPC_UA_KEY_LOG, text.as_bytes());
    assert!(ring.find(5, 1, 0).is_some());
    let faults = ring.faults();
    assert_eq!(faults.len(), 1);
    assert!(
        faults[0].starts_with("a.pcapng: the keys in the capture, line 7, character 9: a colon"),
        "{faults:?}"
    );
}

#[test]
fn a_fork_keeps_what_it_finds_to_itself() {
    let ring = KeyRing::default();
    let fork = ring.fork();
    fork.take_secrets("a.pcapng", OPC_UA_KEY_LOG, whole().as_bytes());
    assert!(ring.is_empty() && !fork.is_empty());
    assert_eq!(format!("{fork:?}"), "KeyRing(1 sets)");
}

#[test]
fn keys_for_one_token_are_bounded() {
    let ring = KeyRing::default();
    for number in 0..300 {
        let text = format!("client_key_5_1: {number:064x}\n");
        ring.take_secrets("a.pcapng", OPC_UA_KEY_LOG, text.as_bytes());
    }
    assert!(ring.find(5, 1, MOST_FOR_ONE - 1).is_some());
    assert!(ring.find(5, 1, MOST_FOR_ONE).is_none());
    assert!(
        ring.faults()[0].starts_with("44 sets of keys found no room"),
        "{:?}",
        ring.faults()
    );
}

#[test]
fn a_key_log_that_grows_is_read_as_far_as_its_lines_are_whole() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let ring = KeyRing::follow(&[file.path()]).unwrap();
    // Nothing yet, and still worth asking.
    assert!(!ring.is_empty() && ring.find(5, 1, 0).is_none());
    let pause = || std::thread::sleep(std::time::Duration::from_millis(60));
    let whole = whole();
    let (first, second) = whole.split_at(whole.find("server_key").unwrap() + 20);
    file.write_all(first.as_bytes()).unwrap();
    pause();
    let set = ring.find(5, 1, 0).unwrap();
    assert!(set.client.is_some() && set.server.is_none());
    file.write_all(second.as_bytes()).unwrap();
    // A look for another token finds what is new.
    pause();
    assert!(ring.find(5, 2, 0).is_none());
    assert!(ring.find(5, 1, 0).unwrap().server.is_some());
    // Begun anew, and shorter.
    file.as_file().set_len(0).unwrap();
    let again = format!("client_iv_6_1: {IV}\nclient_key_6_1: {KEY}\nnonsense\n");
    std::fs::write(file.path(), &again).unwrap();
    pause();
    assert!(ring.find(6, 1, 0).is_some());
    assert!(ring.find(5, 1, 0).is_some());
    assert!(
        ring.faults()[0].contains(", line 3, character 9: a colon"),
        "{:?}",
        ring.faults()
    );
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in prop::collection::vec(any::<u8>(), 0..200)) {
        let ring = KeyRing::default();
        ring.take_secrets("a.pcapng", OPC_UA_KEY_LOG, &text);
        for fault in ring.faults() {
            prop_assert!(fault.len() < 400);
        }
    }

    #[test]
    fn a_log_cut_anywhere_gives_no_other_keys(at in 0_usize..600) {
        let whole = whole();
        let ring = KeyRing::default();
        ring.take_secrets("a.pcapng", OPC_UA_KEY_LOG, &whole.as_bytes()[..at.min(whole.len())]);
        if let Some(set) = ring.find(5, 1, 0) {
            // What is there of it is what was written; a key that is cut in half looks like one of AES-128.
            if let Some(client) = set.client {
                let all = load(whole.as_bytes()).unwrap().find(5, 1, 0).unwrap().client.unwrap();
                prop_assert_eq!(client.iv(), all.iv());
                prop_assert!(all.key().starts_with(client.key()));
            }
        }
    }
}
