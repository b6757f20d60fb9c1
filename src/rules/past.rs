//! The past of a signal, for minimum, maximum, mean and slope over a window.

use std::collections::VecDeque;

use tapglass_model::SECOND;

use crate::plant::clock::{FOREVER, Moment, span};

/// Points of a signal kept for windows; when there are more, neighbours melt.
const POINTS: usize = 256;

/// One stretch of a signal that stands still from a moment on; `None` while it is not known.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    at: Moment,
    value: Option<f64>,
}

/// The past of a signal: constant from each point to the next.
#[derive(Clone, Debug, Default)]
pub struct Past {
    points: VecDeque<Point>,
}

/// Number and when it will be another though nothing new is heard.
pub type Told = Option<(f64, Moment)>;

impl Past {
    /// From `at` on the signal is `value`. What lies further back than `duration` is forgotten.
    pub fn set(&mut self, at: Moment, value: Option<f64>, duration: i64) {
        let value = value.filter(|number| number.is_finite());
        match self.points.back_mut() {
            Some(last) if last.value == value => {}
            Some(last) if last.at == at => last.value = value,
            _ => self.points.push_back(Point { at, value }),
        }
        // The point before the window still tells the value at its start.
        let start = at.saturating_sub(duration);
        while self.points.len() > 2 && self.points.get(1).is_some_and(|next| next.at <= start) {
            self.points.pop_front();
        }
        if self.points.len() > POINTS {
            self.melt();
        }
    }

    /// Joins the two neighbours that lie closest together; the later one stands for both, so that windows shift by
    /// at most that much.
    fn melt(&mut self) {
        let closest = (1..self.points.len() - 1)
            .min_by_key(|place| span(self.points[place - 1].at, self.points[*place].at));
        if let Some(place) = closest {
            let removed = self.points.remove(place);
            if let (Some(removed), Some(before)) = (removed, self.points.get_mut(place - 1)) {
                // Keep what reaches further out, for minimum and maximum.
                if let (Some(a), Some(b)) = (before.value, removed.value)
                    && b.abs() > a.abs()
                {
                    before.value = Some(b);
                }
            }
        }
    }

    /// Stretches of the window with their start, end and value.
    fn stretches(&self, from: Moment, until: Moment) -> impl Iterator<Item = (Moment, Moment, Option<f64>)> {
        self.points.iter().enumerate().filter_map(move |(place, point)| {
            let end = self
                .points
                .get(place + 1)
                .map_or(until, |next| next.at)
                .min(until);
            let start = point.at.max(from);
            // The last point counts even when it has just begun.
            (end > start || (place + 1 == self.points.len() && end >= start)).then_some((
                start,
                end,
                point.value,
            ))
        })
    }

    /// The smallest or greatest known value of the window; unknown stretches are passed over.
    #[must_use]
    pub fn extreme(&self, now: Moment, duration: i64, pick: fn(f64, f64) -> f64) -> Told {
        let from = now.saturating_sub(duration);
        let mut found: Option<(f64, Moment)> = None;
        for (_, end, value) in self.stretches(from, now) {
            let Some(value) = value else { continue };
            found = Some(match found {
                Some((best, until)) if pick(best, value) == best && best != value => (best, until),
                _ => (value, end),
            });
        }
        found.map(|(value, end)| {
            let leaves = if end >= now {
                FOREVER
            } else {
                end.saturating_add(duration)
            };
            (value, leaves)
        })
    }

    /// The mean over time of the known stretches of the window.
    #[must_use]
    #[allow(clippy::cast_precision_loss)] // durations of years in nanoseconds, as weights
    pub fn average(&self, now: Moment, duration: i64) -> Told {
        let from = now.saturating_sub(duration);
        let (mut sum, mut weight, mut last) = (0.0, 0.0, None);
        for (start, end, value) in self.stretches(from, now) {
            let Some(value) = value else { continue };
            let length = span(start, end) as f64;
            sum += value * length;
            weight += length;
            last = Some(value);
        }
        let mean = if weight > 0.0 { sum / weight } else { last? };
        // It moves with every moment; a sixteenth of the window is as often as anybody needs to know.
        let again = if self.points.len() > 1 {
            now.saturating_add((duration / 16).max(1))
        } else {
            FOREVER
        };
        Some((mean, again))
    }

    /// The slope over the window, in units per second: from the value at its start to the value now.
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn rate(&self, now: Moment, duration: i64) -> Told {
        let last = self.points.back()?;
        let value = last.value?;
        let from = now.saturating_sub(duration);
        // The first known stretch without an unknown one after it.
        let mut start = None;
        for (begin, _, known) in self.stretches(from, now) {
            match known {
                Some(before) => {
                    start.get_or_insert((begin, before));
                }
                None => start = None,
            }
        }
        let (begin, before) = start?;
        let length = span(begin, now);
        if length < duration / 4 || length <= 0 {
            return None;
        }
        let slope = (value - before) / (length as f64 / SECOND as f64);
        let again = if slope == 0.0 && last.at <= from {
            FOREVER
        } else {
            now.saturating_add((duration / 8).max(1))
        };
        Some((slope, again))
    }
}
