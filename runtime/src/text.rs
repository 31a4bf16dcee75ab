//! Lines of text.

use std::iter::FusedIterator;

/// The lines of a text, without their ends `\n` or `\r\n`, found by a vectorised search.
///
/// ```
/// let lines: Vec<&str> = microbatch::text::Lines::new("to be\r\nor not\n").collect();
/// assert_eq!(lines, ["to be", "or not"]);
/// ```
#[derive(Clone, Debug)]
pub struct Lines<'a> {
    rest: &'a str,
}

impl<'a> Lines<'a> {
    /// The lines of `text`.
    #[inline]
    pub fn new(text: &'a str) -> Self {
        Lines { rest: text }
    }
}

impl<'a> Iterator for Lines<'a> {
    type Item = &'a str;

    #[inline]
    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        let (line, rest) = match memchr::memchr(b'\n', self.rest.as_bytes()) {
            Some(end) => (&self.rest[..end], &self.rest[end + 1..]),
            None => (self.rest, ""),
        };
        self.rest = rest;
        Some(line.strip_suffix('\r').unwrap_or(line))
    }
}

impl FusedIterator for Lines<'_> {}
