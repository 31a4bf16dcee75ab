//! Values that are selected, as the least or the greatest: for each key a queue of those that may still be selected.
//!
//! A value that a newer one beats will never be the value of a window again, so each queue is in order and its oldest value is
//! the one. A value enters once and is taken out once.

use std::borrow::Cow;

use crate::key_table::Number;
use crate::record::Record;

use super::algorithm::{Algorithm, Derived, Place, Select, replay};
use super::by_number::{self, bytes, put};
use super::panes::Panes;
use super::pool::{Link, NONE, Pool};

/// A queue a key of the values that no newer one beats.
pub struct Monotonic;

/// The queues of a shard's keys.
pub struct Queues<C> {
    queues: Vec<Queue>,
    /// What is selected: the oldest of each queue.
    values: Vec<C>,
    /// Nodes with their panes. They link to the next older one and the next newer one.
    pool: Pool<(u32, C), 2>,
}

const OLDER: usize = 0;
const NEWER: usize = 1;

#[derive(Clone, Copy)]
struct Queue {
    oldest: Link,
    newest: Link,
}

const EMPTY: Queue = Queue { oldest: NONE, newest: NONE };

impl<C> Default for Queues<C> {
    fn default() -> Self {
        Queues { queues: Vec::new(), values: Vec::new(), pool: Pool::default() }
    }
}

impl<C: Record> Queues<C> {
    fn push<F: Select<C>>(&mut self, fold: &F, at: Place, value: &C) {
        if at.index() >= self.queues.len() {
            put(&mut self.queues, at.number, EMPTY);
        }
        self.pop_beaten(fold, at, value);
        let older = self.queues[at.index()].newest;
        let node = self.pool.add((at.pane, value.clone()), [older, NONE]);
        self.queues[at.index()].newest = node;
        if older == NONE {
            self.queues[at.index()].oldest = node;
            put(&mut self.values, at.number, value.clone());
        } else {
            self.pool.at_mut(older).links[NEWER] = node;
        }
    }

    fn pop_beaten<F: Select<C>>(&mut self, fold: &F, at: Place, value: &C) {
        let mut newest = self.queues[at.index()].newest;
        while newest != NONE && fold.beats(value, &self.pool.at(newest).value.1) {
            let older = self.pool.at(newest).links[OLDER];
            self.pool.free(newest);
            newest = older;
        }
        self.queues[at.index()].newest = newest;
        match newest {
            NONE => self.queues[at.index()].oldest = NONE,
            newest => self.pool.at_mut(newest).links[NEWER] = NONE,
        }
    }

    /// Takes out the oldest if it is of this pane.
    fn pop_oldest(&mut self, at: Place) {
        let oldest = self.queues[at.index()].oldest;
        if oldest == NONE || self.pool.at(oldest).value.0 != at.pane {
            return;
        }
        let newer = self.pool.at(oldest).links[NEWER];
        self.pool.free(oldest);
        self.queues[at.index()].oldest = newer;
        if newer == NONE {
            self.queues[at.index()].newest = NONE;
        } else {
            self.pool.at_mut(newer).links[OLDER] = NONE;
            self.values[at.index()] = self.pool.at(newer).value.1.clone();
        }
    }
}

impl<C: Record, F: Select<C>> Algorithm<C, F> for Monotonic {
    type Arriving = C;
    type Kept = C;
    type Derived = Queues<C>;

    fn enter(derived: &mut Queues<C>, fold: &F, at: Place, value: C) -> C {
        derived.push(fold, at, &value);
        value
    }

    fn again(derived: &mut Queues<C>, fold: &F, at: Place, kept: &C, value: C) -> Option<C> {
        // Otherwise the value leaves with one that it does not beat.
        fold.beats(&value, kept).then(|| {
            derived.push(fold, at, &value);
            value
        })
    }

    fn leave(derived: &mut Queues<C>, _: &F, _: &Panes<C>, at: Place, _: &C) {
        derived.pop_oldest(at);
    }

    fn rebuild(derived: &mut Queues<C>, fold: &F, panes: &Panes<C>, _: bool, numbers: usize) {
        *derived = Queues::default();
        replay(panes, numbers, |at, value| derived.push(fold, at, value));
    }

    fn saved<'a>(_: &'a Queues<C>, kept: &'a C, _: Number, _: &mut [usize]) -> Cow<'a, C> {
        Cow::Borrowed(kept)
    }

    fn restored(_: &mut Queues<C>, _: Number, value: C) -> C {
        value
    }
}

impl<C: Record> Derived<C> for Queues<C> {
    type Value = C;

    #[inline(always)]
    fn values(&self) -> &[C] {
        &self.values
    }
    #[inline(always)]
    fn view(value: &C) -> C::View<'_> {
        value.view()
    }

    fn commit(&mut self) {
        if self.pool.is_sparse() {
            let moved = self.pool.compact();
            for queue in &mut self.queues {
                moved(&mut queue.oldest);
                moved(&mut queue.newest);
            }
        }
    }

    fn renumber(&mut self, old: &[Number]) {
        by_number::renumber(&mut self.queues, old);
        by_number::renumber(&mut self.values, old);
    }

    fn bytes(&self) -> usize {
        bytes(&self.queues) + bytes(&self.values) + self.pool.bytes()
    }
}
