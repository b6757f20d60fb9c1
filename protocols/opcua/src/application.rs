//! A service message: type id, header, parameters (OPC 10000-6 5.2.9, 6.7.1).

use tapglass_model::NodeIdentifier;
use tapglass_proto::{Cursor, Direction};

use crate::fault::Fault;
use crate::grammar::Structure;
use crate::services::common::{RequestHeader, ResponseHeader};
use crate::services::{self, Role, Service, Side};
use crate::types::NodeId;

/// Levels of diagnostics in a header that is only looked at.
const HEADER_DEPTH: u8 = 8;
/// From 1990 to 2200, in intervals since 1601: clocks of plants are wrong, but not that wrong.
const PLAUSIBLE_TIMES: core::ops::Range<i64> = 122_756_256_000_000_000..189_025_920_000_000_000;

/// The header that every service message carries.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Header<'a> {
    /// Of a request.
    Request(RequestHeader<'a>),
    /// Of a response.
    Response(ResponseHeader<'a>),
    /// Not readable.
    None,
}

/// A service message, checked once from end to end and read in place afterwards.
#[derive(Clone, Copy)]
pub(crate) struct Application<'a> {
    /// The whole message body, from the type id.
    pub(crate) body: &'a [u8],
    /// Id of the encoding, where it is readable.
    pub(crate) type_id: Option<NodeId<'a>>,
    /// The service, where it is known.
    pub(crate) service: Option<&'static Service>,
    /// What the message is to its service.
    pub(crate) role: Role,
    /// The header.
    pub(crate) header: Header<'a>,
    /// Where the header begins.
    pub(crate) header_at: usize,
    /// Where the parameters begin.
    pub(crate) parameters_at: usize,
    /// Where the message ends; bytes after it are a signature or strange.
    pub(crate) end: usize,
    /// Layout of the parameters, where it is known.
    pub(crate) layout: Option<Structure<'static>>,
    /// Why the message cannot be read to its end.
    pub(crate) fault: Option<Fault>,
}

impl<'a> Application<'a> {
    /// Reads a message that `from` sent.
    pub(crate) fn read(body: &'a [u8], from: Direction, depth: u8) -> Self {
        let mut read = Self {
            body,
            type_id: None,
            service: None,
            role: match from {
                Direction::FromClient => Role::Request,
                Direction::FromServer => Role::Response,
            },
            header: Header::None,
            header_at: 0,
            parameters_at: 0,
            end: body.len(),
            layout: None,
            fault: None,
        };
        let mut cursor = Cursor::new(body);
        match NodeId::read(&mut cursor) {
            Ok(type_id) => read.type_id = Some(type_id),
            Err(fault) => {
                read.fault = Some(fault);
                return read;
            }
        }
        read.header_at = cursor.position();
        read.parameters_at = cursor.position();
        if let Some((service, role)) = read.type_id.and_then(|id| services::find(id.standard_id()?)) {
            read.service = Some(service);
            read.role = role;
            read.layout = read.side().and_then(Side::parameters);
        }
        match read.read_rest(&mut cursor, depth) {
            Ok(()) => {}
            // Nobody says that a message of an unknown type has the usual header.
            Err(_) if read.service.is_none() => {}
            Err(fault) => read.fault = Some(fault),
        }
        read
    }

    fn read_rest(&mut self, cursor: &mut Cursor<'a>, depth: u8) -> Result<(), Fault> {
        self.header = match self.role {
            Role::Request => Header::Request(RequestHeader::read(cursor)?),
            Role::Response | Role::Fault => Header::Response(ResponseHeader::read(cursor, depth)?),
        };
        self.parameters_at = cursor.position();
        if let Some(structure) = self.layout {
            structure.skip(cursor, depth)?;
            self.end = cursor.position();
        }
        Ok(())
    }

    /// The service's layout for this direction.
    pub(crate) fn side(&self) -> Option<&'static Side> {
        let service = self.service?;
        Some(match self.role {
            Role::Request => &service.request,
            Role::Response | Role::Fault => &service.response,
        })
    }

    /// Who must have sent it, where the type id says so.
    pub(crate) fn sender(&self) -> Option<Direction> {
        self.service.map(|_| match self.role {
            Role::Request => Direction::FromClient,
            Role::Response | Role::Fault => Direction::FromServer,
        })
    }

    /// The numeric type id; 0 where it is not numeric.
    pub(crate) fn code(&self) -> u32 {
        match self.type_id {
            Some(NodeId {
                identifier: NodeIdentifier::Numeric(id),
                ..
            }) => id,
            _ => 0,
        }
    }

    /// The numeric type id of a known service; 0 for all others, so that an id of another namespace is never taken for one.
    pub(crate) fn known_code(&self) -> u32 {
        self.side().map_or(0, |side| side.code)
    }

    /// The name of the type.
    pub(crate) fn name(&self) -> &'static str {
        self.side().map_or("unknown type id", |side| side.name)
    }

    /// The parameters, without what follows them.
    pub(crate) fn parameters(&self) -> &'a [u8] {
        self.body.get(self.parameters_at..self.end).unwrap_or_default()
    }

    /// True when this version knows the layout of the parameters.
    pub(crate) fn is_decoded(&self) -> bool {
        self.layout.is_some()
    }

    /// The service result of a response.
    pub(crate) fn result(&self) -> Option<u32> {
        match self.header {
            Header::Response(header) => Some(header.result),
            _ => None,
        }
    }
}

/// True when the bytes of a first chunk can be read: a known service and a header that makes sense. Encrypted bytes look
/// so less than once in a billion messages, and the answer is kept for the whole channel.
pub(crate) fn is_readable(body: &[u8]) -> bool {
    if !begins_like_a_message(body) {
        return false;
    }
    let message = Application::read(body, Direction::FromClient, HEADER_DEPTH);
    let time = match message.header {
        Header::Request(header) => header.timestamp,
        Header::Response(header) => header.timestamp,
        // Cut off inside the header: that is all there is to go by.
        Header::None => return matches!(message.fault, Some(Fault::Short(_))),
    };
    time.is_null() || PLAUSIBLE_TIMES.contains(&time.0)
}

/// True when the bytes begin with the type id of a known service. In encrypted bytes that happens once in a hundred
/// million.
pub(crate) fn begins_like_a_message(body: &[u8]) -> bool {
    let type_id = NodeId::read(&mut Cursor::new(body));
    type_id.is_ok_and(|id| id.standard_id().is_some_and(|id| services::find(id).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encrypted_bytes_do_not_begin_like_a_message() {
        // 01 00 77 02: four-byte NodeId, namespace 0, 0x0277 = 631, ReadRequest
        assert!(begins_like_a_message(&[0x01, 0x00, 0x77, 0x02]));
        // namespace 1
        assert!(!begins_like_a_message(&[0x01, 0x01, 0x77, 0x02]));
        assert!(!begins_like_a_message(&[0x9b, 0x3d, 0x00, 0xff]));
    }
}
