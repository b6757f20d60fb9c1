use super::*;
use alloc::vec::Vec;
use layout::FlagSet;
use proptest::prelude::*;
use sample::{Moment, sample};
use tapglass_proto::model::Value;

fn blocks(bytes: &[u8], code: u8) -> (Vec<Block<'_>>, Option<Problem>, usize) {
    let mut walk = Blocks::new(bytes, code);
    let found = walk.by_ref().collect();
    (found, walk.problem(), walk.rest().0)
}

#[test]
fn walks_a_static_response_aloud() {
    let bytes = [
        1,
        2,
        0x00,
        3,
        4,
        0x81,
        0x01, // g1v2 from 3 to 4: ONLINE on, ONLINE off
        30,
        2,
        0x01,
        0,
        1,
        0,
        1,
        0x21,
        0x18,
        0xfc, // g30v2 from 256 to 256: ONLINE OVER_RANGE, -1000
        3,
        1,
        0x00,
        0,
        4,
        0b1110_0100,
        0b01, // g3v1 from 0 to 4: 0, 1, 2, 3, 1
    ];
    let (found, problem, rest) = blocks(&bytes, function::RESPONSE);
    assert_eq!((found.len(), problem, rest), (3, None, bytes.len()));
    let points: Vec<_> = found[0].points().collect();
    assert_eq!((points[0].index, points[0].at), (Some(3), 5));
    assert_eq!((points[1].index, points[1].at), (Some(4), 6));
    let first = sample(&found[0], &points[0]);
    assert_eq!(first.value, Some(Value::Bool(true)));
    assert_eq!(first.flags, Some((FlagSet::Binary, 0x81)));
    let point = found[1].points().next().unwrap();
    let analog = sample(&found[1], &point);
    assert_eq!(point.index, Some(256));
    assert_eq!(analog.value, Some(Value::Signed(-1000)));
    let states: Vec<_> = found[2]
        .points()
        .map(|point| sample(&found[2], &point).value)
        .collect();
    assert_eq!(states, [0, 1, 2, 3, 1].map(|state| Some(Value::DoubleBit(state))));
}

#[test]
fn requests_name_points_without_data() {
    // READ g60v2 all, g30v0 from 0 to 9, g1v1 at indices 7 and 9, g22v0 at most 5.
    let bytes = [60, 2, 6, 30, 0, 0, 0, 9, 1, 1, 0x17, 2, 7, 9, 22, 0, 7, 5];
    let (found, problem, _) = blocks(&bytes, function::READ);
    assert_eq!((found.len(), problem), (4, None));
    assert!(!found[1].lists_points() && found[2].lists_points() && !found[3].lists_points());
    let indices: Vec<_> = found[2].points().map(|point| point.index).collect();
    assert_eq!(indices, [Some(7), Some(9)]);
    assert_eq!(found[1].points().count(), 0);
}

#[test]
fn keeps_the_members_before_the_cut() {
    // DIRECT_OPERATE g12v1, two of 16-bit index: index 1 whole, index 2 ends in its on-time.
    let bytes = [
        12, 1, 0x28, 2, 0, 1, 0, 0x03, 1, 100, 0, 0, 0, 50, 0, 0, 0, 0, 2, 0, 0x41, 2, 9, 0,
    ];
    let (found, problem, rest) = blocks(&bytes, function::DIRECT_OPERATE);
    assert!(matches!(problem, Some(Problem::Truncated(_))));
    assert_eq!(rest, 18);
    let points: Vec<_> = found[0].points().collect();
    assert_eq!(points.len(), 2);
    assert!(points[0].is_whole && !points[1].is_whole);
    let cut = sample(&found[0], &points[1]);
    let control = cut.control.unwrap();
    assert_eq!(
        (points[1].index, control.code, control.count),
        (Some(2), Some(0x41), Some(2))
    );
    assert_eq!((control.on_ms, cut.status), (None, None));
}

#[test]
fn an_unknown_object_keeps_what_stands_before_it() {
    let bytes = [30, 4, 0, 0, 0, 5, 0, 99, 7, 0, 0, 0, 1, 2, 3];
    let (found, problem, rest) = blocks(&bytes, function::RESPONSE);
    assert_eq!(problem, Some(Problem::Object(99, 7)));
    assert_eq!((found.len(), rest), (2, 12));
    assert!(found[1].is_unknown && !found[0].is_unknown);
    // A size before each object lets the walk go on.
    let bytes = [99, 7, 0x5b, 1, 2, 0, 8, 9, 30, 4, 0, 0, 0, 5, 0];
    let (found, problem, _) = blocks(&bytes, function::RESPONSE);
    assert_eq!((found.len(), problem), (2, None));
    assert!(found[0].is_unknown);
}

#[test]
fn times_are_absolute_or_relative() {
    // g2v2, 8-bit index 4: on, 0x0170c4_... ms; g2v3, index 5: off, 258 ms after the common time.
    let bytes = [
        2, 2, 0x17, 1, 4, 0x81, 1, 0, 0, 0, 0, 0, 2, 3, 0x17, 1, 5, 0x01, 2, 1,
    ];
    let (found, ..) = blocks(&bytes, function::UNSOLICITED_RESPONSE);
    let moment = |block: &Block<'_>| sample(block, &block.points().next().unwrap()).moment;
    assert_eq!(moment(&found[0]), Some(Moment::Absolute(time::Timestamp(1))));
    assert_eq!(moment(&found[1]), Some(Moment::Relative(258)));
}

#[test]
fn a_huge_count_costs_nothing() {
    for bytes in [
        &[1, 1, 0x02, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1][..],
        &[30, 1, 0x09, 0xff, 0xff, 0xff, 0xff, 1, 2],
        &[60, 1, 0x09, 0xff, 0xff, 0xff, 0xff],
        &[120, 1, 0x5b, 0xff],
        &[110, 255, 0x39, 0xff, 0xff, 0xff, 0xff, 1],
    ] {
        let (found, ..) = blocks(bytes, function::RESPONSE);
        assert!(found[0].points().count() <= 8, "{bytes:02x?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_walked_to_their_end(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        code in any::<u8>(),
    ) {
        let mut walk = Blocks::new(&bytes, code);
        let mut explained = 0;
        for block in walk.by_ref() {
            prop_assert_eq!(block.at, explained);
            explained = block.data_at + block.data.len();
            for point in block.points() {
                let _ = sample(&block, &point);
                prop_assert!(point.at + point.prefix.max(1) <= bytes.len().max(1));
            }
        }
        let (rest, left) = walk.rest();
        // Every octet is in a block or in the rest.
        prop_assert!(rest <= explained.max(rest));
        prop_assert_eq!(rest + left.len(), bytes.len());
        prop_assert!(walk.problem().is_some() || left.is_empty());
    }
}
