//! The parts of the format that several types share.

use super::Malformed;

/// Takes the next `count` bytes.
#[inline(always)]
pub(super) fn take<'a>(from: &mut &'a [u8], count: usize) -> Result<&'a [u8], Malformed> {
    let (taken, rest) = from.split_at_checked(count).ok_or(Malformed::SHORT)?;
    *from = rest;
    Ok(taken)
}

/// Takes the next `N` bytes.
#[inline(always)]
pub(super) fn take_array<const N: usize>(from: &mut &[u8]) -> Result<[u8; N], Malformed> {
    let (taken, rest) = from.split_first_chunk().ok_or(Malformed::SHORT)?;
    *from = rest;
    Ok(*taken)
}

/// Takes one byte.
#[inline(always)]
pub(super) fn take_byte(from: &mut &[u8]) -> Result<u8, Malformed> {
    take_array(from).map(|[byte]| byte)
}

/// Appends a number as LEB128: seven bits a byte, the lowest first.
#[inline]
pub(super) fn store_varint(number: u64, out: &mut Vec<u8>) {
    let mut rest = number;
    while rest >= 0x80 {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}

/// Takes a number in LEB128.
#[inline]
pub(super) fn load_varint(from: &mut &[u8]) -> Result<u64, Malformed> {
    let first = take_byte(from)?;
    if first < 0x80 { Ok(u64::from(first)) } else { load_long_varint(first, from) }
}

fn load_long_varint(first: u8, from: &mut &[u8]) -> Result<u64, Malformed> {
    let mut number = u64::from(first & 0x7f);
    for shift in (7..64).step_by(7) {
        let byte = take_byte(from)?;
        let bits = u64::from(byte & 0x7f);
        if bits << shift >> shift != bits {
            break;
        }
        number |= bits << shift;
        if byte < 0x80 {
            return Ok(number);
        }
    }
    Err(Malformed::new("a length has more than 64 bits"))
}

/// Appends how many items or bytes follow.
#[inline]
pub(crate) fn store_length(length: usize, out: &mut Vec<u8>) {
    store_varint(length as u64, out);
}

/// Takes how many items or bytes follow. There are never more than bytes are left.
#[inline]
pub(crate) fn load_length(from: &mut &[u8]) -> Result<usize, Malformed> {
    let length = load_varint(from)?;
    if length > from.len() as u64 { Err(Malformed::SHORT) } else { Ok(length as usize) }
}

/// Appends the number of a variant.
#[inline]
pub fn store_tag(tag: u32, out: &mut Vec<u8>) {
    store_varint(u64::from(tag), out);
}

/// There is no variant of the number that was read.
pub const NO_VARIANT: Malformed = Malformed::new("an enum has no variant of this number");

/// Takes the number of a variant.
#[inline]
pub fn load_tag(from: &mut &[u8]) -> Result<u32, Malformed> {
    u32::try_from(load_varint(from)?).map_err(|_| NO_VARIANT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(number: u64) -> Vec<u8> {
        let mut out = Vec::new();
        store_varint(number, &mut out);
        out
    }

    #[test]
    fn a_number_takes_seven_bits_a_byte() {
        assert_eq!(stored(0), [0]);
        assert_eq!(stored(127), [127]);
        assert_eq!(stored(128), [0x80, 1]);
        assert_eq!(stored(300), [0xac, 2]);
        assert_eq!(stored(u64::MAX), [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]);
    }

    #[test]
    fn every_length_of_a_number_is_read_again() {
        for bits in 0..=64 {
            let last = if bits == 64 { u64::MAX } else { (1 << bits) - 1 };
            for number in [last, last.wrapping_add(1), last / 2] {
                let bytes = stored(number);
                let mut from = bytes.as_slice();
                assert_eq!(load_varint(&mut from), Ok(number));
                assert!(from.is_empty());
                for cut in 0..bytes.len() {
                    assert_eq!(load_varint(&mut &bytes[..cut]), Err(Malformed::SHORT));
                }
            }
        }
    }

    #[test]
    fn a_number_that_does_not_fit_is_malformed() {
        let too_long = [0xff; 11];
        assert!(load_varint(&mut too_long.as_slice()).is_err());
        let mut too_large = [0xff; 10];
        too_large[9] = 2;
        assert!(load_varint(&mut too_large.as_slice()).is_err());
        assert!(load_tag(&mut stored(1 << 32).as_slice()).is_err());
    }

    #[test]
    fn a_length_is_no_more_than_what_is_left() {
        let mut bytes = stored(3);
        bytes.extend([0; 3]);
        assert_eq!(load_length(&mut bytes.as_slice()), Ok(3));
        assert_eq!(load_length(&mut &bytes[..3]), Err(Malformed::SHORT));
    }
}
