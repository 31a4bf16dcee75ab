//! Operators that remember something of each key from batch to batch.

use std::marker::PhantomData;
use std::ops::Deref;
use std::time::Duration;

use crate::dstream::DStream;
use crate::record::Keep;

/// The stream of a stateful operator, which has `T` for records and remembers an `S` for each key `K`. What is said about the
/// state, such as [`timeout`](Self::timeout), stands directly behind the operator; otherwise this is a [`DStream`].
pub struct StateDStream<T, K, S> {
    stream: DStream<T>,
    state: PhantomData<fn() -> (K, S)>,
}

impl<T, K, S> StateDStream<T, K, S> {
    fn reference() -> Self {
        StateDStream { stream: DStream::reference(), state: PhantomData }
    }
}

impl<T, K, S> Clone for StateDStream<T, K, S> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T, K, S> Copy for StateDStream<T, K, S> {}

impl<T, K, S> Deref for StateDStream<T, K, S> {
    type Target = DStream<T>;
    fn deref(&self) -> &DStream<T> {
        &self.stream
    }
}

/// A stateful stream is a stream.
impl<T, K, S> std::borrow::Borrow<DStream<T>> for StateDStream<T, K, S> {
    fn borrow(&self) -> &DStream<T> {
        &self.stream
    }
}

// A reference shows types as they are.
#[allow(clippy::type_complexity)]
#[microbatch_macros::__operators(Stateful)]
mod operators {
    use super::{Keep, StateDStream};
    use crate::dstream::{DStream, View};
    use crate::record::{Record, StateKey};
    use crate::state::State;
    use crate::time::Time;

    /// # State
    /// What is remembered belongs to a key, and stays from batch to batch until it is removed. A batch that fails leaves it as it
    /// was before, so a batch that is tried again counts once. Its type is that of the closure, and inferred.
    impl<K: StateKey + 'static, V: Keep + Send + Sync + 'static> DStream<(K, V)> {
        /// Updates the state of every key in every batch: the closure sees the key's values of the batch, in order, and its
        /// state, and returns the new one, or `None` to forget the key. It runs for all known keys, also for those without
        /// values. The stream has all keys with their states, in every batch.
        ///
        /// Costs a pass over all keys, in compact memory; each state is cloned once a batch. Where only the keys of the batch
        /// matter, [`map_with_state`](DStream::map_with_state) costs less.
        ///
        /// A function may stand here by its name. One that takes the time and the key as well is called from a closure:
        /// `|time, key, values, state| f(time, key, values, state)`.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let pairs = ssc.queue_stream([vec![('a', 1), ('b', 1)], vec![('a', 2)], vec![('b', -1)]]);
        ///     let sums = pairs.update_state_by_key(|values, sum: Option<i32>| {
        ///         let sum = sum.unwrap_or(0) + values.iter().sum::<i32>();
        ///         (sum != 0).then_some(sum) // forget a key whose sum is zero
        ///     });
        ///     sums.sort_by_key().collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(3)?;
        /// let batches: Vec<_> = out.batches().into_iter().map(|(_, sums)| sums).collect();
        /// assert_eq!(batches, [vec![('a', 1), ('b', 1)], vec![('a', 3), ('b', 1)], vec![('a', 3)]]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn update_state_by_key<S: Record>(
            &self,
            f: impl Fn(&[V], Option<S>) -> Option<S>,
        ) -> StateDStream<(View<K>, View<S>), K::Owned, S> {
            let _ = f;
            StateDStream::reference()
        }

        /// [`update_state_by_key`](DStream::update_state_by_key) with a closure that sees the batch's time and the key, too:
        /// write `update_state_by_key(|time, key, values, state| …)`.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let pairs = ssc.queue_stream([vec![("tmp".to_string(), 1u64), ("log".to_string(), 2)], vec![]]);
        ///     let kept = pairs.update_state_by_key(|time, key, values, state: Option<u64>| {
        ///         let forget = key == "tmp" && time.as_millis() > 1000;
        ///         if forget { None } else { Some(state.unwrap_or(0) + values.len() as u64) }
        ///     });
        ///     kept.sort_by_key().collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(2)?;
        /// assert_eq!(out.batches()[0].1, [("log".to_string(), 1), ("tmp".to_string(), 1)]);
        /// assert_eq!(out.batches()[1].1, [("log".to_string(), 1)]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn update_state_by_key_with_key<S: Record>(
            &self,
            f: impl Fn(Time, View<K>, &[V], Option<S>) -> Option<S>,
        ) -> StateDStream<(View<K>, View<S>), K::Owned, S> {
            let _ = f;
            StateDStream::reference()
        }

        /// Calls the closure for each record, with the time of the batch, the key, the value and the [`State`] of the key, which
        /// it can read, update and remove. What it returns is the stream; an `Option` with `flat_map` behind it leaves records
        /// out.
        ///
        /// Later records of a key see what earlier ones made of its state. With a [`timeout`](StateDStream::timeout), a key
        /// without data gets a last call, in which the value is `None`, and is forgotten. Costs the keys of the batch, however
        /// many are remembered.
        ///
        /// # Panics
        /// In the last call of a key that times out the state can be read, but [`State::update`], [`State::remove`] and
        /// [`State::get_or_insert_with`] panic, which fails the batch: ask [`State::is_timing_out`] first.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let pairs = ssc.queue_stream([vec![('a', 1), ('a', 2)], vec![('b', 5), ('a', 3)]]);
        ///     let running = pairs.map_with_state(|_, key, value: Option<i32>, sum: &mut State<i32>| {
        ///         let total = sum.get_option().copied().unwrap_or(0) + value.unwrap_or(0);
        ///         sum.update(total);
        ///         (key, total)
        ///     });
        ///     running.sort_by_key().collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(2)?;
        /// assert_eq!(out.batches()[0].1, [('a', 1), ('a', 3)]);
        /// assert_eq!(out.batches()[1].1, [('a', 6), ('b', 5)]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn map_with_state<S: Record, E>(
            &self,
            f: impl Fn(Time, View<K>, Option<V>, &mut State<S>) -> E,
        ) -> StateDStream<E, K::Owned, S> {
            let _ = f;
            StateDStream::reference()
        }
    }
}

#[microbatch_macros::__operators(Snapshots)]
mod snapshots {
    use super::{Keep, StateDStream};
    use crate::dstream::{DStream, View};

    impl<T, K: Keep + 'static, S: Keep + 'static> StateDStream<T, K, S> {
        /// All keys with their states, in every batch.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let pairs = ssc.queue_stream([vec![('a', 1u64)], vec![('b', 2)]]);
        ///     let latest = pairs.map_with_state(|_, _, value, state: &mut State<u64>| {
        ///         value.into_iter().for_each(|value| state.update(value));
        ///     });
        ///     latest.state_snapshots().sort_by_key().collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(3)?;
        /// assert_eq!(out.batches()[2].1, [('a', 1), ('b', 2)]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn state_snapshots(&self) -> DStream<(View<K>, View<S>)> {
            DStream::reference()
        }
    }
}

#[microbatch_macros::__operators(Setting)]
mod settings {
    use super::{Duration, StateDStream};
    use crate::state::InitialState;

    /// What is said about a state. It stands directly behind its operator, in any order.
    impl<T, K, S> StateDStream<T, K, S> {
        /// States that are there before the first batch; of several for a key the first one counts. It is read once, when
        /// the pipeline starts. A key that is text may be written as a literal.
        ///
        /// After a restart with a checkpoint directory, what the checkpoint has of this state counts, in place of these: a key
        /// that was forgotten stays forgotten. A state that is not in the checkpoint, because it is new or was
        /// [dropped](crate::StreamingContext::drop_state), begins with these.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let pairs = ssc.queue_stream([vec![('a', 1)]]);
        ///     pairs.update_state_by_key(|values, sum| Some(sum.unwrap_or(0) + values.len()))
        ///         .initial_state([('a', 10), ('b', 20)])
        ///         .sort_by_key()
        ///         .collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// assert_eq!(out.batches()[0].1, [('a', 11), ('b', 20)]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn initial_state(&self, pairs: impl IntoIterator<Item: InitialState<K, S>>) -> Self {
            let _ = pairs;
            *self
        }

        /// Forgets keys that had no record for longer than this. In the first batch after that, the closure is called once
        /// more, with `None` for the value; [`State::is_timing_out`](crate::State::is_timing_out) tells that call from
        /// others, and in it the state cannot be set. Costs the keys that are due. Stands behind `map_with_state` only: the
        /// closure of `update_state_by_key` is called for every key, and forgets one by returning `None`.
        ///
        /// The time that the program was down counts, and there are no batches for it. So a key whose last record is too old when
        /// the program starts again leaves in the first new batch, unless that batch has a record for it.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let pairs = ssc.queue_stream([vec![('a', 1u64)]]);
        ///     pairs.map_with_state(|time, key, value, state| {
        ///         match value {
        ///             Some(value) => { state.update(value); None }
        ///             None => Some((key, time.as_millis())), // it times out
        ///         }
        ///     })
        ///     .timeout(2s)
        ///     .flat_map(|gone| gone)
        ///     .collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(5)?;
        /// let gone: Vec<(char, u64)> = out.batches().into_iter().flat_map(|(_, gone)| gone).collect();
        /// assert_eq!(gone, [('a', 4000)]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn timeout(&self, duration: Duration) -> Self {
            let _ = duration;
            *self
        }

        /// The name under which the state is found: in [`Progress::states`](crate::Progress::states) and by other threads.
        /// Without it, that is the name of the stream, or of the operator.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let pairs = ssc.queue_stream([vec![('a', 1)]]);
        ///     pairs.update_state_by_key(|values, _| values.last().copied()).name("latest").count().print();
        /// });
        /// let mut context = StreamingContext::new(pipeline).manual()?;
        /// context.advance(1)?;
        /// assert_eq!(context.progress().states[0].name.as_ref(), "latest");
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn name(&self, name: impl Into<String>) -> Self {
            let _ = name;
            *self
        }

        /// How often the state is written to the [checkpoint directory](crate::StreamingContext::checkpoint_dir), if there is one: a
        /// multiple of the batch interval. A checkpoint has all windows and states as of the same batch, so the shortest interval
        /// counts for all of them; so does that of the context, see
        /// [there](crate::StreamingContext::checkpoint_interval). It is shown in [`Progress::states`](crate::Progress::states).
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let pairs = ssc.queue_stream([vec![('a', 1)]]);
        ///     pairs.update_state_by_key(|values, _| values.last().copied()).checkpoint_interval(10s).count().print();
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
}
