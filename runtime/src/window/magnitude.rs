//! How large the floating-point numbers in a value are: by this it is noticed that a total has lost what is small in it, or
//! that it is no number any more.

use std::any::{Any, TypeId};

/// For each of a value's floating-point numbers how large it is, as far as it matters; 0 for what is none.
pub(super) type Magnitudes = [u8; 4];

/// Numbers that are not finite.
pub(super) const NOT_FINITE: u8 = u8::MAX;

/// The numbers in a value whose type is known.
trait Numbers {
    /// Of a number that is as small as this compared with another one, a sum with that one has lost too much; 0 where sums are
    /// exact.
    const GAPS: Magnitudes;
    fn magnitudes(&self) -> Magnitudes;
}

impl Numbers for f64 {
    const GAPS: Magnitudes = [3, 0, 0, 0];

    /// The exponent in steps of 8 bits.
    #[inline(always)]
    fn magnitudes(&self) -> Magnitudes {
        let magnitude = (self.to_bits() << 1 >> 56) as u8;
        [if self.is_finite() { magnitude.min(NOT_FINITE - 1) } else { NOT_FINITE }, 0, 0, 0]
    }
}

impl Numbers for f32 {
    const GAPS: Magnitudes = [9, 0, 0, 0];

    /// The exponent.
    #[inline(always)]
    fn magnitudes(&self) -> Magnitudes {
        [(self.to_bits() << 1 >> 24) as u8, 0, 0, 0]
    }
}

macro_rules! exact {
    ($($type:ty),*) => {$(
        impl Numbers for $type {
            const GAPS: Magnitudes = [0; 4];
            #[inline(always)]
            fn magnitudes(&self) -> Magnitudes {
                [0; 4]
            }
        }
    )*};
}

exact!(u32, u64, usize, i32, i64);

macro_rules! tuples {
    ($(($($name:ident $index:tt),+))*) => {$(
        impl<$($name: Numbers),+> Numbers for ($($name,)+) {
            const GAPS: Magnitudes = {
                let mut all = [0; 4];
                $(all[$index] = $name::GAPS[0];)+
                all
            };
            #[inline(always)]
            fn magnitudes(&self) -> Magnitudes {
                let mut all = [0; 4];
                $(all[$index] = self.$index.magnitudes()[0];)+
                all
            }
        }
    )*};
}

tuples! {
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
}

impl<const N: usize> Numbers for [f64; N] {
    const GAPS: Magnitudes = [f64::GAPS[0]; 4];
    #[inline(always)]
    fn magnitudes(&self) -> Magnitudes {
        let mut all = [0; 4];
        all.iter_mut().zip(self).for_each(|(magnitude, number)| *magnitude = number.magnitudes()[0]);
        all
    }
}

macro_rules! known {
    ($($type:ty),* $(,)?) => {
        /// What a sum of such values may lose; `None` for types without floating-point numbers and for unknown ones.
        #[inline(always)]
        pub(super) fn gaps<C: 'static>() -> Option<Magnitudes> {
            $(if is::<C, $type>() {
                return Some(<$type>::GAPS);
            })*
            None
        }

        /// The magnitudes of a value that has gaps.
        #[inline(always)]
        pub(super) fn magnitudes<C: 'static>(value: &C) -> Magnitudes {
            // All but one of the branches are gone when this is compiled.
            $(if const { size_of::<C>() == size_of::<$type>() }
                && let Some(value) = (value as &dyn Any).downcast_ref::<$type>()
            {
                return value.magnitudes();
            })*
            [0; 4]
        }
    };
}

known!(
    f64,
    f32,
    (f64, u64),
    (f64, u32),
    (f64, usize),
    (f64, i64),
    (f64, i32),
    (u64, f64),
    (u32, f64),
    (usize, f64),
    (i64, f64),
    (i32, f64),
    (f64, f64),
    (f32, u64),
    (f32, u32),
    (f32, usize),
    (u64, f32),
    (u32, f32),
    (f32, f32),
    (f64, f64, u64),
    (f64, f64, usize),
    (f64, f64, f64),
    (f64, u64, u64),
    (u64, f64, f64),
    (u64, u64, f64),
    (f64, f64, f64, u64),
    (f64, f64, f64, f64),
    [f64; 2],
    [f64; 3],
    [f64; 4],
);

#[inline(always)]
fn is<A: 'static, B: 'static>() -> bool {
    TypeId::of::<A>() == TypeId::of::<B>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn magnitudes_follow_the_exponent() {
        assert_eq!(magnitudes(&0.0), [0; 4]);
        assert_eq!(magnitudes(&1.5), magnitudes(&-1.0));
        assert_eq!(magnitudes(&2f64.powi(90))[0] - magnitudes(&2f64.powi(2))[0], 11);
        assert_eq!(magnitudes(&f64::MAX)[0], NOT_FINITE - 1);
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(magnitudes(&number)[0], NOT_FINITE);
            assert_eq!(magnitudes(&(7u64, number as f32)), [0, NOT_FINITE, 0, 0]);
        }
        assert_eq!(magnitudes(&f32::MAX)[0], NOT_FINITE - 1);
    }

    #[test]
    fn only_floating_point_numbers_have_gaps() {
        assert_eq!(gaps::<(f64, u64)>(), Some([3, 0, 0, 0]));
        assert_eq!((gaps::<u64>(), gaps::<String>(), magnitudes(&7u64)), (None, None, [0; 4]));
    }
}
