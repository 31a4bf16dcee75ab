//! The standard library's types, and those of this crate, as records.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::magnitude::{self, Magnitudes};
use super::{Keep, Lookup, Record};
use crate::key_hash::{ODD, SHORT};
use crate::prefetch::prefetch;
use crate::stored::Stored;
use crate::time::Time;
use crate::tuples::for_tuples;

macro_rules! seen_as_themselves {
    (|$value:pat_param| $bits:expr; $($type:ty),* $(,)?) => {
        $(seen_as_itself!(|$value| $bits; $type;);)*
    };
}

macro_rules! seen_as_itself {
    (|$value:pat_param| $bits:expr; $type:ty; $($more:item)*) => {
        #[diagnostic::do_not_recommend]
        impl Keep for $type {
            type Owned = Self;
            type View<'a> = Self;
            const BITS_TELL_APART: bool = size_of::<Self>() <= size_of::<u64>();
            #[inline(always)]
            fn as_bits(&self) -> Option<u64> {
                let $value = self;
                $bits
            }
            #[inline(always)]
            fn keep(self) -> Self {
                self
            }
            #[inline(always)]
            fn view(&self) -> Self {
                *self
            }
            $($more)*
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
    };
}

seen_as_themselves!(|value| Some(*value); u64);
seen_as_themselves!(|value| Some(*value as u64); u8, u16, u32, u128, usize, i8, i16, i32, i64, i128, isize, bool, char);
seen_as_themselves!(|value| Some(value.as_nanos()); Time);

seen_as_themselves!(
    |_| None;
    (), Duration,
    std::net::IpAddr, std::net::Ipv4Addr, std::net::Ipv6Addr, std::net::SocketAddr,
    std::time::SystemTime,
    std::cmp::Ordering,
    std::num::NonZeroU32, std::num::NonZeroU64,
);

macro_rules! floating_point {
    ($($type:ty: $gap:ident $magnitude:ident),*) => {$(
        seen_as_itself!(|_| None; $type;
            const FLOATS: usize = 1;
            const GAPS: Magnitudes = [magnitude::$gap, 0, 0, 0];
            #[inline(always)]
            fn magnitudes(&self) -> Magnitudes {
                [magnitude::$magnitude(*self), 0, 0, 0]
            }
        );
    )*};
}

floating_point!(f64: GAP_OF_F64 of_f64, f32: GAP_OF_F32 of_f32);

macro_rules! texts {
    ($($type:ty),*) => {$(
        #[diagnostic::do_not_recommend]
        impl Keep for $type {
            type Owned = String;
            type View<'a>
                = &'a str
            where
                Self: 'a;
            #[inline]
            fn keep(self) -> String {
                self.into()
            }
            #[inline(always)]
            fn view(&self) -> &str {
                self
            }
            const POINTS: bool = true;
            #[inline(always)]
            fn prefetch(&self) {
                if self.len() > SHORT {
                    prefetch(self.as_bytes(), 0);
                }
            }
            #[inline(always)]
            fn as_text(&self) -> Option<&str> {
                Some(self)
            }
        }

        #[diagnostic::do_not_recommend]
        impl Lookup for $type {
            #[inline(always)]
            fn is(&self, kept: &String) -> bool {
                **self == **kept
            }
        }
    )*};
}

texts!(String, &str, Cow<'_, str>);

#[diagnostic::do_not_recommend]
impl Record for String {}

/// What a closure sees of a type of yours, `&T`, is kept by cloning it.
#[diagnostic::do_not_recommend]
impl<T: Record> Keep for &T {
    type Owned = T;
    type View<'a>
        = &'a T
    where
        Self: 'a;
    const BITS_TELL_APART: bool = T::BITS_TELL_APART;
    fn keep(self) -> T {
        self.clone()
    }
    #[inline(always)]
    fn view(&self) -> &T {
        self
    }
    #[inline(always)]
    fn as_text(&self) -> Option<&str> {
        T::as_text(self)
    }
    #[inline(always)]
    fn as_bits(&self) -> Option<u64> {
        T::as_bits(self)
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
    const POINTS: bool = true;
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
    const POINTS: bool = true;
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
    const FLOATS: usize = N * T::FLOATS;
    const GAPS: Magnitudes = {
        let (mut whole, mut member) = (magnitude::NONE, 0);
        // More members are not needed, and an array may be long.
        while member < N && member < whole.0.len() {
            whole = magnitude::with(whole, T::GAPS, T::FLOATS);
            member += 1;
        }
        whole.0
    };
    #[inline(always)]
    fn magnitudes(&self) -> Magnitudes {
        let members = self.iter().take(Self::GAPS.len());
        members.fold(magnitude::NONE, |whole, member| magnitude::with(whole, member.magnitudes(), T::FLOATS)).0
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
            const POINTS: bool = $($name::POINTS)||+;
            #[inline(always)]
            fn prefetch(&self) {
                $(self.$index.prefetch();)+
            }
            #[inline(always)]
            fn as_bits(&self) -> Option<u64> {
                let mut bits = 0u64;
                $(bits = bits.wrapping_mul(ODD).wrapping_add(self.$index.as_bits()?);)+
                Some(bits)
            }
            const FLOATS: usize = 0 $(+ $name::FLOATS)+;
            const GAPS: Magnitudes = {
                let whole = magnitude::NONE;
                $(let whole = magnitude::with(whole, $name::GAPS, $name::FLOATS);)+
                whole.0
            };
            #[inline(always)]
            fn magnitudes(&self) -> Magnitudes {
                let whole = magnitude::NONE;
                $(let whole = magnitude::with(whole, self.$index.magnitudes(), $name::FLOATS);)+
                whole.0
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

for_tuples!(tuples);
