//! A shard of a window: its keys, its panes, and what an algorithm derives from them.

use std::hash::Hash;

use crate::bits::Bits;
use crate::key_table::{KeyTable, MANY, MISSING, Number};
use crate::prefetch::{prefetch, prefetch_all};
use crate::record::{Keep, Record, StateKey};
use crate::table::Entry;

use super::algorithm::{Algorithm, Derived, Place};
use super::arrivals::Runs;
use super::by_number::{self, bytes};
use super::panes::{Newest, Panes};
use super::shape::Step;

/// One of a window's shards.
pub struct Shard<K, P, D> {
    pub(super) keys: KeyTable<K>,
    /// By number.
    held: Vec<Held>,
    pub(super) panes: Panes<P>,
    pub(super) derived: D,
    /// The keys that the panes have. Until the next commit they may differ from those that the table of keys has.
    pub(super) present: Bits,
    /// How many these are.
    pub(super) live: usize,
    /// Keys that came since the last commit.
    inserted: Vec<Number>,
    /// Keys whose last pane left since the last commit. They may have come again.
    emptied: Vec<Number>,
    /// Whether anything may have changed since the last commit.
    pub(super) is_touched: bool,
    /// Whether what is derived does not fit the panes.
    pub(super) is_stale: bool,
    /// See `Shape::cycle`: the one in which everything was last derived anew.
    pub(super) cycle: u64,
}

/// What is kept of so many keys fits into a near cache.
const NEAR: usize = 1 << 13;

/// What the panes have of a key.
#[derive(Clone, Copy, Default)]
struct Held {
    /// How many values of the key there are; none if it is not there.
    values: u32,
    /// The position of the latest one in the newest pane, if that has it.
    position: u32,
}

impl Held {
    /// Notes a value at this position of the newest pane. Returns whether the key has no other one.
    #[inline(always)]
    fn enter(&mut self, present: &mut Bits, number: Number, position: u32) -> bool {
        self.position = position;
        self.values += 1;
        if self.values == 1 {
            present.set(number);
        }
        self.values == 1
    }
}

impl<K, P, D: Default> Default for Shard<K, P, D> {
    fn default() -> Self {
        Shard {
            keys: KeyTable::default(),
            held: Vec::new(),
            panes: Panes::default(),
            derived: D::default(),
            present: Bits::default(),
            live: 0,
            inserted: Vec::new(),
            emptied: Vec::new(),
            is_touched: false,
            is_stale: false,
            cycle: 0,
        }
    }
}

impl<K, P, D> Shard<K, P, D> {
    pub(super) fn bytes<C: Record>(&self) -> usize
    where
        D: Derived<C>,
    {
        let lists = bytes(&self.held) + self.present.bytes() + bytes(&self.inserted) + bytes(&self.emptied);
        self.keys.bytes() + self.panes.bytes() + self.derived.bytes() + lists
    }

    /// What was loaded is as committed, and nothing is derived from it yet.
    pub(super) fn settle_loaded(&mut self) {
        self.panes.commit();
        self.inserted.clear();
        self.is_stale = true;
    }

    /// The panes that are too old leave; `each` is told of what they have.
    #[inline]
    fn leave(&mut self, step: &Step, each: impl Fn(&mut D, &Panes<P>, (Place, &P))) {
        while let Some(pane) = self.panes.oldest() {
            if !step.leaves(pane.end) {
                break;
            }
            let held = self.held.as_mut_slice();
            for (number, kept) in pane.entries() {
                let held = &mut held[number as usize];
                held.values -= 1;
                let is_only = held.values == 0;
                if is_only {
                    self.live -= 1;
                    self.present.clear(number);
                    self.emptied.push(number);
                }
                each(&mut self.derived, &self.panes, (Place { number, pane: pane.number, is_only }, kept));
            }
            self.panes.leave();
        }
    }

    /// Reads what is held of each key off the panes.
    fn recount(&mut self) {
        self.held.fill(Held::default());
        self.present = Bits::default();
        for pane in self.panes.iter() {
            for (position, number) in pane.keys().iter().enumerate() {
                let held = &mut self.held[*number as usize];
                *held = Held { values: held.values + 1, position: position as u32 };
                self.present.set(*number);
            }
        }
    }
}

impl<K: Hash + Eq + Keep, P, D> Shard<K, P, D> {
    /// The values of a batch enter the step's pane, after the panes that are too old have left. In a new cycle, and after a batch
    /// that failed, everything is derived anew.
    pub(super) fn advance<Q, C, F, A>(&mut self, fold: &F, step: &Step, runs: Runs<Q, A::Arriving>, cycle: u64)
    where
        Q: StateKey<Owned = K>,
        C: Record,
        A: Algorithm<C, F, Kept = P, Derived = D>,
        D: Derived<C>,
    {
        self.is_touched = true;
        if self.cycle != cycle {
            self.is_stale = true;
            self.cycle = cycle;
        }
        self.fetch::<C>(self.panes.leaving(step) + runs.iter().map(|run| run.entries.len()).sum::<usize>());
        let is_open = self.panes.is_open(step);
        if A::LEAVES_BY_REBUILD && self.is_stale {
            self.leave(step, |_, _, _| ());
            self.refresh::<C, F, A>(fold, is_open);
        } else {
            self.refresh::<C, F, A>(fold, is_open);
            self.leave(step, |derived, panes, (at, kept)| A::leave(derived, fold, panes, at, kept));
            A::left(&mut self.derived, fold, &self.panes, self.keys.numbers());
        }
        if !runs.is_empty() {
            let of_earlier_batches = if is_open { self.panes.newest_len() } else { 0 };
            self.panes.open(step);
            for run in runs {
                let earlier = if A::COMBINES_SINGLES {
                    u32::MAX
                } else if run.is_combined {
                    self.panes.newest_len()
                } else {
                    of_earlier_batches
                };
                self.enter::<Q, C, F, A>(fold, step, earlier, run.entries);
            }
        }
    }

    /// Has everything fetched that is kept by number, if so many records touch much of it, in no order, and it stays in a near
    /// cache until then.
    fn fetch<C: Record>(&self, records: usize)
    where
        D: Derived<C>,
    {
        if self.held.len() <= NEAR && records >= self.held.len() / 4 {
            prefetch_all(&self.held);
            prefetch_all(self.derived.values());
            self.keys.prefetch();
        }
    }

    /// Derives anew what does not fit the panes. Unless `is_open`, nothing more enters the newest of these.
    pub(super) fn refresh<C: Record, F, A: Algorithm<C, F, Kept = P, Derived = D>>(&mut self, fold: &F, is_open: bool) {
        if self.is_stale {
            A::rebuild(&mut self.derived, fold, &self.panes, is_open, self.keys.numbers());
            self.is_stale = false;
        }
    }

    /// The values of a run enter the newest pane. Those of keys that are among the first `earlier` values there are combined with
    /// these.
    ///
    /// Keys are looked up together, and what follows is done in short loops, so that the processor has as much under way as it
    /// can.
    fn enter<Q, C, F, A>(&mut self, fold: &F, step: &Step, earlier: u32, run: Vec<Entry<Q, A::Arriving>>)
    where
        Q: StateKey<Owned = K>,
        C: Record,
        A: Algorithm<C, F, Kept = P, Derived = D>,
    {
        let Shard { keys, held, panes, derived, present, live, inserted, .. } = self;
        let Some(mut newest) = panes.newest() else { return };
        if earlier == 0 {
            newest.reserve(run.len());
        }
        let (mut entries, mut numbers, pane) = (run.into_iter(), [0; MANY], step.number as u32);
        while !entries.as_slice().is_empty() {
            let together = entries.len().min(MANY);
            let numbers = &mut numbers[..together];
            if !keys.find_many(&entries.as_slice()[..together], numbers, |number| prefetch(held, number)) {
                insert_missing(keys, held, inserted, &entries.as_slice()[..together], numbers);
            }
            let values = entries.by_ref().take(together).map(|entry| entry.value);
            if earlier > 0 {
                numbers.iter().for_each(|number| A::fetch(derived, *number));
                for (number, value) in numbers.iter().zip(values) {
                    let (held, mut at) = (&mut held[*number as usize], Place { number: *number, pane, is_only: false });
                    let Some(value) = meet::<C, F, A>(derived, fold, &mut newest, *held, (earlier, at), value) else {
                        continue;
                    };
                    at.is_only = held.enter(present, *number, newest.len());
                    *live += usize::from(at.is_only);
                    newest.push(*number, A::enter(derived, fold, at, value));
                }
                continue;
            }
            newest.extend_keys(numbers);
            *live += hold(held, present, numbers, newest.len());
            newest.extend(values.zip(&*numbers).map(|(value, number)| {
                let at = Place { number: *number & !ONLY, pane, is_only: *number & ONLY != 0 };
                A::enter(derived, fold, at, value)
            }));
        }
    }

    /// A value of an earlier run joins the newest pane.
    pub(super) fn put<C, F, A>(&mut self, hash: u64, key: K, value: C)
    where
        K: StateKey<Owned = K>,
        C: Record,
        A: Algorithm<C, F, Kept = P, Derived = D>,
    {
        let number = number_of(&mut self.keys, &mut self.held, &mut self.inserted, hash, key);
        let kept = A::restored(&mut self.derived, number, value);
        let Some(mut newest) = self.panes.newest() else { return };
        let is_only = self.held[number as usize].enter(&mut self.present, number, newest.len());
        self.live += usize::from(is_only);
        newest.push(number, kept);
    }

    pub(super) fn commit<C: Record>(&mut self)
    where
        D: Derived<C>,
    {
        self.is_touched = false;
        self.panes.commit();
        self.inserted.clear();
        for number in self.emptied.drain(..) {
            // A key may be listed twice.
            if self.held[number as usize].values == 0 && self.keys.is_live(number) {
                self.keys.remove(number);
            }
        }
        self.derived.commit();
        if self.keys.is_sparse::<C>() {
            self.compact();
        }
    }

    #[cold]
    fn compact<C: Record>(&mut self)
    where
        D: Derived<C>,
    {
        let mut new = vec![0; self.keys.numbers()];
        let old = self.keys.compact();
        for (number, old) in old.iter().enumerate() {
            new[*old as usize] = number as Number;
        }
        self.panes.renumber(&new);
        by_number::renumber(&mut self.held, &old);
        self.present = (0..old.len() as Number).collect();
        self.derived.renumber(&old);
        self.inserted = Vec::new();
        self.emptied = Vec::new();
    }

    /// Brings back keys and panes as they were at the last commit; what is derived from them is stale then.
    #[cold]
    pub(super) fn rollback(&mut self) {
        self.is_touched = false;
        self.is_stale = true;
        self.panes.rollback();
        // The latest first, so that the same keys get the same numbers again.
        while let Some(number) = self.inserted.pop() {
            self.keys.remove(number);
        }
        self.emptied.clear();
        self.recount();
        self.live = self.keys.len();
    }
}

/// Combines a value with its key's among the first `earlier` ones of the newest pane. Gives it back if the key has none there.
#[inline]
fn meet<C: Record, F, A: Algorithm<C, F>>(
    derived: &mut A::Derived,
    fold: &F,
    newest: &mut Newest<'_, A::Kept>,
    held: Held,
    (earlier, at): (u32, Place),
    value: A::Arriving,
) -> Option<A::Arriving> {
    if held.position >= earlier {
        return Some(value);
    }
    let Some(kept) = newest.at(held.position, at.number) else { return Some(value) };
    if let Some(kept) = A::again(derived, fold, at, kept, value) {
        newest.replace(held.position, kept);
    }
    None
}

/// Marks a number whose key has no other value.
const ONLY: Number = 1 << 31;

/// Notes a value of each of these keys, from this position on, and marks the numbers of those that have no other one. Returns how
/// many these are.
#[inline]
fn hold(held: &mut [Held], present: &mut Bits, numbers: &mut [Number], position: u32) -> usize {
    let mut new = 0;
    for (number, position) in numbers.iter_mut().zip(position..) {
        if held[*number as usize].enter(present, *number, position) {
            *number |= ONLY;
            new += 1;
        }
    }
    new
}

/// Inserts those of several keys that have no number yet.
#[cold]
#[inline(never)]
fn insert_missing<K: Hash + Eq + Keep, Q: StateKey<Owned = K>, C>(
    keys: &mut KeyTable<K>,
    held: &mut Vec<Held>,
    inserted: &mut Vec<Number>,
    entries: &[Entry<Q, C>],
    numbers: &mut [Number],
) {
    for (entry, number) in entries.iter().zip(numbers) {
        if *number == MISSING {
            // It may have come before among these.
            *number = keys.find(entry.hash, &entry.key).unwrap_or_else(|| {
                let number = keys.insert(entry.hash, entry.key.view().keep());
                note_inserted(held, inserted, number);
                number
            });
        }
    }
}

/// The number of a key, inserted if it is new.
#[inline]
fn number_of<K: Hash + Eq + Keep, Q: StateKey<Owned = K>>(
    keys: &mut KeyTable<K>,
    held: &mut Vec<Held>,
    inserted: &mut Vec<Number>,
    hash: u64,
    key: Q,
) -> Number {
    let (number, is_new) = keys.find_or_insert(hash, key);
    if is_new {
        note_inserted(held, inserted, number);
    }
    number
}

fn note_inserted(held: &mut Vec<Held>, inserted: &mut Vec<Number>, number: Number) {
    inserted.push(number);
    by_number::put(held, number, Held::default());
}
