//! Ports that a user or a site names.

use crate::support;
use crate::talk::{CLIENT, Talk, hint, modbus_write};

#[test]
fn one_request_is_enough_at_a_named_port() {
    let mut talk = Talk::tcp(7777);
    talk.say(CLIENT, &modbus_write(1, 5, 77));
    // Eight bytes of a pattern are too little where nobody expects them.
    assert!(talk.found().messages.is_empty());
    assert_eq!(talk.found_with(vec![hint("modbus", 7777)]).messages.len(), 1);
    assert!(talk.found_with(vec![hint("modbus", 7778)]).messages.is_empty());
}

#[test]
fn ports_are_named_on_the_command_line() {
    let mut talk = Talk::tcp(7777);
    talk.say(CLIENT, &modbus_write(1, 5, 77));
    let file = talk.file();
    let path = file.path().to_str().unwrap();
    let messages = |arguments: &[&str]| {
        let output = support::tapglass(&[&["decode", path], arguments].concat());
        support::json_lines(&output.stdout).len()
    };
    assert_eq!(messages(&[]), 0);
    for port in [
        "modbus=7777",
        "7777=modbus",
        "10.0.0.2:7777=modbus",
        "modbus=10.0.0.2:7777",
        "dnp3=1,modbus=7777",
    ] {
        assert_eq!(messages(&["--port", port]), 1, "{port}");
    }
    assert_eq!(messages(&["--port", "10.0.0.9:7777=modbus"]), 0);
    for command in ["decode", "check"] {
        for (port, mend) in [
            ("modbuss=7777", "modbus"),
            ("modbus=77777", "65535"),
            ("modbus", "modbus=5020"),
            ("modbus=0", "65535"),
            ("10.0.0.300:7777=modbus", "10.0.0.300"),
        ] {
            let output = support::tapglass(&[command, path, "--port", port]);
            assert_eq!(output.status.code(), Some(2), "{command} {port}");
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(error.contains(mend), "{command} {port}: {error}");
        }
    }
}
