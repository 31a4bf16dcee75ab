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
use crate::record::Record;

use super::algorithm::{Algorithm, Derived, Merge, Place};
use super::by_number::{self, bytes, put};
use super::panes::{Pane, Panes};

/// A queue of two stacks. Needs nothing of the function but associativity.
pub struct TwoStacks;

/// The stacks of a shard.
pub struct Stacked<C> {
    /// By number.
    stacks: Vec<Stacks<C>>,
    /// For each value in the front, what the newer ones there merge to; for a key's newest one some value that means nothing.
    /// What leaves first is on top.
    newer: Vec<C>,
    values: Vec<C>,
    /// The keys whose values do not fit the stacks, some more than once; or these are so many that they are not listed.
    unsettled: Vec<Number>,
    all_unsettled: bool,
}

/// What the stacks have of a key.
#[derive(Clone)]
struct Stacks<C> {
    /// How many values are in the front.
    front_len: u32,
    has_back: bool,
    /// What the front merges to; meaningless where that is empty.
    front: C,
    /// The same of the back.
    back: C,
}

impl<C: Clone> Stacks<C> {
    /// Empty ones, with a value that means nothing.
    fn new(value: &C) -> Self {
        Stacks { front_len: 0, has_back: false, front: value.clone(), back: value.clone() }
    }
}

impl<C> Default for Stacked<C> {
    fn default() -> Self {
        Stacked {
            stacks: Vec::new(),
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
        let Some(stacks) = self.stacks.get_mut(index) else { return self.push_first(number, value) };
        if std::mem::replace(&mut stacks.has_back, true) {
            let merge = |total| fold.merge_ref(total, value);
            by_number::fold(&mut self.stacks, index, |stacks| &mut stacks.back, merge);
        } else {
            stacks.back = value.clone();
        }
        self.unsettle(number);
    }

    /// The first value of a new number.
    #[cold]
    #[inline(never)]
    fn push_first(&mut self, number: Number, value: &C) {
        put(&mut self.stacks, number, Stacks::new(value));
        self.stacks[number as usize].has_back = true;
        self.unsettle(number);
    }

    #[inline]
    fn pop(&mut self, number: Number) {
        let stacks = &mut self.stacks[number as usize];
        stacks.front_len -= 1;
        if let Some(newer) = self.newer.pop() {
            stacks.front = newer;
        }
        self.unsettle(number);
    }

    /// Makes the panes the front, all but the `back` newest ones.
    #[cold]
    #[inline(never)]
    fn turn_over<F: Merge<C>>(&mut self, fold: &F, panes: &Panes<C>, back: usize) {
        for stacks in &mut self.stacks {
            (stacks.front_len, stacks.has_back) = (0, false);
        }
        self.empty_front(panes.iter().rev().skip(back).map(Pane::len).sum());
        let Stacked { stacks, newer, .. } = self;
        for pane in panes.iter().rev().skip(back) {
            newer.extend(pane.entries().rev().map(|(number, value)| push_front(stacks, fold, number, value)));
        }
        for pane in panes.iter().rev().take(back) {
            pane.entries().for_each(|(number, value)| self.push(fold, number, value));
        }
        self.all_unsettled = true;
    }

    /// Makes room for a front of so many values, and gives the memory back of one that was much larger.
    fn empty_front(&mut self, values: usize) {
        self.newer.clear();
        if !(values..=values * 4).contains(&self.newer.capacity()) {
            self.newer = Vec::with_capacity(values + values / 8);
        }
    }

    #[inline]
    fn unsettle(&mut self, number: Number) {
        if !self.all_unsettled {
            self.unsettled.push(number);
            // From here on it is less work to go through all of them in order.
            self.all_unsettled = self.unsettled.len() > self.stacks.len() / 4;
        }
    }

    /// Gives the numbers that have no value yet one that means nothing.
    fn lengthen_values(&mut self) {
        let new = self.stacks.get(self.values.len()..).unwrap_or_default();
        self.values.extend(new.iter().map(|stacks| stacks.back.clone()));
    }

    /// What `stacks` come to is the value. A key without any keeps what there is.
    #[inline(always)]
    fn settle<F: Merge<C>>(fold: &F, stacks: &Stacks<C>, value: &mut C) {
        if stacks.front_len == 0 {
            if stacks.has_back {
                *value = stacks.back.clone();
            }
        } else if stacks.has_back {
            *value = fold.merge(stacks.front.clone(), stacks.back.clone());
        } else {
            *value = stacks.front.clone();
        }
    }
}

/// The next older value joins the front. Returns what the front was.
#[inline(always)]
fn push_front<C: Record, F: Merge<C>>(stacks: &mut Vec<Stacks<C>>, fold: &F, number: Number, value: &C) -> C {
    let index = number as usize;
    if index >= stacks.len() {
        put(stacks, number, Stacks::new(value));
    }
    let own = &mut stacks[index];
    own.front_len += 1;
    let newer = own.front.clone();
    if own.front_len == 1 {
        own.front = value.clone();
    } else {
        by_number::fold(stacks, index, |stacks| &mut stacks.front, |newer| fold.merge(value.clone(), newer));
    }
    newer
}

impl<C: Record, F: Merge<C>> Algorithm<C, F> for TwoStacks {
    type Arriving = C;
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
        if derived.stacks[at.index()].front_len == 0 {
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
        derived.lengthen_values();
        let Stacked { stacks, values, unsettled, .. } = derived;
        if derived.all_unsettled {
            stacks.iter().zip(values).for_each(|(stacks, value)| Stacked::settle(fold, stacks, value));
        } else {
            for number in unsettled.iter().map(|number| *number as usize) {
                Stacked::settle(fold, &stacks[number], &mut values[number]);
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
        by_number::renumber(&mut self.stacks, old);
        by_number::renumber(&mut self.values, old);
        self.unsettled = Vec::new();
        self.all_unsettled = true;
    }

    fn bytes(&self) -> usize {
        bytes(&self.stacks) + bytes(&self.values) + bytes(&self.unsettled) + bytes(&self.newer)
    }
}
