//! When each key had data for the last time, and which keys had none for too long.
//!
//! Every key is in a radix heap (Ahuja, Mehlhorn, Orlin and Tarjan, 1990) once, at the time of some data of its own. Further
//! data does not move it: it is placed anew when its old place falls due. So a key costs a few steps each time that the
//! timeout passes, and nothing in other batches.

use crate::bits::Bits;
use crate::key_table::Number;
use crate::time::Time;

/// The times of the keys of one shard, by number, and the queue of what falls due.
#[derive(Default)]
pub(super) struct Ages {
    /// When the key had data for the last time.
    times: Vec<Time>,
    /// Older than this is due.
    base: Time,
    /// By the highest bit in which a time differs from `base`; the bucket of `base` itself is the first.
    buckets: Vec<Vec<Number>>,
    /// Keys that were due when `base` passed them, for the next commit.
    due: Vec<Number>,
    /// The numbers that are in a bucket or due. They stay there when their keys leave, until they are met.
    queued: Bits,
    /// Empty; kept for its capacity.
    moved: Vec<Number>,
}

impl Ages {
    #[inline(always)]
    pub fn time(&self, number: Number) -> Time {
        self.times[number as usize]
    }

    /// The times of all numbers.
    pub fn times(&self) -> Vec<Time> {
        self.times.clone()
    }

    /// A key had data.
    #[inline(always)]
    pub fn refresh(&mut self, number: Number, time: Time) {
        self.times[number as usize] = time;
    }

    /// Keys that were there before the first batch had data in this one. Returns whether there are any.
    pub fn begin(&mut self, time: Time) -> bool {
        let mut has_any = false;
        for without in self.times.iter_mut().filter(|time| **time == Time::ZERO) {
            (*without, has_any) = (time, true);
        }
        has_any
    }

    /// A key is new, or has a number that was another's.
    pub fn insert(&mut self, number: Number, time: Time) {
        if number as usize == self.times.len() {
            self.times.push(time);
        } else {
            self.times[number as usize] = time;
        }
        if !self.queued.has(number) {
            self.queued.set(number);
            self.place(number);
        }
    }

    /// Puts a number into the bucket of its time, which is not before `base`.
    fn place(&mut self, number: Number) {
        let differs = self.time(number).as_nanos() ^ self.base.as_nanos();
        let bucket = (u64::BITS - differs.leading_zeros()) as usize;
        if self.buckets.len() <= bucket {
            self.buckets.resize_with(bucket + 1, Vec::new);
        }
        self.buckets[bucket].push(number);
    }

    /// Finds the keys whose last data is older than `base`. They remain due until [`settle`](Self::settle).
    pub fn advance(&mut self, base: Time) {
        if base > self.base {
            self.drain_buckets(base);
            self.base = base;
            let mut moved = std::mem::take(&mut self.moved);
            for number in moved.drain(..) {
                if self.time(number) < base {
                    self.due.push(number);
                } else {
                    self.place(number);
                }
            }
            self.moved = moved;
            self.due.sort_unstable();
        }
    }

    /// The keys that are due, in the order of their numbers, and perhaps some that left or had data since.
    pub fn due(&self) -> &[Number] {
        &self.due
    }

    /// Takes out all numbers that may be older than `base`, or that have another bucket when seen from there.
    fn drain_buckets(&mut self, base: Time) {
        let differs = base.as_nanos() ^ self.base.as_nanos();
        let last = (u64::BITS - differs.leading_zeros()) as usize;
        for bucket in self.buckets.iter_mut().take(last + 1) {
            // With its room: each key comes through several buckets, and all would keep what the fullest moment took.
            self.moved.extend(std::mem::take(bucket));
        }
    }

    /// After the keys that timed out were removed: those that were due and had data since are queued again.
    pub fn settle(&mut self, is_live: impl Fn(Number) -> bool) {
        let mut due = std::mem::take(&mut self.due);
        for number in due.drain(..) {
            if is_live(number) {
                self.place(number);
            } else {
                self.queued.clear(number);
            }
        }
        self.due = due;
    }

    /// The keys have new numbers; `old` has the old one of each.
    pub fn renumber(&mut self, old: &[Number]) {
        let times: Vec<Time> = old.iter().map(|old| self.time(*old)).collect();
        *self = Ages { base: self.base, ..Ages::default() };
        for (number, time) in times.into_iter().enumerate() {
            self.insert(number as Number, time);
        }
    }

    /// The bytes that all of it takes.
    pub fn bytes(&self) -> usize {
        let numbers: usize = self.buckets.iter().map(Vec::capacity).sum();
        self.times.capacity() * size_of::<Time>()
            + (numbers + self.due.capacity() + self.moved.capacity()) * size_of::<Number>()
            + self.buckets.capacity() * size_of::<Vec<Number>>()
            + self.queued.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Random data for 300 keys over 3000 batches; what is due is what a look at all times finds.
    #[test]
    fn what_is_due_is_what_a_look_at_all_times_finds() {
        for step in [1, 7, 1_000_000_000] {
            let (mut ages, mut times) = (Ages::default(), vec![None::<Time>; 300]);
            let mut random = 1u64;
            let mut next = |below: u64| {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (random >> 33) % below
            };
            (0..300).for_each(|number| ages.insert(number, Time::ZERO));
            (0..300).for_each(|number| times[number] = Some(Time::ZERO));
            for batch in 1..3000 {
                let now = Time::from_nanos(batch * step);
                let base = Time::from_nanos(now.as_nanos().saturating_sub(40 * step));
                let model: Vec<Number> =
                    (0..300).filter(|n| times[*n as usize].is_some_and(|time| time < base)).collect();
                let live = times.clone();
                ages.advance(base);
                let mut due = ages.due().to_vec();
                due.retain(|number| live[*number as usize].is_some());
                assert_eq!(due, model, "in batch {batch}");
                if next(5) == 0 {
                    continue; // the batch failed
                }
                due.iter().for_each(|number| times[*number as usize] = None);
                for _ in 0..next(12) {
                    let number = next(300);
                    if times[number as usize].is_some() && next(8) == 0 {
                        times[number as usize] = None;
                    }
                }
                ages.settle(|number| times[number as usize].is_some());
                for _ in 0..next(12) {
                    let number = next(300) as Number;
                    match times[number as usize].replace(now) {
                        Some(_) => ages.refresh(number, now),
                        None => ages.insert(number, now),
                    }
                }
            }
            let waiting = ages.buckets.iter().map(Vec::len).sum::<usize>() + ages.due.len();
            assert_eq!(waiting, ages.queued.len(), "each number is queued once");
        }
    }

    #[test]
    fn new_numbers_keep_their_times() {
        let mut ages = Ages::default();
        (0..10).for_each(|number| ages.insert(number, Time::from_millis(u64::from(number))));
        ages.renumber(&[3, 8]);
        ages.advance(Time::from_millis(5));
        assert_eq!(ages.due(), [0]);
        ages.advance(Time::from_millis(9));
        assert_eq!(ages.due(), [0, 1]);
    }
}
