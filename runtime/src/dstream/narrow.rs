//! Operators on a record, or a partition, at a time. They are fused: a chain of them is one loop.

use std::marker::PhantomData;

/// The records of one partition, in order: what the closure of [`map_partitions`](crate::DStream::map_partitions) gets.
pub struct Partition<T> {
    records: PhantomData<fn() -> T>,
}

impl<T> Iterator for Partition<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        None
    }
}

#[microbatch_macros::__operators(Narrow, Partition)]
mod methods {
    use super::Partition;
    use crate::dstream::DStream;

    impl<T> DStream<T> {
        /// Makes one record of each record. The order is kept; an empty batch stays empty.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec![1, 2, 3], vec![]]).map(|n| n * 10).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(2)?;
        /// assert_eq!(out.batches(), [(Time::from_millis(1000), vec![10, 20, 30]), (Time::from_millis(2000), vec![])]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn map<U>(&self, f: impl FnMut(T) -> U) -> DStream<U> {
            let _ = f;
            DStream::reference()
        }

        /// Makes any number of records of each record: whatever the closure returns that can be iterated over. The order is
        /// kept, and nothing is collected in between.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let text = vec![vec!["to be".to_string(), "or not".to_string()]];
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream(text).flat_map(|line| line.split(' ')).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, ["to", "be", "or", "not"]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn flat_map<U: IntoIterator>(&self, f: impl FnMut(T) -> U) -> DStream<U::Item> {
            let _ = f;
            DStream::reference()
        }

        /// Keeps the records for which the closure is true. It sees a reference to the record: `|n| *n > 1`,
        /// `|(word, n)| *n > 1`, `|line| line.contains("error")`.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec![3, 8, 1, 9]]).filter(|n| *n > 2).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [3, 8, 9]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn filter(&self, f: impl FnMut(&T) -> bool) -> DStream<T> {
            let _ = f;
            DStream::reference()
        }

        /// Filters and maps in one step: keeps what the closure returns as `Some`.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let text = vec![vec!["7".to_string(), "seven".to_string(), "8".to_string()]];
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream(text).filter_map(|line| line.parse::<u32>().ok()).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [7, 8]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn filter_map<U>(&self, f: impl FnMut(T) -> Option<U>) -> DStream<U> {
            let _ = f;
            DStream::reference()
        }

        /// Looks at each record on its way and passes it on: for logging and for counting on the side. The closure runs on
        /// several workers at once, and again if a failed batch is tried again.
        ///
        /// ```
        /// use std::sync::Arc;
        /// use std::sync::atomic::{AtomicU64, Ordering};
        /// use microbatch::prelude::*;
        ///
        /// let (out, long) = (Collector::default(), Arc::new(AtomicU64::new(0)));
        /// let seen = Arc::clone(&long);
        /// let text = vec![vec!["a".to_string(), "abracadabra".to_string()]];
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let words = ssc.queue_stream(text).inspect(|word| {
        ///         seen.fetch_add(u64::from(word.len() > 10), Ordering::Relaxed);
        ///     });
        ///     words.count().collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [2]);
        /// assert_eq!(long.load(Ordering::Relaxed), 1);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn inspect(&self, f: impl FnMut(&T)) -> DStream<T> {
            let _ = f;
            DStream::reference()
        }

        /// Puts a key before each record: a stream of pairs for the operators by key. The closure sees a reference to the
        /// record.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec![7, 12, 20]]).key_by(|n| n % 10).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [(7, 7), (2, 12), (0, 20)]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn key_by<K>(&self, f: impl FnMut(&T) -> K) -> DStream<(K, T)> {
            let _ = f;
            DStream::reference()
        }

        /// Makes any number of records of each partition: whatever the closure returns that can be iterated over. Worth it when
        /// something is set up once for many records, such as a buffer or a parser.
        ///
        /// A partition is a block of received records, a shard of an exchange, or what [`repartition`](Self::repartition) has
        /// cut. Shards are partitions also when they are empty, and a batch without blocks has no partition, so the closure is not
        /// called; after a restart it may be called once without records, and what it returns then is left out. Partitions are
        /// given to workers as a whole.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let halves = ssc.queue_stream([vec![1, 2, 3, 4]]).repartition(2);
        ///     halves.map_partitions(|records| [records.sum::<i32>()]).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [3, 7]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn map_partitions<U: IntoIterator>(&self, f: impl FnOnce(Partition<T>) -> U) -> DStream<U::Item> {
            let _ = f;
            DStream::reference()
        }

        /// Makes one vector of each partition, in order; an empty partition gives an empty one. For what a partition is, see
        /// [`map_partitions`](Self::map_partitions).
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec![1, 2, 3, 4]]).repartition(2).glom().collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [[1, 2], [3, 4]]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn glom(&self) -> DStream<Vec<T>> {
            DStream::reference()
        }
    }

    impl<K, V> DStream<(K, V)> {
        /// Makes a new value of each pair's value; the key stays.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec![('a', 1), ('b', 2)]]).map_values(|n| n * 10).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [('a', 10), ('b', 20)]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn map_values<U>(&self, f: impl FnMut(V) -> U) -> DStream<(K, U)> {
            let _ = f;
            DStream::reference()
        }

        /// Makes any number of values of each pair's value; each of them gets a clone of the key. A pair whose closure returns
        /// nothing is gone.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec![('a', 2), ('b', 0)]]).flat_map_values(|n| 0..n).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [('a', 0), ('a', 1)]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn flat_map_values<U: IntoIterator>(&self, f: impl FnMut(V) -> U) -> DStream<(K, U::Item)>
        where
            K: Clone,
        {
            let _ = f;
            DStream::reference()
        }
    }
}
