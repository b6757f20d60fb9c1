//! Files, group 70 (IEEE 1815-2012 A.27).

use super::directory;
use super::structured::{Members, Part, Reader, Visit, slice_at};
use crate::memory::Known;
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
    /// The block that is carried or asked for.
    pub(crate) block: Option<u64>,
    /// How the file is opened, or what becomes of a user.
    pub(crate) operation: Option<&'static str>,
    /// What became of the command.
    pub(crate) status: Option<(u32, &'static str)>,
}

impl<'a> Visit<'a> for File<'a> {
    fn member(&mut self, name: &'static str, _: usize, _: usize, part: Part<'a>) {
        match (name, part) {
            ("file_name" | "file", Part::Text(text)) => self.name = Some(text),
            ("user" | "user_name", Part::Text(text)) => self.user = Some(text),
            ("mode" | "operation", Part::Code(_, name)) => self.operation = Some(name),
            ("user", Part::Number(user)) => self.user_number = Some(user),
            ("handle", Part::Number(handle)) => self.handle = Some(handle),
            ("block", Part::Number(block)) => self.block = Some(block),
            ("status", Part::Code(code, name)) => self.status = Some((code, name)),
            _ => {}
        }
    }

    fn list(&mut self, _: &'static str) {}
    fn item(&mut self, _: &'static str, _: usize, _: usize) {}
    fn end_item(&mut self) {}
    fn end_list(&mut self) {}
}

/// Tells the members of one object.
pub(super) fn members<'a>(
    reader: &mut Reader<'a, '_>,
    variation: u8,
    data: &'a [u8],
    known: &Known<'a>,
) -> Members {
    match variation {
        1 => {
            let size = reader.u16("file_name_size")?;
            reader.code("file_type", |code| names::file_type(u16::from(code)))?;
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
            let password = (reader.u16("password_offset")?, reader.u16("password_size")?);
            reader.file_key()?;
            let start = usize::from(password.0);
            // A name that lies about its place must not show the password.
            if user.0.saturating_add(user.1) > password.0 && password.0.saturating_add(password.1) > user.0 {
                let length = slice_at(data, "user", user)?.len();
                reader
                    .visit
                    .member("user", usize::from(user.0), length, Part::Secret);
            } else {
                reader.text_at(data, "user", user)?;
            }
            let length = slice_at(data, "password", password)?.len();
            reader.visit.member("password", start, length, Part::Secret);
            reader
                .visit
                .member("password_length", start, length, Part::Number(length as u64));
            // Between and behind the two could be parts of the password that wrong sizes leave out.
            reader.around(data, [user, password], true);
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
            reader.text_at(data, "file_name", name)?;
            reader.around(data, [name, (0, 0)], false);
            Ok(())
        }
        4 => {
            reader.handle(known)?;
            reader.u32("file_size")?;
            reader.u16("maximum_block_size")?;
            reader.u16("request")?;
            reader.code("status", names::file_status)?;
            reader.rest_as_text("text")
        }
        5 => {
            let block = (reader.handle(known)?, reader.block()?);
            let start = reader.cursor.position();
            reader.rest_as_hex("data")?;
            let carried = data.get(start..).unwrap_or_default();
            directory::entries(reader, known, block, start, carried)
        }
        6 => {
            reader.handle(known)?;
            reader.block()?;
            reader.code("status", names::file_status)?;
            reader.rest_as_text("text")
        }
        7 => descriptor(reader, data),
        _ => reader.rest_as_text("file_name"),
    }
}

/// Variation 7, which is also what the entries of a directory are.
pub(super) fn descriptor<'a>(reader: &mut Reader<'a, '_>, data: &'a [u8]) -> Members {
    let name = (reader.u16("file_name_offset")?, reader.u16("file_name_size")?);
    reader.wide_code("file_type", names::file_type)?;
    reader.u32("file_size")?;
    reader.time("time")?;
    reader.u16("permissions")?;
    reader.u16("request")?;
    reader.text_at(data, "file_name", name)?;
    reader.around(data, [name, (0, 0)], false);
    Ok(())
}
