//! Values that are selected, by whichever algorithm is faster for their type.
//!
//! To merge small values costs less than to keep them in queues, whose steps nobody can foresee. To merge values that lie
//! elsewhere would be to clone them, again and again; a queue clones each once or twice.

use std::borrow::Cow;

use crate::key_table::Number;
use crate::record::Record;

use super::algorithm::{Algorithm, Derived, Merge, Place, Select};
use super::monotonic::{Monotonic, Queues};
use super::panes::Panes;
use super::two_stacks::{Stacked, TwoStacks};

/// A queue a key for values that lie elsewhere, two stacks for others.
pub struct Selecting;

/// What one of the algorithms has derived. The other part stays empty.
pub struct Selected<C> {
    queues: Queues<C>,
    stacks: Stacked<C>,
}

impl<C> Default for Selected<C> {
    fn default() -> Self {
        Selected { queues: Queues::default(), stacks: Stacked::default() }
    }
}

impl<C> Selected<C> {
    const HAS_QUEUES: bool = std::mem::needs_drop::<C>();
}

impl<C: Record, F: Merge<C> + Select<C>> Algorithm<C, F> for Selecting {
    type Arriving = C;
    type Kept = C;
    type Derived = Selected<C>;
    const SETTLES: bool = !Selected::<C>::HAS_QUEUES;

    #[inline]
    fn enter(derived: &mut Selected<C>, fold: &F, at: Place, value: C) -> C {
        if Selected::<C>::HAS_QUEUES {
            Monotonic::enter(&mut derived.queues, fold, at, value)
        } else {
            TwoStacks::enter(&mut derived.stacks, fold, at, value)
        }
    }

    fn again(derived: &mut Selected<C>, fold: &F, at: Place, kept: &C, value: C) -> Option<C> {
        if Selected::<C>::HAS_QUEUES {
            Monotonic::again(&mut derived.queues, fold, at, kept, value)
        } else {
            TwoStacks::again(&mut derived.stacks, fold, at, kept, value)
        }
    }

    #[inline]
    fn leave(derived: &mut Selected<C>, fold: &F, panes: &Panes<C>, at: Place, kept: &C) {
        if Selected::<C>::HAS_QUEUES {
            Monotonic::leave(&mut derived.queues, fold, panes, at, kept);
        } else {
            TwoStacks::leave(&mut derived.stacks, fold, panes, at, kept);
        }
    }

    fn rebuild(derived: &mut Selected<C>, fold: &F, panes: &Panes<C>, is_open: bool, numbers: usize) {
        if Selected::<C>::HAS_QUEUES {
            Monotonic::rebuild(&mut derived.queues, fold, panes, is_open, numbers);
        } else {
            TwoStacks::rebuild(&mut derived.stacks, fold, panes, is_open, numbers);
        }
    }

    fn saved<'a>(_: &'a Selected<C>, kept: &'a C, _: Number, _: &mut [usize]) -> Cow<'a, C> {
        Cow::Borrowed(kept)
    }

    fn restored(_: &mut Selected<C>, _: Number, value: C) -> C {
        value
    }

    fn settle(derived: &mut Selected<C>, fold: &F, panes: &Panes<C>, numbers: usize) {
        if !Selected::<C>::HAS_QUEUES {
            TwoStacks::settle(&mut derived.stacks, fold, panes, numbers);
        }
    }

    fn turn(panes: u32) -> Option<u64> {
        if Selected::<C>::HAS_QUEUES { None } else { <TwoStacks as Algorithm<C, F>>::turn(panes) }
    }
}

impl<C: Record> Derived<C> for Selected<C> {
    type Value = C;

    #[inline(always)]
    fn values(&self) -> &[C] {
        if Self::HAS_QUEUES { self.queues.values() } else { self.stacks.values() }
    }
    #[inline(always)]
    fn view(value: &C) -> C::View<'_> {
        value.view()
    }

    fn commit(&mut self) {
        self.queues.commit();
        self.stacks.commit();
    }

    fn renumber(&mut self, old: &[Number]) {
        if Self::HAS_QUEUES { self.queues.renumber(old) } else { self.stacks.renumber(old) }
    }

    fn bytes(&self) -> usize {
        self.queues.bytes() + self.stacks.bytes()
    }
}
