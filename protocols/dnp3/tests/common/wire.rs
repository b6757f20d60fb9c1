//! Whole frames, read aloud.

/// CONTROL c9: DIR PRM, function 9. From master 1 to outstation 10.
pub(crate) const REQUEST_LINK_STATUS: &str = "05 64 05 c9 0a 00 01 00 fe da";
/// CONTROL 0b: from the outstation, secondary, function 11.
pub(crate) const LINK_STATUS: &str = "05 64 05 0b 01 00 0a 00 6d ed";

/// c0 transport FIR FIN 0, c0 control FIR FIN 0, 01 READ, g60v2 g60v3 g60v4 g60v1 with qualifier 06 all.
pub(crate) const READ_CLASSES: &str = "05 64 14 c4 0a 00 01 00 8f ed
    c0 c0 01 3c 02 06 3c 03 06 3c 04 06 3c 01 06 8a 51";

/// e0 control FIR FIN CON 0, 81 RESPONSE, 90 00 DEVICE_RESTART NEED_TIME,
/// 01 02 00 00 01 g1v2 from 0 to 1: 81 on ONLINE, 01 off ONLINE,
/// 1e 05 01 0700 0700 g30v5 from 7 to 7: 21 ONLINE OVER_RANGE, 00 00 75 42 = 61.25; a checksum stands between.
pub(crate) const CLASSES: &str = "05 64 1d 44 01 00 0a 00 91 83
    c0 e0 81 90 00 01 02 00 00 01 81 01 1e 05 01 07 10 71
    00 07 00 21 00 00 75 42 bf 31";

/// c0 control FIR FIN 0, 00 CONFIRM.
pub(crate) const CONFIRM: &str = "05 64 08 c4 0a 00 01 00 fc 42 c1 c0 00 8b 8f";

/// c1 sequence 1, 03 SELECT, 0c 01 28 0100 g12v1, one with an index of 16 bits: 0300 index 3,
/// 41 CLOSE PULSE_ON, 01 once, f4010000 on for 500 ms, 00000000 off, 00 status.
pub(crate) const SELECT: &str = "05 64 1a c4 0a 00 01 00 8a 1c
    c2 c1 03 0c 01 28 01 00 03 00 41 01 f4 01 00 00 42 9e
    00 00 00 00 00 ff ff";

/// The same repeated with status 0, SUCCESS.
pub(crate) const SELECTED: &str = "05 64 1c 44 01 00 0a 00 76 36
    c1 c1 81 00 00 0c 01 28 01 00 03 00 41 01 f4 01 c8 fa
    00 00 00 00 00 00 00 ff ff";

/// c2 sequence 2, 04 OPERATE, the same control.
pub(crate) const OPERATE: &str = "05 64 1a c4 0a 00 01 00 8a 1c
    c3 c2 04 0c 01 28 01 00 03 00 41 01 f4 01 00 00 36 d9
    00 00 00 00 00 ff ff";

/// Repeated with status 2, NO_SELECT.
pub(crate) const NOT_OPERATED: &str = "05 64 1c 44 01 00 0a 00 76 36
    c2 c2 81 00 00 0c 01 28 01 00 03 00 41 01 f4 01 74 9e
    00 00 00 00 00 00 02 43 93";

/// c3 sequence 3, 05 DIRECT_OPERATE, 29 03 17 01 g41v3, one with an index of 8 bits: 02, 00 00 75 42 = 61.25, 00 status.
pub(crate) const SETPOINT: &str =
    "05 64 12 c4 0a 00 01 00 56 86 c4 c3 05 29 03 17 01 02 00 00 75 42 00 e9 28";

/// f4 control FIR FIN CON UNS 4, 82 UNSOLICITED_RESPONSE, 00 00 nothing indicated,
/// 33 01 07 01 g51v1, one: e80300000000 = 1,000 ms after 1970,
/// 02 03 17 02 g2v3, two with an index of 8 bits: 05 81 on ONLINE 0a00 10 ms later, 06 01 off ONLINE 1400 20 ms later.
pub(crate) const EVENTS: &str = "05 64 20 44 01 00 0a 00 87 68
    c3 f4 82 00 00 33 01 07 01 e8 03 00 00 00 00 02 1b 62
    03 17 02 05 81 0a 00 06 01 14 00 09 ed";
