//! Files, group 70 (IEEE 1815-2012 A.27).

use super::structured::{Members, Part, Reader, Visit, slice_at};
use crate::names;

/// The members of a file object that rules and people ask for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct File<'a> {
    /// Its name, where the object has one.
    pub(crate) name: Option<&'a [u8]>,
    /// The user who authenticates.
    pub(crate) user: Option<&'a [u8]>,
    /// The same by number, in secure authentication.
    pub(crate) user_number: Option<u64>,
    /// Its handle.
    pub(crate) handle: Option<u64>,
    /// What became of the command.
    pub(crate) status: Option<(u32, &'static str)>,
}

impl<'a> Visit<'a> for File<'a> {
    fn member(&mut self, name: &'static str, _: usize, _: usize, part: Part<'a>) {
        match (name, part) {
            ("file_name", Part::Text(text)) => self.name = Some(text),
            ("user", Part::Text(text)) => self.user = Some(text),
            ("user", Part::Number(user)) => self.user_number = Some(user),
            ("handle", Part::Number(handle)) => self.handle = Some(handle),
            ("status", Part::Code(code, name)) => self.status = Some((code, name)),
            _ => {}
        }
    }

    fn list(&mut self, _: &'static str) {}
    fn item(&mut self) {}
    fn end_item(&mut self) {}
    fn end_list(&mut self) {}
}

/// Tells the members of one object.
pub(super) fn members<'a>(reader: &mut Reader<'a, '_>, variation: u8, data: &'a [u8]) -> Members {
    match variation {
        1 => {
            let size = reader.u16("file_name_size")?;
            reader.u8("file_type")?;
            reader.u8("attribute")?;
            reader.u16("start_record")?;
            reader.u16("end_record")?;
            reader.u32("file_size")?;
            reader.time("time")?;
            reader.u16("permissions")?;
            reader.u32("file_id")?;
            reader.u32("owner")?;
            reader.u32("group_owner")?;
            reader.u8("file_function")?;
            reader.code("status", names::file_status)?;
            reader.text("file_name", usize::from(size))?;
            let size = reader.u16("data_size")?;
            reader.hex("data", usize::from(size))
        }
        2 => {
            let user = (reader.u16("user_offset")?, reader.u16("user_size")?);
            let password = (
                reader.cursor.u16_le("password_offset")?,
                reader.cursor.u16_le("password_size")?,
            );
            reader.file_key()?;
            reader.text_at(data, "user", user.0, user.1)?;
            let length = slice_at(data, "password", password.0, password.1)?.len();
            let start = usize::from(password.0);
            reader.visit.member("password", start, length, Part::Secret);
            reader
                .visit
                .member("password_length", start, length, Part::Number(length as u64));
            Ok(())
        }
        3 => {
            let name = (reader.u16("file_name_offset")?, reader.u16("file_name_size")?);
            reader.time("time")?;
            reader.u16("permissions")?;
            reader.file_key()?;
            reader.u32("file_size")?;
            reader.wide_code("mode", names::file_mode)?;
            reader.u16("maximum_block_size")?;
            reader.u16("request")?;
            reader.text_at(data, "file_name", name.0, name.1)
        }
        4 => {
            reader.u32("handle")?;
            reader.u32("file_size")?;
            reader.u16("maximum_block_size")?;
            reader.u16("request")?;
            reader.code("status", names::file_status)?;
            reader.rest_as_text("text")
        }
        5 => {
            reader.u32("handle")?;
            reader.block()?;
            reader.rest_as_hex("data")
        }
        6 => {
            reader.u32("handle")?;
            reader.block()?;
            reader.code("status", names::file_status)?;
            reader.rest_as_text("text")
        }
        7 => {
            let name = (reader.u16("file_name_offset")?, reader.u16("file_name_size")?);
            reader.wide_code("file_type", names::file_type)?;
            reader.u32("file_size")?;
            reader.time("time")?;
            reader.u16("permissions")?;
            reader.u16("request")?;
            reader.text_at(data, "file_name", name.0, name.1)
        }
        _ => reader.rest_as_text("file_name"),
    }
}
