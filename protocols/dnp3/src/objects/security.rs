//! Secure authentication, group 120 (IEEE 1815-2012 A.45).

use super::structured::{Members, Reader};
use crate::names::security as names;

/// Tells the members of one object.
pub(super) fn members(reader: &mut Reader<'_, '_>, variation: u8) -> Members {
    match variation {
        1 => {
            reader.u32("challenge_sequence")?;
            reader.u16("user")?;
            reader.code("mac_algorithm", names::mac_algorithm)?;
            reader.code("reason", names::challenge_reason)?;
            reader.rest_as_hex("challenge")
        }
        2 => {
            reader.u32("challenge_sequence")?;
            reader.u16("user")?;
            reader.rest_as_hex("mac")
        }
        3 => {
            reader.u32("challenge_sequence")?;
            reader.u16("user").map(|_| ())
        }
        4 => reader.u16("user").map(|_| ()),
        5 => {
            reader.u32("key_change_sequence")?;
            reader.u16("user")?;
            reader.code("key_wrap_algorithm", names::key_wrap_algorithm)?;
            reader.code("key_status", names::key_status)?;
            reader.code("mac_algorithm", names::mac_algorithm)?;
            let length = reader.u16("challenge_length")?;
            reader.hex("challenge", usize::from(length))?;
            reader.rest_as_hex("mac")
        }
        6 => {
            reader.u32("key_change_sequence")?;
            reader.u16("user")?;
            reader.secret("wrapped_key", Some("wrapped_key_length"), reader.cursor.left())
        }
        7 => {
            reader.u32("sequence")?;
            reader.u16("user")?;
            reader.u16("association")?;
            reader.code("error", names::authentication_error)?;
            reader.time("time")?;
            reader.rest_as_text("text")
        }
        8 => {
            reader.code("key_change_method", names::key_change_method)?;
            reader.code("certificate_type", names::certificate_type)?;
            reader.rest_as_hex("certificate")
        }
        9 | 15 => reader.rest_as_hex("mac"),
        10 => {
            reader.code("key_change_method", names::key_change_method)?;
            reader.code("operation", names::user_operation)?;
            reader.u32("status_change_sequence")?;
            reader.wide_code("user_role", names::user_role)?;
            reader.u16("user_role_expiry_interval")?;
            let name = reader.u16("user_name_length")?;
            let key = reader.u16("user_public_key_length")?;
            let certification = reader.u16("certification_length")?;
            reader.text("user_name", usize::from(name))?;
            reader.hex("user_public_key", usize::from(key))?;
            reader.hex("certification", usize::from(certification))
        }
        11 => {
            reader.code("key_change_method", names::key_change_method)?;
            let name = reader.u16("user_name_length")?;
            let challenge = reader.u16("challenge_length")?;
            reader.text("user_name", usize::from(name))?;
            reader.hex("challenge", usize::from(challenge))
        }
        12 => {
            reader.u32("key_change_sequence")?;
            reader.u16("user")?;
            let length = reader.u16("challenge_length")?;
            reader.hex("challenge", usize::from(length))
        }
        13 => {
            reader.u32("key_change_sequence")?;
            reader.u16("user")?;
            let length = reader.u16("update_key_length")?;
            reader.secret("update_key", None, usize::from(length))
        }
        14 => reader.rest_as_hex("signature"),
        _ => reader.rest_as_hex("data"),
    }
}
