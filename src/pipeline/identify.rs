//! Which protocol a flow speaks, and which end is the server: by content, with ports only breaking ties.

use tapglass_proto::{Direction, Glance, Probe, Protocol, Transport, Verdict};

use super::hints::Hinted;
use crate::flow::Sender;
use crate::registry::{COUNT, PROTOCOLS};
use tapglass_model::CaptureTime;

/// Segments that are searched from end to end on a port that nobody named. Later ones are judged by how they begin: a
/// flow is never given up, because junk at its start must not hide what follows.
const SEARCHED: u8 = 16;
/// Segments without any likeness after which earlier likeness counts no more.
const QUIET: u8 = 8;
/// Bytes that are kept while the evidence is not enough.
const HELD_BYTES: usize = 8 << 10;
/// Shorter segments are always looked at: they may be the start of a header.
const SHORT: usize = 8;
/// Longer segments are not looked at for framings without a header once a search is tired: the checksum costs too much.
const WEAK: usize = 64;
/// Places of a segment at which a message may begin behind junk, at a port where its protocol is expected.
const BEHIND: usize = 256;

/// Bytes that wait until the protocol is known.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) low: bool,
    pub(super) at: CaptureTime,
    pub(super) frame: u64,
    pub(super) carried_by: u64,
    pub(super) offset: u32,
    pub(super) sender: Sender,
    pub(super) bytes: Vec<u8>,
}

/// How closely a segment is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Care {
    /// Everything counts, also the start of a header.
    Search,
    /// The flow is something else, as far as known: only whole messages at the start of a segment count. Of weak framings
    /// (RTU has a checksum and no header) only those of the protocol that the flow has.
    Suspect(Option<(usize, Transport)>),
}

/// What is known of a flow whose protocol is not.
#[derive(Clone, Default)]
pub(super) struct Candidate {
    pub(super) held: Vec<Held>,
    held_bytes: usize,
    /// Unfinished first bytes of each end.
    unsure: [Vec<u8>; 2],
    votes: [u8; COUNT],
    /// Something else stood between the votes.
    broken: [bool; COUNT],
    /// Which end the content calls the client, and whether that is certain.
    client_is_low: Option<(bool, bool)>,
    searched: u8,
    quiet: u8,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identified {
    pub(super) protocol: usize,
    pub(super) transport: Transport,
    /// Which end the content calls the client, and whether that is certain.
    pub(super) client_is_low: Option<(bool, bool)>,
}

/// What a segment tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// The protocol.
    Known(Identified),
    /// More is needed; the segment should be held.
    Hold,
    /// Nothing.
    Nothing,
}

/// Which protocols can begin with a byte, one bit for each: most segments need no further glance.
#[derive(Clone)]
pub(super) struct Glances {
    by_first_byte: [u8; 256],
}

impl Default for Glances {
    fn default() -> Self {
        let mut by_first_byte = [0; 256];
        for (index, protocol) in PROTOCOLS.iter().enumerate() {
            for (byte, protocols) in (0..=u8::MAX).zip(&mut by_first_byte) {
                if protocol.first_bytes().is_none_or(|first| first.contains(&byte)) {
                    *protocols |= 1 << index;
                }
            }
        }
        Self { by_first_byte }
    }
}

impl Glances {
    /// Can these bytes begin a message of another protocol than that at `own`, or one of its own that was not
    /// `understood`? A few comparisons.
    ///
    /// A framing without a header counts for the flow's own protocol only, when that did not understand the bytes.
    #[inline]
    pub(super) fn foreign(&self, bytes: &[u8], own: usize, understood: bool) -> bool {
        let begin = match bytes {
            [first, _, _, _, ..] => self.by_first_byte.get(usize::from(*first)).copied().unwrap_or(0),
            // The rest of a header that came byte for byte.
            _ => ALL,
        };
        let mut others = begin & !(1 << own);
        while others != 0 {
            let index = others.trailing_zeros() as usize;
            if PROTOCOLS
                .get(index)
                .is_some_and(|protocol| protocol.glance(bytes) == Glance::Strong)
            {
                return true;
            }
            others &= others - 1;
        }
        !understood
            && PROTOCOLS
                .get(own)
                .is_some_and(|protocol| protocol.glance(bytes) >= Glance::Weak)
    }
}

/// Every protocol's bit.
const ALL: u8 = u8::MAX >> (8 - COUNT);
const _: () = assert!(COUNT <= 8, "a protocol has one bit of a byte");

impl Candidate {
    /// Looks at one segment or datagram.
    pub(super) fn look(
        &mut self,
        low: bool,
        bytes: &[u8],
        transport: Transport,
        hinted: &Hinted,
        care: Care,
    ) -> Told {
        let side = usize::from(!low);
        let waits = self.unsure.get(side).is_some_and(|unsure| !unsure.is_empty());
        let expected = hinted.any() && care == Care::Search;
        let (tired, first) = match care {
            Care::Search => (self.searched >= SEARCHED && !expected, None),
            Care::Suspect(first) => (true, first),
        };
        // A tired search asks only those whose messages can begin like this.
        let may_begin = |index: usize, protocol: &dyn Protocol| {
            let weak = match first {
                Some((own, _)) => own == index,
                None => care == Care::Search && bytes.len() <= WEAK,
            };
            let least = if weak { Glance::Weak } else { Glance::Strong };
            !tired || waits || bytes.len() < SHORT || protocol.glance(bytes) >= least
        };
        let mut places = PROTOCOLS.iter().enumerate();
        if !places.any(|(index, protocol)| may_begin(index, *protocol)) {
            return self.miss();
        }
        self.searched = self.searched.saturating_add(1);
        let mut joined = Vec::new();
        let mut looked_at = bytes;
        if let Some(unsure) = self.unsure.get_mut(side)
            && waits
        {
            joined.append(unsure);
            joined.extend_from_slice(bytes);
            looked_at = &joined;
        }
        let (mut hold, mut likeness) = (false, false);
        for (index, protocol) in PROTOCOLS.iter().enumerate() {
            if !may_begin(index, *protocol) {
                continue;
            }
            let mut probe = protocol.probe(looked_at, transport);
            if waits && probe.verdict != Verdict::Yes {
                // What waited may be junk: a segment also speaks for itself.
                let alone = protocol.probe(bytes, transport);
                if alone.verdict == Verdict::Yes {
                    probe = alone;
                }
            } else if waits && !probe.sound {
                // That a message ends with its segment says nothing when the segment was put together here.
                probe = Probe::unsure(transport);
            }
            if probe.verdict != Verdict::Yes && expected && hinted.named(index) {
                probe = behind_junk(index, looked_at, transport).unwrap_or(probe);
                // Where it is expected, a header is waited for until it can be judged.
                if probe.verdict == Verdict::No && protocol.glance(looked_at) == Glance::Strong {
                    probe = Probe::unsure(transport);
                }
            }
            if matches!(care, Care::Suspect(_)) {
                let known = first == Some((index, probe.transport));
                let strong = probe.transport == transport || first.is_some_and(|(own, _)| own == index);
                if probe.verdict != Verdict::Yes || known || !strong {
                    probe.verdict = Verdict::No;
                }
            }
            let (Some(votes), Some(broken)) = (self.votes.get_mut(index), self.broken.get_mut(index)) else {
                continue;
            };
            match probe.verdict {
                Verdict::No => *broken = *votes > 0,
                Verdict::Unsure => {
                    likeness = true;
                    hold = true;
                }
                Verdict::Yes if !probe.sound && !hinted.named(index) => {
                    likeness = true;
                    hold = true;
                }
                Verdict::Yes => {
                    likeness = true;
                    *votes = votes.saturating_add(1);
                    if let Some(sender) = probe.sender
                        && self
                            .client_is_low
                            .is_none_or(|(_, certain)| probe.certain && !certain)
                    {
                        self.client_is_low = Some(((sender == Direction::FromClient) == low, probe.certain));
                    }
                    let needed = if hinted.named(index) {
                        1
                    } else {
                        // Weak evidence with something else in between must be stronger.
                        let evidence = protocol.off_port_evidence();
                        evidence + u8::from(*broken && evidence > 1)
                    };
                    if *votes >= needed {
                        return Told::Known(Identified {
                            protocol: index,
                            transport: probe.transport,
                            client_is_low: self.client_is_low,
                        });
                    }
                }
            }
        }
        if !likeness {
            return self.miss();
        }
        self.quiet = 0;
        if hold
            && looked_at.len() <= HELD_BYTES
            && let Some(unsure) = self.unsure.get_mut(side)
        {
            *unsure = looked_at.to_vec();
        }
        if bytes.len() > HELD_BYTES {
            return Told::Nothing;
        }
        self.held_bytes += bytes.len();
        while self.held_bytes > HELD_BYTES && !self.held.is_empty() {
            self.held_bytes -= self.held.remove(0).bytes.len();
        }
        Told::Hold
    }

    fn miss(&mut self) -> Told {
        self.searched = self.searched.saturating_add(1);
        if self.votes == [0; COUNT] && self.held.is_empty() {
            return Told::Nothing;
        }
        self.quiet = self.quiet.saturating_add(1);
        self.unsure.iter_mut().for_each(Vec::clear);
        if self.quiet >= QUIET {
            self.forget();
        }
        self.broken = self.votes.map(|votes| votes > 0);
        Told::Nothing
    }

    /// Drops what is held.
    pub(super) fn forget(&mut self) {
        self.held = Vec::new();
        self.held_bytes = 0;
        self.votes = [0; COUNT];
        self.broken = [false; COUNT];
        self.unsure = [Vec::new(), Vec::new()];
    }
}

/// A message behind junk in the same segment.
fn behind_junk(index: usize, bytes: &[u8], transport: Transport) -> Option<tapglass_proto::Probe> {
    let protocol = PROTOCOLS.get(index)?;
    let last = bytes.len().saturating_sub(SHORT).min(BEHIND);
    (1..=last).find_map(|at| {
        let rest = bytes.get(at..)?;
        let may_begin = protocol.glance(rest) == Glance::Strong;
        let probe = may_begin.then(|| protocol.probe(rest, transport))?;
        (probe.verdict == Verdict::Yes && probe.sound && probe.transport == transport).then_some(probe)
    })
}
