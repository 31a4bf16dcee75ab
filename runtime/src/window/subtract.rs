//! Values from which what leaves is subtracted, by the inverse of the function that added it.

use std::any::TypeId;
use std::borrow::Cow;

use crate::key_table::Number;
use crate::record::Record;
use crate::record::magnitude::{Magnitudes, NOT_FINITE};
use crate::table::SHARDS;

use super::algorithm::{Algorithm, Derived, Place, Unmerge, replay};
use super::by_number::{self, bytes, put};
use super::panes::Panes;

/// Adds what enters and takes out what leaves. The values of one shard after the other are added up anew from time to time,
/// because the rounding errors of floating-point numbers stay when their cause has left. Where such an error may be more than a
/// small part of a key's value, or that is no number, the key is added up anew at once.
pub struct Subtract;

/// The value of each key.
pub struct Totals<C> {
    values: Vec<C>,
    /// What is watched of the values, where these are floating-point numbers.
    watched: Vec<Watched>,
    /// The keys that are to be added up anew, some more than once.
    doubtful: Vec<Number>,
}

/// What is watched of a key: a sum is as exact as the largest number that was in it.
#[derive(Clone, Copy)]
struct Watched {
    /// How large the value has been since it was added up.
    peak: Magnitudes,
    /// The pane of the latest value that is about as large as the peak.
    pane: u32,
}

impl Watched {
    fn new(pane: u32, value: Magnitudes) -> Self {
        Watched { peak: value, pane }
    }

    #[inline(always)]
    fn enter(&mut self, gaps: Magnitudes, pane: u32, value: Magnitudes, total: Magnitudes) {
        let mut is_large = true;
        for (at, gap) in gaps.into_iter().enumerate().filter(|(_, gap)| *gap > 0) {
            let peak = self.peak[at].max(value[at]).max(total[at]);
            self.peak[at] = peak;
            is_large &= value[at] == peak || (peak != NOT_FINITE && value[at] >= peak.saturating_sub(gap / 3));
        }
        if is_large {
            self.pane = pane;
        }
    }

    /// Returns whether what is left of the total is in doubt.
    #[inline(always)]
    fn leave(&mut self, gaps: Magnitudes, pane: u32, left: Magnitudes, total: Magnitudes) -> bool {
        // Numbers of panes are the lower bits of ever larger ones. As long as there is a value as large as the peak, an error of
        // its size is in any sum.
        let has_left = self.pane.wrapping_sub(pane) as i32 <= 0;
        let mut is_doubtful = false;
        for (at, gap) in gaps.into_iter().enumerate().filter(|(_, gap)| *gap > 0) {
            let (peak, total) = (self.peak[at], total[at]);
            is_doubtful |= left[at] == NOT_FINITE || (total == NOT_FINITE && (has_left || peak != NOT_FINITE));
            is_doubtful |= has_left && total.saturating_add(gap) <= peak;
            self.peak[at] = peak.max(total);
        }
        is_doubtful
    }
}

impl<C> Default for Totals<C> {
    fn default() -> Self {
        Totals { values: Vec::new(), watched: Vec::new(), doubtful: Vec::new() }
    }
}

impl<C: Record> Totals<C> {
    #[inline]
    fn add<F: Unmerge<C>>(&mut self, fold: &F, at: Place, value: &C) {
        if at.is_only {
            put(&mut self.values, at.number, value.clone());
        } else {
            by_number::fold(&mut self.values, at.index(), |value| value, |total| fold.merge_ref(total, value));
        }
        if C::FLOATS > 0 {
            let magnitude = value.magnitudes();
            if at.is_only {
                put(&mut self.watched, at.number, Watched::new(at.pane, magnitude));
            } else {
                let total = self.values[at.index()].magnitudes();
                self.watched[at.index()].enter(C::GAPS, at.pane, magnitude, total);
            }
        }
    }

    #[inline]
    fn subtract<F: Unmerge<C>>(&mut self, fold: &F, at: Place, left: &C) {
        by_number::fold(&mut self.values, at.index(), |value| value, |total| fold.unmerge_ref(total, left));
        if C::FLOATS > 0 {
            let total = self.values[at.index()].magnitudes();
            if self.watched[at.index()].leave(C::GAPS, at.pane, left.magnitudes(), total) {
                self.doubtful.push(at.number);
            }
        }
    }

    /// Adds up the doubtful keys, in one pass over the panes.
    #[cold]
    #[inline(never)]
    fn renew<F: Unmerge<C>>(&mut self, fold: &F, panes: &Panes<C>, numbers: usize) {
        let mut is_doubtful = vec![false; numbers];
        for number in self.doubtful.drain(..) {
            is_doubtful[number as usize] = true;
        }
        replay(panes, numbers, |at, value| {
            if is_doubtful[at.index()] {
                self.add(fold, at, value);
            }
        });
    }
}

impl<C: Record, F: Unmerge<C>> Algorithm<C, F> for Subtract {
    type Arriving = C;
    type Kept = C;
    type Derived = Totals<C>;
    const LEAVES_BY_REBUILD: bool = true;

    #[inline]
    fn enter(derived: &mut Totals<C>, fold: &F, at: Place, value: C) -> C {
        derived.add(fold, at, &value);
        value
    }

    fn again(derived: &mut Totals<C>, fold: &F, at: Place, kept: &C, value: C) -> Option<C> {
        derived.add(fold, at, &value);
        Some(fold.merge(kept.clone(), value))
    }

    #[inline]
    fn leave(derived: &mut Totals<C>, fold: &F, _: &Panes<C>, at: Place, kept: &C) {
        if !at.is_only {
            derived.subtract(fold, at, kept);
        }
    }

    fn left(derived: &mut Totals<C>, fold: &F, panes: &Panes<C>, numbers: usize) {
        if !derived.doubtful.is_empty() {
            derived.renew(fold, panes, numbers);
        }
    }

    fn rebuild(derived: &mut Totals<C>, fold: &F, panes: &Panes<C>, _: bool, numbers: usize) {
        derived.values.clear();
        derived.watched.clear();
        derived.doubtful.clear();
        replay(panes, numbers, |at, value| derived.add(fold, at, value));
    }

    fn saved<'a>(_: &'a Totals<C>, kept: &'a C, _: Number, _: &mut [usize]) -> Cow<'a, C> {
        Cow::Borrowed(kept)
    }

    fn restored(_: &mut Totals<C>, _: Number, value: C) -> C {
        value
    }

    /// Rarely enough that it costs a small part of what it costs to enter, and one shard at a time.
    fn turn(panes: u32) -> Option<u64> {
        (!is_exact::<C>()).then(|| (16 * u64::from(panes)).max(SHARDS as u64))
    }
}

impl<C: Record> Derived<C> for Totals<C> {
    type Value = C;

    #[inline(always)]
    fn values(&self) -> &[C] {
        &self.values
    }
    #[inline(always)]
    fn view(value: &C) -> C::View<'_> {
        value.view()
    }
    fn renumber(&mut self, old: &[Number]) {
        by_number::renumber(&mut self.values, old);
        by_number::renumber(&mut self.watched, old);
    }
    fn bytes(&self) -> usize {
        bytes(&self.values) + bytes(&self.watched) + bytes(&self.doubtful)
    }
}

/// Whether arithmetic on the type is without rounding.
fn is_exact<C: 'static>() -> bool {
    macro_rules! is_one_of {
        ($($type:ty),*) => { [$(TypeId::of::<$type>()),*].contains(&TypeId::of::<C>()) };
    }
    is_one_of!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, std::time::Duration)
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::time::Duration;

    use super::super::algorithm::Merge;
    use super::super::arrivals::Run;
    use super::super::shape::Shape;
    use super::super::shard::Shard;
    use super::*;
    use crate::key_hash::hash_of;
    use crate::table::Table;
    use crate::time::Time;

    struct Sum;

    /// A type of which it is not known that there are floating-point numbers in it.
    #[derive(Clone, crate::Record)]
    struct Unknown(f64);

    impl Merge<Unknown> for Sum {
        fn merge(&self, older: Unknown, newer: Unknown) -> Unknown {
            Unknown(older.0 + newer.0)
        }
    }

    impl Unmerge<Unknown> for Sum {
        fn unmerge(&self, total: Unknown, left: Unknown) -> Unknown {
            Unknown(total.0 - left.0)
        }
    }

    const PANES: u64 = 20;

    /// Mostly small values, and one in a thousand very large; none of these in the last thousand slides.
    fn value(slide: u64, slides: u64) -> f64 {
        let random = slide.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        let small = (random % 1000) as f64 / 7.0;
        if slide % 1000 == 999 && slide + 1000 < slides { small * 1e12 } else { small }
    }

    /// The largest error where all values in the window are small, and the last one.
    fn errors(slides: u64, is_refreshed: bool) -> (f64, f64) {
        let shape = Shape::new(Duration::from_secs(PANES), Duration::from_secs(1));
        let (mut shard, mut window, mut errors) =
            (Shard::<u64, Unknown, Totals<Unknown>>::default(), VecDeque::new(), (0.0, 0.0));
        for slide in 0..slides {
            let step = shape.step(Time::from_millis(slide * 1000));
            let mut batch = Table::default();
            batch.fold(hash_of(&1u64), 1u64, Unknown(value(slide, slides)), |value| value, |_, value| value);
            let turn = <Subtract as Algorithm<Unknown, Sum>>::turn(shape.panes).filter(|_| is_refreshed);
            let cycle = turn.map_or(0, |panes| Shape::cycle(0, &step, panes));
            shard.advance::<_, _, _, Subtract>(
                &Sum,
                &step,
                vec![Run { entries: batch.into_entries(), is_combined: true }],
                cycle,
            );
            shard.commit::<Unknown>();
            window.push_back(value(slide, slides));
            window.drain(..window.len().saturating_sub(PANES as usize));
            // The longest way from a very large value to the next turn.
            if slide % 1000 > 2 * PANES && slide % 1000 < 900 || slide + 1 == slides {
                let Unknown(total) = Derived::<Unknown>::values(&shard.derived)[0];
                let error = (total - window.iter().sum::<f64>()).abs();
                errors = (f64::max(errors.0, error), error);
            }
        }
        errors
    }

    #[test]
    fn rounding_errors_do_not_add_up() {
        let ((largest, last), (_, without)) = (errors(1_000_000, true), errors(100_000, false));
        // A very large value leaves behind less than the distance of two numbers of its size for each slide.
        assert!(largest < 0.1 && last < 1e-9, "{largest} at most, {last} at last");
        assert!(without > 1e-3, "only {without} without turns");
    }

    #[test]
    fn integers_need_no_turns() {
        assert!(is_exact::<u64>() && !is_exact::<f64>() && !is_exact::<(u64, u64)>());
    }
}
