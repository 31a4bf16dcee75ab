//! What a window's values are derived by: the functions of the user, and the algorithms that need them.

use std::borrow::Cow;

use crate::key_table::Number;
use crate::record::Record;

use super::panes::Panes;

/// Combines two values of a key. It must be associative; it need not be commutative.
pub trait Merge<C> {
    /// The value for a span of time, from those of its two parts.
    fn merge(&self, older: C, newer: C) -> C;

    /// `merge`, where the newer value stays as it is.
    #[inline(always)]
    fn merge_ref(&self, older: C, newer: &C) -> C
    where
        C: Clone,
    {
        self.merge(older, newer.clone())
    }
}

/// Takes a value out of a merged one again.
pub trait Unmerge<C>: Merge<C> {
    /// What remains of `total` without `left`, the oldest part of it.
    fn unmerge(&self, total: C, left: C) -> C;

    /// `unmerge`, where what left stays as it is.
    #[inline(always)]
    fn unmerge_ref(&self, total: C, left: &C) -> C
    where
        C: Clone,
    {
        self.unmerge(total, left.clone())
    }
}

/// Selects one of two values of a key, as the least or the greatest.
pub trait Select<C> {
    /// Whether `newer` is to be selected, so that `older` never matters again. It must be transitive.
    fn beats(&self, newer: &C, older: &C) -> bool;
}

/// How the values of a shard's keys follow from its panes.
///
/// A function of the user may panic in any method but those of [`Derived`]. What was derived may then be in any state, and is
/// not looked at before `rebuild`.
pub trait Algorithm<C: Record, F> {
    /// What comes for a key: a value, or a part of one.
    type Arriving: Send;
    /// What a pane keeps of a key's value.
    type Kept: Send + Sync;
    /// What is kept by the numbers of keys.
    type Derived: Derived<C>;
    /// Whether `settle` has anything to do.
    const SETTLES: bool = false;
    /// Whether values leave without a call of `leave` where everything is derived anew after it: a function of the user that
    /// cannot take a value out would fail again and again.
    const LEAVES_BY_REBUILD: bool = false;

    /// Whether values that come singly in a batch are combined by key in the newest pane. Otherwise it has them as they came.
    const COMBINES_SINGLES: bool = false;

    /// Has fetched what `enter` and `again` are going to touch of a key that is there.
    #[inline(always)]
    fn fetch(derived: &Self::Derived, number: Number) {
        let _ = (derived, number);
    }

    /// A value enters the newest pane, which has none of its key, or only such as are not combined with it. Returns what the
    /// pane keeps.
    fn enter(derived: &mut Self::Derived, fold: &F, at: Place, value: Self::Arriving) -> Self::Kept;

    /// A further value is combined with one of the newest pane, the `kept`. Returns what the pane keeps instead, if anything.
    fn again(
        derived: &mut Self::Derived,
        fold: &F,
        at: Place,
        kept: &Self::Kept,
        value: Self::Arriving,
    ) -> Option<Self::Kept>;

    /// What the oldest pane has of a key leaves. That pane is among `panes` until all of it has left.
    fn leave(derived: &mut Self::Derived, fold: &F, panes: &Panes<Self::Kept>, at: Place, kept: &Self::Kept);

    /// All that leaves in a step has left; `panes` are the others.
    #[inline]
    fn left(derived: &mut Self::Derived, fold: &F, panes: &Panes<Self::Kept>, numbers: usize) {
        let _ = (derived, fold, panes, numbers);
    }

    /// Derives everything anew from the panes. Unless `is_open`, nothing more enters the newest one. All numbers are below
    /// `numbers`.
    fn rebuild(derived: &mut Self::Derived, fold: &F, panes: &Panes<Self::Kept>, is_open: bool, numbers: usize);

    /// Makes the values ready to be read. After a panic it can be called again.
    fn settle(derived: &mut Self::Derived, fold: &F, panes: &Panes<Self::Kept>, numbers: usize) {
        let _ = (derived, fold, panes, numbers);
    }

    /// Whether `saved` must know what newer values have of a key.
    const COUNTS_LATER: bool = false;

    /// The value of which a pane keeps `kept`: what a checkpoint writes. Asked from the newest to the oldest; `later` is by
    /// number, and empty unless `COUNTS_LATER`.
    fn saved<'a>(derived: &'a Self::Derived, kept: &'a Self::Kept, number: Number, later: &mut [usize]) -> Cow<'a, C>;

    /// What the newest pane keeps of a value of an earlier run. Nothing else is derived from it before `rebuild`.
    fn restored(derived: &mut Self::Derived, number: Number, value: C) -> Self::Kept;

    /// Once in how many panes a shard is to be rebuilt, if it is, of a window that has so many.
    fn turn(panes: u32) -> Option<u64> {
        let _ = panes;
        None
    }
}

/// Where a value enters or leaves.
#[derive(Clone, Copy)]
pub struct Place {
    pub(super) number: Number,
    pub(super) pane: u32,
    /// Whether there is no other value of the key.
    pub(super) is_only: bool,
}

impl Place {
    pub(super) fn index(&self) -> usize {
        self.number as usize
    }
}

/// What an algorithm keeps of a shard beside the panes.
pub trait Derived<C: Record>: Default + Send + Sync {
    /// What `values` has of a key.
    type Value: Send + Sync;
    /// By number, up to that of the last key that is there. Those of keys that are not there mean nothing.
    fn values(&self) -> &[Self::Value];
    /// What is seen of a key's value.
    fn view(value: &Self::Value) -> C::View<'_>;
    /// What has left does not come back.
    fn commit(&mut self) {}
    /// Keys have new numbers; `old` has the old number of each new one, in ascending order.
    fn renumber(&mut self, old: &[Number]);
    /// The bytes of its own vectors.
    fn bytes(&self) -> usize;
}

/// Calls `enter` for all that the panes have, from the oldest to the newest.
pub(super) fn replay<P>(panes: &Panes<P>, numbers: usize, mut enter: impl FnMut(Place, &P)) {
    let mut met = vec![false; numbers];
    for pane in panes.iter() {
        for (number, kept) in pane.entries() {
            let is_only = !std::mem::replace(&mut met[number as usize], true);
            enter(Place { number, pane: pane.number, is_only }, kept);
        }
    }
}
