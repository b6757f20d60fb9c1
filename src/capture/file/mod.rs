//! Capture files and streams: pcap and pcapng, plain or compressed, told apart by content.
//!
//! A plain file is read through one buffer that stays in the processor's cache. Mapping it was measured and
//! is slower (300 MB, 2.76 million frames, warm page cache, bare loop over the records): mapped 6.8 ns a frame,
//! with a hint or populated 7.6 to 8.8, buffer of 512 KiB 5.8; with another program using the memory 20.7
//! against 12.5. A buffer also needs no unsafe code, and a file that another program cuts off while it is read
//! is an early end instead of a deadly signal.

mod feed;
mod gzip;
mod mark;
mod open;
mod pcap;
mod pcapng;
mod sniff;
mod window;
mod zstd;

use tapglass_model::CaptureTime;

pub use mark::{Mark, resume, resume_bundled};
pub use open::{bundled, open, read, stdin};
pub use pcapng::{Interface, Name, Secrets};

use self::feed::Progress;
use self::pcap::Pcap;
use self::pcapng::Pcapng;
use self::window::{Fill, Window};
use super::{Counters, Damage, End, Fault, Frame, LinkType, Next, Source};

/// Captured bytes of a frame beyond the snap length that are still believed.
pub const MAX_FRAME_BEYOND_SNAP: u32 = 256 * 1024;
/// A snap length above this one is not believed; the longest Ethernet frame after offloading is 512 KiB.
const MAX_SNAP: u32 = 1024 * 1024;
/// Damages that are kept one by one; all are counted.
const MAX_DAMAGES: usize = 64;

/// Most captured bytes a frame can have when the capture says the snap length `snap`, where 0 is none.
const fn frame_limit(snap: u32) -> u32 {
    MAX_FRAME_BEYOND_SNAP + if snap < MAX_SNAP { snap } else { MAX_SNAP }
}

/// A frame found in the window.
#[derive(Clone, Copy, Debug)]
struct Located {
    number: u64,
    at: CaptureTime,
    link_type: LinkType,
    interface: u32,
    wire_length: u32,
    /// Where its bytes start: after the record's first byte, later in the window.
    start: usize,
    length: usize,
}

impl Located {
    /// Takes a frame check sequence of `fcs` bytes off the end.
    #[cold]
    fn without_fcs(mut self, fcs: u32) -> Self {
        self.wire_length = self.wire_length.saturating_sub(fcs);
        self.length = self.length.min(self.wire_length as usize);
        self
    }
}

/// What a format makes of the bytes at hand.
enum Attempt {
    /// A frame, in a record of so many bytes.
    Frame(Located, usize),
    /// A record of so many bytes without a frame.
    Passed(usize),
    /// Such a record that Wireshark lists and numbers like a frame.
    Listed(usize),
    /// So many bytes must be at hand.
    Need(usize),
    /// Damage, in a record of so many bytes whose end is known for certain.
    Flawed(Box<Fault>, usize),
    /// A sound frame, in a record of so many bytes with damage beside it.
    Noted(Box<Fault>, Located, usize),
    /// Damage, and where the next record starts is not known.
    Broken(Box<Fault>),
    /// After such damage: a sound record starts behind so many bytes.
    Resumed(usize),
}

enum Format {
    Pcap(Pcap),
    Pcapng(Box<Pcapng>),
}

impl Format {
    /// The same format at the same place; who was told of secrets is not told of those to come.
    fn fork(&self) -> Self {
        match self {
            Self::Pcap(pcap) => Self::Pcap(pcap.clone()),
            Self::Pcapng(pcapng) => Self::Pcapng(Box::new(pcapng.fork())),
        }
    }
}

/// A capture that is read from a file or a stream.
pub struct FileSource {
    window: Window,
    format: Format,
    /// Number of the last frame found.
    number: u64,
    /// The frame that was looked at but not yet given.
    peeked: Option<Located>,
    end: Option<End>,
    damages: Vec<Damage>,
    /// The damage after which no sound record was found yet.
    losing: Option<usize>,
    counters: Counters,
    progress: Progress,
}

enum Step {
    Frame(Located),
    Quiet,
    End,
}

impl FileSource {
    fn new(window: Window, format: Format, progress: Progress) -> Self {
        Self {
            window,
            format,
            number: 0,
            peeked: None,
            end: None,
            damages: Vec::new(),
            losing: None,
            counters: Counters::default(),
            progress,
        }
    }

    /// Where the capture is damaged, in order: the first 64 places, [`Counters::damages`] counts all.
    #[must_use]
    pub fn damages(&self) -> &[Damage] {
        &self.damages
    }

    /// The interfaces that the capture describes so far, in the numbering of [`Frame::interface`].
    /// A pcap file has one, without a name.
    #[must_use]
    pub fn interfaces(&self) -> &[Interface] {
        match &self.format {
            Format::Pcap(pcap) => std::slice::from_ref(pcap.interface()),
            Format::Pcapng(pcapng) => pcapng.interfaces(),
        }
    }

    /// It is read from a file, or is a part of the program: it never has to be waited for.
    #[must_use]
    #[inline]
    pub fn is_file(&self) -> bool {
        self.progress.size().is_some()
    }

    /// Key material that came with the capture so far.
    #[must_use]
    pub fn secrets(&self) -> &[Secrets] {
        match &self.format {
            Format::Pcap(_) => &[],
            Format::Pcapng(pcapng) => pcapng.secrets(),
        }
    }

    /// Tells `take` of key material as it is met, before the frames behind it are given: its kind and its bytes.
    pub fn on_secrets(&mut self, take: impl FnMut(u32, &[u8]) + Send + 'static) {
        if let Format::Pcapng(pcapng) = &mut self.format {
            pcapng.on_secrets(Box::new(take));
        }
    }

    /// Names of addresses that came with the capture so far.
    #[must_use]
    pub fn names(&self) -> &[Name] {
        match &self.format {
            Format::Pcap(_) => &[],
            Format::Pcapng(pcapng) => pcapng.names(),
        }
    }

    /// Why there are no more frames, once it is so.
    #[must_use]
    pub const fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }

    /// The next frame; `None` when there is none now or ever, and [`Source::next`] says why.
    #[inline]
    pub fn frame(&mut self) -> Option<Frame<'_>> {
        let located = match self.peeked.take() {
            Some(located) => located,
            None => match self.locate() {
                Step::Frame(located) => located,
                Step::Quiet | Step::End => return None,
            },
        };
        Some(self.give(&located))
    }

    #[inline]
    fn give(&mut self, located: &Located) -> Frame<'_> {
        let bytes = self.window.bytes(located.start, located.length);
        self.counters.frames += 1;
        self.counters.bytes += bytes.len() as u64;
        self.counters.cut_frames += u64::from(bytes.len() < located.wire_length as usize);
        Frame {
            number: located.number,
            at: located.at,
            link_type: located.link_type,
            interface: located.interface,
            wire_length: located.wire_length,
            bytes,
        }
    }

    /// Finds the next frame, for those who may be told that there is none.
    #[inline(never)]
    fn look(&mut self) -> Step {
        self.locate()
    }

    /// Finds the next frame and moves past it.
    #[inline]
    fn locate(&mut self) -> Step {
        loop {
            let rest = self.window.rest();
            let attempt = match &mut self.format {
                Format::Pcap(pcap) => pcap.attempt(rest),
                Format::Pcapng(pcapng) => pcapng.attempt(rest, self.window.is_last()),
            };
            match attempt {
                Attempt::Frame(located, used) => return self.found(located, used),
                Attempt::Passed(used) => self.window.advance(used),
                other => {
                    if let Some(step) = self.trouble(other) {
                        return step;
                    }
                }
            }
        }
    }

    #[inline]
    fn found(&mut self, mut located: Located, used: usize) -> Step {
        self.number += 1;
        located.number = self.number;
        located.start += self.window.position();
        self.window.advance(used);
        Step::Frame(located)
    }

    /// Everything but the common case; `None` when reading can go on.
    #[cold]
    fn trouble(&mut self, attempt: Attempt) -> Option<Step> {
        if self.end.is_some() {
            return Some(Step::End);
        }
        match attempt {
            Attempt::Frame(located, used) => return Some(self.found(located, used)),
            Attempt::Noted(fault, located, used) => {
                self.damage(*fault, Some(0));
                return Some(self.found(located, used));
            }
            Attempt::Need(bytes) => match self.window.fill(bytes) {
                Fill::Ready => {}
                Fill::Quiet => return Some(Step::Quiet),
                Fill::Ended => return self.ended(bytes),
            },
            Attempt::Passed(used) => self.window.advance(used),
            Attempt::Listed(used) => {
                self.number += 1;
                self.window.advance(used);
            }
            Attempt::Flawed(fault, used) => {
                self.damage(*fault, Some(used as u64));
                self.window.advance(used);
            }
            Attempt::Broken(fault) => return self.lose(*fault),
            Attempt::Resumed(used) => {
                self.window.advance(used);
                let now = self.window.offset();
                if let Some(damage) = self.losing.take().and_then(|index| self.damages.get_mut(index)) {
                    damage.passed_over = Some(now.saturating_sub(damage.at));
                }
            }
        }
        None
    }

    /// The input is over, and the record at hand needs `bytes`.
    fn ended(&mut self, bytes: usize) -> Option<Step> {
        let have = self.window.rest().len();
        let failure = self.window.take_failure();
        let searching = matches!(&self.format, Format::Pcapng(pcapng) if pcapng.is_lost());
        match failure {
            Some(error) => self.lose(Fault::Read(error.to_string())),
            // A wrong length looks like a cut: sound blocks may follow it.
            None if have > 0 && !searching => self.lose(Fault::CutOff {
                have: have as u64,
                need: bytes as u64,
            }),
            // What looked like the start of a block is not one: the search goes on behind it.
            None if searching && have >= 12 => None,
            None => self.finish(),
        }
    }

    /// The record at hand has no certain end: looks for the next one that is beyond doubt.
    fn lose(&mut self, fault: Fault) -> Option<Step> {
        self.losing = Some(self.damages.len());
        self.damage(fault, None);
        let Format::Pcapng(pcapng) = &mut self.format else {
            return self.finish();
        };
        pcapng.lose(self.window.rest());
        // The broken block itself must not be found again.
        self.window.advance(self.window.rest().len().min(1));
        None
    }

    fn damage(&mut self, fault: Fault, passed_over: Option<u64>) {
        self.counters.damages += 1;
        if self.damages.len() < MAX_DAMAGES {
            let at = self.window.offset();
            let after_frame = self.number;
            self.damages.push(Damage {
                at,
                after_frame,
                fault,
                passed_over,
            });
        }
    }

    fn finish(&mut self) -> Option<Step> {
        self.window.close();
        self.end = Some(match self.damages.first() {
            Some(damage) => End::Damaged(damage.clone()),
            None => End::Complete,
        });
        Some(Step::End)
    }
}

impl Source for FileSource {
    #[inline]
    fn next(&mut self) -> Next<'_> {
        let located = match self.peeked.take() {
            Some(located) => located,
            None => match self.look() {
                Step::Frame(located) => located,
                Step::Quiet => return Next::Idle,
                Step::End => return Next::End(self.end.clone().unwrap_or(End::Complete)),
            },
        };
        Next::Frame(self.give(&located))
    }

    #[inline]
    fn peek_time(&mut self) -> Option<CaptureTime> {
        if self.peeked.is_none()
            && let Step::Frame(located) = self.look()
        {
            self.peeked = Some(located);
        }
        self.peeked.map(|located| located.at)
    }

    fn counters(&mut self) -> Counters {
        let mut counters = self.counters;
        counters.input_read = self.progress.read();
        counters.input_size = self.progress.size();
        if let Format::Pcapng(pcapng) = &self.format {
            pcapng.count(&mut counters);
        }
        counters
    }
}
