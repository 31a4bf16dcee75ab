//! Numbers in decimal digits. Eight digits become a number by three multiplications instead of one after the other.

use std::str::FromStr;

/// The number that `text` is, as `text.parse().ok()` gives it, and faster where there are up to sixteen digits.
///
/// ```
/// use microbatch::text;
///
/// assert_eq!(text::parse::<u64>("1250"), Some(1250));
/// assert_eq!(text::parse::<i32>("-3"), Some(-3));
/// assert_eq!(text::parse("12.50"), Some(12.5_f64));
/// assert_eq!(text::parse::<u8>("1250"), None);
/// ```
#[inline(always)]
pub fn parse<T: FromText>(text: &str) -> Option<T> {
    T::from_digits(text)
}

/// A number that [`parse`] can read: all primitive ones.
pub trait FromText: FromStr + sealed::Sealed {
    /// See [`parse`].
    #[doc(hidden)]
    fn from_digits(text: &str) -> Option<Self>;
}

mod sealed {
    pub trait Sealed {}
}

/// Whatever is not short and plain.
#[cold]
#[inline(never)]
fn by_the_standard_library<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

macro_rules! unsigned {
    ($($type:ty)*) => { $(
        impl sealed::Sealed for $type {}
        impl FromText for $type {
            #[inline(always)]
            fn from_digits(text: &str) -> Option<Self> {
                match up_to_sixteen(text.as_bytes()) {
                    Some(number) => number.try_into().ok(),
                    None => by_the_standard_library(text),
                }
            }
        }
    )* };
}

unsigned!(u8 u16 u32 u64 u128 usize);

macro_rules! signed {
    ($($type:ty)*) => { $(
        impl sealed::Sealed for $type {}
        impl FromText for $type {
            #[inline(always)]
            fn from_digits(text: &str) -> Option<Self> {
                // Sixteen digits are less than half of an `i64`.
                let number = match text.as_bytes() {
                    [b'-', digits @ ..] => up_to_sixteen(digits).map(|number| -(number as i64)),
                    digits => up_to_sixteen(digits).map(|number| number as i64),
                };
                match number {
                    Some(number) => number.try_into().ok(),
                    None => by_the_standard_library(text),
                }
            }
        }
    )* };
}

signed!(i8 i16 i32 i64 i128 isize);

/// A quotient of two numbers that a float has exactly is rounded once, so it is the float nearest to the decimal fraction.
macro_rules! float {
    ($type:ty) => {
        impl sealed::Sealed for $type {}
        impl FromText for $type {
            #[inline(always)]
            fn from_digits(text: &str) -> Option<Self> {
                let (negative, digits) = match text.as_bytes() {
                    [b'-', digits @ ..] => (true, digits),
                    digits => (false, digits),
                };
                match decimal(digits) {
                    Some((number, tens)) if number < 1 << <$type>::MANTISSA_DIGITS => {
                        let number = number as $type / tens as $type;
                        Some(if negative { -number } else { number })
                    }
                    _ => by_the_standard_library(text),
                }
            }
        }
    };
}

float!(f32);
float!(f64);

const TENS: [u64; 9] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000];

/// A decimal fraction as a whole number, and by which power of ten it is divided: at most 8 digits on both sides of the point.
#[inline(always)]
fn decimal(digits: &[u8]) -> Option<(u64, u64)> {
    let Some(point) = digits.iter().position(|byte| *byte == b'.') else {
        return Some((up_to_eight(digits)?, 1));
    };
    let (whole, fraction) = (digits.get(..point)?, digits.get(point + 1..)?);
    let tens = *TENS.get(fraction.len())?;
    Some((up_to_eight(whole)? * tens + up_to_eight(fraction)?, tens))
}

/// `None` if there are none, more, or others than digits.
#[inline(always)]
fn up_to_sixteen(digits: &[u8]) -> Option<u64> {
    if digits.len() <= 8 {
        return up_to_eight(digits);
    }
    let (upper, lower) = digits.split_last_chunk::<8>()?;
    Some(up_to_eight(upper)? * TENS[8] + eight(u64::from_le_bytes(*lower))?)
}

#[inline(always)]
fn up_to_eight(digits: &[u8]) -> Option<u64> {
    let length = digits.len();
    if length == 0 || length > 8 {
        return None;
    }
    // The digits are moved to the end, and zeros put before them.
    let unused = 64 - 8 * length as u32;
    let moved = if let (Some(first), Some(last)) = (digits.first_chunk(), digits.last_chunk()) {
        u64::from(u32::from_le_bytes(*first)) << unused | u64::from(u32::from_le_bytes(*last)) << 32
    } else {
        // Up to three: the first, the middle and the last one may be the same.
        let at = |n: usize| u64::from(digits[n]) << (unused + 8 * n as u32);
        at(0) | at(length / 2) | at(length - 1)
    };
    eight(moved | ZEROS & !(u64::MAX << unused))
}

const ZEROS: u64 = u64::from_le_bytes([b'0'; 8]);

/// The number of eight digits, the first of which is the lowest byte.
#[inline(always)]
fn eight(text: u64) -> Option<u64> {
    const HIGHEST: u64 = u64::from_le_bytes([0x80; 8]);
    const ABOVE_NINE: u64 = u64::from_le_bytes([0x7f - b'9'; 8]);
    let digits = text.wrapping_sub(ZEROS);
    // A byte below `0` borrows, and one above `9` carries, into a highest bit. What that does to its neighbours no longer matters.
    if (digits | text.wrapping_add(ABOVE_NINE)) & HIGHEST != 0 {
        return None;
    }
    const PAIRS: u64 = 0x0000_00ff_0000_00ff;
    // Pairs of digits in every second byte; then all four of them, by their weights, in the upper half.
    let pairs = digits * 10 + (digits >> 8);
    let odd = (pairs & PAIRS).wrapping_mul(100 + (1_000_000 << 32));
    let even = ((pairs >> 16) & PAIRS).wrapping_mul(1 + (10_000 << 32));
    Some(odd.wrapping_add(even) >> 32)
}
