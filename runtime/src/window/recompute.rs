//! Values merged from all panes when the window is read: the least work where panes are few.

use std::borrow::Cow;

use crate::key_table::Number;
use crate::record::Record;

use super::algorithm::{Algorithm, Derived, Merge, Place, replay};
use super::by_number::{self, bytes, put};
use super::panes::Panes;

/// Merges the panes when the window is read, in the order of time. Needs nothing of the function but associativity.
pub struct Recompute;

/// The merged values, as of the last reading.
pub struct Recomputed<C> {
    values: Vec<C>,
    is_settled: bool,
}

impl<C> Default for Recomputed<C> {
    fn default() -> Self {
        Recomputed { values: Vec::new(), is_settled: false }
    }
}

impl<C: Record, F: Merge<C>> Algorithm<C, F> for Recompute {
    type Arriving = C;
    type Kept = C;
    type Derived = Recomputed<C>;
    const SETTLES: bool = true;

    fn enter(derived: &mut Recomputed<C>, _: &F, _: Place, value: C) -> C {
        derived.is_settled = false;
        value
    }

    fn again(derived: &mut Recomputed<C>, fold: &F, _: Place, kept: &C, value: C) -> Option<C> {
        derived.is_settled = false;
        Some(fold.merge(kept.clone(), value))
    }

    fn leave(derived: &mut Recomputed<C>, _: &F, _: &Panes<C>, _: Place, _: &C) {
        derived.is_settled = false;
    }

    fn rebuild(derived: &mut Recomputed<C>, _: &F, _: &Panes<C>, _: bool, _: usize) {
        derived.is_settled = false;
    }

    fn saved<'a>(_: &'a Recomputed<C>, kept: &'a C, _: Number, _: &mut [usize]) -> Cow<'a, C> {
        Cow::Borrowed(kept)
    }

    fn restored(_: &mut Recomputed<C>, _: Number, value: C) -> C {
        value
    }

    fn settle(derived: &mut Recomputed<C>, fold: &F, panes: &Panes<C>, numbers: usize) {
        if derived.is_settled {
            return;
        }
        replay(panes, numbers, |at, value| {
            if at.is_only {
                put(&mut derived.values, at.number, value.clone());
            } else {
                by_number::fold(&mut derived.values, at.index(), |value| value, |old| fold.merge_ref(old, value));
            }
        });
        derived.is_settled = true;
    }
}

impl<C: Record> Derived<C> for Recomputed<C> {
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
    }
    fn bytes(&self) -> usize {
        bytes(&self.values)
    }
}
