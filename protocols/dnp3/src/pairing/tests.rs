use super::*;

const ENDS: Ends = Ends {
    master: 3,
    outstation: 4,
};

fn sent(frame: u64) -> Sent {
    Sent {
        frame,
        at: CaptureTime(frame as i64),
    }
}

fn ask(pairing: &mut Pairing, code: u8, sequence: u8, frame: u64) -> Option<GivenUp> {
    let control = Control(0xc0 | sequence);
    let transactions = Transactions {
        first: frame,
        count: 1,
    };
    pairing.request(ENDS, control, code, &[control.0, code], sent(frame), transactions)
}

fn answer(pairing: &mut Pairing, code: u8, control: u8, frame: u64) -> Option<(u64, bool)> {
    let (answered, _) = pairing.response(ENDS, Control(control), code, sent(frame));
    answered.map(|answered| (answered.request.frame, answered.settles))
}

#[test]
fn pairs_by_sequence_and_settles_once() {
    let mut pairing = Pairing::new(16);
    ask(&mut pairing, function::READ, 1, 10);
    ask(&mut pairing, function::READ, 2, 11);
    assert_eq!(
        answer(&mut pairing, function::RESPONSE, 0xc1, 12),
        Some((10, true))
    );
    assert_eq!(
        answer(&mut pairing, function::RESPONSE, 0xc2, 13),
        Some((11, true))
    );
    assert_eq!(
        answer(&mut pairing, function::RESPONSE, 0xc2, 14),
        Some((11, false))
    );
    assert_eq!(answer(&mut pairing, function::RESPONSE, 0xc9, 15), None);
}

#[test]
fn fragments_of_one_response_answer_one_request() {
    let mut pairing = Pairing::new(16);
    ask(&mut pairing, function::READ, 15, 10);
    // a.. FIR CON sequence 15, then 2.. CON sequence 0, then 61 FIN CON sequence 1.
    assert_eq!(
        answer(&mut pairing, function::RESPONSE, 0xaf, 11),
        Some((10, true))
    );
    assert_eq!(
        answer(&mut pairing, function::RESPONSE, 0x20, 12),
        Some((10, false))
    );
    assert_eq!(
        answer(&mut pairing, function::RESPONSE, 0x61, 13),
        Some((10, false))
    );
    assert_eq!(pairing.confirm(ENDS, Control(0xc1)), Some(sent(13)));
    assert_eq!(pairing.confirm(ENDS, Control(0xc0)), None);
}

#[test]
fn a_challenge_does_not_answer_the_command() {
    let mut pairing = Pairing::new(16);
    ask(&mut pairing, function::DIRECT_OPERATE, 6, 1);
    assert_eq!(
        answer(&mut pairing, function::AUTHENTICATE_RESP, 0xc6, 2),
        Some((1, false))
    );
    ask(&mut pairing, function::AUTHENTICATE_REQ, 6, 3);
    assert_eq!(answer(&mut pairing, function::RESPONSE, 0xc6, 4), Some((1, true)));
    // A key exchange is answered by its own function.
    ask(&mut pairing, function::AUTHENTICATE_REQ, 7, 5);
    assert_eq!(
        answer(&mut pairing, function::AUTHENTICATE_RESP, 0xc7, 6),
        Some((5, true))
    );
}

#[test]
fn only_the_last_request_can_be_retried() {
    let mut pairing = Pairing::new(16);
    let again = |pairing: &Pairing, sequence: u8| {
        let control = Control(0xc0 | sequence);
        pairing.retried(ENDS, control, function::OPERATE, &[control.0, function::OPERATE])
    };
    ask(&mut pairing, function::OPERATE, 1, 10);
    assert_eq!(
        again(&pairing, 1).map(|transactions| transactions.first),
        Some(10)
    );
    ask(&mut pairing, function::OPERATE, 2, 11);
    assert_eq!(again(&pairing, 1), None);
    answer(&mut pairing, function::RESPONSE, 0xc2, 12);
    assert_eq!(again(&pairing, 2), None);
}

#[test]
fn an_unsolicited_response_repeats_until_it_is_confirmed() {
    let mut pairing = Pairing::new(16);
    let mut unsolicited = |confirm: bool, frame| {
        if confirm {
            assert_eq!(pairing.confirm(ENDS, Control(0xd5)), Some(sent(frame - 1)));
        }
        pairing
            .unsolicited(ENDS, Control(0xf5), &[0xf5, 0x82], sent(frame))
            .0
    };
    assert!(!unsolicited(false, 1));
    assert!(unsolicited(false, 2));
    assert!(!unsolicited(true, 3));
}

#[test]
fn the_oldest_request_is_given_up_first() {
    let mut pairing = Pairing::new(2);
    assert_eq!(ask(&mut pairing, function::READ, 1, 1), None);
    assert_eq!(ask(&mut pairing, function::READ, 2, 2), None);
    assert_eq!(
        ask(&mut pairing, function::READ, 3, 3),
        Some(GivenUp::Request(sent(1)))
    );
    // One that is settled goes without a word.
    answer(&mut pairing, function::RESPONSE, 0xc2, 4);
    assert_eq!(ask(&mut pairing, function::READ, 4, 5), None);
    let other = Ends {
        master: 3,
        outstation: 5,
    };
    let (_, lost) = pairing.unsolicited(other, Control(0xf0), &[], sent(6));
    assert_eq!(lost, None);
    let third = Ends {
        master: 3,
        outstation: 6,
    };
    let (_, lost) = pairing.unsolicited(third, Control(0xf0), &[], sent(7));
    assert_eq!(lost, Some(GivenUp::Pair(ENDS)));
}

#[test]
fn the_order_does_not_grow_with_requests_that_replace_each_other() {
    let mut pairing = Pairing::new(2);
    for frame in 0..10_000 {
        ask(&mut pairing, function::READ, 1, frame);
    }
    assert!(pairing.order.len() < 200);
}
