//! Windows: the last batches of a stream.
//!
//! All of them take a length and, if it is not that of the stream, a slide: every `slide`, what follows sees the batches of the
//! last `length`.

use std::time::Duration;

use crate::dstream::DStream;

// A reference shows types as they are.
#[allow(clippy::type_complexity)]
#[microbatch_macros::__operators(Window, Windowed, WindowedFold)]
mod methods {
    use std::time::Duration;

    use crate::aggregate::Aggregate;
    use crate::dstream::{DStream, View};
    use crate::record::{Keep, Record, StateKey};

    /// # Windows
    /// Every `slide`, what follows sees the batches of the last `length`. Without a slide, a window slides with every batch of
    /// its stream. Both are multiples of the stream's own slide, which is checked when the program is compiled, or when it
    /// starts if they are variables. Windows end at multiples of their slide since the epoch, before and after a restart; the
    /// first ones hold only the batches that there are. If the slide is longer than the window, records in between are left out.
    ///
    /// A batch that fails and is tried again enters a window once. What a window holds is in checkpoints under its
    /// [name](DStream::name).
    impl<T: Keep + 'static> DStream<T> {
        /// The records of the last batches, as they are.
        ///
        /// The blocks of a source are kept alive and not copied; records that were computed are copied once into memory of their
        /// own. A window costs the memory of what it holds, and a slide a pass over it. Counts, sums and the like have
        /// operators of their own, whose cost follows what enters and leaves.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec![1], vec![2], vec![3], vec![4]]).window(3s, 2s).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(4)?;
        /// assert_eq!(out.batches(), [(Time::from_millis(2000), vec![1, 2]), (Time::from_millis(4000), vec![2, 3, 4])]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn window(&self, length: Duration, slide: Duration) -> DStream<View<T>> {
            let _ = (length, slide);
            DStream::reference()
        }

        /// Counts the records of the last batches: always one record, 0 for an empty window.
        ///
        /// A slide costs the same for every length.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec!['a', 'b'], vec!['c'], vec![]]).count_by_window(2s).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(4)?;
        /// let counts: Vec<u64> = out.batches().into_iter().flat_map(|(_, counts)| counts).collect();
        /// assert_eq!(counts, [2, 3, 1, 0]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn count_by_window(&self, length: Duration, slide: Duration) -> DStream<u64> {
            let _ = (length, slide);
            DStream::reference()
        }
    }

    impl<T: Record> DStream<T> {
        /// Aggregates the records of the last batches to one, by an [`Aggregate`] such as [`mean`](crate::aggregate::mean),
        /// [`max`](crate::aggregate::max) or one of your own; an empty window gives none.
        ///
        /// ```
        /// use microbatch::prelude::*;
        /// use microbatch::aggregate::max;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec![7, 3], vec![5], vec![]]).aggregate_by_window(max(), 2s).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(4)?;
        /// let greatest: Vec<Vec<i32>> = out.batches().into_iter().map(|(_, greatest)| greatest).collect();
        /// assert_eq!(greatest, [vec![7], vec![7], vec![5], vec![]]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn aggregate_by_window<A: Aggregate<Input = T>>(
            &self,
            aggregate: A,
            length: Duration,
            slide: Duration,
        ) -> DStream<A::Output> {
            let _ = (aggregate, length, slide);
            DStream::reference()
        }

        /// Folds the records of the last batches to one; an empty window gives none. `f` must be associative.
        ///
        /// Windows fold what they keep, so `T` must be an owned record: `.map(|line| line.to_string())` makes one of text.
        ///
        /// With an inverse as second function, `inverse(f(a, b), a) == b`, what leaves is taken back. Without one, results of
        /// parts of the window are kept, which takes two to three times as long. Sums of floating-point numbers, and of tuples
        /// and arrays with up to four of them, do not drift under an inverse, and a NaN, an infinity or a very large value
        /// leaves nothing behind: where its inverse would, the sum is computed anew. Sums of more of them, and of types of your
        /// own, are computed anew from time to time.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let (sums, longest) = (Collector::default(), Collector::default());
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let numbers = ssc.queue_stream([vec![1i32, 2], vec![3], vec![]]);
        ///     numbers.reduce_by_window(|a, b| a + b, |sum, left| sum - left, 2s).collect_into(&sums);
        ///     numbers.reduce_by_window(|a, b| a.max(b), 3s, 3s).collect_into(&longest);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(4)?;
        /// let sums: Vec<Vec<i32>> = sums.batches().into_iter().map(|(_, sums)| sums).collect();
        /// assert_eq!(sums, [vec![3], vec![6], vec![3], vec![]]);
        /// assert_eq!(longest.batches(), [(Time::from_millis(3000), vec![3])]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn reduce_by_window(&self, f: impl Fn(T, T) -> T, length: Duration, slide: Duration) -> DStream<View<T>> {
            let _ = (f, length, slide);
            DStream::reference()
        }

        /// [`reduce_by_window`](DStream::reduce_by_window) with an inverse: write `reduce_by_window(f, inverse, length, slide)`.
        /// Without a slide the inverse is a closure, which tells it from a duration.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let numbers = ssc.queue_stream([vec![1, 2], vec![3], vec![]]);
        ///     numbers.reduce_by_window(|a, b| a + b, |sum, left| sum - left, 2s).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(2)?;
        /// assert_eq!(out.batches()[1].1, [6]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn reduce_by_window_with_inverse(
            &self,
            f: impl Fn(T, T) -> T,
            inverse: impl Fn(T, T) -> T,
            length: Duration,
            slide: Duration,
        ) -> DStream<View<T>> {
            let _ = (f, inverse, length, slide);
            DStream::reference()
        }
    }

    impl<T: StateKey + 'static> DStream<T> {
        /// Counts how often each record occurs in the last batches; a record that has left is not among them.
        ///
        /// A slide costs the records that enter and leave, for every length.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let letters = ssc.queue_stream([vec!['a', 'b', 'a'], vec!['b'], vec![]]);
        ///     letters.count_by_value_and_window(2s).sort_by_key().collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(3)?;
        /// assert_eq!(out.batches()[1].1, [('a', 2), ('b', 2)]);
        /// assert_eq!(out.batches()[2].1, [('b', 1)]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn count_by_value_and_window(&self, length: Duration, slide: Duration) -> DStream<(View<T>, u64)> {
            let _ = (length, slide);
            DStream::reference()
        }
    }

    impl<K: StateKey + 'static, V: Keep + Clone + 'static> DStream<(K, V)> {
        /// The values of each key in the last batches, in the order of their records.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let pairs = ssc.queue_stream([vec![('a', 1), ('b', 2)], vec![('a', 3)]]);
        ///     let groups = pairs.group_by_key_and_window(2s);
        ///     groups.map_values(|values| values.to_vec()).sort_by_key().collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(3)?;
        /// assert_eq!(out.batches()[1].1, [('a', vec![1, 3]), ('b', vec![2])]);
        /// assert_eq!(out.batches()[2].1, [('a', vec![3])]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn group_by_key_and_window(
            &self,
            length: Duration,
            slide: Duration,
        ) -> DStream<(View<K>, &'static [V::Owned])> {
            let _ = (length, slide);
            DStream::reference()
        }
    }

    impl<K: StateKey + 'static, V: Record> DStream<(K, V)> {
        /// Aggregates the values of each key in the last batches, by an [`Aggregate`] such as
        /// [`mean`](crate::aggregate::mean), [`min`](crate::aggregate::min) or one of your own.
        ///
        /// A slide costs the keys that enter and leave, for every length.
        ///
        /// ```
        /// use microbatch::prelude::*;
        /// use microbatch::aggregate::mean;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let readings = ssc.queue_stream([vec![("hall", 20.0), ("attic", 8.0)], vec![("hall", 22.0)]]);
        ///     readings.aggregate_by_key_and_window(mean(), 60s, 1s).sort_by_key().collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(2)?;
        /// assert_eq!(out.batches()[1].1, [("attic".to_string(), 8.0), ("hall".to_string(), 21.0)]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn aggregate_by_key_and_window<A: Aggregate<Input = V>>(
            &self,
            aggregate: A,
            length: Duration,
            slide: Duration,
        ) -> DStream<(View<K>, A::Output)> {
            let _ = (aggregate, length, slide);
            DStream::reference()
        }

        /// Folds the values of each key in the last batches to one. `f` must be associative. A key leaves with its last record.
        ///
        /// Windows fold what they keep, so `V` must be an owned record; the key need not be.
        ///
        /// With an inverse as second function, `inverse(f(a, b), a) == b`, what leaves is taken back. Without one, results of
        /// parts of the window are kept, which costs a little more time and memory. A slide costs the keys that enter and
        /// leave, for every length and any number of keys. Sums of floating-point numbers are as exact as with
        /// [`reduce_by_window`](DStream::reduce_by_window). A predicate behind the functions, on pairs of a key and its
        /// value, is a [`filter`](DStream::filter) on the result.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let (counts, often) = (Collector::default(), Collector::default());
        /// let text = vec![vec!["a b a".to_string()], vec!["b".to_string()], vec![]];
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let pairs = ssc.queue_stream(text).flat_map(|line| line.split(' ')).map(|word| (word, 1u64));
        ///     let last = pairs.reduce_by_key_and_window(|a, b| a + b, |sum, left| sum - left, 2s, 1s);
        ///     last.sort_by_key().collect_into(&counts);
        ///     pairs.reduce_by_key_and_window(|a, b| a + b, |pair| pair.1 > 1, 2s).sort_by_key().collect_into(&often);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(3)?;
        /// let pair = |word: &str, n| (word.to_string(), n);
        /// assert_eq!(counts.batches()[1].1, [pair("a", 2), pair("b", 2)]);
        /// assert_eq!(counts.batches()[2].1, [pair("b", 1)]);
        /// assert_eq!(often.batches()[0].1, [pair("a", 2)]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn reduce_by_key_and_window(
            &self,
            f: impl Fn(V, V) -> V,
            length: Duration,
            slide: Duration,
        ) -> DStream<(View<K>, View<V>)> {
            let _ = (f, length, slide);
            DStream::reference()
        }

        /// [`reduce_by_key_and_window`](DStream::reduce_by_key_and_window) with a predicate: write
        /// `reduce_by_key_and_window(f, filter, length, slide)`.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let pairs = ssc.queue_stream([vec![('a', 1), ('b', 1)], vec![('a', 1)]]);
        ///     pairs.reduce_by_key_and_window(|a, b| a + b, |(_, n)| *n > 1, 2s).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(2)?;
        /// assert_eq!(out.batches()[1].1, [('a', 2)]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn reduce_by_key_and_window_with_filter(
            &self,
            f: impl Fn(V, V) -> V,
            filter: impl Fn(&(View<K>, View<V>)) -> bool,
            length: Duration,
            slide: Duration,
        ) -> DStream<(View<K>, View<V>)> {
            let _ = (f, filter, length, slide);
            DStream::reference()
        }

        /// [`reduce_by_key_and_window`](DStream::reduce_by_key_and_window) with an inverse: write
        /// `reduce_by_key_and_window(f, inverse, length, slide)`. Without a slide the inverse is a closure, which tells it from a
        /// duration.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let pairs = ssc.queue_stream([vec![('a', 1)], vec![('a', 2)], vec![('a', 3)]]);
        ///     pairs.reduce_by_key_and_window(|a, b| a + b, |sum, left| sum - left, 2s).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(3)?;
        /// assert_eq!(out.batches()[2].1, [('a', 5)]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn reduce_by_key_and_window_with_inverse(
            &self,
            f: impl Fn(V, V) -> V,
            inverse: impl Fn(V, V) -> V,
            length: Duration,
            slide: Duration,
        ) -> DStream<(View<K>, View<V>)> {
            let _ = (f, inverse, length, slide);
            DStream::reference()
        }

        /// [`reduce_by_key_and_window`](DStream::reduce_by_key_and_window) with an inverse and a predicate: write
        /// `reduce_by_key_and_window(f, inverse, filter, length, slide)`.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let pairs = ssc.queue_stream([vec![('a', 1), ('b', 5)], vec![('a', 1)]]);
        ///     pairs.reduce_by_key_and_window(|a, b| a + b, |sum, left| sum - left, |(_, n)| *n > 4, 2s).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(2)?;
        /// assert_eq!(out.batches()[1].1, [('b', 5)]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn reduce_by_key_and_window_with_inverse_and_filter(
            &self,
            f: impl Fn(V, V) -> V,
            inverse: impl Fn(V, V) -> V,
            filter: impl Fn(&(View<K>, View<V>)) -> bool,
            length: Duration,
            slide: Duration,
        ) -> DStream<(View<K>, View<V>)> {
            let _ = (f, inverse, filter, length, slide);
            DStream::reference()
        }
    }
}

/// What is said about what a window holds. It stands directly behind the window, as it may behind
/// [an operator with state](crate::dstream::StateDStream).
impl<T> DStream<T> {
    /// The name under which checkpoints, [`Progress::states`](crate::Progress::states) and
    /// [`drop_state`](crate::StreamingContext::drop_state) know the window. Without it, that is the name of the stream, or of the
    /// operator.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let pipeline = stream!(every = 1s, |ssc| {
    ///     ssc.rate_stream(10).count_by_window(60s).name("last_minute").print();
    /// });
    /// let mut context = StreamingContext::new(pipeline).manual()?;
    /// context.advance(1)?;
    /// assert_eq!(context.progress().states[0].name.as_ref(), "last_minute");
    /// # Ok::<(), microbatch::Error>(())
    /// ```
    pub fn name(&self, name: impl Into<String>) -> Self {
        let _ = name;
        *self
    }

    /// How often what the window holds is written to the
    /// [checkpoint directory](crate::StreamingContext::checkpoint_dir), as that of
    /// [a state](crate::dstream::StateDStream::checkpoint_interval).
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let pipeline = stream!(every = 1s, |ssc| {
    ///     ssc.rate_stream(10).count_by_window(60s).checkpoint_interval(10s).print();
    /// });
    /// let mut context = StreamingContext::new(pipeline).manual()?;
    /// context.advance(1)?;
    /// assert_eq!(context.progress().states[0].checkpoint_interval, Some(Duration::from_secs(10)));
    /// # Ok::<(), microbatch::Error>(())
    /// ```
    pub fn checkpoint_interval(&self, interval: Duration) -> Self {
        let _ = interval;
        *self
    }
}
