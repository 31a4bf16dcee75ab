//! Values from which what leaves is subtracted, by the inverse of the function that added it.

use std::borrow::Cow;
use std::any::TypeId;

use crate::key_table::Number;
use crate::record::{Keep, Record};
use crate::table::SHARDS;

use super::algorithm::{Algorithm, Derived, Place, Unmerge, replay};
use super::by_number::{self, bytes, put};
use super::panes::Panes;

/// Adds what enters and takes out what leaves. The values of one shard after the other are added up anew from time to time,
/// because the rounding errors of floating-point numbers stay when their cause has left.
pub struct Subtract;

/// The value of each key.
pub struct Totals<C>(Vec<C>);

impl<C> Default for Totals<C> {
    fn default() -> Self {
        Totals(Vec::new())
    }
}

impl<C: Record> Totals<C> {
    #[inline]
    fn add<F: Unmerge<C>>(&mut self, fold: &F, at: Place, value: &C) {
        if at.is_only {
            put(&mut self.0, at.number, value.clone());
        } else {
            by_number::fold(&mut self.0, at.index(), |total| fold.merge(total, value.clone()));
        }
    }
}

impl<C: Record, F: Unmerge<C>> Algorithm<C, F> for Subtract {
    type Kept = C;
    type Derived = Totals<C>;

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
            by_number::fold(&mut derived.0, at.index(), |total| fold.unmerge(total, kept.clone()));
        }
    }

    fn rebuild(derived: &mut Totals<C>, fold: &F, panes: &Panes<C>, _: bool, numbers: usize) {
        derived.0.clear();
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
    #[inline(always)]
    fn view(&self, number: Number) -> C::View<'_> {
        Keep::view(&self.0[number as usize])
    }
    fn renumber(&mut self, old: &[Number]) {
        by_number::renumber(&mut self.0, old);
    }
    fn bytes(&self) -> usize {
        bytes(&self.0)
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
    use super::super::shape::Shape;
    use super::super::shard::Shard;
    use super::*;
    use crate::table::{Table, hash_of};
    use crate::time::Time;

    struct Sum;

    impl Merge<f64> for Sum {
        fn merge(&self, older: f64, newer: f64) -> f64 {
            older + newer
        }
    }

    impl Unmerge<f64> for Sum {
        fn unmerge(&self, total: f64, left: f64) -> f64 {
            total - left
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
            (Shard::<u64, f64, Totals<f64>>::default(), VecDeque::new(), (0.0, 0.0));
        for slide in 0..slides {
            let step = shape.step(Time::from_millis(slide * 1000));
            let mut batch = Table::default();
            batch.fold(hash_of(&1u64), 1u64, value(slide, slides), |value| value, |_, value| value);
            let turn = <Subtract as Algorithm<f64, Sum>>::turn(shape.panes).filter(|_| is_refreshed);
            let cycle = turn.map_or(0, |panes| Shape::cycle(0, &step, panes));
            shard.advance::<_, _, _, Subtract>(&Sum, &step, vec![batch.into_entries()], cycle);
            shard.commit::<f64>();
            window.push_back(value(slide, slides));
            window.drain(..window.len().saturating_sub(PANES as usize));
            // The longest way from a very large value to the next turn.
            if slide % 1000 > 2 * PANES && slide % 1000 < 900 || slide + 1 == slides {
                let total: f64 = Derived::<f64>::view(&shard.derived, 0);
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
