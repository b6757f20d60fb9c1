//! Which answer belongs to which request, and what is said of those that belong to none.

mod common;

use common::{CLIENT, SERVER, Talk, hex, rtu, tcp};
use tapglass_proto::model::SECOND;
use tapglass_proto::{Limits, Transport};

fn ask(transaction: u16, unit: u8, address: u8) -> Vec<u8> {
    tcp(transaction, unit, &[3, 0, address, 0, 1])
}

fn values(transaction: u16, unit: u8, value: u8) -> Vec<u8> {
    tcp(transaction, unit, &[3, 2, 0, value])
}

fn frames(talk: &Talk) -> Vec<(u64, Option<u64>)> {
    talk.book
        .messages
        .iter()
        .filter(|message| message.from == SERVER)
        .map(|message| (message.frame, message.response_to))
        .collect()
}

#[test]
fn pipelined_requests_to_several_units_are_kept_apart() {
    let mut talk = Talk::over(Transport::Tcp);
    talk.ask(&[ask(1, 1, 10), ask(2, 2, 20), ask(3, 1, 30)].concat())
        .reply(&values(3, 1, 3))
        .reply(&[values(1, 1, 1), values(2, 2, 2)].concat());
    let reports: Vec<&str> = talk.book.operations.iter().map(String::as_str).collect();
    assert_eq!(
        reports,
        [
            "report accepted #0 holding:30 [00, 03]",
            "report accepted #0 holding:10 [00, 01]",
            "report accepted #0 holding:20 [00, 02]"
        ]
    );
    assert!(talk.book.anomalies.is_empty());
    // The same transaction identifier for two units.
    let mut talk = Talk::over(Transport::Tcp);
    talk.ask(&ask(7, 1, 10))
        .ask(&ask(7, 2, 20))
        .reply(&values(7, 2, 2))
        .reply(&values(7, 1, 1));
    assert_eq!(frames(&talk), [(3, Some(2)), (4, Some(1))]);
}

#[test]
fn answers_that_repeat_are_unasked_for_or_do_not_fit_say_so() {
    let mut talk = Talk::over(Transport::Tcp);
    talk.ask(&ask(1, 1, 10))
        .reply(&values(1, 1, 1))
        .reply(&values(1, 1, 2));
    talk.reply(&values(99, 1, 3));
    talk.ask(&ask(2, 1, 10))
        .reply(&tcp(2, 1, &hex("03 04 0001 0002")));
    talk.ask(&ask(3, 1, 10)).reply(&tcp(3, 1, &hex("04 02 0001")));
    assert_eq!(
        talk.book.anomaly_names(),
        [
            "response_repeated",
            "response_without_request",
            "response_does_not_fit",
            "response_function_differs"
        ]
    );
    // Only the first answer's value is believed.
    assert_eq!(talk.book.operations, ["report accepted #0 holding:10 [00, 01]"]);
    // A second answer to a write is no second write.
    let mut talk = Talk::over(Transport::Tcp);
    let write = tcp(1, 1, &[6, 0, 5, 0, 7]);
    talk.ask(&write).reply(&write).reply(&write);
    assert_eq!(talk.book.operations, ["write requested #1 holding:5 [00, 07]"]);
    assert_eq!(talk.book.anomaly_names(), ["response_repeated"]);
}

#[test]
fn an_echo_of_another_address_or_value_is_told() {
    for echo in [[6, 0, 5, 0, 8], [6, 0, 6, 0, 7]] {
        let mut talk = Talk::over(Transport::Tcp);
        talk.ask(&tcp(1, 1, &[6, 0, 5, 0, 7])).reply(&tcp(1, 1, &echo));
        assert_eq!(talk.book.answers, ["#1 accepted echo differs"]);
    }
}

#[test]
fn nothing_is_said_of_answers_where_requests_may_be_missing() {
    // Only answers are captured.
    let mut talk = Talk::over(Transport::Tcp);
    talk.reply(&values(1, 1, 1)).reply(&tcp(2, 1, &[6, 0, 5, 0, 7]));
    assert!(talk.book.anomalies.is_empty());
    assert_eq!(talk.book.operations, ["write accepted #0 holding:5 [00, 07]"]);
    // The capture starts in the middle.
    let mut talk = Talk::with(Transport::Tcp, Limits::default(), true);
    talk.ask(&ask(5, 1, 10))
        .reply(&values(4, 1, 1))
        .reply(&values(5, 1, 2));
    assert!(talk.book.anomalies.is_empty());
    // A hole took the request.
    let mut talk = Talk::over(Transport::Tcp);
    talk.ask(&ask(1, 1, 10))
        .reply(&values(1, 1, 1))
        .gap(CLIENT)
        .reply(&values(2, 1, 2));
    assert!(talk.book.anomalies.is_empty());
    // Long after the hole it is odd again.
    talk.wait(60 * SECOND).reply(&values(3, 1, 2));
    assert_eq!(talk.book.anomaly_names(), ["response_without_request"]);
}

#[test]
fn a_client_that_always_uses_one_transaction_goes_on_after_a_time_out() {
    let mut talk = Talk::over(Transport::Tcp);
    talk.ask(&ask(0, 1, 10))
        .wait(SECOND)
        .ask(&ask(0, 1, 20))
        .reply(&values(0, 1, 2));
    assert_eq!(frames(&talk), [(3, Some(2))]);
    assert!(talk.book.anomalies.is_empty());
    // The answer to the first comes after all.
    talk.reply(&values(0, 1, 1));
    assert_eq!(talk.book.anomaly_names(), ["response_late"]);
    assert_eq!(frames(&talk)[1], (4, Some(1)));
}

#[test]
fn a_pipeline_under_one_transaction_is_answered_in_order_and_marked() {
    let write = |address: u8, value: u8| tcp(7, 1, &[6, 0, address, 0, value]);
    let mut talk = Talk::over(Transport::Tcp);
    talk.ask(&ask(1, 1, 10)).reply(&values(1, 1, 1));
    talk.ask(&write(4, 1))
        .ask(&[write(4, 2), write(5, 3)].concat())
        .reply(&write(4, 1))
        .reply(&write(4, 2))
        .reply(&write(5, 3));
    assert_eq!(frames(&talk)[1..], [(5, Some(3)), (6, Some(4)), (7, Some(4))]);
    assert_eq!(talk.book.answers, ["#2 accepted", "#3 accepted", "#4 accepted"]);
    // The bytes are sound, so it is no anomaly; the message says whose identifier it has.
    assert!(talk.book.anomalies.is_empty());
    let reused: Vec<bool> = talk
        .book
        .messages
        .iter()
        .map(|message| message.json.contains("transaction_reused"))
        .collect();
    assert_eq!(reused, [false, false, false, true, true, false, false, false]);
}

#[test]
fn function_code_0x80_refuses_whatever_was_asked() {
    for request in ["5a 00 02", "14 07 06 0004 0001 0002", "06 0005 0007", "00 01"] {
        let mut talk = Talk::over(Transport::Tcp);
        talk.ask(&ask(1, 1, 10))
            .ask(&tcp(2, 1, &hex(request)))
            .ask(&ask(3, 1, 20))
            .reply(&tcp(2, 1, &hex("80 01")));
        assert_eq!(frames(&talk), [(4, Some(2))], "{request}");
        assert_eq!(talk.book.answers.len(), 1, "{request}");
        assert!(
            talk.book.answers[0].ends_with("rejected Illegal Function"),
            "{request}"
        );
        // It is settled: another answer repeats it.
        talk.reply(&values(1, 1, 1)).reply(&values(3, 1, 3));
        assert_eq!(frames(&talk)[1..], [(5, Some(1)), (6, Some(3))], "{request}");
        let odd: &[&str] = if request == "00 01" {
            &["function_code_invalid"]
        } else {
            &[]
        };
        assert_eq!(talk.book.anomaly_names(), odd, "{request}");
    }
    // To another unit or transaction it answers nothing.
    for (transaction, unit) in [(3, 1), (2, 2)] {
        let mut talk = Talk::over(Transport::Tcp);
        talk.ask(&tcp(2, 1, &hex("5a 00 02")))
            .reply(&tcp(transaction, unit, &hex("80 01")));
        assert_eq!(frames(&talk), [(2, None)]);
        assert_eq!(talk.book.anomaly_names(), ["response_without_request"]);
    }
    // In serial frames the oldest of the unit that waits.
    let mut talk = Talk::over(Transport::RtuOverTcp);
    talk.ask(&rtu(2, &hex("64 00")))
        .ask(&rtu(1, &hex("64 00")))
        .ask(&rtu(1, &hex("03 000a 0001")))
        .reply(&rtu(1, &hex("80 01")))
        .reply(&rtu(1, &hex("03 02 0002")));
    assert_eq!(frames(&talk), [(4, Some(2)), (5, Some(3))]);
    assert!(talk.book.anomalies.is_empty());
}

#[test]
fn a_repeated_command_is_no_second_one() {
    let write = tcp(1, 1, &[6, 0, 5, 0, 7]);
    let mut talk = Talk::over(Transport::Tcp);
    talk.ask(&write).ask(&write).reply(&write);
    assert_eq!(
        talk.book.operations,
        [
            "write requested #1 holding:5 [00, 07]",
            "write requested #1 again holding:5 [00, 07]"
        ]
    );
    assert_eq!(talk.book.answers, ["#1 accepted"]);
}

#[test]
fn serial_answers_belong_by_unit_function_and_order() {
    let mut talk = Talk::over(Transport::RtuOverTcp);
    talk.ask(&rtu(1, &hex("03 000a 0001")))
        .ask(&rtu(2, &hex("03 0014 0001")))
        .reply(&rtu(2, &hex("03 02 0002")))
        .reply(&rtu(1, &hex("03 02 0001")));
    assert_eq!(frames(&talk), [(3, Some(2)), (4, Some(1))]);
    // After a time-out the next request is the one that is answered.
    let mut talk = Talk::over(Transport::RtuOverTcp);
    talk.ask(&rtu(1, &hex("03 000a 0001")))
        .wait(SECOND)
        .ask(&rtu(1, &hex("03 0014 0001")))
        .reply(&rtu(1, &hex("03 02 0002")));
    assert_eq!(talk.book.operations, ["report accepted #0 holding:20 [00, 02]"]);
    // An exception to a function that the server does not know, answered with function 0.
    talk.ask(&rtu(1, &hex("64 00"))).reply(&rtu(1, &hex("80 01")));
    assert!(talk.book.anomalies.is_empty());
    assert_eq!(talk.book.answers, ["#3 rejected Illegal Function"]);
}
