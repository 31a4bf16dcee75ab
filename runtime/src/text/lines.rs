//! Lines.

use std::iter::FusedIterator;

use super::mask::{BLOCK, Byte, mask};

/// The lines of a text, without their ends `\n` or `\r\n`, found by a vectorised search.
///
/// ```
/// let lines: Vec<&str> = microbatch::text::Lines::new("to be\r\nor not\n").collect();
/// assert_eq!(lines, ["to be", "or not"]);
/// ```
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    text: &'a str,
    /// Where the next line begins.
    start: usize,
    /// The line ends in the block that begins here, but those of lines that are given.
    block: usize,
    mask: u64,
}

const END: Byte = Byte(b'\n');

impl<'a> Lines<'a> {
    /// The lines of `text`.
    #[inline]
    pub fn new(text: &'a str) -> Self {
        Lines { text, start: 0, block: 0, mask: mask(text.as_bytes(), END) }
    }

    #[inline(always)]
    fn step(&mut self) -> Option<&'a str> {
        if self.mask == 0 {
            self.mask = next_block(self.text, &mut self.block);
            if self.mask == 0 {
                return self.last();
            }
        }
        let end = self.block + self.mask.trailing_zeros() as usize;
        self.mask &= self.mask - 1;
        let line = &self.text[self.start..end];
        self.start = end + 1;
        Some(without_return(line))
    }

    /// What follows the last line's end is a line if it is not empty.
    #[inline(always)]
    fn last(&mut self) -> Option<&'a str> {
        let line = &self.text[self.start..];
        self.start = self.text.len();
        (!line.is_empty()).then(|| without_return(line))
    }
}

/// The line ends in the next block that has any, and where it begins; none, if no block has.
#[inline(always)]
fn next_block(text: &str, block: &mut usize) -> u64 {
    let mut without = 0;
    while text.len() - *block > BLOCK {
        *block += BLOCK;
        let mask = mask(&text.as_bytes()[*block..], END);
        if mask != 0 {
            return mask;
        }
        without += 1;
        if without == LONG {
            *block = within_line(text, *block);
            without = 0;
        }
    }
    0
}

/// After so many blocks without an end, a search byte by byte, such as `memchr`, pays for itself.
const LONG: usize = 4;

/// Where to go on in a long line: the block before the one with its end.
#[cold]
#[inline(never)]
fn within_line(text: &str, block: usize) -> usize {
    let rest = &text.as_bytes()[block..];
    let blocks = memchr::memchr(b'\n', rest).unwrap_or(rest.len()) / BLOCK;
    block + blocks.saturating_sub(1) * BLOCK
}

#[inline(always)]
fn without_return(line: &str) -> &str {
    line.strip_suffix('\r').unwrap_or(line)
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;

    #[inline]
    fn next(&mut self) -> Option<&'a str> {
        self.step()
    }

    /// Looks for their ends alone.
    fn count(self) -> usize {
        let rest = &self.text.as_bytes()[self.start..];
        let unended = rest.last().is_some_and(|last| *last != b'\n');
        memchr::memchr_iter(b'\n', rest).count() + usize::from(unended)
    }

    /// A loop over blocks, and one over the lines that end there: the compiler takes what is called in the inner one of two loops for
    /// hot, and inlines more of it.
    #[inline]
    fn fold<B, F: FnMut(B, &'a str) -> B>(self, init: B, mut f: F) -> B {
        let Lines { text, mut start, mut block, mut mask } = self;
        let mut done = init;
        loop {
            while mask != 0 {
                let end = block + mask.trailing_zeros() as usize;
                mask &= mask - 1;
                done = f(done, without_return(&text[start..end]));
                start = end + 1;
            }
            mask = next_block(text, &mut block);
            if mask == 0 {
                if start >= text.len() {
                    return done;
                }
                // What follows the last line's end.
                (block, mask) = (text.len(), 1);
            }
        }
    }
}

impl FusedIterator for Lines<'_> {}
