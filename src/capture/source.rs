//! What every source of frames promises: the next frame, why there is none, and what was lost.

use std::fmt;

use tapglass_model::CaptureTime;

use super::Frame;

/// Hands over frames one after the other.
pub trait Source {
    /// The next frame, or why there is none now. After [`Next::End`] every further call gives the same end.
    fn next(&mut self) -> Next<'_>;

    /// When the frame that `next` is about to give was captured; `None` when it would not give one now.
    ///
    /// Costs no more than reading the frame once: several captures are merged in time order with it.
    fn peek_time(&mut self) -> Option<CaptureTime>;

    /// What was delivered and what was lost so far.
    fn counters(&mut self) -> Counters;
}

impl<S: Source + ?Sized> Source for &mut S {
    fn next(&mut self) -> Next<'_> {
        (**self).next()
    }

    fn peek_time(&mut self) -> Option<CaptureTime> {
        (**self).peek_time()
    }

    fn counters(&mut self) -> Counters {
        (**self).counters()
    }
}

impl<S: Source + ?Sized> Source for Box<S> {
    fn next(&mut self) -> Next<'_> {
        (**self).next()
    }

    fn peek_time(&mut self) -> Option<CaptureTime> {
        (**self).peek_time()
    }

    fn counters(&mut self) -> Counters {
        (**self).counters()
    }
}

/// What a source has to give.
#[derive(Debug)]
pub enum Next<'a> {
    /// A frame.
    Frame(Frame<'a>),
    /// Nothing arrived within the poll time. Only live interfaces and pipes say so: time to run timers.
    Idle,
    /// There will be no more frames.
    End(End),
}

/// Why there are no more frames.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The capture was read to its end, and all of it was sound.
    Complete,
    /// The capture was asked to stop.
    Stopped,
    /// Something could not be read; what could be was delivered. This is the first damage,
    /// [`FileSource::damages`](super::FileSource::damages) lists them all.
    Damaged(Damage),
    /// The live interface can give no more frames: what happened, and the mend.
    Lost(String),
}

/// A place where a capture could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// Offset of the first byte that could not be used, counted in the uncompressed capture.
    pub at: u64,
    /// Number of the last frame before it, 0 when there was none.
    pub after_frame: u64,
    /// What is wrong there.
    pub fault: Fault,
    /// Bytes that were passed over before reading went on; `None` when nothing after it could be read.
    pub passed_over: Option<u64>,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "damaged at byte {}, after frame {}: {}; ",
            self.at, self.after_frame, self.fault
        )?;
        match self.passed_over {
            Some(bytes) => write!(f, "{bytes} bytes were passed over and reading went on; ")?,
            None => f.write_str("nothing after that was read; ")?,
        }
        f.write_str(self.fault.mend())
    }
}

/// What is wrong at a place of a capture.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// The capture ends inside a record.
    #[error("the capture ends inside a record: {need} bytes were to come, {have} are there")]
    CutOff {
        /// Bytes that are there.
        have: u64,
        /// Bytes that the record needs.
        need: u64,
    },
    /// A frame is longer than any frame of this capture can be.
    #[error("a frame claims {captured} captured bytes, at most {limit} are possible here")]
    FrameLength {
        /// Bytes that it claims.
        captured: u32,
        /// Bytes that are possible.
        limit: u32,
    },
    /// A pcapng block has a length that no block can have.
    #[error(
        "a block claims {length} bytes, but a block has at least 12, at most 16777216 and a multiple of 4"
    )]
    BlockLength {
        /// Bytes that it claims.
        length: u32,
    },
    /// A pcapng block repeats its length at its end, and the two differ.
    #[error("a block claims {length} bytes at its start and {trailer} at its end")]
    BlockTrailer {
        /// Length at the start.
        length: u32,
        /// Length at the end.
        trailer: u32,
    },
    /// A pcapng block is too short for its fields.
    #[error("the fields of the {block} go beyond its end")]
    BlockFields {
        /// Name of the block.
        block: &'static str,
    },
    /// A pcapng option is longer than the rest of its block.
    #[error("an option of the {block} goes beyond its end")]
    Options {
        /// Name of the block.
        block: &'static str,
    },
    /// A frame names an interface that was not described before it.
    #[error("a frame came in on interface {interface}, but the section describes {known}")]
    NoInterface {
        /// Number that the frame names.
        interface: u32,
        /// Interfaces of the section so far.
        known: u32,
    },
    /// More interfaces than any capture has.
    #[error("the capture describes more than {limit} interfaces")]
    Interfaces {
        /// Interfaces that are kept.
        limit: u32,
    },
    /// A pcapng section has no byte-order mark.
    #[error("a section does not say its byte order")]
    ByteOrder,
    /// A pcapng section has an unknown version.
    #[error("a section has version {major}.{minor}; version 1.0 is read")]
    Version {
        /// Major version.
        major: u16,
        /// Minor version.
        minor: u16,
    },
    /// The system or the decompressor failed.
    #[error("cannot read further: {0}")]
    Read(String),
}

impl Fault {
    /// What can be done about it.
    #[must_use]
    pub fn mend(&self) -> &'static str {
        match self {
            Self::CutOff { .. } => {
                "copy the capture again, or end the program that writes it before reading it"
            }
            Self::Read(_) => "copy the capture again, or unpack it by hand and read the result",
            Self::Version { .. } => "convert it with `editcap -F pcapng IN OUT`",
            _ => "copy the capture again from where it was made and compare the checksums",
        }
    }
}

/// What a source delivered and what was lost, since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counters {
    /// Frames delivered.
    pub frames: u64,
    /// Captured bytes delivered.
    pub bytes: u64,
    /// Frames delivered of which a snap length cut something off.
    pub cut_frames: u64,
    /// Frames of a capture that says no time for them; they carry the time of the frame before.
    pub untimed_frames: u64,
    /// Frames that the kernel of the capturing host dropped: its ring was full.
    pub dropped_by_kernel: u64,
    /// Frames that the network interface of the capturing host dropped.
    pub dropped_by_interface: u64,
    /// Times the live ring was found full and stood still.
    pub freezes: u64,
    /// Places where the capture is damaged.
    pub damages: u64,
    /// Blocks of an unknown kind that were passed over.
    pub unknown_blocks: u64,
    /// Bytes read from the file or pipe, before decompression.
    pub input_read: u64,
    /// Bytes of the file, where it has a size.
    pub input_size: Option<u64>,
}
