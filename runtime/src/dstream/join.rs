//! Operators on several streams: pairs that meet by key, and unions.

use std::borrow::Borrow;

use crate::dstream::{DStream, View};
use crate::record::Keep;

/// What `union` takes: a stream or an array of streams whose records are seen as `V`.
pub trait Streams<V>: sealed::Sealed {}

impl<T: Keep<View<'static> = V> + 'static, V> Streams<V> for DStream<T> {}
impl<S: Streams<V>, V> Streams<V> for &S {}
impl<S: Streams<V>, V, const N: usize> Streams<V> for [S; N] {}

mod sealed {
    pub trait Sealed {}
    impl<T> Sealed for super::DStream<T> {}
    impl<S: Sealed> Sealed for &S {}
    impl<S: Sealed, const N: usize> Sealed for [S; N] {}
}

// A reference shows types as they are.
#[allow(clippy::type_complexity)]
#[microbatch_macros::__operators(Join)]
mod joins {
    use super::{Borrow, DStream, Keep, View};
    use crate::record::Key;

    impl<K: Key + 'static, V: Keep + Send + Sync + 'static> DStream<(K, V)> {
        /// For each key of either stream the values of both sides in this batch, as two slices in the order of their records;
        /// the one of a side without the key is empty. The joins are made of it.
        ///
        /// The batch's pairs of both streams are kept in memory, as in all joins.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let clicks = ssc.queue_stream([vec![('a', 1), ('b', 2), ('a', 3)]]);
        ///     let names = ssc.queue_stream([vec![('a', "Ada".to_string()), ('c', "Cy".to_string())]]);
        ///     let both = clicks.cogroup(names);
        ///     both.map_values(|(clicks, names)| (clicks.len(), names.len())).sort_by_key().collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [('a', (2, 1)), ('b', (1, 0)), ('c', (0, 1))]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn cogroup<L, W>(
            &self,
            other: impl Borrow<DStream<(L, W)>>,
        ) -> DStream<(View<K>, (&'static [View<V>], &'static [View<W>]))>
        where
            L: Key + Keep<View<'static> = View<K>> + 'static,
            W: Keep + Send + Sync + 'static,
        {
            let _ = other;
            DStream::reference()
        }

        /// All combinations of a value of this stream and a value of the other with the same key in the same batch: m values
        /// on one side and n on the other give m × n pairs. A key that one side lacks gives none. To join over a longer span,
        /// join windows.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let clicks = ssc.queue_stream([vec![('a', 1), ('b', 2), ('a', 3)]]);
        ///     let names = ssc.queue_stream([vec![('a', "Ada".to_string())]]);
        ///     clicks.join(names).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [('a', (1, "Ada".to_string())), ('a', (3, "Ada".to_string()))]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn join<L, W>(&self, other: impl Borrow<DStream<(L, W)>>) -> DStream<(View<K>, (View<V>, View<W>))>
        where
            L: Key + Keep<View<'static> = View<K>> + 'static,
            W: Keep + Send + Sync + 'static,
        {
            let _ = other;
            DStream::reference()
        }

        /// As [`join`](Self::join), and what this stream has alone comes with `None`.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let clicks = ssc.queue_stream([vec![('a', 1), ('b', 2)]]);
        ///     let prices = ssc.queue_stream([vec![('a', 10), ('c', 30)]]);
        ///     clicks.left_outer_join(prices).sort_by_key().collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [('a', (1, Some(10))), ('b', (2, None))]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn left_outer_join<L, W>(
            &self,
            other: impl Borrow<DStream<(L, W)>>,
        ) -> DStream<(View<K>, (View<V>, Option<View<W>>))>
        where
            L: Key + Keep<View<'static> = View<K>> + 'static,
            W: Keep + Send + Sync + 'static,
        {
            let _ = other;
            DStream::reference()
        }

        /// As [`join`](Self::join), and what the other stream has alone comes with `None`.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let clicks = ssc.queue_stream([vec![('a', 1), ('b', 2)]]);
        ///     let prices = ssc.queue_stream([vec![('a', 10), ('c', 30)]]);
        ///     clicks.right_outer_join(prices).sort_by_key().collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [('a', (Some(1), 10)), ('c', (None, 30))]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn right_outer_join<L, W>(
            &self,
            other: impl Borrow<DStream<(L, W)>>,
        ) -> DStream<(View<K>, (Option<View<V>>, View<W>))>
        where
            L: Key + Keep<View<'static> = View<K>> + 'static,
            W: Keep + Send + Sync + 'static,
        {
            let _ = other;
            DStream::reference()
        }

        /// As [`join`](Self::join), and what either stream has alone comes with `None`.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let clicks = ssc.queue_stream([vec![('a', 1), ('b', 2)]]);
        ///     let prices = ssc.queue_stream([vec![('a', 10), ('c', 30)]]);
        ///     clicks.full_outer_join(prices).sort_by_key().collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [('a', (Some(1), Some(10))), ('b', (Some(2), None)), ('c', (None, Some(30)))]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn full_outer_join<L, W>(
            &self,
            other: impl Borrow<DStream<(L, W)>>,
        ) -> DStream<(View<K>, (Option<View<V>>, Option<View<W>>))>
        where
            L: Key + Keep<View<'static> = View<K>> + 'static,
            W: Keep + Send + Sync + 'static,
        {
            let _ = other;
            DStream::reference()
        }
    }
}

#[microbatch_macros::__operators(Union)]
mod unions {
    use super::{DStream, Keep, Streams, View};
    use crate::dstream::Sources;

    impl<T: Keep + 'static> DStream<T> {
        /// The records of this stream, then those of the others, in this order: `a.union(b)`, `a.union([b, c])`. Records that
        /// occur twice stay.
        ///
        /// Received and kept records are read where they are, without a copy. The streams' records must be seen alike: a
        /// stream of `String`s fits one of `&str`.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let small = ssc.queue_stream([vec![1, 2], vec![]]);
        ///     let large = ssc.queue_stream([vec![100], vec![200]]);
        ///     small.union(large).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(2)?;
        /// assert_eq!(out.batches(), [(Time::from_millis(1000), vec![1, 2, 100]), (Time::from_millis(2000), vec![200])]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn union(&self, others: impl Streams<View<T>>) -> DStream<View<T>> {
            let _ = others;
            DStream::reference()
        }
    }

    impl Sources {
        /// The records of several streams, one stream after the other: [`DStream::union`] for a list.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let small = ssc.queue_stream([vec![1, 2]]);
        ///     let large = small.map(|n| n * 100);
        ///     ssc.union([small, large]).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [1, 2, 100, 200]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn union<V>(&self, streams: impl Streams<V>) -> DStream<V> {
            let _ = streams;
            DStream::reference()
        }
    }
}
