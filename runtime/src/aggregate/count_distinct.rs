//! How many different records there are.

use std::collections::HashMap;
use std::hash::Hash;
use std::marker::PhantomData;

use foldhash::fast::FixedState;

use super::{Aggregate, Invert, Invertible};
use crate::record::Record;

/// See [`count_distinct`].
pub struct CountDistinct<T>(PhantomData<fn(T)>);

/// How many different records there are. Keeps all of them.
pub fn count_distinct<T>() -> CountDistinct<T> {
    CountDistinct(PhantomData)
}

/// How often each record is there. By hash, because trees take several times as long.
type Occurrences<T> = HashMap<T, u64, FixedState>;

/// Makes a table as large as another one that is to be added to it: in the order of its places that one would crowd those of a smaller one.
fn make_room<T: Hash + Eq>(table: &mut Occurrences<T>, other: &Occurrences<T>) {
    if table.capacity() < other.capacity() {
        table.reserve(other.capacity() - table.len());
    }
}

impl<T: Record + Hash + Eq> Aggregate for CountDistinct<T> {
    type Input = T;
    type Partial = Occurrences<T>;
    type Output = u64;
    type Algebra = Invertible;

    fn lift(&self, record: T) -> Occurrences<T> {
        Occurrences::from_iter([(record, 1)])
    }
    fn combine(&self, mut older: Occurrences<T>, mut newer: Occurrences<T>) -> Occurrences<T> {
        if older.len() < newer.len() {
            std::mem::swap(&mut older, &mut newer);
        }
        make_room(&mut older, &newer);
        for (record, count) in newer {
            *older.entry(record).or_default() += count;
        }
        older
    }
    fn combine_ref(&self, mut older: Occurrences<T>, newer: &Occurrences<T>) -> Occurrences<T> {
        if older.len() < newer.len() {
            return self.combine(older, newer.clone());
        }
        make_room(&mut older, newer);
        for (record, count) in newer {
            match older.get_mut(record) {
                Some(before) => *before += count,
                None => _ = older.insert(record.clone(), *count),
            }
        }
        older
    }
    #[inline]
    fn add(&self, mut partial: Occurrences<T>, record: T) -> Occurrences<T> {
        *partial.entry(record).or_default() += 1;
        partial
    }
    fn lower(&self, partial: &Occurrences<T>) -> u64 {
        partial.len() as u64
    }
}

impl<T: Record + Hash + Eq> Invert for CountDistinct<T> {
    fn uncombine(&self, total: Occurrences<T>, left: Occurrences<T>) -> Occurrences<T> {
        self.uncombine_ref(total, &left)
    }
    fn uncombine_ref(&self, mut total: Occurrences<T>, left: &Occurrences<T>) -> Occurrences<T> {
        for (record, count) in left {
            if let Some(remaining) = total.get_mut(record) {
                *remaining -= count;
                if *remaining == 0 {
                    total.remove(record);
                }
            }
        }
        // Records that do not come back leave their room.
        if total.len() * 8 < total.capacity() {
            total.shrink_to(total.len() * 2);
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::record::Keep;
    use crate::stored::{Shapes, Stored};

    type Tree<T> = BTreeMap<T, u64>;

    /// The occurrences of some records, and what they must be.
    fn pane(records: &[String]) -> (Occurrences<String>, Tree<String>) {
        let (mut partial, mut tree) = (None, Tree::new());
        for record in records {
            partial = Some(match partial {
                Some(partial) => count_distinct().add(partial, record.clone()),
                None => count_distinct().lift(record.clone()),
            });
            *tree.entry(record.clone()).or_default() += 1;
        }
        (partial.unwrap_or_default(), tree)
    }

    fn is(partial: &Occurrences<String>, tree: &Tree<String>) -> bool {
        partial.iter().collect::<BTreeMap<_, _>>() == tree.iter().collect()
            && count_distinct().lower(partial.view()) == tree.len() as u64
    }

    /// By value and by reference, from tables that are larger and from such as are smaller.
    #[test]
    fn occurrences_are_added_and_taken_out_again() {
        let aggregate = count_distinct();
        let random = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 50;
        for lengths in [[1, 1], [0, 40], [500, 3], [3, 500], [3000, 3000]] {
            let [(older, of_older), (newer, of_newer)] =
                lengths.map(|length| pane(&(0..length).map(|n| random(n * length).to_string()).collect::<Vec<_>>()));
            let mut both = of_older.clone();
            of_newer.iter().for_each(|(record, n)| *both.entry(record.clone()).or_default() += n);
            assert!(is(&aggregate.combine(older.clone(), newer.clone()), &both));
            let total = aggregate.combine_ref(older.clone(), &newer);
            assert!(is(&total, &both));
            assert!(is(&aggregate.uncombine(total.clone(), older.clone()), &of_newer));
            assert!(is(&aggregate.uncombine_ref(total, &older), &of_newer));
        }
    }

    /// They were kept so before.
    #[test]
    fn occurrences_are_read_from_a_tree() {
        assert_eq!(Occurrences::<u64>::shape(&mut Shapes::default()), Tree::<u64>::shape(&mut Shapes::default()));
        let tree = Tree::from([(7, 2), (1, 5)]);
        let mut bytes = Vec::new();
        tree.store(&mut bytes);
        let read = Occurrences::<u64>::load(&mut &bytes[..]);
        assert!(read.is_ok_and(|read| read == Occurrences::from_iter(tree)));
    }
}
