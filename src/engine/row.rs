//! Values that come by the name of their tag instead of by the wire: rows of a historian.

use tapglass_model::{CaptureTime, Quality, QualityReasons};
use tapglass_proto::Origin;

use super::Engine;
use super::observe::Observer;
use super::step::Evidence;
use crate::plant::Interval;
use crate::plant::pairs::PairId;
use crate::plant::reading::Reading;
use crate::site::TagId;

impl Engine {
    /// Values of one moment, in the units of their tags. They are one step: no rule sees a part of them. `number` is the
    /// place of the row, from 1, as a frame has one.
    pub fn row(&mut self, at: CaptureTime, number: u64, values: &[(TagId, f64)]) {
        self.advance(at);
        let moment = self.clock.moment(at).min(self.now);
        self.step += 1;
        self.scratch.touched.clear();
        let mut observer = Observer {
            tags: &mut self.tags,
            codings: &self.codings,
            pairs: &self.pairs,
            touched: &mut self.scratch.touched,
            now: self.now,
            at: moment,
            step: self.step,
            pair: PairId(u32::MAX),
            origin: Origin::Polled,
            clock: None,
        };
        for (tag, value) in values {
            let resolution = self
                .site
                .tags
                .get(tag.0 as usize)
                .and_then(|tag| tag.resolution)
                .unwrap_or(0.0);
            // What an export rounds more in one year than in another is compared as coarsely as the site says.
            let value = if resolution > 0.0 {
                (value / resolution).round() * resolution
            } else {
                *value
            };
            observer.reading(
                *tag,
                Reading {
                    value: Interval::exact(value),
                    tolerance: resolution / 2.0,
                    quality: Quality::Good,
                    reasons: QualityReasons::none(),
                },
            );
        }
        self.changed(Evidence {
            between: None,
            write: None,
            conversation: None,
            frame: Some(number),
        });
    }
}
