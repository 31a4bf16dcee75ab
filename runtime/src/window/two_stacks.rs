//! Values of functions that are associative and no more: a queue of two stacks for each key.
//!
//! New values are pushed on the back, of which the total is known. The front has, for each of its values, the merge of that one
//! and all newer ones in the front: so the oldest can leave and the rest is known. When the front is empty, the back is turned
//! over to become the front. Each value is merged twice in all, once when it enters and once when it is turned over.

use crate::fold::fold_in_place;
use crate::key_table::Number;
use crate::record::{Keep, Record};

use super::algorithm::{Algorithm, Derived, Merge, Place, replay};
use super::by_number::{self, bytes, put};
use super::panes::Panes;
use super::pool::{Link, NONE, Pool};

/// A queue of two stacks a key. Needs nothing of the function but associativity.
pub struct TwoStacks;

/// The queues of a shard's keys. A key has a node for each pane that has it.
pub struct Stacked<C> {
    stacks: Vec<Stacks>,
    /// What each back merges to; meaningless where the back is empty.
    backs: Vec<C>,
    values: Vec<C>,
    /// Whose values do not fit the stacks.
    unsettled: Vec<Number>,
    /// A node of a front links to the next newer one, a node of a back to the next older one.
    pool: Pool<C, 1>,
}

/// The stacks of a key.
#[derive(Clone, Copy)]
struct Stacks {
    /// The oldest of the front.
    front: Link,
    /// The newest of the back.
    back: Link,
    is_unsettled: bool,
}

const EMPTY: Stacks = Stacks { front: NONE, back: NONE, is_unsettled: false };

impl<C> Default for Stacked<C> {
    fn default() -> Self {
        Stacked {
            stacks: Vec::new(),
            backs: Vec::new(),
            values: Vec::new(),
            unsettled: Vec::new(),
            pool: Pool::default(),
        }
    }
}

impl<C: Record> Stacked<C> {
    fn push<F: Merge<C>>(&mut self, fold: &F, at: Place, value: &C) {
        if at.index() >= self.stacks.len() {
            put(&mut self.stacks, at.number, EMPTY);
        }
        let back = self.stacks[at.index()].back;
        if back == NONE {
            put(&mut self.backs, at.number, value.clone());
        } else {
            fold_in_place(&mut self.backs, at.index(), |total| total, |total| fold.merge(total, value.clone()));
        }
        self.stacks[at.index()].back = self.pool.add(value.clone(), [back]);
        self.unsettle(at.number);
    }

    fn pop<F: Merge<C>>(&mut self, fold: &F, at: Place) {
        if self.stacks[at.index()].front == NONE {
            self.turn_over(fold, at.number);
        }
        let oldest = self.stacks[at.index()].front;
        self.stacks[at.index()].front = self.pool.at(oldest).links[0];
        self.pool.free(oldest);
        self.unsettle(at.number);
    }

    /// Makes the back the front. The oldest is not merged, for it leaves at once.
    fn turn_over<F: Merge<C>>(&mut self, fold: &F, number: Number) {
        let (mut newer, mut link) = (NONE, self.stacks[number as usize].back);
        while link != NONE {
            let older = self.pool.at(link).links[0];
            if newer != NONE && older != NONE {
                let suffix = self.pool.at(newer).value.clone();
                fold_in_place(
                    &mut self.pool.nodes,
                    link as usize,
                    |node| &mut node.value,
                    |value| fold.merge(value, suffix),
                );
            }
            self.pool.at_mut(link).links = [newer];
            (newer, link) = (link, older);
        }
        self.stacks[number as usize].front = newer;
        self.stacks[number as usize].back = NONE;
    }

    #[inline]
    fn unsettle(&mut self, number: Number) {
        if !std::mem::replace(&mut self.stacks[number as usize].is_unsettled, true) {
            self.unsettled.push(number);
        }
    }

    /// The value of a key; `None` if it is not there.
    fn value<F: Merge<C>>(&self, fold: &F, number: Number) -> Option<C> {
        let Stacks { front, back, .. } = self.stacks[number as usize];
        let newer = if back == NONE { None } else { Some(self.backs[number as usize].clone()) };
        if front == NONE {
            return newer;
        }
        let older = self.pool.at(front).value.clone();
        Some(match newer {
            Some(newer) => fold.merge(older, newer),
            None => older,
        })
    }
}

impl<C: Record, F: Merge<C>> Algorithm<C, F> for TwoStacks {
    type Kept = C;
    type Derived = Stacked<C>;
    const SETTLES: bool = true;

    fn enter(derived: &mut Stacked<C>, fold: &F, at: Place, value: C) -> C {
        derived.push(fold, at, &value);
        value
    }

    fn again(derived: &mut Stacked<C>, fold: &F, at: Place, kept: &C, value: C) -> Option<C> {
        let kept = fold.merge(kept.clone(), value.clone());
        fold_in_place(&mut derived.backs, at.index(), |total| total, |total| fold.merge(total, value));
        // Panes leave only when a new one is opened. So nothing was turned over since the key entered this one, and its node is
        // the newest of the back.
        let newest = derived.stacks[at.index()].back;
        derived.pool.at_mut(newest).value = kept.clone();
        derived.unsettle(at.number);
        Some(kept)
    }

    fn leave(derived: &mut Stacked<C>, fold: &F, at: Place, _: &C) {
        derived.pop(fold, at);
    }

    fn rebuild(derived: &mut Stacked<C>, fold: &F, panes: &Panes<C>, numbers: usize) {
        *derived = Stacked::default();
        replay(panes, numbers, |at, value| derived.push(fold, at, value));
    }

    fn settle(derived: &mut Stacked<C>, fold: &F, _: &Panes<C>, _: usize) {
        // One is taken off the list only when its value is there, since the function may panic.
        while let Some(number) = derived.unsettled.last().copied() {
            if let Some(value) = derived.value(fold, number) {
                put(&mut derived.values, number, value);
            }
            derived.stacks[number as usize].is_unsettled = false;
            derived.unsettled.pop();
        }
    }
}

impl<C: Record> Derived<C> for Stacked<C> {
    #[inline(always)]
    fn view(&self, number: Number) -> C::View<'_> {
        Keep::view(&self.values[number as usize])
    }

    fn commit(&mut self) {
        if self.pool.is_sparse() {
            let moved = self.pool.compact();
            for stacks in &mut self.stacks {
                moved(&mut stacks.front);
                moved(&mut stacks.back);
            }
        }
    }

    fn renumber(&mut self, old: &[Number]) {
        by_number::renumber(&mut self.stacks, old);
        by_number::renumber(&mut self.backs, old);
        by_number::renumber(&mut self.values, old);
        let stacks = self.stacks.iter().enumerate();
        self.unsettled = stacks.filter(|(_, stacks)| stacks.is_unsettled).map(|(number, _)| number as Number).collect();
    }

    fn bytes(&self) -> usize {
        let by_number = bytes(&self.stacks) + bytes(&self.backs) + bytes(&self.values);
        by_number + bytes(&self.unsettled) + self.pool.bytes()
    }
}
