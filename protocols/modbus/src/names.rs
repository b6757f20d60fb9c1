//! Names of functions, exceptions and sub-functions, as the standard writes them.

/// The name of a function code (AP 5 and 6), `Unknown` where no public name exists.
pub(crate) const fn function(code: u8) -> &'static str {
    match code {
        1 => "Read Coils",
        2 => "Read Discrete Inputs",
        3 => "Read Holding Registers",
        4 => "Read Input Registers",
        5 => "Write Single Coil",
        6 => "Write Single Register",
        7 => "Read Exception Status",
        8 => "Diagnostics",
        9 => "Program 484",
        10 => "Poll 484",
        11 => "Get Comm Event Counter",
        12 => "Get Comm Event Log",
        13 => "Program 584/984",
        14 => "Poll 584/984",
        15 => "Write Multiple Coils",
        16 => "Write Multiple Registers",
        17 => "Report Server ID",
        18 => "Program 884/M84",
        19 => "Reset Comm Link 884/M84",
        20 => "Read File Record",
        21 => "Write File Record",
        22 => "Mask Write Register",
        23 => "Read/Write Multiple Registers",
        24 => "Read FIFO Queue",
        40 => "Program Concept",
        41 => "Multiple Function Codes",
        43 => "Encapsulated Interface Transport",
        90 => "UMAS",
        91 => "Object Messaging",
        125 => "Firmware Replacement",
        126 => "Program 584/984 (2)",
        127 => "Report Local Address",
        _ => "Unknown",
    }
}

/// The name of an exception code (AP 7).
pub(crate) const fn exception(code: u8) -> &'static str {
    match code {
        1 => "Illegal Function",
        2 => "Illegal Data Address",
        3 => "Illegal Data Value",
        4 => "Server Device Failure",
        5 => "Acknowledge",
        6 => "Server Device Busy",
        7 => "Negative Acknowledge",
        8 => "Memory Parity Error",
        9 => "Reserved",
        10 => "Gateway Path Unavailable",
        11 => "Gateway Target Device Failed To Respond",
        _ => "Unknown Exception",
    }
}

/// The name of a sub-function of Diagnostics (AP 6.8.1).
pub(crate) const fn diagnostic(code: u16) -> &'static str {
    match code {
        0 => "Return Query Data",
        1 => "Restart Communications Option",
        2 => "Return Diagnostic Register",
        3 => "Change ASCII Input Delimiter",
        4 => "Force Listen Only Mode",
        10 => "Clear Counters and Diagnostic Register",
        11 => "Return Bus Message Count",
        12 => "Return Bus Communication Error Count",
        13 => "Return Bus Exception Error Count",
        14 => "Return Server Message Count",
        15 => "Return Server No Response Count",
        16 => "Return Server NAK Count",
        17 => "Return Server Busy Count",
        18 => "Return Bus Character Overrun Count",
        20 => "Clear Overrun Counter and Flag",
        _ => "Reserved",
    }
}

/// The name of an encapsulated interface (AP 6.19).
pub(crate) const fn encapsulated(kind: u8) -> &'static str {
    match kind {
        13 => "CANopen General Reference",
        14 => "Read Device Identification",
        _ => "Unknown",
    }
}

/// The code of Read Device Identification (AP 6.21).
pub(crate) const fn read_code(code: u8) -> &'static str {
    match code {
        1 => "Basic",
        2 => "Regular",
        3 => "Extended",
        4 => "Specific",
        _ => "Reserved",
    }
}

/// The conformity level of an identification (AP 6.21).
pub(crate) const fn conformity(level: u8) -> &'static str {
    match level {
        0x01 => "Basic (stream)",
        0x02 => "Regular (stream)",
        0x03 => "Extended (stream)",
        0x81 => "Basic (stream and individual)",
        0x82 => "Regular (stream and individual)",
        0x83 => "Extended (stream and individual)",
        _ => "Reserved",
    }
}

/// The name of an object of the identification (AP 6.21).
pub(crate) const fn object(object: u8) -> &'static str {
    match object {
        0 => "VendorName",
        1 => "ProductCode",
        2 => "MajorMinorRevision",
        3 => "VendorUrl",
        4 => "ProductName",
        5 => "ModelName",
        6 => "UserApplicationName",
        7..=0x7f => "Reserved",
        0x80..=0xff => "Private",
    }
}

/// The key under which an object of the identification is told about the device.
pub(crate) const fn identity(object: u8) -> Option<&'static str> {
    Some(match object {
        0 => "vendor",
        1 => "product_code",
        2 => "firmware",
        3 => "vendor_url",
        4 => "product",
        5 => "model",
        6 => "application",
        _ => return None,
    })
}
