//! Operators in which the records of a batch meet: by key, by value, or all of them.
//!
//! All of them look at one batch alone, combine on each worker first, and then merge what the workers have.

#[microbatch_macros::__operators(Shuffle)]
mod methods {
    use crate::dstream::{DStream, View};
    use crate::record::{Keep, Key};

    impl<T> DStream<T> {
        /// Counts the records of each batch: always one record, 0 for an empty batch.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec!['a', 'b'], vec![]]).count().collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(2)?;
        /// assert_eq!(out.batches(), [(Time::from_millis(1000), vec![2]), (Time::from_millis(2000), vec![0])]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn count(&self) -> DStream<u64> {
            DStream::reference()
        }
    }

    impl<T: Keep + Send + Sync + 'static> DStream<T> {
        /// Folds the records of each batch to one; an empty batch gives none.
        ///
        /// Records are folded in order, in pieces whose results are folded in turn, so `f` must be associative:
        /// `f(f(a, b), c) == f(a, f(b, c))`. It need not be commutative. (Sums of floating-point numbers are associative only
        /// up to rounding.)
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec![1, 2, 3], vec![]]).reduce(|a, b| a + b).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(2)?;
        /// assert_eq!(out.batches(), [(Time::from_millis(1000), vec![6]), (Time::from_millis(2000), vec![])]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn reduce(&self, f: impl Fn(T, T) -> T) -> DStream<View<T>> {
            let _ = f;
            DStream::reference()
        }

        /// The `n` greatest records of each batch, the greatest first; all of them if there are fewer. To go by a part of the
        /// record, put it first: `.map(|(word, n)| (n, word)).top(3)`. Of records that compare as equal the first ones count.
        ///
        /// Costs memory for `n` records a worker, whatever the size of the batch.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec![3, 9, 1, 7], vec![5]]).top(2).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(2)?;
        /// assert_eq!(out.batches(), [(Time::from_millis(1000), vec![9, 7]), (Time::from_millis(2000), vec![5])]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn top(&self, n: usize) -> DStream<View<T>>
        where
            T: Ord,
        {
            let _ = n;
            DStream::reference()
        }
    }

    impl<T: Key + 'static> DStream<T> {
        /// Counts how often each record occurs in its batch: pairs of a record and its number. An empty batch gives none.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec!['b', 'a', 'b']]).count_by_value().sort_by_key().collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [('a', 1), ('b', 2)]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn count_by_value(&self) -> DStream<(View<T>, u64)> {
            DStream::reference()
        }

        /// Each different record of a batch once.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec![3, 1, 3], vec![3]]).distinct().sort_by(|n| *n).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(2)?;
        /// assert_eq!(out.batches(), [(Time::from_millis(1000), vec![1, 3]), (Time::from_millis(2000), vec![3])]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn distinct(&self) -> DStream<View<T>> {
            DStream::reference()
        }
    }

    impl<K: Key + 'static, V> DStream<(K, V)> {
        /// Folds the values of each key to one. The values of a key are folded in order, in pieces whose results are folded in
        /// turn, so `f` must be associative; see [`reduce`](DStream::reduce). An empty batch gives nothing.
        ///
        /// Memory is needed for one value a key and worker: prefer this to [`group_by_key`](Self::group_by_key).
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let text = vec![vec!["to be or".to_string(), "not to be".to_string()]];
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let words = ssc.queue_stream(text).flat_map(|line| line.split(' '));
        ///     let counts = words.map(|word| (word, 1)).reduce_by_key(|a, b| a + b);
        ///     counts.filter(|(_, n)| *n > 1).sort_by_key().collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [("be".to_string(), 2), ("to".to_string(), 2)]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn reduce_by_key(&self, f: impl Fn(V, V) -> V) -> DStream<(View<K>, View<V>)>
        where
            V: Keep + Send + Sync + 'static,
        {
            let _ = f;
            DStream::reference()
        }

        /// The values of each key as a slice, in the order of the batch. An empty batch gives nothing.
        ///
        /// All values of the batch are kept in memory. To fold them to something smaller,
        /// [`reduce_by_key`](Self::reduce_by_key) or [`aggregate_by_key`](Self::aggregate_by_key) is faster.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let grouped = ssc.queue_stream([vec![('a', 1), ('b', 5), ('a', 3)]]).group_by_key();
        ///     grouped.map_values(|values| values.to_vec()).sort_by_key().collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [('a', vec![1, 3]), ('b', vec![5])]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn group_by_key(&self) -> DStream<(View<K>, &'static [V])>
        where
            V: Keep + Clone + Send + Sync + 'static,
        {
            DStream::reference()
        }

        /// Combines the values of each key to a combiner `C` of another type: `create` makes one of a key's first value,
        /// `merge_value` adds a value, and `merge_combiners` merges the combiners of two workers.
        ///
        /// How a batch is cut over the workers is not specified, so any cut must give the same result.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let samples = ssc.queue_stream([vec![('a', 1.0), ('b', 5.0), ('a', 2.0)]]);
        ///     let sums = samples.combine_by_key(
        ///         |value| (value, 1.0),
        ///         |(sum, n), value| (sum + value, n + 1.0),
        ///         |(sum, n), (other, m)| (sum + other, n + m),
        ///     );
        ///     sums.map_values(|(sum, n)| sum / n).sort_by_key().collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [('a', 1.5), ('b', 5.0)]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn combine_by_key<C: Keep + Send + Sync + 'static>(
            &self,
            create: impl Fn(V) -> C,
            merge_value: impl Fn(C, V) -> C,
            merge_combiners: impl Fn(C, C) -> C,
        ) -> DStream<(View<K>, View<C>)> {
            let _ = (create, merge_value, merge_combiners);
            DStream::reference()
        }

        /// Folds the values of each key into a clone of `zero`: `fold` adds a value, `merge` merges the results of two
        /// workers. Every worker begins with `zero`, so it must be neutral: 0 for a sum, an empty set for a union.
        ///
        /// ```
        /// use std::collections::BTreeSet;
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let visits = ssc.queue_stream([vec![("/faq".to_string(), 7), ("/faq".to_string(), 9), ("/faq".to_string(), 7)]]);
        ///     let visitors = visits.aggregate_by_key(
        ///         BTreeSet::new(),
        ///         |mut users, user| { users.insert(user); users },
        ///         |mut users, more| { users.extend(more); users },
        ///     );
        ///     visitors.map_values(|users| users.len()).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [("/faq".to_string(), 2)]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn aggregate_by_key<C: Keep + Clone + Send + Sync + 'static>(
            &self,
            zero: C,
            fold: impl Fn(C, V) -> C,
            merge: impl Fn(C, C) -> C,
        ) -> DStream<(View<K>, View<C>)> {
            let _ = (zero, fold, merge);
            DStream::reference()
        }
    }
}
