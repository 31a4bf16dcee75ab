//! Values of functions that are associative and no more: a queue of two stacks.
//!
//! New values enter the back, of which the total is known for each key. The front is a stack: for each of its values, the merge
//! of all newer ones of the key in the front. So the oldest can leave and the rest is known. When the front is empty, or its turn
//! has come, all panes are turned over to become the front. Each value is merged twice in all, once when it enters and once when
//! it is turned over.
//!
//! All keys of a shard are turned over together, pane by pane: what is read and written lies side by side. Shards have their
//! turns at different times, once in the length of the window, so that no batch has to do it for all.

use std::borrow::Cow;

use crate::key_table::Number;
use crate::record::{Keep, Record};

use super::algorithm::{Algorithm, Derived, Merge, Place};
use super::by_number::{self, bytes, put};
use super::panes::Panes;

/// A queue of two stacks. Needs nothing of the function but associativity.
pub struct TwoStacks;

/// The stacks of a shard.
pub struct Stacked<C> {
    stacks: Vec<Stacks>,
    /// What each key's front merges to; meaningless where that is empty.
    fronts: Vec<C>,
    /// The same of its back.
    backs: Vec<C>,
    /// For each value in the front that has newer ones there, what these merge to. What leaves first is on top.
    newer: Vec<C>,
    values: Vec<C>,
    /// The keys whose values do not fit the stacks, some more than once; or these are so many that they are not listed.
    unsettled: Vec<Number>,
    all_unsettled: bool,
}

/// What the stacks have of a key.
#[derive(Clone, Copy, Default)]
struct Stacks {
    /// How many values are in the front.
    front: u32,
    has_back: bool,
}

impl<C> Default for Stacked<C> {
    fn default() -> Self {
        Stacked {
            stacks: Vec::new(),
            fronts: Vec::new(),
            backs: Vec::new(),
            newer: Vec::new(),
            values: Vec::new(),
            unsettled: Vec::new(),
            all_unsettled: false,
        }
    }
}

impl<C: Record> Stacked<C> {
    #[inline]
    fn push<F: Merge<C>>(&mut self, fold: &F, number: Number, value: &C) {
        let index = number as usize;
        if index >= self.stacks.len() {
            put(&mut self.stacks, number, Stacks::default());
        }
        if std::mem::replace(&mut self.stacks[index].has_back, true) {
            by_number::fold(&mut self.backs, index, |total| fold.merge(total, value.clone()));
        } else {
            put(&mut self.backs, number, value.clone());
        }
        self.unsettle(number);
    }

    #[inline]
    fn pop(&mut self, number: Number) {
        let stacks = &mut self.stacks[number as usize];
        stacks.front -= 1;
        if stacks.front > 0
            && let Some(newer) = self.newer.pop()
        {
            self.fronts[number as usize] = newer;
        }
        self.unsettle(number);
    }

    /// Makes the panes the front, all but the `back` newest ones.
    #[cold]
    #[inline(never)]
    fn turn_over<F: Merge<C>>(&mut self, fold: &F, panes: &Panes<C>, back: usize) {
        self.stacks.fill(Stacks::default());
        self.empty_front();
        for pane in panes.iter().rev().skip(back) {
            for (number, value) in pane.entries().rev() {
                self.push_front(fold, number, value);
            }
        }
        for pane in panes.iter().rev().take(back) {
            pane.entries().for_each(|(number, value)| self.push(fold, number, value));
        }
        self.all_unsettled = true;
    }

    /// The next older value joins the front.
    #[inline]
    fn push_front<F: Merge<C>>(&mut self, fold: &F, number: Number, value: &C) {
        let index = number as usize;
        if index >= self.stacks.len() {
            put(&mut self.stacks, number, Stacks::default());
        }
        self.stacks[index].front += 1;
        if self.stacks[index].front == 1 {
            put(&mut self.fronts, number, value.clone());
        } else {
            self.newer.push(self.fronts[index].clone());
            by_number::fold(&mut self.fronts, index, |newer| fold.merge(value.clone(), newer));
        }
    }

    /// Memory of a front that was much larger than the last one is given back.
    fn empty_front(&mut self) {
        let before = self.newer.len();
        self.newer.clear();
        self.newer.shrink_to(before * 4);
    }

    #[inline]
    fn unsettle(&mut self, number: Number) {
        if !self.all_unsettled {
            self.unsettled.push(number);
            // From here on it is less work to go through all of them in order.
            self.all_unsettled = self.unsettled.len() > self.stacks.len() / 4;
        }
    }

    #[inline]
    fn settle<F: Merge<C>>(&mut self, fold: &F, number: Number) {
        let index = number as usize;
        let Stacks { front, has_back } = self.stacks[index];
        let value = match (front > 0, has_back) {
            (true, true) => fold.merge(self.fronts[index].clone(), self.backs[index].clone()),
            (true, false) => self.fronts[index].clone(),
            (false, true) => self.backs[index].clone(),
            (false, false) => return,
        };
        put(&mut self.values, number, value);
    }
}

impl<C: Record, F: Merge<C>> Algorithm<C, F> for TwoStacks {
    type Kept = C;
    type Derived = Stacked<C>;
    const SETTLES: bool = true;

    #[inline]
    fn enter(derived: &mut Stacked<C>, fold: &F, at: Place, value: C) -> C {
        derived.push(fold, at.number, &value);
        value
    }

    fn again(derived: &mut Stacked<C>, fold: &F, at: Place, kept: &C, value: C) -> Option<C> {
        // The newest pane is in the back: panes are turned over before it is opened.
        let kept = fold.merge(kept.clone(), value.clone());
        derived.push(fold, at.number, &value);
        Some(kept)
    }

    #[inline]
    fn leave(derived: &mut Stacked<C>, fold: &F, panes: &Panes<C>, at: Place, _: &C) {
        // It is the oldest value of the key: if that is not in the front, nothing is.
        if derived.stacks[at.index()].front == 0 {
            derived.turn_over(fold, panes, 0);
        }
        derived.pop(at.number);
    }

    fn rebuild(derived: &mut Stacked<C>, fold: &F, panes: &Panes<C>, is_open: bool, _: usize) {
        // A panic may have emptied any of the vectors. What is read of them is written before.
        derived.turn_over(fold, panes, usize::from(is_open));
    }

    fn saved<'a>(_: &'a Stacked<C>, kept: &'a C, _: Number, _: &mut [usize]) -> Cow<'a, C> {
        Cow::Borrowed(kept)
    }

    fn restored(_: &mut Stacked<C>, _: Number, value: C) -> C {
        value
    }

    fn settle(derived: &mut Stacked<C>, fold: &F, _: &Panes<C>, _: usize) {
        // What is noted stays until all is done, since the function may panic.
        if derived.all_unsettled {
            (0..derived.stacks.len() as Number).for_each(|number| derived.settle(fold, number));
        } else {
            for at in 0..derived.unsettled.len() {
                derived.settle(fold, derived.unsettled[at]);
            }
        }
        derived.unsettled.clear();
        derived.all_unsettled = false;
    }

    fn turn(panes: u32) -> Option<u64> {
        (panes > 1).then(|| u64::from(panes))
    }
}

impl<C: Record> Derived<C> for Stacked<C> {
    #[inline(always)]
    fn view(&self, number: Number) -> C::View<'_> {
        Keep::view(&self.values[number as usize])
    }

    fn renumber(&mut self, old: &[Number]) {
        by_number::renumber(&mut self.stacks, old);
        by_number::renumber(&mut self.fronts, old);
        by_number::renumber(&mut self.backs, old);
        by_number::renumber(&mut self.values, old);
        self.unsettled = Vec::new();
        self.all_unsettled = true;
    }

    fn bytes(&self) -> usize {
        let by_number = bytes(&self.stacks) + bytes(&self.fronts) + bytes(&self.backs) + bytes(&self.values);
        by_number + bytes(&self.unsettled) + bytes(&self.newer)
    }
}
