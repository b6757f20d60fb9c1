//! Checkpoints: states of a pass that are kept, so that a step back reads a little again and not everything.
//!
//! They are taken as reading goes on, each after so much work that doing it again is not felt, and thinned where they
//! are far from the cursor: near it they stand close together, far from it there is one for a stretch that grows with the
//! distance. When they are taken depends on this machine's speed; what is shown does not.

use std::time::{Duration, Instant};

use tapglass_model::CaptureTime;

use super::run::{Checkpoint, Run};

/// Work between two checkpoints.
const APART: Duration = Duration::from_millis(40);
/// Taking a checkpoint may cost a share of the work between two.
const COSTS: u32 = 10;
/// Checkpoints kept for an ordinary plant.
const MOST: usize = 24;
/// For a plant with more tags than this there are fewer, in proportion: their trends are what weighs.
const TAGS: usize = 250;
/// There are always so many.
const LEAST: usize = 6;
/// Frames between two looks at the clock.
const LOOK: u64 = 64;

/// The checkpoints of one recording, by position.
pub(super) struct Checkpoints {
    kept: Vec<Checkpoint>,
    most: usize,
    /// Work between two.
    pub(super) apart: Duration,
    /// When the last one was taken or come back to.
    since: Instant,
    /// What taking the last one cost.
    cost: Duration,
}

impl Checkpoints {
    /// None yet, for a site with so many tags.
    pub(super) fn new(tags: usize) -> Self {
        Self {
            kept: Vec::new(),
            apart: APART,
            most: (MOST * TAGS / tags.max(TAGS)).max(LEAST),
            since: Instant::now(),
            cost: Duration::ZERO,
        }
    }

    /// A stretch of work begins: what passed before it was waiting.
    pub(super) fn begin(&mut self) {
        self.since = Instant::now();
    }

    /// To be called after each frame.
    #[inline]
    pub(super) fn after(&mut self, run: &Run) {
        if run.position % LOOK == 0 {
            self.consider(run);
        }
    }

    #[cold]
    fn consider(&mut self, run: &Run) {
        let work = self.since.elapsed();
        if work < self.apart.max(self.cost * COSTS) && !self.apart.is_zero() {
            return;
        }
        let place = self
            .kept
            .partition_point(|checkpoint| checkpoint.position < run.position);
        if self
            .kept
            .get(place)
            .is_none_or(|checkpoint| checkpoint.position != run.position)
        {
            let begun = Instant::now();
            self.kept.insert(place, run.checkpoint());
            self.cost = begun.elapsed();
            self.thin(run.position);
        }
        self.since = Instant::now();
    }

    /// Lets one go when there are too many: that which is missed least.
    fn thin(&mut self, cursor: u64) {
        if self.kept.len() <= self.most {
            return;
        }
        let position = |place: usize| self.kept.get(place).map_or(0, |checkpoint| checkpoint.position);
        // Without it the stretch from the one before to the one behind is read again.
        let missed = |place: usize| {
            let before = place.checked_sub(1).map_or(0, position);
            let behind = self
                .kept
                .get(place + 1)
                .map_or(cursor.max(position(place)), |next| next.position);
            let stretch = behind.saturating_sub(before) as f64;
            stretch / (position(place).abs_diff(cursor) as f64 + 1.0)
        };
        let least = (0..self.kept.len()).min_by(|a, b| missed(*a).total_cmp(&missed(*b)));
        if let Some(place) = least {
            self.kept.remove(place);
        }
    }

    /// The last one at or before a position.
    pub(super) fn before_frame(&self, position: u64) -> Option<&Checkpoint> {
        self.last(|checkpoint| checkpoint.position <= position)
    }

    /// The last one at which no frame later than a time was read.
    pub(super) fn before_time(&self, at: CaptureTime) -> Option<&Checkpoint> {
        self.last(|checkpoint| checkpoint.latest().is_none_or(|latest| latest <= at))
    }

    fn last(&self, fits: impl Fn(&Checkpoint) -> bool) -> Option<&Checkpoint> {
        // Both position and latest time grow from one to the next.
        let place = self.kept.partition_point(fits);
        place.checked_sub(1).and_then(|place| self.kept.get(place))
    }
}
