//! Aggregates of windows: how records are put together, and how what a window has of them follows the change.
//!
//! [`mean`], [`sum`], [`min`], [`max`], [`count_distinct`] and [`top`] are there; [`Aggregate`] makes one of your own.
//!
//! ```
//! use microbatch::prelude::*;
//! use microbatch::aggregate::{Aggregate, Associative};
//!
//! /// The least and the greatest reading.
//! struct Span;
//!
//! impl Aggregate for Span {
//!     type Input = i64;
//!     type Partial = (i64, i64);
//!     type Output = i64;
//!     type Algebra = Associative;
//!
//!     fn lift(&self, reading: i64) -> (i64, i64) {
//!         (reading, reading)
//!     }
//!     fn combine(&self, older: (i64, i64), newer: (i64, i64)) -> (i64, i64) {
//!         (older.0.min(newer.0), older.1.max(newer.1))
//!     }
//!     fn lower(&self, partial: (i64, i64)) -> i64 {
//!         partial.1 - partial.0
//!     }
//! }
//!
//! let out = Collector::default();
//! let pipeline = stream!(every = 1s, |ssc| {
//!     ssc.queue_stream([vec![3i64, 9], vec![4], vec![5]]).aggregate_by_window(Span, 2s).collect_into(&out);
//! });
//! StreamingContext::new(pipeline).manual()?.advance(3)?;
//! let spans: Vec<Vec<i64>> = out.batches().into_iter().map(|(_, spans)| spans).collect();
//! assert_eq!(spans, [vec![6], vec![6], vec![1]]);
//! # Ok::<(), microbatch::Error>(())
//! ```

mod count_distinct;
mod top;

use std::cmp::Ordering;
use std::marker::PhantomData;
use std::ops::{Add, Sub};

pub use self::count_distinct::{CountDistinct, count_distinct};
pub use self::top::{Top, top};
use crate::record::{Keep, Record};
use crate::window::{Merge, Select, Selecting, Subtract, TwoStacks, Unmerge};

/// How records are put together: each is lifted to a partial result, partial results are combined, and what a window has is
/// lowered to what comes out.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an aggregate",
    label = "this operator takes an aggregate, such as `mean()` or `max()`",
    note = "the aggregates are in `microbatch::aggregate`; implement `Aggregate` for one of your own"
)]
pub trait Aggregate: Send + Sync {
    /// The records, or the values of a key.
    type Input: Record;
    /// What is kept of several of them.
    type Partial: Record;
    /// What comes out.
    type Output;
    /// How windows may use it: [`Associative`], or, where that holds, [`Invertible`] or [`Selective`], which are faster.
    type Algebra: Algebra;

    /// A partial result for one record.
    fn lift(&self, record: Self::Input) -> Self::Partial;

    /// The partial result for the records of both, of which those of `older` came first. It must be associative.
    fn combine(&self, older: Self::Partial, newer: Self::Partial) -> Self::Partial;

    /// `combine`, where the newer partial result stays as it is: with a clone of it, unless you know a way without one. A window calls
    /// this for each partial result that it keeps.
    #[inline]
    fn combine_ref(&self, older: Self::Partial, newer: &Self::Partial) -> Self::Partial {
        self.combine(older, newer.clone())
    }

    /// A partial result with one more record behind it: `combine` with the lifted record, unless you know a faster way. Where partial
    /// results lie on the heap, one need not be made for each record.
    #[inline]
    fn add(&self, partial: Self::Partial, record: Self::Input) -> Self::Partial {
        self.combine(partial, self.lift(record))
    }

    /// What comes out for a partial result, which is seen as its [view](Keep::View): numbers and tuples of them as themselves,
    /// a type of yours by reference.
    fn lower(&self, partial: <Self::Partial as Keep>::View<'_>) -> Self::Output;
}

/// An aggregate whose oldest part can be taken out again.
pub trait Invert: Aggregate<Algebra = Invertible> {
    /// What remains of `total` without `left`: `uncombine(combine(left, rest), left)` is `rest`.
    fn uncombine(&self, total: Self::Partial, left: Self::Partial) -> Self::Partial;

    /// `uncombine`, where what left stays as it is: with a clone of it, unless you know a way without one.
    #[inline]
    fn uncombine_ref(&self, total: Self::Partial, left: &Self::Partial) -> Self::Partial {
        self.uncombine(total, left.clone())
    }
}

/// An aggregate that selects one of its records.
pub trait Choose: Aggregate<Algebra = Selective> {
    /// Whether `newer` is to be selected, so that `older` never matters again. It must be transitive.
    fn beats(&self, newer: &Self::Partial, older: &Self::Partial) -> bool;
}

/// A pipeline evaluates an aggregate once, and lends it to all stages.
impl<A: Aggregate> Aggregate for &A {
    type Input = A::Input;
    type Partial = A::Partial;
    type Output = A::Output;
    type Algebra = A::Algebra;

    #[inline]
    fn lift(&self, record: A::Input) -> A::Partial {
        A::lift(self, record)
    }
    #[inline]
    fn combine(&self, older: A::Partial, newer: A::Partial) -> A::Partial {
        A::combine(self, older, newer)
    }
    #[inline]
    fn combine_ref(&self, older: A::Partial, newer: &A::Partial) -> A::Partial {
        A::combine_ref(self, older, newer)
    }
    #[inline]
    fn add(&self, partial: A::Partial, record: A::Input) -> A::Partial {
        A::add(self, partial, record)
    }
    #[inline]
    fn lower(&self, partial: <A::Partial as Keep>::View<'_>) -> A::Output {
        A::lower(self, partial)
    }
}

impl<A: Invert> Invert for &A {
    #[inline]
    fn uncombine(&self, total: A::Partial, left: A::Partial) -> A::Partial {
        A::uncombine(self, total, left)
    }
}

impl<A: Choose> Choose for &A {
    #[inline]
    fn beats(&self, newer: &A::Partial, older: &A::Partial) -> bool {
        A::beats(self, newer, older)
    }
}

/// How a window may use an aggregate.
pub trait Algebra: sealed::Sealed {
    /// The algorithm of windows.
    #[doc(hidden)]
    type Algorithm;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! algebras {
    ($($(#[$attribute:meta])* $name:ident: $algorithm:ident;)*) => {$(
        $(#[$attribute])*
        pub struct $name(());
        impl sealed::Sealed for $name {}
        impl Algebra for $name {
            type Algorithm = $algorithm;
        }
    )*};
}

algebras! {
    /// Parts can be combined, and nothing more is known. A window keeps results of its parts (two stacks: Tangwongsan, Hirzel,
    /// Schneider, General Incremental Sliding-Window Aggregation, 2015): a record costs at most three combinations.
    Associative: TwoStacks;
    /// The oldest part can be taken out again, see [`Invert`]: a record costs a combination and an inverse.
    Invertible: Subtract;
    /// One of the records is selected, see [`Choose`]. Of values that are expensive to clone, a window keeps those that may still
    /// be (a monotonic queue); others are combined as associative ones.
    Selective: Selecting;
}

/// An aggregate as the windows use it.
pub struct Lifted<A>(pub(crate) A);

impl<A: Aggregate> Merge<A::Partial> for Lifted<A> {
    #[inline]
    fn merge(&self, older: A::Partial, newer: A::Partial) -> A::Partial {
        self.0.combine(older, newer)
    }
    #[inline]
    fn merge_ref(&self, older: A::Partial, newer: &A::Partial) -> A::Partial {
        self.0.combine_ref(older, newer)
    }
}

impl<A: Invert> Unmerge<A::Partial> for Lifted<A> {
    #[inline]
    fn unmerge(&self, total: A::Partial, left: A::Partial) -> A::Partial {
        self.0.uncombine(total, left)
    }
    #[inline]
    fn unmerge_ref(&self, total: A::Partial, left: &A::Partial) -> A::Partial {
        self.0.uncombine_ref(total, left)
    }
}

impl<A: Choose> Select<A::Partial> for Lifted<A> {
    #[inline]
    fn beats(&self, newer: &A::Partial, older: &A::Partial) -> bool {
        self.0.beats(newer, older)
    }
}

/// A number that can be averaged.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a number",
    label = "this aggregate takes numbers",
    note = "`.map(|record| …)` the stream to numbers first, or `.map_values(|value| …)` where there are keys"
)]
pub trait Number: Record + Copy + Add<Output = Self> + Sub<Output = Self> {
    /// The nearest floating-point number.
    fn to_f64(self) -> f64;
}

macro_rules! numbers {
    ($($type:ty),*) => {$(
        impl Number for $type {
            #[inline(always)]
            fn to_f64(self) -> f64 {
                self as f64
            }
        }
    )*};
}

numbers!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, f32, f64);

/// See [`mean`].
pub struct Mean<T>(PhantomData<fn(T)>);

/// The arithmetic mean of numbers. What `T` must be is said where it is used, so that a mistake is reported once; so it is with
/// all aggregates.
pub fn mean<T>() -> Mean<T> {
    Mean(PhantomData)
}

impl<T: Number> Aggregate for Mean<T> {
    type Input = T;
    type Partial = (f64, u64);
    type Output = f64;
    type Algebra = Invertible;

    #[inline]
    fn lift(&self, record: T) -> (f64, u64) {
        (record.to_f64(), 1)
    }
    #[inline]
    fn combine(&self, older: (f64, u64), newer: (f64, u64)) -> (f64, u64) {
        (older.0 + newer.0, older.1 + newer.1)
    }
    #[inline]
    fn lower(&self, partial: (f64, u64)) -> f64 {
        partial.0 / partial.1 as f64
    }
}

impl<T: Number> Invert for Mean<T> {
    #[inline]
    fn uncombine(&self, total: (f64, u64), left: (f64, u64)) -> (f64, u64) {
        (total.0 - left.0, total.1 - left.1)
    }
}

/// See [`sum`].
pub struct Sum<T>(PhantomData<fn(T)>);

/// The sum of numbers.
pub fn sum<T>() -> Sum<T> {
    Sum(PhantomData)
}

impl<T: Number> Aggregate for Sum<T> {
    type Input = T;
    type Partial = T;
    type Output = T;
    type Algebra = Invertible;

    #[inline]
    fn lift(&self, record: T) -> T {
        record
    }
    #[inline]
    fn combine(&self, older: T, newer: T) -> T {
        older + newer
    }
    #[inline]
    fn lower(&self, partial: T::View<'_>) -> T {
        partial.keep()
    }
}

impl<T: Number> Invert for Sum<T> {
    #[inline]
    fn uncombine(&self, total: T, left: T) -> T {
        total - left
    }
}

macro_rules! extremes {
    ($($(#[$attribute:meta])* $name:ident, $type:ident: $order:expr;)*) => {$(
        #[doc = concat!("See [`", stringify!($name), "`].")]
        pub struct $type<T>(PhantomData<fn(T)>);

        $(#[$attribute])*
        pub fn $name<T>() -> $type<T> {
            $type(PhantomData)
        }

        impl<T: Record + PartialOrd> Aggregate for $type<T> {
            type Input = T;
            type Partial = T;
            type Output = T;
            type Algebra = Selective;

            #[inline]
            fn lift(&self, record: T) -> T {
                record
            }
            #[inline]
            fn combine(&self, older: T, newer: T) -> T {
                if self.beats(&newer, &older) { newer } else { older }
            }
            #[inline]
            fn lower(&self, partial: T::View<'_>) -> T {
                partial.keep()
            }
        }

        impl<T: Record + PartialOrd> Choose for $type<T> {
            #[inline]
            fn beats(&self, newer: &T, older: &T) -> bool {
                // A value that compares with nothing, such as NaN, gives way to any other.
                newer.partial_cmp(older).map_or(newer.partial_cmp(newer).is_some(), $order)
            }
        }
    )*};
}

extremes! {
    /// The greatest record; of equal ones the latest. NaN counts only where there is nothing else.
    max, Max: |order| order != Ordering::Less;
    /// The least record; of equal ones the latest. NaN counts only where there is nothing else.
    min, Min: |order| order != Ordering::Greater;
}
