//! The functions of a user, which may fail, and how values come to each algorithm.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::record::Record;
use crate::window::{Algorithm, Concat, Merge, Monotonic, Recompute, Select, Selecting, Subtract, TwoStacks, Unmerge};

/// Functions of a user that panic when the fuse has burnt down.
#[derive(Clone)]
pub struct Functions(pub Arc<AtomicI64>);

impl Functions {
    fn burn(&self) {
        assert!(self.0.fetch_sub(1, Ordering::Relaxed) != 1, "the fuse has burnt down");
    }
    pub fn arm(&self, calls: u64) {
        self.0.store(calls as i64, Ordering::Relaxed);
    }
}

impl Merge<i64> for Functions {
    fn merge(&self, older: i64, newer: i64) -> i64 {
        self.burn();
        older + newer
    }
}

impl Unmerge<i64> for Functions {
    fn unmerge(&self, total: i64, left: i64) -> i64 {
        self.burn();
        total - left
    }
}

impl Select<i64> for Functions {
    fn beats(&self, newer: &i64, older: &i64) -> bool {
        self.burn();
        newer >= older
    }
}

/// The greatest value, by a function or selected.
impl<C: Clone + Ord> Merge<Greatest<C>> for Functions
where
    Greatest<C>: Record,
{
    fn merge(&self, older: Greatest<C>, newer: Greatest<C>) -> Greatest<C> {
        self.burn();
        older.max(newer)
    }
}

impl<C: Clone + Ord> Select<Greatest<C>> for Functions
where
    Greatest<C>: Record,
{
    fn beats(&self, newer: &Greatest<C>, older: &Greatest<C>) -> bool {
        self.burn();
        newer >= older
    }
}

/// Of small values, and of such as lie on the heap.
pub type Greatest<C> = Option<C>;

/// Order matters here, and values lie on the heap.
impl Merge<String> for Functions {
    fn merge(&self, older: String, newer: String) -> String {
        self.burn();
        older + &newer
    }
}

/// An algorithm, and how values come to it.
pub trait Fed<C: Record>: Algorithm<C, Functions> {
    fn parts(value: C) -> Vec<Self::Arriving>;
}

macro_rules! fed_with_values {
    ($($algorithm:ty),*) => {$(
        impl<C: Record> Fed<C> for $algorithm
        where
            $algorithm: Algorithm<C, Functions, Arriving = C>,
        {
            fn parts(value: C) -> Vec<C> {
                vec![value]
            }
        }
    )*};
}

fed_with_values!(Recompute, Subtract, TwoStacks, Monotonic, Selecting);

/// Lists come item by item.
impl<V: Record> Fed<Vec<V>> for Concat {
    fn parts(list: Vec<V>) -> Vec<V> {
        list
    }
}
