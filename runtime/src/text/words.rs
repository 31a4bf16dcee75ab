//! Words between white space.

use std::iter::FusedIterator;

use super::mask::White;
use super::split::Split;

/// The words of `text` between white space of ASCII, as `text.split_ascii_whitespace()` gives them, and faster where they are
/// short.
///
/// ```
/// use microbatch::text;
///
/// assert_eq!(text::words(" to be\tor  not ").collect::<Vec<_>>(), ["to", "be", "or", "not"]);
/// ```
#[inline(always)]
pub fn words(text: &str) -> Words<'_> {
    Words(Split::new(text, White))
}

/// What [`words`] gives.
#[derive(Clone, Debug)]
pub struct Words<'a>(Split<'a, White>);

impl<'a> Iterator for Words<'a> {
    type Item = &'a str;

    #[inline(always)]
    fn next(&mut self) -> Option<&'a str> {
        loop {
            let word = self.0.next()?;
            if !word.is_empty() {
                return Some(word);
            }
        }
    }
}

impl FusedIterator for Words<'_> {}
