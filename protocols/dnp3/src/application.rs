//! The header of an application fragment: control, function and internal indications (IEEE 1815-2012 4.2.2).

use tapglass_proto::{Direction, Function, MessageKind};

use crate::names;

/// Function codes that decide something here.
pub(crate) mod function {
    pub(crate) const CONFIRM: u8 = 0;
    pub(crate) const READ: u8 = 1;
    pub(crate) const WRITE: u8 = 2;
    pub(crate) const SELECT: u8 = 3;
    pub(crate) const OPERATE: u8 = 4;
    pub(crate) const DIRECT_OPERATE: u8 = 5;
    pub(crate) const DIRECT_OPERATE_NR: u8 = 6;
    pub(crate) const IMMED_FREEZE: u8 = 7;
    pub(crate) const IMMED_FREEZE_NR: u8 = 8;
    pub(crate) const FREEZE_CLEAR: u8 = 9;
    pub(crate) const FREEZE_CLEAR_NR: u8 = 10;
    pub(crate) const FREEZE_AT_TIME: u8 = 11;
    pub(crate) const FREEZE_AT_TIME_NR: u8 = 12;
    pub(crate) const COLD_RESTART: u8 = 13;
    pub(crate) const WARM_RESTART: u8 = 14;
    pub(crate) const INITIALIZE_DATA: u8 = 15;
    pub(crate) const INITIALIZE_APPL: u8 = 16;
    pub(crate) const START_APPL: u8 = 17;
    pub(crate) const STOP_APPL: u8 = 18;
    pub(crate) const SAVE_CONFIG: u8 = 19;
    pub(crate) const ENABLE_UNSOLICITED: u8 = 20;
    pub(crate) const DISABLE_UNSOLICITED: u8 = 21;
    pub(crate) const ASSIGN_CLASS: u8 = 22;
    pub(crate) const DELAY_MEASURE: u8 = 23;
    pub(crate) const RECORD_CURRENT_TIME: u8 = 24;
    pub(crate) const OPEN_FILE: u8 = 25;
    pub(crate) const CLOSE_FILE: u8 = 26;
    pub(crate) const ABORT_FILE: u8 = 30;
    pub(crate) const AUTHENTICATE_FILE: u8 = 29;
    pub(crate) const ACTIVATE_CONFIG: u8 = 31;
    pub(crate) const AUTHENTICATE_REQ: u8 = 32;
    pub(crate) const AUTH_REQ_NO_ACK: u8 = 33;
    /// The first of the responses; everything below comes from a master.
    pub(crate) const RESPONSE: u8 = 129;
    pub(crate) const UNSOLICITED_RESPONSE: u8 = 130;
    pub(crate) const AUTHENTICATE_RESP: u8 = 131;
}

/// The application control octet (4.2.2.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Control(pub(crate) u8);

impl Control {
    /// FIR: the first fragment of a message.
    pub(crate) const fn is_first(self) -> bool {
        self.0 & 0x80 != 0
    }

    /// FIN: the last fragment of a message.
    pub(crate) const fn is_final(self) -> bool {
        self.0 & 0x40 != 0
    }

    /// CON: the receiver is to confirm.
    pub(crate) const fn wants_confirm(self) -> bool {
        self.0 & 0x20 != 0
    }

    /// UNS: the sequence number is one of unsolicited responses.
    pub(crate) const fn is_unsolicited(self) -> bool {
        self.0 & 0x10 != 0
    }

    /// SEQ, 0 to 15.
    pub(crate) const fn sequence(self) -> u8 {
        self.0 & 0x0f
    }
}

/// Internal indications; the first octet is the high one (4.2.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Indications(pub(crate) u16);

impl Indications {
    const DEVICE_RESTART: u16 = 0x8000;
    /// NO_FUNC_CODE_SUPPORT, OBJECT_UNKNOWN, PARAMETER_ERROR and ALREADY_EXECUTING say that the request was not
    /// carried out; the other bits speak of the device.
    const REFUSALS: u16 = 0x0017;

    /// IIN1.7.
    pub(crate) const fn restarted(self) -> bool {
        self.0 & Self::DEVICE_RESTART != 0
    }

    /// The first bit that says that the request was refused, with its name.
    pub(crate) fn refusal(self) -> Option<(u16, &'static str)> {
        names::INDICATIONS
            .into_iter()
            .find(|(bit, _)| self.0 & bit & Self::REFUSALS != 0)
    }

    /// The names of the bits that are set, IIN1.0 first.
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        names::INDICATIONS
            .into_iter()
            .filter(move |(bit, _)| self.0 & bit != 0)
            .map(|(_, name)| name)
    }
}

/// One application fragment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fragment<'a> {
    pub(crate) control: Control,
    pub(crate) function: u8,
    /// Of responses only; `None` in one that is too short.
    pub(crate) indications: Option<Indications>,
    /// What stands behind the header.
    pub(crate) objects: &'a [u8],
    /// Where `objects` start in the fragment.
    pub(crate) objects_at: usize,
}

impl<'a> Fragment<'a> {
    /// Splits a fragment; `None` when not even control and function are there.
    pub(crate) fn read(bytes: &'a [u8]) -> Option<Self> {
        let (&[control, function], rest) = bytes.split_first_chunk::<2>()?;
        let (indications, objects) = match rest.split_first_chunk::<2>() {
            Some((&[first, second], objects)) if is_response(function) => {
                (Some(Indications(u16::from_be_bytes([first, second]))), objects)
            }
            _ => (None, rest),
        };
        Some(Self {
            control: Control(control),
            function,
            indications,
            objects,
            objects_at: bytes.len() - objects.len(),
        })
    }

    /// The word of records.
    pub(crate) const fn kind(&self) -> MessageKind {
        match self.function {
            function::CONFIRM => "confirm",
            function::UNSOLICITED_RESPONSE => "unsolicited",
            function::RESPONSE.. => "response",
            _ => "request",
        }
    }

    /// The function with its name.
    pub(crate) fn named_function(&self) -> Function<'static> {
        Function {
            code: u32::from(self.function),
            name: names::function(self.function),
        }
    }

    /// Who sends such a function; both may send a confirmation.
    pub(crate) const fn sender(&self) -> Option<Direction> {
        sender_of(self.function)
    }
}

/// Who sends a function; both may send a confirmation.
pub(crate) const fn sender_of(code: u8) -> Option<Direction> {
    match code {
        function::CONFIRM => None,
        function::RESPONSE.. => Some(Direction::FromServer),
        _ => Some(Direction::FromClient),
    }
}

/// True for the functions that carry internal indications.
pub(crate) const fn is_response(code: u8) -> bool {
    code >= function::RESPONSE
}

/// True for requests to which no response is sent, whoever they are for (4.2.2.5).
pub(crate) const fn wants_no_response(code: u8) -> bool {
    matches!(
        code,
        function::CONFIRM
            | function::DIRECT_OPERATE_NR
            | function::IMMED_FREEZE_NR
            | function::FREEZE_CLEAR_NR
            | function::FREEZE_AT_TIME_NR
            | function::AUTH_REQ_NO_ACK
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn reads_a_response_aloud() {
        // e3 FIR FIN CON sequence 3, 81 RESPONSE, 90 02 DEVICE_RESTART NEED_TIME OBJECT_UNKNOWN, then one octet of objects.
        let fragment = Fragment::read(&[0xe3, 0x81, 0x90, 0x02, 0x1e]).unwrap();
        assert!(fragment.control.is_first() && fragment.control.is_final());
        assert!(fragment.control.wants_confirm() && !fragment.control.is_unsolicited());
        assert_eq!(fragment.control.sequence(), 3);
        assert_eq!(fragment.kind(), "response");
        assert_eq!(fragment.sender(), Some(Direction::FromServer));
        assert_eq!((fragment.objects, fragment.objects_at), (&[0x1e][..], 4));
        let indications = fragment.indications.unwrap();
        assert_eq!(
            indications.names().collect::<Vec<_>>(),
            ["NEED_TIME", "DEVICE_RESTART", "OBJECT_UNKNOWN"]
        );
        assert_eq!(indications.refusal(), Some((2, "OBJECT_UNKNOWN")));
        assert!(indications.restarted());
    }

    #[test]
    fn keeps_what_it_can_of_short_fragments() {
        assert!(Fragment::read(&[0xc0]).is_none());
        let fragment = Fragment::read(&[0xc0, 0x81, 0x00]).unwrap();
        assert!(fragment.indications.is_none());
        assert_eq!(fragment.objects, &[0]);
        let fragment = Fragment::read(&[0xc0, 0x01]).unwrap();
        assert_eq!((fragment.kind(), fragment.objects), ("request", &[][..]));
    }

    #[test]
    fn indications_of_the_device_are_no_refusal() {
        // EVENT_BUFFER_OVERFLOW and CONFIG_CORRUPT.
        assert_eq!(Indications(0x0028).refusal(), None);
    }
}
