//! Names of secure authentication, group 120 (IEEE 1815-2012 A.45).

use super::UNKNOWN;

/// Algorithm of a message authentication code, with the octets that are sent of it.
pub(crate) const fn mac_algorithm(code: u8) -> &'static str {
    match code {
        0 => "NONE",
        1 => "HMAC_SHA_1_4_OCTETS",
        2 => "HMAC_SHA_1_10_OCTETS",
        3 => "HMAC_SHA_256_8_OCTETS",
        4 => "HMAC_SHA_256_16_OCTETS",
        5 => "HMAC_SHA_1_8_OCTETS",
        6 => "AES_GMAC_12_OCTETS",
        _ => UNKNOWN,
    }
}

/// Algorithm that wraps the session keys.
pub(crate) const fn key_wrap_algorithm(code: u8) -> &'static str {
    match code {
        0 => "NONE",
        1 => "AES_128",
        2 => "AES_256",
        _ => UNKNOWN,
    }
}

/// Why a challenge is sent.
pub(crate) const fn challenge_reason(code: u8) -> &'static str {
    match code {
        1 => "CRITICAL",
        _ => UNKNOWN,
    }
}

/// How an update key is changed; 1, 2 and 64 to 66 are obsolete.
pub(crate) const fn key_change_method(code: u8) -> &'static str {
    match code {
        0 => "NONE",
        1 | 2 | 64..=66 => "OBSOLETE",
        3 => "AES_128_SHA_1_HMAC",
        4 => "AES_256_SHA_256_HMAC",
        5 => "AES_256_AES_GMAC",
        67 => "RSA_1024_DSA_SHA_1_SHA_1_HMAC",
        68 => "RSA_2048_DSA_SHA_256_SHA_256_HMAC",
        69 => "RSA_3072_DSA_SHA_256_SHA_256_HMAC",
        70 => "RSA_2048_DSA_SHA_256_AES_GMAC",
        71 => "RSA_3072_DSA_SHA_256_AES_GMAC",
        _ => UNKNOWN,
    }
}

/// Kind of an X.509 certificate (variation 8).
pub(crate) const fn certificate_type(code: u8) -> &'static str {
    match code {
        1 => "ID_CERTIFICATE",
        2 => "ATTRIBUTE_CERTIFICATE",
        _ => UNKNOWN,
    }
}

/// What becomes of a user (variation 10).
pub(crate) const fn user_operation(code: u8) -> &'static str {
    match code {
        1 => "ADD",
        2 => "DELETE",
        3 => "CHANGE",
        _ => UNKNOWN,
    }
}

/// Roles of users, as IEC 62351-8 numbers them.
pub(crate) const fn user_role(code: u16) -> &'static str {
    match code {
        0 => "VIEWER",
        1 => "OPERATOR",
        2 => "ENGINEER",
        3 => "INSTALLER",
        4 => "SECADM",
        5 => "SECAUD",
        6 => "RBACMNT",
        32_768 => "SINGLE_USER",
        _ => UNKNOWN,
    }
}

/// Status of the session key (group 120 variation 5).
pub(crate) const fn key_status(code: u8) -> &'static str {
    match code {
        0 => "NONE",
        1 => "OK",
        2 => "NOT_INIT",
        3 => "COMM_FAIL",
        4 => "AUTH_FAIL",
        _ => UNKNOWN,
    }
}

/// Why an authentication failed (group 120 variation 7).
pub(crate) const fn authentication_error(code: u8) -> &'static str {
    match code {
        1 => "AUTHENTICATION_FAILED",
        2 => "UNEXPECTED_RESPONSE",
        3 => "NO_RESPONSE",
        4 => "AGGRESSIVE_MODE_NOT_PERMITTED",
        5 => "MAC_ALGORITHM_NOT_PERMITTED",
        6 => "KEY_WRAP_ALGORITHM_NOT_PERMITTED",
        7 => "AUTHORIZATION_FAILED",
        8 => "UPDATE_KEY_CHANGE_METHOD_NOT_PERMITTED",
        9 => "INVALID_SIGNATURE",
        10 => "INVALID_CERTIFICATION_DATA",
        11 => "UNKNOWN_USER",
        12 => "MAX_SESSION_KEY_STATUS_REQUESTS_EXCEEDED",
        _ => UNKNOWN,
    }
}
