//! Random bytes and office traffic are no industrial protocol.

use proptest::prelude::*;

use crate::talk::{CLIENT, SERVER, Talk};

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_segments_are_nothing(
        segments in proptest::collection::vec((any::<bool>(), proptest::collection::vec(any::<u8>(), 1..400)), 1..60),
        port in 1024_u16..60_000,
        udp in any::<bool>(),
    ) {
        let mut talk = if udp { Talk::udp(port) } else { Talk::tcp(port) };
        for (client, bytes) in &segments {
            talk.say(if *client { CLIENT } else { SERVER }, bytes);
        }
        let found = talk.found();
        prop_assert!(found.messages.is_empty(), "{:?}", found.messages);
        prop_assert!(found.opened.is_empty());
    }

    /// Small numbers and zeros, as many binary protocols have them.
    #[test]
    fn segments_of_small_numbers_are_nothing(
        segments in proptest::collection::vec(proptest::collection::vec(prop_oneof![3 => Just(0_u8), 1 => any::<u8>()], 8..200), 1..40),
    ) {
        let mut talk = Talk::tcp(9_999);
        for bytes in &segments {
            talk.say(CLIENT, bytes);
        }
        let found = talk.found();
        prop_assert!(found.opened.is_empty(), "{:?}", found.opened);
    }
}
