//! Operators on a whole batch at once.

#[microbatch_macros::__operators(Batch)]
mod methods {
    use std::borrow::Borrow;

    use crate::dstream::{DStream, View};
    use crate::record::Keep;
    use crate::time::Time;

    impl<T: Keep + Send + Sync + 'static> DStream<T> {
        /// Cuts each batch into exactly `partitions` partitions of consecutive records, equal in length give or take one. The
        /// order of the records stays.
        ///
        /// Work is spread over the workers without this. It is for [`map_partitions`](DStream::map_partitions) and
        /// [`glom`](DStream::glom), whose partitions are then as many as you say, and not those in which the data came.
        ///
        /// # Errors
        /// 0 partitions fail the first batch.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec![1, 2, 3, 4, 5]]).repartition(2).glom().collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [vec![1, 2], vec![3, 4, 5]]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn repartition(&self, partitions: usize) -> DStream<View<T>> {
            let _ = partitions;
            DStream::reference()
        }

        /// Sorts each batch by what the closure says, the least first; equal records keep their order. The key must stand on
        /// its own: `|(word, n)| *n`, or `|word| word.len()`. For the greatest first, wrap it: `|n| std::cmp::Reverse(*n)`.
        ///
        /// The closure runs for every comparison. Sorting is parallel, and needs the whole batch in memory.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let counts = ssc.queue_stream([vec![('a', 2), ('b', 9), ('c', 5)]]);
        ///     counts.sort_by(|(_, n)| std::cmp::Reverse(*n)).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [('b', 9), ('c', 5), ('a', 2)]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn sort_by<K: Ord>(&self, key: impl Fn(&T) -> K + Sync) -> DStream<View<T>> {
            let _ = key;
            DStream::reference()
        }

        /// Hands each whole batch, and its time, to the closure: for whatever no operator does. Its result is the new batch;
        /// any iterator will do. It runs once a batch, on one thread, also when the batch is empty.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let numbers = ssc.queue_stream([vec![4, 7], vec![]]);
        ///     let stamped = numbers.transform(|batch, time| {
        ///         batch.into_iter().rev().map(move |n| (time.as_millis(), n))
        ///     });
        ///     stamped.collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(2)?;
        /// assert_eq!(out.batches()[0].1, [(1000, 7), (1000, 4)]);
        /// assert_eq!(out.batches()[1].1, []);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn transform<U>(&self, f: impl FnOnce(Vec<T>, Time) -> U) -> DStream<View<U::Item>>
        where
            U: IntoIterator<Item: Keep + Send + Sync + 'static>,
        {
            let _ = f;
            DStream::reference()
        }

        /// As [`transform`](Self::transform), with the batches of two streams.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let left = ssc.queue_stream([vec![1, 2, 3]]);
        ///     let right = ssc.queue_stream([vec!['a', 'b']]);
        ///     left.transform_with(right, |numbers, letters, _| numbers.into_iter().zip(letters)).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [(1, 'a'), (2, 'b')]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn transform_with<W, U>(
            &self,
            other: impl Borrow<DStream<W>>,
            f: impl FnOnce(Vec<T>, Vec<W>, Time) -> U,
        ) -> DStream<View<U::Item>>
        where
            U: IntoIterator<Item: Keep + Send + Sync + 'static>,
        {
            let _ = (other, f);
            DStream::reference()
        }
    }

    impl<K: Keep + Ord + Send + Sync + 'static, V: Keep + Send + Sync + 'static> DStream<(K, V)> {
        /// Sorts each batch of pairs by their keys, the least first; pairs with the same key keep their order. Sorting is
        /// parallel, and needs the whole batch in memory.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec![('b', 1), ('a', 2), ('b', 0)]]).sort_by_key().collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [('a', 2), ('b', 1), ('b', 0)]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn sort_by_key(&self) -> DStream<(View<K>, View<V>)> {
            DStream::reference()
        }
    }
}
