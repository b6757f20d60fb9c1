//! What is odd about a message, by a name that stays and in words.

use alloc::vec::Vec;
use core::fmt;

use crate::pdu::Fault;

/// One thing that is odd about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Oddity {
    /// The data unit is not as the standard has it.
    Unit(Fault),
    /// The protocol identifier is not 0 (TCP 3.1.3).
    ProtocolId(u16),
    /// The length field is below 2 or above 254 (TCP 3.1.3).
    LengthRange(usize),
    /// The length field does not agree with the length that the function gives itself.
    LengthDiffers { declared: usize, own: usize },
    /// The rest did not come; the sender began another message instead.
    Incomplete { here: usize, whole: usize },
    /// An answer although nothing was asked.
    WithoutRequest,
    /// A second answer to the request of this frame.
    Duplicate(u64),
    /// An answer to the request of this frame after another one took its place.
    Late(u64),
    /// The answer to the request of this frame does not have the size or address that was asked for.
    DoesNotFit(u64),
    /// The request of this frame has another function.
    FunctionDiffers { asked: u8, frame: u64 },
    /// A client sent the exception bit (AP 4.1: 128 to 255 are for exceptions).
    ExceptionFromClient,
    /// Function code 0 (AP 4.1: not valid).
    FunctionZero,
}

impl Oddity {
    /// The anomaly's name in records.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Unit(fault) => fault.name(),
            Self::ProtocolId(_) => "protocol_id_not_zero",
            Self::LengthRange(_) => "length_out_of_range",
            Self::LengthDiffers { .. } => "length_mismatch",
            Self::Incomplete { .. } => "message_incomplete",
            Self::WithoutRequest => "response_without_request",
            Self::Duplicate(_) => "response_repeated",
            Self::Late(_) => "response_late",
            Self::DoesNotFit(_) => "response_does_not_fit",
            Self::FunctionDiffers { .. } => "response_function_differs",
            Self::ExceptionFromClient => "exception_from_client",
            Self::FunctionZero => "function_code_invalid",
        }
    }
}

impl fmt::Display for Oddity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit(fault) => write!(f, "{fault}"),
            Self::ProtocolId(id) => write!(f, "the protocol identifier is {id}, not 0"),
            Self::LengthRange(length) => write!(f, "the length field says {length}, 2 to 254 are allowed"),
            Self::LengthDiffers { declared, own } => write!(
                f,
                "the length field says {declared}, the function with its counts makes {own}"
            ),
            Self::Incomplete { here, whole } => {
                write!(f, "{here} of {whole} bytes came before the next message began")
            }
            Self::WithoutRequest => f.write_str("no request waits for this answer"),
            Self::Duplicate(frame) => write!(f, "the request of frame {frame} was answered before"),
            Self::Late(frame) => write!(
                f,
                "it answers the request of frame {frame}, after the client had gone on"
            ),
            Self::DoesNotFit(frame) => {
                write!(
                    f,
                    "it does not have the size or address that frame {frame} asks for"
                )
            }
            Self::FunctionDiffers { asked, frame } => {
                write!(f, "the request of frame {frame} has function {asked}")
            }
            Self::ExceptionFromClient => f.write_str("a request with the exception bit"),
            Self::FunctionZero => f.write_str("0 is no valid function code"),
        }
    }
}

/// The first so many things that are odd; more are of no interest. Nearly always nothing is, so that it takes no room
/// where messages are handed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Few<const MOST: usize> {
    found: Vec<Oddity>,
}

/// What is odd about the framing of a message.
pub(crate) type Flaws = Few<2>;
/// What is odd about a message.
pub(crate) type Oddities = Few<6>;

impl From<Flaws> for Oddities {
    fn from(flaws: Flaws) -> Self {
        Self { found: flaws.found }
    }
}

impl<const MOST: usize> Few<MOST> {
    #[cold]
    pub(crate) fn add(&mut self, oddity: Oddity) {
        if self.found.len() < MOST {
            self.found.push(oddity);
        }
    }

    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    #[inline]
    pub(crate) fn iter(&self) -> impl Iterator<Item = Oddity> + '_ {
        self.found.iter().copied()
    }

    /// The names.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.iter().map(Oddity::name).collect()
    }
}
