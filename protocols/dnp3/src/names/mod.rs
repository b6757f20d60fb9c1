//! What the standard calls its numbers. An unknown number is named `UNKNOWN` and keeps its code beside it.

pub(crate) mod object;
pub(crate) mod security;

/// Functions of the application layer (IEEE 1815-2012 4.2.2.5, table 4-1).
pub(crate) const fn function(code: u8) -> &'static str {
    match code {
        0 => "CONFIRM",
        1 => "READ",
        2 => "WRITE",
        3 => "SELECT",
        4 => "OPERATE",
        5 => "DIRECT_OPERATE",
        6 => "DIRECT_OPERATE_NR",
        7 => "IMMED_FREEZE",
        8 => "IMMED_FREEZE_NR",
        9 => "FREEZE_CLEAR",
        10 => "FREEZE_CLEAR_NR",
        11 => "FREEZE_AT_TIME",
        12 => "FREEZE_AT_TIME_NR",
        13 => "COLD_RESTART",
        14 => "WARM_RESTART",
        15 => "INITIALIZE_DATA",
        16 => "INITIALIZE_APPL",
        17 => "START_APPL",
        18 => "STOP_APPL",
        19 => "SAVE_CONFIG",
        20 => "ENABLE_UNSOLICITED",
        21 => "DISABLE_UNSOLICITED",
        22 => "ASSIGN_CLASS",
        23 => "DELAY_MEASURE",
        24 => "RECORD_CURRENT_TIME",
        25 => "OPEN_FILE",
        26 => "CLOSE_FILE",
        27 => "DELETE_FILE",
        28 => "GET_FILE_INFO",
        29 => "AUTHENTICATE_FILE",
        30 => "ABORT_FILE",
        31 => "ACTIVATE_CONFIG",
        32 => "AUTHENTICATE_REQ",
        33 => "AUTH_REQ_NO_ACK",
        129 => "RESPONSE",
        130 => "UNSOLICITED_RESPONSE",
        131 => "AUTHENTICATE_RESP",
        _ => UNKNOWN,
    }
}

/// The name of what has none.
pub(crate) const UNKNOWN: &str = "UNKNOWN";

/// Functions of the link layer; the same number means one thing from a primary and another from a secondary
/// station (9.2.4.1.3.5). 1 and 14 are of older editions.
pub(crate) const fn link_function(primary: bool, code: u8) -> &'static str {
    match (primary, code) {
        (true, 0) => "RESET_LINK_STATES",
        (true, 1) => "RESET_USER_PROCESS",
        (true, 2) => "TEST_LINK_STATES",
        (true, 3) => "CONFIRMED_USER_DATA",
        (true, 4) => "UNCONFIRMED_USER_DATA",
        (true, 9) => "REQUEST_LINK_STATUS",
        (false, 0) => "ACK",
        (false, 1) => "NACK",
        (false, 11) => "LINK_STATUS",
        (false, 14) => "LINK_NOT_FUNCTIONING",
        (false, 15) => "NOT_SUPPORTED",
        _ => UNKNOWN,
    }
}

/// Addresses that stand for no single station (9.2.5.2, 9.2.5.3).
pub(crate) const fn address(address: u16) -> Option<&'static str> {
    Some(match address {
        0xfffc => "SELF_ADDRESS",
        0xfffd => "BROADCAST_DO_NOT_CONFIRM",
        0xfffe => "BROADCAST_SHALL_CONFIRM",
        0xffff => "BROADCAST_MAY_CONFIRM",
        _ => return None,
    })
}

/// Internal indications, the bit of the 16-bit number whose high octet came first (4.2.2.6).
pub(crate) const INDICATIONS: [(u16, &str); 16] = [
    (0x0100, "BROADCAST"),
    (0x0200, "CLASS_1_EVENTS"),
    (0x0400, "CLASS_2_EVENTS"),
    (0x0800, "CLASS_3_EVENTS"),
    (0x1000, "NEED_TIME"),
    (0x2000, "LOCAL_CONTROL"),
    (0x4000, "DEVICE_TROUBLE"),
    (0x8000, "DEVICE_RESTART"),
    (0x0001, "NO_FUNC_CODE_SUPPORT"),
    (0x0002, "OBJECT_UNKNOWN"),
    (0x0004, "PARAMETER_ERROR"),
    (0x0008, "EVENT_BUFFER_OVERFLOW"),
    (0x0010, "ALREADY_EXECUTING"),
    (0x0020, "CONFIG_CORRUPT"),
    (0x0040, "RESERVED_2"),
    (0x0080, "RESERVED_1"),
];

/// The name of bit `index` of group 80 variation 1, which counts the indications from IIN1.0.
pub(crate) fn indication(index: u32) -> &'static str {
    INDICATIONS
        .get(index as usize)
        .map_or("RESERVED", |(_, name)| name)
}

/// What became of a control (table 11-7 with group 12).
pub(crate) const fn control_status(code: u8) -> &'static str {
    match code {
        0 => "SUCCESS",
        1 => "TIMEOUT",
        2 => "NO_SELECT",
        3 => "FORMAT_ERROR",
        4 => "NOT_SUPPORTED",
        5 => "ALREADY_ACTIVE",
        6 => "HARDWARE_ERROR",
        7 => "LOCAL",
        8 => "TOO_MANY_OPS",
        9 => "NOT_AUTHORIZED",
        10 => "AUTOMATION_INHIBIT",
        11 => "PROCESSING_LIMITED",
        12 => "OUT_OF_RANGE",
        13 => "DOWNSTREAM_LOCAL",
        14 => "ALREADY_COMPLETE",
        15 => "BLOCKED",
        16 => "CANCELED",
        17 => "BLOCKED_OTHER_MASTER",
        18 => "DOWNSTREAM_FAIL",
        126 => "NON_PARTICIPATING",
        127 => "UNDEFINED",
        _ => UNKNOWN,
    }
}

/// Operation type of a control code, bits 0 to 3.
pub(crate) const fn operation(code: u8) -> &'static str {
    match code & 0x0f {
        0 => "NUL",
        1 => "PULSE_ON",
        2 => "PULSE_OFF",
        3 => "LATCH_ON",
        4 => "LATCH_OFF",
        _ => UNKNOWN,
    }
}

/// Trip-close code of a control code, bits 6 and 7.
pub(crate) const fn trip_close(code: u8) -> &'static str {
    match code >> 6 {
        0 => "NUL",
        1 => "CLOSE",
        2 => "TRIP",
        _ => "RESERVED",
    }
}

/// States of a double-bit point (11.9.4).
pub(crate) const fn double_bit(state: u8) -> &'static str {
    match state {
        0 => "INTERMEDIATE",
        1 => "DETERMINED_OFF",
        2 => "DETERMINED_ON",
        _ => "INDETERMINATE",
    }
}

/// What became of work on a file (group 70).
pub(crate) const fn file_status(code: u8) -> &'static str {
    match code {
        0 => "SUCCESS",
        1 => "PERMISSION_DENIED",
        2 => "INVALID_MODE",
        3 => "FILE_NOT_FOUND",
        4 => "FILE_LOCKED",
        5 => "TOO_MANY_OPEN",
        6 => "INVALID_HANDLE",
        7 => "WRITE_BLOCK_SIZE",
        8 => "COMM_LOST",
        9 => "CANNOT_ABORT",
        16 => "NOT_OPENED",
        17 => "HANDLE_EXPIRED",
        18 => "BUFFER_OVERRUN",
        19 => "FATAL",
        20 => "BLOCK_SEQUENCE",
        255 => "UNDEFINED",
        _ => UNKNOWN,
    }
}

/// How a file is opened.
pub(crate) const fn file_mode(code: u16) -> &'static str {
    match code {
        0 => "NULL",
        1 => "READ",
        2 => "WRITE",
        3 => "APPEND",
        _ => UNKNOWN,
    }
}

/// What a file is.
pub(crate) const fn file_type(code: u16) -> &'static str {
    match code {
        0 => "DIRECTORY",
        1 => "SIMPLE_FILE",
        _ => UNKNOWN,
    }
}

/// Types of attribute values and data set elements.
pub(crate) const fn data_type(code: u8) -> &'static str {
    match code {
        0 => "NONE",
        1 => "VSTR",
        2 => "UINT",
        3 => "INT",
        4 => "FLT",
        5 => "OSTR",
        6 => "BSTR",
        7 => "TIME",
        8 => "UNCD",
        254 => "U8BS8LIST",
        255 => "U8BS8EXLIST",
        _ => UNKNOWN,
    }
}

/// What an element of a data set descriptor is.
pub(crate) const fn descriptor(code: u8) -> &'static str {
    match code {
        0 => "NONE",
        1 => "ID",
        2 => "UUID",
        3 => "NSPC",
        4 => "NAME",
        5 => "DAEL",
        6 => "PTYP",
        7 => "CTLV",
        8 => "CTLS",
        _ => UNKNOWN,
    }
}

/// What an interval of group 50 variation 4 counts (A.23.4).
pub(crate) const fn interval_unit(code: u8) -> &'static str {
    match code {
        0 => "NO_REPEAT",
        1 => "MILLISECONDS",
        2 => "SECONDS",
        3 => "MINUTES",
        4 => "HOURS",
        5 => "DAYS",
        6 => "WEEKS",
        7 => "MONTHS_ON_DAY_OF_MONTH",
        8 => "MONTHS_ON_DAY_OF_WEEK_FROM_START",
        9 => "MONTHS_ON_DAY_OF_WEEK_FROM_END",
        10 => "SEASONS",
        _ => UNKNOWN,
    }
}
