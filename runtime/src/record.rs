//! The two faces of data: what a closure sees inside a batch, and what is kept beyond it.
//!
//! A closure sees *views*: `&str` for text, `(&str, u64)` for `(String, u64)`, numbers as themselves. What leaves a batch
//! (a collector, later a window or a state) is an owned [`Record`]. [`Keep`] leads from one to the other.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::prefetch::prefetch;
use crate::stored::Stored;
use crate::time::Time;

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

    /// Begins to bring what the value points to into the nearest cache, because it is compared with another one soon.
    #[doc(hidden)]
    #[inline(always)]
    fn prefetch(&self) {}
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

macro_rules! seen_as_themselves {
    ($($type:ty),* $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl Keep for $type {
            type Owned = Self;
            type View<'a> = Self;
            #[inline(always)]
            fn keep(self) -> Self {
                self
            }
            #[inline(always)]
            fn view(&self) -> Self {
                *self
            }
        }
        #[diagnostic::do_not_recommend]
        impl Record for $type {}
        #[diagnostic::do_not_recommend]
        impl Lookup for $type {
            #[inline(always)]
            fn is(&self, kept: &Self) -> bool {
                self == kept
            }
        }
    )*};
}

seen_as_themselves!(
    u8,
    u16,
    u32,
    u64,
    u128,
    usize,
    i8,
    i16,
    i32,
    i64,
    i128,
    isize,
    f32,
    f64,
    bool,
    char,
    (),
    Duration,
    Time,
    std::net::IpAddr,
    std::net::Ipv4Addr,
    std::net::Ipv6Addr,
    std::net::SocketAddr,
    std::time::SystemTime,
    std::cmp::Ordering,
    std::num::NonZeroU32,
    std::num::NonZeroU64,
);

#[diagnostic::do_not_recommend]
impl Keep for String {
    type Owned = String;
    type View<'a> = &'a str;
    #[inline]
    fn keep(self) -> String {
        self
    }
    #[inline(always)]
    fn view(&self) -> &str {
        self
    }
    #[inline(always)]
    fn prefetch(&self) {
        prefetch(self.as_bytes(), 0);
    }
}
#[diagnostic::do_not_recommend]
impl Record for String {}

macro_rules! found_as_text {
    ($($type:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl Lookup for $type {
            #[inline(always)]
            fn is(&self, kept: &String) -> bool {
                **self == **kept
            }
        }
    )*};
}

found_as_text!(String, &str, Cow<'_, str>);

#[diagnostic::do_not_recommend]
impl Keep for &str {
    type Owned = String;
    type View<'a>
        = &'a str
    where
        Self: 'a;
    #[inline]
    fn keep(self) -> String {
        self.to_owned()
    }
    #[inline(always)]
    fn view(&self) -> &str {
        self
    }
    #[inline(always)]
    fn prefetch(&self) {
        prefetch(self.as_bytes(), 0);
    }
}

#[diagnostic::do_not_recommend]
impl Keep for Cow<'_, str> {
    type Owned = String;
    type View<'a>
        = &'a str
    where
        Self: 'a;
    fn keep(self) -> String {
        self.into_owned()
    }
    #[inline(always)]
    fn view(&self) -> &str {
        self
    }
}

/// What a closure sees of a type of yours, `&T`, is kept by cloning it.
#[diagnostic::do_not_recommend]
impl<T: Record> Keep for &T {
    type Owned = T;
    type View<'a>
        = &'a T
    where
        Self: 'a;
    fn keep(self) -> T {
        self.clone()
    }
    #[inline(always)]
    fn view(&self) -> &T {
        self
    }
}

#[diagnostic::do_not_recommend]
impl<T: Record + PartialEq> Lookup for &T {
    #[inline(always)]
    fn is(&self, kept: &T) -> bool {
        **self == *kept
    }
}

#[diagnostic::do_not_recommend]
impl<T: Keep + Clone> Keep for Vec<T> {
    type Owned = Vec<T::Owned>;
    type View<'a>
        = &'a [T]
    where
        Self: 'a;
    fn keep(self) -> Vec<T::Owned> {
        self.into_iter().map(T::keep).collect()
    }
    #[inline(always)]
    fn view(&self) -> &[T] {
        self
    }
    #[inline(always)]
    fn prefetch(&self) {
        prefetch(self, 0);
    }
}
#[diagnostic::do_not_recommend]
impl<T: Record> Record for Vec<T> {}
#[diagnostic::do_not_recommend]
impl<T: Lookup + Clone> Lookup for Vec<T> {
    fn is(&self, kept: &Vec<T::Owned>) -> bool {
        all_are(self, kept)
    }
}

fn all_are<T: Lookup>(items: &[T], kept: &[T::Owned]) -> bool {
    items.len() == kept.len() && items.iter().zip(kept).all(|(item, kept)| item.is(kept))
}

#[diagnostic::do_not_recommend]
impl<T: Keep + Clone> Keep for &[T] {
    type Owned = Vec<T::Owned>;
    type View<'a>
        = &'a [T]
    where
        Self: 'a;
    fn keep(self) -> Vec<T::Owned> {
        self.iter().cloned().map(T::keep).collect()
    }
    #[inline(always)]
    fn view(&self) -> &[T] {
        self
    }
    #[inline(always)]
    fn prefetch(&self) {
        prefetch(self, 0);
    }
}

#[diagnostic::do_not_recommend]
impl<T: Lookup + Clone> Lookup for &[T] {
    fn is(&self, kept: &Vec<T::Owned>) -> bool {
        all_are(self, kept)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Keep, const N: usize> Keep for [T; N] {
    type Owned = [T::Owned; N];
    type View<'a>
        = [T::View<'a>; N]
    where
        Self: 'a;
    fn keep(self) -> [T::Owned; N] {
        self.map(T::keep)
    }
    #[inline(always)]
    fn view(&self) -> [T::View<'_>; N] {
        self.each_ref().map(T::view)
    }
}
#[diagnostic::do_not_recommend]
impl<T: Record, const N: usize> Record for [T; N] {}
#[diagnostic::do_not_recommend]
impl<T: Lookup, const N: usize> Lookup for [T; N] {
    fn is(&self, kept: &[T::Owned; N]) -> bool {
        all_are(self, kept)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Keep> Keep for Option<T> {
    type Owned = Option<T::Owned>;
    type View<'a>
        = Option<T::View<'a>>
    where
        Self: 'a;
    fn keep(self) -> Option<T::Owned> {
        self.map(T::keep)
    }
    #[inline(always)]
    fn view(&self) -> Option<T::View<'_>> {
        self.as_ref().map(T::view)
    }
}
#[diagnostic::do_not_recommend]
impl<T: Record> Record for Option<T> {}
#[diagnostic::do_not_recommend]
impl<T: Lookup> Lookup for Option<T> {
    fn is(&self, kept: &Option<T::Owned>) -> bool {
        match (self, kept) {
            (Some(value), Some(kept)) => value.is(kept),
            (value, kept) => value.is_none() && kept.is_none(),
        }
    }
}

#[diagnostic::do_not_recommend]
impl<T: Keep, E: Keep> Keep for Result<T, E> {
    type Owned = Result<T::Owned, E::Owned>;
    type View<'a>
        = Result<T::View<'a>, E::View<'a>>
    where
        Self: 'a;
    fn keep(self) -> Self::Owned {
        self.map(T::keep).map_err(E::keep)
    }
    #[inline(always)]
    fn view(&self) -> Self::View<'_> {
        self.as_ref().map(T::view).map_err(E::view)
    }
}
#[diagnostic::do_not_recommend]
impl<T: Record, E: Record> Record for Result<T, E> {}
#[diagnostic::do_not_recommend]
impl<T: Lookup, E: Lookup> Lookup for Result<T, E> {
    fn is(&self, kept: &Result<T::Owned, E::Owned>) -> bool {
        match (self, kept) {
            (Ok(value), Ok(kept)) => value.is(kept),
            (Err(error), Err(kept)) => error.is(kept),
            _ => false,
        }
    }
}

macro_rules! seen_by_reference {
    ($([$($parameter:ident: $($bound:path)|*),*] $type:ty),* $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($parameter: $($bound +)*),*> Keep for $type {
            type Owned = Self;
            type View<'a> = &'a Self where Self: 'a;
            fn keep(self) -> Self {
                self
            }
            #[inline(always)]
            fn view(&self) -> &Self {
                self
            }
        }
        #[diagnostic::do_not_recommend]
        impl<$($parameter: $($bound +)*),*> Record for $type {}
        #[diagnostic::do_not_recommend]
        impl<$($parameter: $($bound +)*),*> Lookup for $type where Self: PartialEq {
            fn is(&self, kept: &Self) -> bool {
                self == kept
            }
        }
    )*};
}

seen_by_reference!(
    [T: Record] Box<T>,
    [T: Stored | Send | Sync] Arc<T>,
    [T: Record | Ord] BTreeSet<T>,
    [K: Record | Ord, V: Record] BTreeMap<K, V>,
    [T: Record | Hash | Eq, S: BuildHasher | Default | Clone | Send | Sync | Shared] HashSet<T, S>,
    [K: Record | Hash | Eq, V: Record, S: BuildHasher | Default | Clone | Send | Sync | Shared] HashMap<K, V, S>,
    [T: Record] VecDeque<T>,
    [] PathBuf,
);

/// `'static` as a bound that fits into the list above.
#[doc(hidden)]
pub trait Shared: 'static {}
impl<T: ?Sized + 'static> Shared for T {}

macro_rules! tuples {
    ($(($($name:ident $index:tt),+))*) => {$(
        #[diagnostic::do_not_recommend]
        impl<$($name: Keep),+> Keep for ($($name,)+) {
            type Owned = ($($name::Owned,)+);
            type View<'a> = ($($name::View<'a>,)+) where Self: 'a;
            #[inline]
            fn keep(self) -> Self::Owned {
                ($(self.$index.keep(),)+)
            }
            #[inline(always)]
            fn view(&self) -> Self::View<'_> {
                ($(self.$index.view(),)+)
            }
            #[inline(always)]
            fn prefetch(&self) {
                $(self.$index.prefetch();)+
            }
        }
        #[diagnostic::do_not_recommend]
        impl<$($name: Record),+> Record for ($($name,)+) {}
        #[diagnostic::do_not_recommend]
        impl<$($name: Lookup),+> Lookup for ($($name,)+) {
            #[inline(always)]
            fn is(&self, kept: &Self::Owned) -> bool {
                $(self.$index.is(&kept.$index))&&+
            }
        }
    )*};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7, I 8, J 9, K 10, L 11)
}
