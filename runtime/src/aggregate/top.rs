//! The greatest records.

use std::marker::PhantomData;

use super::{Aggregate, Associative};
use crate::record::Record;

/// See [`top`].
pub struct Top<T> {
    n: usize,
    records: PhantomData<fn(T)>,
}

/// The `n` greatest records, the greatest first; of equal ones the oldest first.
pub fn top<T>(n: usize) -> Top<T> {
    Top { n, records: PhantomData }
}

impl<T: Record + Ord> Aggregate for Top<T> {
    type Input = T;
    type Partial = Vec<T>;
    type Output = Vec<T>;
    type Algebra = Associative;

    fn lift(&self, record: T) -> Vec<T> {
        vec![record]
    }
    fn combine(&self, mut older: Vec<T>, newer: Vec<T>) -> Vec<T> {
        older.extend(newer);
        // Stable, and fast for two runs in order.
        older.sort_by(|a, b| b.cmp(a));
        older.truncate(self.n);
        older
    }
    #[inline]
    fn add(&self, mut greatest: Vec<T>, record: T) -> Vec<T> {
        if greatest.len() < self.n || greatest.last().is_some_and(|least| least.cmp(&record).is_lt()) {
            let place = greatest.partition_point(|other| other.cmp(&record).is_ge());
            greatest.insert(place, record);
            greatest.truncate(self.n);
        }
        greatest
    }
    fn lower(&self, partial: &[T]) -> Vec<T> {
        partial.iter().take(self.n).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::*;

    #[test]
    fn a_record_is_added_as_it_would_be_combined() {
        let numbers: Vec<u64> =
            (0..500u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40).map(|n| n % 100).collect();
        for numbers in [&numbers[..], &numbers[..1], &[5, 5, 5, 5]] {
            for n in 0..6 {
                let greatest = top(n);
                let (first, others) = (greatest.lift(numbers[0]), &numbers[1..]);
                let added = others.iter().fold(first.clone(), |partial, number| greatest.add(partial, *number));
                let combine = |partial, number: &u64| greatest.combine(partial, greatest.lift(*number));
                let combined = others.iter().fold(first, combine);
                assert_eq!(greatest.lower(&added), greatest.lower(&combined), "the {n} greatest");
            }
        }
    }

    /// Of equal records the oldest come first.
    #[test]
    fn equal_records_stay_in_order() {
        let pairs = [(2, 'a'), (1, 'b'), (2, 'c'), (2, 'd')].map(|(n, name)| Named(n, name));
        let greatest = top(2);
        let all = pairs[1..].iter().fold(greatest.lift(pairs[0]), |partial, pair| greatest.add(partial, *pair));
        assert_eq!(all.iter().map(|pair| pair.1).collect::<String>(), "ac");
    }

    /// Compared by its number alone.
    #[derive(Clone, Copy, Debug, crate::Record)]
    struct Named(u64, char);

    impl PartialEq for Named {
        fn eq(&self, other: &Self) -> bool {
            self.0 == other.0
        }
    }
    impl Eq for Named {}
    impl PartialOrd for Named {
        fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
            Some(self.cmp(other))
        }
    }
    impl Ord for Named {
        fn cmp(&self, other: &Self) -> Ordering {
            self.0.cmp(&other.0)
        }
    }
}
