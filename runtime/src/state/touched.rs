//! The keys that had records in a batch, each once, with the states that the closure has made so far.

use super::key_state::State;
use crate::key_table::Number;

/// A key with records in the batch, and its state as it will be when the batch is committed.
pub(super) struct Touch<S> {
    /// A number from that of the last known key on is one of a key that is new in this batch.
    pub number: Number,
    pub state: State<S>,
}

/// In the order of the keys' first records. Found through an index, which has the size that the batch needs, so that it stays
/// in a near cache.
pub(super) struct Touched<S> {
    /// A power of two of slots, at most half of them used, or none. A position plus one; zero is an empty slot.
    pub slots: Vec<u32>,
    pub touches: Vec<Touch<S>>,
}

impl<S> Default for Touched<S> {
    fn default() -> Self {
        Touched { slots: Vec::new(), touches: Vec::new() }
    }
}

impl<S> Touched<S> {
    /// Makes room for the keys of `records` records.
    pub fn begin(&mut self, records: usize) {
        assert!(self.touches.is_empty() && records < u32::MAX as usize);
        self.slots.clear();
        if records > 0 {
            self.slots.resize((records * 2).next_power_of_two(), 0);
        }
    }

    /// The position of the key that has this hash and that `is` tells by its number; or the empty slot where it belongs.
    #[inline(always)]
    fn look_up(&self, hash: u64, is: impl Fn(Number) -> bool) -> Result<u32, usize> {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let Some(position) = self.slots[at & mask].checked_sub(1) else { return Err(at) };
            if is(self.touches[position as usize].number) {
                return Ok(position);
            }
            at = (at + 1) & mask;
        }
    }

    /// The position of a known key.
    #[inline(always)]
    pub fn of_known(&mut self, hash: u64, number: Number) -> u32 {
        self.find_or_insert(hash, |other| other == number, number).0
    }

    /// The position of a key, and whether it is new here: then it gets the number given, and has no state.
    #[inline(always)]
    pub fn find_or_insert(&mut self, hash: u64, is: impl Fn(Number) -> bool, number: Number) -> (u32, bool) {
        match self.look_up(hash, is) {
            Ok(position) => (position, false),
            Err(at) => {
                self.touches.push(Touch { number, state: State::new(None) });
                self.slots[at] = self.touches.len() as u32;
                (self.slots[at] - 1, true)
            }
        }
    }

    /// Whether the key with this number had records.
    pub fn contains(&self, hash: u64, number: Number) -> bool {
        !self.slots.is_empty() && self.look_up(hash, |other| other == number).is_ok()
    }

    pub fn bytes(&self) -> usize {
        self.slots.capacity() * size_of::<u32>() + self.touches.capacity() * size_of::<Touch<S>>()
    }
}
