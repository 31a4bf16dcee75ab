//! Numbers: of a fixed width, little-endian.

use std::num::NonZero;

use super::bytes::{take, take_array};
use super::{Malformed, NumberKind, Shape, Shapes, Stored};

macro_rules! numbers {
    ($($type:ident $kind:ident),* $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl Stored for $type {
            #[inline(always)]
            fn store(&self, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.to_le_bytes());
            }
            #[inline(always)]
            fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
                take_array(from).map(<$type>::from_le_bytes)
            }
            fn shape(_: &mut Shapes) -> Shape {
                Shape::Numeric(NumberKind::$kind)
            }
            fn store_all(items: &[Self], out: &mut Vec<u8>) {
                let start = out.len();
                out.resize(start + size_of_val(items), 0);
                let (places, _) = out[start..].as_chunks_mut();
                for (place, item) in places.iter_mut().zip(items) {
                    *place = item.to_le_bytes();
                }
            }
            fn load_all(count: usize, from: &mut &[u8]) -> Result<Vec<Self>, Malformed> {
                let (places, _) = take(from, count.saturating_mul(size_of::<$type>()))?.as_chunks();
                Ok(places.iter().map(|place| <$type>::from_le_bytes(*place)).collect())
            }
        }
    )*};
}

numbers!(
    u8 U8,
    u16 U16,
    u32 U32,
    u64 U64,
    u128 U128,
    i8 I8,
    i16 I16,
    i32 I32,
    i64 I64,
    i128 I128,
    f32 F32,
    f64 F64,
);

/// As wide on every machine.
macro_rules! sizes {
    ($($type:ident as $wide:ident),*) => {$(
        #[diagnostic::do_not_recommend]
        impl Stored for $type {
            #[inline(always)]
            fn store(&self, out: &mut Vec<u8>) {
                (*self as $wide).store(out);
            }
            #[inline(always)]
            fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
                $type::try_from($wide::load(from)?).map_err(|_| Malformed::new("a number is too large for this machine"))
            }
            fn shape(shapes: &mut Shapes) -> Shape {
                $wide::shape(shapes)
            }
        }
    )*};
}

sizes!(usize as u64, isize as i64);

macro_rules! numbers_without_zero {
    ($($type:ident $kind:ident),* $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl Stored for NonZero<$type> {
            #[inline(always)]
            fn store(&self, out: &mut Vec<u8>) {
                self.get().store(out);
            }
            #[inline(always)]
            fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
                NonZero::new($type::load(from)?).ok_or(Malformed::new("a number that is never zero is zero"))
            }
            fn shape(_: &mut Shapes) -> Shape {
                Shape::WithoutZero(NumberKind::$kind)
            }
        }
    )*};
}

numbers_without_zero!(
    u8 U8,
    u16 U16,
    u32 U32,
    u64 U64,
    u128 U128,
    usize U64,
    i8 I8,
    i16 I16,
    i32 I32,
    i64 I64,
    i128 I128,
    isize I64,
);
