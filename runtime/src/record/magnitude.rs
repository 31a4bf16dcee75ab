//! How large the floating-point numbers in a value are: by this a window notices that a sum has lost what is small in it, or that
//! it is no number any more.

/// Of each of a value's first four floating-point numbers how large it is, as far as it matters.
pub type Magnitudes = [u8; 4];

/// Numbers that are not finite.
pub(crate) const NOT_FINITE: u8 = u8::MAX;

/// Of a number that is as small as this compared with another one, a sum with that one has lost too much.
pub(super) const GAP_OF_F64: u8 = 3;
pub(super) const GAP_OF_F32: u8 = 9;

/// The exponent in steps of 8 bits.
#[inline(always)]
pub(super) fn of_f64(number: f64) -> u8 {
    let magnitude = (number.to_bits() << 1 >> 56) as u8;
    if number.is_finite() { magnitude.min(NOT_FINITE - 1) } else { NOT_FINITE }
}

/// The exponent.
#[inline(always)]
pub(super) fn of_f32(number: f32) -> u8 {
    (number.to_bits() << 1 >> 24) as u8
}

/// What a value has, member by member: the magnitudes, and of how many numbers they are.
pub(super) type Whole = (Magnitudes, usize);

pub(super) const NONE: Whole = ([0; 4], 0);

/// Adds what belongs to so many numbers of the next member.
#[inline(always)]
pub(super) const fn with((mut whole, at): Whole, member: Magnitudes, numbers: usize) -> Whole {
    let mut number = 0;
    while number < numbers && number < member.len() && at + number < whole.len() {
        whole[at + number] = member[number];
        number += 1;
    }
    (whole, at + numbers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Keep;

    #[test]
    fn magnitudes_follow_the_exponent() {
        assert_eq!(0f64.magnitudes(), [0; 4]);
        assert_eq!(1.5f64.magnitudes(), (-1f64).magnitudes());
        assert_eq!(2f64.powi(90).magnitudes()[0] - 2f64.powi(2).magnitudes()[0], 11);
        assert_eq!(f64::MAX.magnitudes()[0], NOT_FINITE - 1);
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(number.magnitudes()[0], NOT_FINITE);
            assert_eq!((7u64, number as f32).magnitudes(), [NOT_FINITE, 0, 0, 0]);
        }
        assert_eq!(f32::MAX.magnitudes()[0], NOT_FINITE - 1);
    }

    #[test]
    fn floating_point_numbers_are_found_wherever_they_are() {
        assert_eq!((<(f64, u64)>::FLOATS, <(f64, u64)>::GAPS), (1, [GAP_OF_F64, 0, 0, 0]));
        type Nested = ((u64, f32), [f64; 2], u8, (f64, f64));
        assert_eq!((Nested::FLOATS, Nested::GAPS), (5, [GAP_OF_F32, GAP_OF_F64, GAP_OF_F64, GAP_OF_F64]));
        let nan = ((0, 1.0), [1.0, f64::NAN], 0, (1.0, 1.0)).magnitudes();
        assert_eq!(nan.map(|magnitude| magnitude == NOT_FINITE), [false, false, true, false]);
        assert_eq!((u64::FLOATS, String::FLOATS, 7u64.magnitudes()), (0, 0, [0; 4]));
        // Not a step of the compiler for each member.
        type Long = [u8; 1 << 30];
        assert_eq!((Long::FLOATS, Long::GAPS), (0, [0; 4]));
    }
}
