//! Fields between separators.

use std::iter::FusedIterator;

use super::mask::{BLOCK, Byte, mask};
use super::split::Split;

/// The parts of `text` between the separators, as `text.split(separator)` gives them, and faster where they are short.
///
/// ```
/// use microbatch::text;
///
/// assert_eq!(text::fields("a,,b", ',').collect::<Vec<_>>(), ["a", "", "b"]);
/// ```
///
/// # Panics
/// If the separator is not an ASCII character.
#[inline(always)]
#[track_caller]
pub fn fields(text: &str, separator: char) -> Fields<'_> {
    Fields(Split::new(text, ascii(separator)))
}

/// What [`fields`] gives.
#[derive(Clone, Debug)]
pub struct Fields<'a>(Split<'a, Byte>);

impl<'a> Iterator for Fields<'a> {
    type Item = &'a str;

    #[inline(always)]
    fn next(&mut self) -> Option<&'a str> {
        self.0.next()
    }
}

impl FusedIterator for Fields<'_> {}

/// The fields of a text that should have exactly so many; `None` if it has more or fewer. This is the fastest way to the fields
/// of a record.
///
/// ```
/// use microbatch::text;
///
/// let total = |line| {
///     let [_, _, price, quantity] = text::fields_of(line, ',')?;
///     Some(text::parse::<u64>(price)? * text::parse::<u64>(quantity)?)
/// };
/// assert_eq!(total("1,tea,250,4"), Some(1000));
/// assert_eq!(total("2,cup,900"), None);
/// ```
///
/// # Panics
/// If the separator is not an ASCII character.
#[inline(always)]
#[track_caller]
pub fn fields_of<const N: usize>(text: &str, separator: char) -> Option<[&str; N]> {
    let byte = ascii(separator);
    if text.len() > BLOCK {
        return long_fields_of(text, byte);
    }
    let mut mask = mask(text.as_bytes(), byte);
    let (mut all, mut rest) = ([""; N], text);
    let (last, others) = all.split_last_mut()?;
    for field in others {
        if mask == 0 {
            return None;
        }
        let at = mask.trailing_zeros();
        mask = mask >> at >> 1;
        (*field, rest) = rest.split_at_checked(at as usize)?;
        rest = rest.get(1..)?;
    }
    *last = rest;
    (mask == 0).then_some(all)
}

/// Those of a text with more bytes than a mask has bits.
#[inline]
fn long_fields_of<const N: usize>(text: &str, separator: Byte) -> Option<[&str; N]> {
    let bytes = text.as_bytes();
    let (mut all, mut number, mut start) = ([""; N], 0, 0);
    for block in (0..bytes.len()).step_by(BLOCK) {
        // The last block overlaps the one before.
        let from = block.min(bytes.len() - BLOCK);
        let mut mask = mask(&bytes[from..from + BLOCK], separator) >> (block - from);
        while mask != 0 {
            let end = block + mask.trailing_zeros() as usize;
            mask &= mask - 1;
            *all.get_mut(number)? = text.get(start..end)?;
            number += 1;
            start = end + 1;
        }
    }
    if number + 1 != N {
        return None;
    }
    *all.last_mut()? = text.get(start..)?;
    Some(all)
}

/// What is on both sides of the first separator, as `text.split_once(separator)` has it; `None` if there is none.
///
/// ```
/// use microbatch::text;
///
/// assert_eq!(text::key_value("user=7", '='), Some(("user", "7")));
/// assert_eq!(text::key_value("user", '='), None);
/// ```
///
/// # Panics
/// If the separator is not an ASCII character.
#[inline(always)]
#[track_caller]
pub fn key_value(text: &str, separator: char) -> Option<(&str, &str)> {
    let byte = ascii(separator);
    let mask = mask(text.as_bytes(), byte);
    let at = if mask != 0 { mask.trailing_zeros() as usize } else { beyond(text, byte)? };
    let (key, rest) = text.split_at_checked(at)?;
    Some((key, rest.get(1..)?))
}

fn beyond(text: &str, separator: Byte) -> Option<usize> {
    memchr::memchr(separator.0, text.as_bytes().get(BLOCK..)?).map(|at| BLOCK + at)
}

#[inline(always)]
#[track_caller]
fn ascii(separator: char) -> Byte {
    assert!(separator.is_ascii(), "the separator {separator:?} is not an ASCII character");
    Byte(separator as u8)
}
