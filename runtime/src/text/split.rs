//! A text between its separators.

use super::mask::{BLOCK, Separator, mask};

/// A search byte by byte, such as `memchr`, pays for itself from here on.
const LONG: usize = 4 * BLOCK;

/// The parts of a text, as `str::split` gives them.
#[derive(Clone, Debug)]
pub(super) struct Split<'a, S> {
    /// From the next part on.
    rest: &'a str,
    separator: S,
    /// The separators in the first bytes of `rest`.
    mask: u64,
    /// How many bytes at the end of `rest` the mask says nothing of.
    unseen: usize,
    /// The last part is given.
    pub done: bool,
}

impl<'a, S: Separator> Split<'a, S> {
    #[inline(always)]
    pub fn new(text: &'a str, separator: S) -> Self {
        let bytes = text.as_bytes();
        let (mask, unseen) = (mask(bytes, separator), bytes.len().saturating_sub(BLOCK));
        Split { rest: text, separator, mask, unseen, done: false }
    }

    #[inline(always)]
    pub fn next(&mut self) -> Option<&'a str> {
        let mut seen = 0;
        if self.mask == 0 {
            let Some(found) = self.look_further() else { return self.last() };
            seen = found;
        }
        let at = self.mask.trailing_zeros();
        self.mask = self.mask >> at >> 1;
        // A separator is ASCII, so the text can be cut on both sides of it.
        let (part, rest) = self.rest.split_at_checked(seen + at as usize)?;
        self.rest = rest.get(1..)?;
        Some(part)
    }

    #[inline(always)]
    fn last(&mut self) -> Option<&'a str> {
        (!std::mem::replace(&mut self.done, true)).then_some(self.rest)
    }

    /// Finds a mask that is not empty, and where in `rest` it begins.
    #[inline(always)]
    fn look_further(&mut self) -> Option<usize> {
        let bytes = self.rest.as_bytes();
        while self.unseen > 0 {
            let seen = bytes.len() - self.unseen;
            let block = &bytes[seen..];
            self.mask = mask(block, self.separator);
            self.unseen = block.len().saturating_sub(BLOCK);
            if self.mask != 0 {
                return Some(seen);
            }
            if self.unseen > LONG {
                self.skip();
            }
        }
        None
    }

    /// Two blocks without a separator: there may be few of them.
    #[cold]
    #[inline(never)]
    fn skip(&mut self) {
        let bytes = self.rest.as_bytes();
        let unseen = &bytes[bytes.len() - self.unseen..];
        self.unseen -= self.separator.find(unseen).unwrap_or(unseen.len());
    }
}
