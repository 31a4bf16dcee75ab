//! The two faces of data: what a closure sees inside a batch, and what is kept beyond it.
//!
//! A closure sees *views*: `&str` for text, `(&str, u64)` for `(String, u64)`, numbers as themselves. What leaves a batch
//! (a collector, later a window or a state) is an owned [`Record`]. [`Keep`] leads from one to the other.

pub(crate) mod magnitude;
mod standard;

use std::hash::Hash;

use crate::stored::Stored;
use magnitude::Magnitudes;

/// A value that a closure may produce, and how to keep it beyond its batch.
///
/// `&str` and `String` are both kept as `String`; tuples, options and vectors member by member; a type of yours by
/// `#[derive(Record)]`.
///
/// ```
/// use microbatch::Keep;
///
/// let kept: (String, Option<u64>) = ("a", Some(1u64)).keep();
/// assert_eq!(kept.view(), ("a", Some(1)));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be kept beyond its closure",
    label = "this operator keeps `{Self}`, which is not a `Record`",
    note = "put `#[derive(Clone, Record)]` on each type of yours in it, or `.map(…)` the stream to text, numbers, tuples, options or vectors of them"
)]
pub trait Keep: Sized {
    /// What is kept: `String` for `&str`.
    type Owned: Record;

    /// What closures see of a kept value: `&str` for `String`, the value itself for numbers.
    type View<'a>: Copy + Keep<Owned = Self::Owned>
    where
        Self: 'a;

    /// Makes the value independent of its batch. Costs a copy of what it borrows.
    fn keep(self) -> Self::Owned;

    /// Looks at the value without copying what it holds.
    fn view(&self) -> Self::View<'_>;

    /// Whether the value may point to something that [`prefetch`](Self::prefetch) fetches.
    #[doc(hidden)]
    const POINTS: bool = false;

    /// Begins to bring what the value points to into the nearest cache, because it is compared with another one soon.
    #[doc(hidden)]
    #[inline(always)]
    fn prefetch(&self) {}

    /// The value, if it is a text.
    #[doc(hidden)]
    #[inline(always)]
    fn as_text(&self) -> Option<&str> {
        None
    }

    /// Whether two values that differ have other bits.
    #[doc(hidden)]
    const BITS_TELL_APART: bool = false;

    /// Bits of the value, if it is a number or consists of numbers.
    #[doc(hidden)]
    #[inline(always)]
    fn as_bits(&self) -> Option<u64> {
        None
    }

    /// How many floating-point numbers the value has.
    #[doc(hidden)]
    const FLOATS: usize = 0;

    /// Of each of the first four, how much larger another one must be for a sum of both to lose too much.
    #[doc(hidden)]
    const GAPS: Magnitudes = [0; 4];

    /// How large these are.
    #[doc(hidden)]
    #[inline(always)]
    fn magnitudes(&self) -> Magnitudes {
        [0; 4]
    }
}

/// A value that stands on its own: it can cross threads, outlive its batch, and be [written to a checkpoint](Stored). Derive it
/// for types of your own; `#[record(skip)]` leaves out a field that cannot be stored.
///
/// ```
/// use microbatch::prelude::*;
///
/// #[derive(Clone, Debug, PartialEq, Record)]
/// struct Click { user: u64, page: String }
///
/// let out = Collector::default();
/// let clicks = vec![vec![Click { user: 1, page: "/".into() }, Click { user: 2, page: "/faq".into() }]];
/// let pipeline = stream!(every = 1s, |ssc| {
///     ssc.queue_stream(clicks).filter(|click| click.user > 1).collect_into(&out);
/// });
/// StreamingContext::new(pipeline).manual()?.advance(1)?;
/// assert_eq!(out.batches()[0].1, [Click { user: 2, page: "/faq".into() }]);
/// # Ok::<(), microbatch::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a `Record`",
    label = "this outlives its batch, so it must be a `Record`, and `{Self}` is not",
    note = "put `#[derive(Clone, Record)]` on each type of yours in it",
    note = "own what is borrowed, for example with `.map(|text| text.to_string())`, or `.map_values(|text| text.to_string())` where there are keys"
)]
pub trait Record: Keep<Owned = Self> + Stored + Clone + Send + Sync + 'static {}

/// A key: a value that can be hashed, compared and kept.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key, because it cannot be hashed and compared for equality",
    label = "this needs records whose key implements `Hash` and `Eq`; `{Self}` does not",
    note = "make a key of it first, for example `.map(|(key, value)| (key.to_string(), value))`, or derive `Hash, PartialEq, Eq`"
)]
pub trait Key: Hash + Eq + Keep + Send + Sync {}

#[diagnostic::do_not_recommend]
impl<T: Hash + Eq + Keep + Send + Sync> Key for T {}

/// Finds what a value was kept as among kept values, without keeping it first: a key of a state or a window is looked up as
/// the closure made it, and copied only when it is new. [`Record`](derive@crate::Record) derives it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key of a window or a state",
    label = "`{Self}` cannot be compared with what is kept of it",
    note = "make a key of it first, for example text, numbers or tuples of them, or `#[derive(Clone, PartialEq, Eq, Hash, Record)]` on your own type"
)]
pub trait Lookup: Keep {
    /// Whether `kept` is what this value would be kept as.
    fn is(&self, kept: &Self::Owned) -> bool;
}

/// A key that outlives its batch: it is found among kept keys, which hash as it does.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a key of a window or a state",
    label = "keys are kept and compared: this needs a `Record` that implements `Hash` and `Eq`",
    note = "put `#[derive(Clone, PartialEq, Eq, Hash, Record)]` on each type of yours in it, or make a key of it first, for example `.map(|(key, value)| (key.to_string(), value))`"
)]
pub trait StateKey: Key + Lookup<Owned: Hash + Eq> {}

#[diagnostic::do_not_recommend]
impl<K: Key + Lookup<Owned: Hash + Eq>> StateKey for K {}

/// A record that is a pair `(key, value)`.
#[diagnostic::on_unimplemented(
    message = "this operator needs a stream of pairs `(key, value)`, and this one carries `{Self}`",
    label = "not a stream of pairs",
    note = "put `.key_by(|record| …)` or `.map(|record| (key, value))` before it"
)]
pub trait Pair: Sized {
    /// The first member.
    type Key;
    /// The second member.
    type Value;
    /// The key.
    fn key(&self) -> &Self::Key;
    /// Takes the pair apart.
    fn into_pair(self) -> (Self::Key, Self::Value);
}

#[diagnostic::do_not_recommend]
impl<K, V> Pair for (K, V) {
    type Key = K;
    type Value = V;
    #[inline(always)]
    fn key(&self) -> &K {
        &self.0
    }
    #[inline(always)]
    fn into_pair(self) -> (K, V) {
        self
    }
}

/// The same type: what two streams must have in common to be combined.
#[diagnostic::on_unimplemented(
    message = "these two streams do not fit together: where one has `{T}`, the other has `{Self}`",
    label = "needs the same type on both sides",
    note = "`.map(…)` one of them to the type of the other"
)]
pub trait Same<T> {
    /// The value itself.
    fn same(self) -> T;
}

#[diagnostic::do_not_recommend]
impl<T> Same<T> for T {
    #[inline(always)]
    fn same(self) -> T {
        self
    }
}
