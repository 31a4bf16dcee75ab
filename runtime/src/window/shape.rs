//! The length and slide of a window, and the panes that follow from them.

use std::time::Duration;

use crate::table::SHARDS;
use crate::time::Time;

/// How long a window is, how often it ends, and the panes that it consists of. A window that ends at t holds (t − length, t].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The span of a window.
    pub length: Duration,
    /// Windows end at the multiples of this.
    pub slide: Duration,
    /// The longest span of which both are multiples.
    pub pane: Duration,
    /// How many panes a window has.
    pub panes: u32,
}

impl Shape {
    /// The shape of windows of this `length` that end at each multiple of `slide`. The length may be shorter than the slide:
    /// then only what comes in the last `length` before an end counts.
    pub fn new(length: Duration, slide: Duration) -> Self {
        let pane = gcd(length.as_nanos(), slide.as_nanos()).max(1);
        let panes = u32::try_from(length.as_nanos() / pane).unwrap_or(u32::MAX);
        Shape { length, slide, pane: Duration::from_nanos(pane as u64), panes }
    }

    /// Whether a batch of this time belongs to any window.
    pub fn counts(&self, time: Time) -> bool {
        ceiling(time, self.slide).since(time) < self.length
    }

    /// The pane that contains `time`.
    pub(super) fn step(&self, time: Time) -> Step {
        let end = ceiling(time, self.pane);
        Step { end, number: end.as_nanos() / self.pane.as_nanos() as u64, length: self.length }
    }

    /// The end of the oldest pane that a window needs after the batch of `time`.
    pub(super) fn first_pane(&self, time: Time) -> Time {
        self.step(time).end - self.length + self.pane
    }

    /// How often a shard is to have been derived anew by this pane, if that is to be once in so many panes. From pane to pane
    /// it rises for as few shards as possible. It depends on the time alone.
    pub(super) fn cycle(shard: usize, step: &Step, panes: u64) -> u64 {
        (step.number + panes - shard as u64 * panes / SHARDS as u64) / panes
    }
}

/// The pane of a batch.
#[derive(Clone, Copy)]
pub(super) struct Step {
    /// The pane is (end − pane, end].
    pub end: Time,
    /// How many panes there were since the epoch.
    pub number: u64,
    length: Duration,
}

impl Step {
    /// Whether a window that ends with this pane no longer has the pane that ended at `end`.
    pub fn leaves(&self, end: Time) -> bool {
        end + self.length <= self.end
    }
}

/// The first multiple of `interval` that is not before `time`.
fn ceiling(time: Time, interval: Duration) -> Time {
    let floor = time.floor(interval);
    if floor == time { time } else { floor + interval }
}

fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(length: u64, slide: u64) -> Shape {
        Shape::new(Duration::from_secs(length), Duration::from_secs(slide))
    }

    #[test]
    fn a_pane_divides_length_and_slide() {
        let panes = |length, slide| (shape(length, slide).pane.as_secs(), shape(length, slide).panes);
        assert_eq!(panes(60, 1), (1, 60));
        assert_eq!(panes(60, 60), (60, 1));
        assert_eq!(panes(6, 4), (2, 3));
        assert_eq!(panes(4, 10), (2, 2));
    }

    #[test]
    fn batches_between_short_windows_do_not_count() {
        let counting = |length, slide| {
            (1..=12).filter(|second| shape(length, slide).counts(Time::from_millis(second * 1000))).collect::<Vec<_>>()
        };
        assert_eq!(counting(2, 5), [4, 5, 9, 10]);
        assert_eq!(counting(5, 2), (1..=12).collect::<Vec<_>>());
        assert_eq!(counting(0, 2), [0; 0]);
    }

    #[test]
    fn each_shard_has_its_turn_once_in_a_cycle() {
        for panes in [1, 3, 5, 60] {
            let (shape, length) = (shape(panes, 1), (16 * panes).max(64));
            let cycles = |number: u64| {
                let step = shape.step(Time::from_millis(number * 1000));
                (0..SHARDS).map(move |shard| Shape::cycle(shard, &step, length)).collect::<Vec<_>>()
            };
            for number in 0..2 * length {
                let (now, then) = (cycles(number), cycles(number + 1));
                let turns = now.iter().zip(&then).filter(|(now, then)| now != then).count();
                assert!(turns <= 1);
                assert!(cycles(number + length).iter().zip(now).all(|(then, now)| *then == now + 1));
            }
        }
    }
}
