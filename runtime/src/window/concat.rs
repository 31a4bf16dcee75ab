//! Values that are lists, concatenated in the order of time. Each item is kept once, in one list a key; a pane knows how many
//! of them are its own. So what enters is appended, what leaves is a prefix, and no item is copied or merged.

use std::borrow::Cow;

use crate::key_table::Number;
use crate::prefetch::prefetch;
use crate::record::Record;

use super::algorithm::{Algorithm, Derived, Place};
use super::by_number::{self, bytes};
use super::panes::Panes;

/// Concatenates lists. Needs no function.
pub struct Concat;

/// The lists of a shard's keys.
pub struct Lists<V> {
    lists: Vec<List<V>>,
    /// Keys from whose lists something left since the last commit. A key may be there twice.
    left: Vec<Number>,
}

/// The list of a key.
pub struct List<V> {
    items: Vec<V>,
    /// How many of the first items have left.
    start: usize,
    /// The same at the last commit.
    committed_start: usize,
}

impl<V> Default for List<V> {
    fn default() -> Self {
        List { items: Vec::new(), start: 0, committed_start: 0 }
    }
}

impl<V> Default for Lists<V> {
    fn default() -> Self {
        Lists { lists: Vec::new(), left: Vec::new() }
    }
}

impl<V> List<V> {
    /// Drops what left once it is half of the list, so that an item is moved once on average.
    fn commit(&mut self) {
        if self.start * 2 >= self.items.len() {
            self.items.drain(..self.start);
            self.start = 0;
            let length = self.items.len();
            if length * 4 < self.items.capacity() {
                self.items.shrink_to(length * 2);
            }
        }
        self.committed_start = self.start;
    }

    #[inline]
    fn push(&mut self, item: V) {
        // A vector makes room for several at once, and most keys may have one item.
        if self.items.capacity() == 0 {
            self.items.reserve_exact(1);
        }
        self.items.push(item);
    }
}

impl<V> Lists<V> {
    fn list(&mut self, number: Number) -> &mut List<V> {
        if number as usize >= self.lists.len() {
            self.lists.resize_with(number as usize + 1, List::default);
        }
        &mut self.lists[number as usize]
    }
}

impl<V: Record, F> Algorithm<Vec<V>, F> for Concat {
    type Arriving = V;
    /// How many items.
    type Kept = u32;
    type Derived = Lists<V>;

    const COMBINES_SINGLES: bool = true;

    #[inline(always)]
    fn fetch(derived: &Lists<V>, number: Number) {
        if let Some(list) = derived.lists.get(number as usize) {
            prefetch(&list.items, list.items.len().wrapping_sub(1));
        }
    }

    #[inline]
    fn enter(derived: &mut Lists<V>, _: &F, at: Place, item: V) -> u32 {
        derived.list(at.number).push(item);
        1
    }

    #[inline]
    fn again(derived: &mut Lists<V>, _: &F, at: Place, kept: &u32, item: V) -> Option<u32> {
        assert!(
            *kept < u32::MAX,
            "a pane of a window has at most {} values of a key: let the window slide more often",
            u32::MAX
        );
        derived.list(at.number).push(item);
        Some(kept + 1)
    }

    #[inline]
    fn leave(derived: &mut Lists<V>, _: &F, _: &Panes<u32>, at: Place, kept: &u32) {
        derived.list(at.number).start += *kept as usize;
        derived.left.push(at.number);
    }

    const COUNTS_LATER: bool = true;

    fn saved<'a>(derived: &'a Lists<V>, kept: &'a u32, number: Number, later: &mut [usize]) -> Cow<'a, Vec<V>> {
        let (list, later, kept) = (&derived.lists[number as usize], &mut later[number as usize], *kept as usize);
        let end = list.items.len() - *later;
        *later += kept;
        Cow::Owned(list.items[end - kept..end].to_vec())
    }

    fn restored(derived: &mut Lists<V>, number: Number, value: Vec<V>) -> u32 {
        let (list, length) = (derived.list(number), value.len() as u32); // as far as it was counted when it was written
        if list.items.capacity() == 0 {
            list.items = value;
        } else {
            list.items.extend(value);
        }
        length
    }

    /// Here the lists are the truth: they are cut back to what the panes say.
    fn rebuild(derived: &mut Lists<V>, _: &F, panes: &Panes<u32>, _: bool, numbers: usize) {
        derived.left.clear();
        let mut lengths = vec![0; numbers.max(derived.lists.len())];
        for pane in panes.iter() {
            for (number, length) in pane.entries() {
                lengths[number as usize] += *length as usize;
            }
        }
        for (list, length) in derived.lists.iter_mut().zip(lengths) {
            list.start = list.committed_start;
            list.items.truncate(list.start + length);
        }
    }
}

impl<V: Record> Derived<Vec<V>> for Lists<V> {
    type Value = List<V>;

    #[inline(always)]
    fn values(&self) -> &[List<V>] {
        &self.lists
    }
    #[inline(always)]
    fn view(list: &List<V>) -> &[V] {
        &list.items[list.start..]
    }

    fn commit(&mut self) {
        for number in self.left.drain(..) {
            self.lists[number as usize].commit();
        }
    }

    fn renumber(&mut self, old: &[Number]) {
        by_number::renumber(&mut self.lists, old);
        self.left = Vec::new();
    }

    fn bytes(&self) -> usize {
        let items: usize = self.lists.iter().map(|list| bytes(&list.items)).sum();
        items + bytes(&self.lists) + bytes(&self.left)
    }
}
