//! One flow: its ends, what it carried, and who reads it.

use tapglass_model::CaptureTime;

use super::ends::Ends;
use super::hints::{Hint, Hinted};
use super::search::Search;
use super::secure::Secure;
use super::session::Open;
use crate::capture::Frame;
use crate::recognise::{Table, Traffic};

/// One flow.
#[derive(Clone)]
pub(super) struct Flow {
    pub(super) ends: Ends,
    /// Protocols that are expected here, inside TLS also.
    pub(super) hinted: Hinted,
    /// Protocol that is recognised and not decoded, by its place in the table.
    pub(super) named: Option<u8>,
    pub(super) traffic: Traffic,
    /// First and last frame.
    pub(super) seen: (CaptureTime, CaptureTime),
    pub(super) last_frame: u64,
    /// A packet of the lower end, and of the higher end, was captured, with or without data.
    pub(super) heard: [bool; 2],
    pub(super) app: App,
}

/// What is known of a flow's content.
#[derive(Clone)]
pub(super) enum App {
    /// Nothing yet.
    Unknown(Box<Search>),
    /// The protocol, and its decoder.
    Open(Box<Open>),
    /// TLS, whose content is not seen.
    Secure(Box<Secure>),
    /// Over.
    Over,
}

impl Flow {
    pub(super) fn new(ends: Ends, hints: &[Hint], frame: &Frame<'_>) -> Self {
        let (low, high) = ((ends.low.ip, ends.low.port), (ends.high.ip, ends.high.port));
        Self {
            ends,
            hinted: Hinted::new(hints, low, high, false),
            named: None,
            traffic: Traffic::default(),
            seen: (frame.at, frame.at),
            last_frame: frame.number,
            heard: [false; 2],
            app: App::Unknown(Box::default()),
        }
    }

    /// Nothing is read of it any more.
    pub(super) const fn is_over(&self) -> bool {
        matches!(self.app, App::Over)
    }

    /// A packet of an end was captured.
    #[inline]
    pub(super) fn hears(&mut self, low: bool) {
        let [first, second] = &mut self.heard;
        *(if low { first } else { second }) = true;
    }

    /// One more frame of it, until it is over.
    #[inline]
    pub(super) fn count(&mut self, frame: &Frame<'_>, table: &mut Table) {
        if matches!(self.app, App::Over) {
            return;
        }
        self.traffic.add(frame.bytes.len());
        self.seen.1 = self.seen.1.max(frame.at);
        self.last_frame = frame.number;
        if let Some(place) = self.named {
            table.frame(place, frame.bytes.len());
        }
    }
}
