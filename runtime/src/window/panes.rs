//! The panes of a shard: what entered in each span of time. They can be brought back to how they were at the last commit.

use std::collections::VecDeque;

use crate::key_table::Number;
use crate::time::Time;

use super::by_number::bytes;
use super::shape::Step;

/// What entered a shard in one span of time: values with their keys, in the order in which they came. Those of different
/// batches are combined to one a key.
pub struct Pane<P> {
    pub(super) end: Time,
    /// The pane's place among all of the epoch, in its lower bits.
    pub(super) number: u32,
    keys: Vec<Number>,
    values: Vec<P>,
}

impl<P> Pane<P> {
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The numbers of keys, and what is kept of their values.
    pub(super) fn entries(&self) -> impl DoubleEndedIterator<Item = (Number, &P)> {
        self.keys.iter().copied().zip(&self.values)
    }

    pub(super) fn keys(&self) -> &[Number] {
        &self.keys
    }

    fn truncate(&mut self, length: usize) {
        self.keys.truncate(length);
        self.values.truncate(length);
    }
}

/// The panes of a shard that have anything, from the oldest to the newest.
pub struct Panes<P> {
    ring: VecDeque<Pane<P>>,
    /// How many of them left since the last commit.
    left: usize,
    /// How many there were at the last commit.
    committed: usize,
    /// How much the newest of those had.
    committed_length: usize,
    /// What was replaced in it since, by position.
    replaced: Vec<(u32, P)>,
    /// The vectors of a pane that left, for the next one.
    spare: Option<Pane<P>>,
}

impl<P> Default for Panes<P> {
    fn default() -> Self {
        Panes { ring: VecDeque::new(), left: 0, committed: 0, committed_length: 0, replaced: Vec::new(), spare: None }
    }
}

impl<P> Panes<P> {
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Pane<P>> {
        self.ring.range(self.left.min(self.ring.len())..)
    }

    pub(super) fn oldest(&self) -> Option<&Pane<P>> {
        self.ring.get(self.left)
    }

    /// How many values leave in this step.
    pub(super) fn leaving(&self, step: &Step) -> usize {
        let mut values = 0;
        for pane in self.iter() {
            if !step.leaves(pane.end) {
                break;
            }
            values += pane.len();
        }
        values
    }

    /// The oldest pane leaves. It is dropped at the next commit.
    pub(super) fn leave(&mut self) {
        self.left += 1;
    }

    /// Whether the step's pane is the newest one.
    pub(super) fn is_open(&self, step: &Step) -> bool {
        self.ring.back().is_some_and(|newest| newest.end == step.end)
    }

    /// When the newest pane ends.
    pub(super) fn newest_end(&self) -> Option<Time> {
        self.ring.back().map(|newest| newest.end)
    }

    /// How many values the newest pane has.
    pub(super) fn newest_len(&self) -> u32 {
        self.ring.back().map_or(0, Pane::len) as u32
    }

    /// Makes the step's pane the newest one.
    pub(super) fn open(&mut self, step: &Step) {
        if self.is_open(step) {
            return;
        }
        let (keys, values) = self.spare.take().map_or_else(Default::default, |pane| (pane.keys, pane.values));
        self.ring.push_back(Pane { end: step.end, number: step.number as u32, keys, values });
    }

    /// The newest pane, to be changed.
    pub(super) fn newest(&mut self) -> Option<Newest<'_, P>> {
        let committed = if self.ring.len() == self.committed { self.committed_length } else { 0 };
        let Panes { ring, replaced, .. } = self;
        ring.back_mut().map(|pane| Newest { pane, committed, replaced })
    }

    pub(super) fn commit(&mut self) {
        self.committed_length = self.ring.back().map_or(0, Pane::len);
        for _ in 0..std::mem::take(&mut self.left) {
            if let Some(pane) = self.ring.pop_front() {
                self.recycle(pane);
            }
        }
        self.committed = self.ring.len();
        self.replaced.clear();
        if self.ring.is_empty() {
            *self = Panes::default();
        }
    }

    /// Keeps the vectors of a pane, unless they are much larger than what the newest one needed.
    fn recycle(&mut self, mut pane: Pane<P>) {
        pane.truncate(0);
        self.spare = (pane.keys.capacity() <= self.committed_length * 4).then_some(pane);
    }

    pub(super) fn rollback(&mut self) {
        self.left = 0;
        self.ring.truncate(self.committed);
        if let Some(newest) = self.ring.back_mut() {
            newest.truncate(self.committed_length);
            while let Some((position, value)) = self.replaced.pop() {
                newest.values[position as usize] = value;
            }
        }
        self.replaced.clear();
    }

    /// Gives keys their new numbers: `new[old]`. To be called after a commit.
    pub(super) fn renumber(&mut self, new: &[Number]) {
        for pane in &mut self.ring {
            for key in &mut pane.keys {
                *key = new[*key as usize];
            }
        }
        self.replaced = Vec::new();
        self.spare = None;
    }

    pub(super) fn bytes(&self) -> usize {
        let mut all = self.ring.capacity() * size_of::<Pane<P>>() + bytes(&self.replaced);
        for pane in self.ring.iter().chain(&self.spare) {
            all += bytes(&pane.keys) + bytes(&pane.values);
        }
        all
    }
}

/// The newest pane.
pub(super) struct Newest<'a, P> {
    pane: &'a mut Pane<P>,
    /// How much of it was there at the last commit.
    committed: usize,
    replaced: &'a mut Vec<(u32, P)>,
}

impl<P> Newest<'_, P> {
    /// What there is of a key, if `position` is the key's.
    #[inline]
    pub fn at(&self, position: u32, key: Number) -> Option<&P> {
        let position = position as usize;
        if self.pane.keys.get(position) == Some(&key) { self.pane.values.get(position) } else { None }
    }

    /// How many values it has.
    #[inline]
    pub fn len(&self) -> u32 {
        self.pane.values.len() as u32
    }

    /// Makes room for so many more values, and a few for the panes that will use it after this one.
    pub fn reserve(&mut self, values: usize) {
        let Pane { keys, values: kept, .. } = &mut *self.pane;
        if keys.is_empty() && keys.capacity() < values {
            (*keys, *kept) = (Vec::with_capacity(values + values / 8), Vec::with_capacity(values + values / 8));
        } else {
            keys.reserve(values);
            kept.reserve(values);
        }
    }

    /// Adds the keys of the values that are to be added next.
    #[inline(always)]
    pub fn extend_keys(&mut self, keys: &[Number]) {
        self.pane.keys.extend_from_slice(keys);
    }

    /// Adds values.
    #[inline(always)]
    pub fn extend(&mut self, values: impl Iterator<Item = P>) {
        self.pane.values.extend(values);
    }

    /// Adds a value.
    #[inline(always)]
    pub fn push(&mut self, key: Number, value: P) {
        self.pane.keys.push(key);
        self.pane.values.push(value);
    }

    /// Replaces a value.
    pub fn replace(&mut self, position: u32, value: P) {
        let before = std::mem::replace(&mut self.pane.values[position as usize], value);
        let is_noted = self.replaced.last().is_some_and(|(noted, _)| *noted == position);
        if (position as usize) < self.committed && !is_noted {
            self.replaced.push((position, before));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::shape::Shape;
    use super::*;

    /// Three panes a window, of which each has so many values.
    fn slide(panes: &mut Panes<u64>, second: u64, values: usize) {
        let step = Shape::new(Duration::from_secs(3), Duration::from_secs(1)).step(Time::from_millis(second * 1000));
        while panes.oldest().is_some_and(|pane| step.leaves(pane.end)) {
            panes.leave();
        }
        panes.open(&step);
        let Some(mut newest) = panes.newest() else { panic!("a pane is open") };
        newest.reserve(values);
        (0..values).for_each(|value| newest.push(value as Number, value as u64));
        panes.commit();
    }

    #[test]
    fn a_pane_has_room_for_little_more_than_its_values() {
        let mut panes = Panes::default();
        // A little more and less from pane to pane, as keys have it.
        (0..20).for_each(|second| slide(&mut panes, second, 1000 + (second as usize * 37) % 100));
        // Three that are there, one for the next, and an eighth of each.
        let five_panes = 5 * 1100 * (size_of::<Number>() + size_of::<u64>());
        assert!(panes.bytes() <= five_panes, "{} bytes", panes.bytes());
    }
}
