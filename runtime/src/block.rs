//! Blocks: immutable runs of received records, shared by whoever still needs them.

use std::ops::Range;
use std::slice;
use std::sync::Arc;

use crate::buffers::Buffers;
use crate::record::Keep;
use crate::stored::{Malformed, Shape, Shapes, Stored};
use crate::text::Lines;

/// A run of received records. A source hands its data over in blocks; a stage looks at their records in place.
pub trait Block: Send + Sync + 'static {
    /// What a closure sees of a record.
    type Item<'a>;
    /// The records of a part of the block.
    type Views<'a>: Iterator<Item = Self::Item<'a>>;

    /// A block without records.
    fn empty() -> Self
    where
        Self: Sized;

    /// The length of the block in the units in which it can be cut: records, or bytes of text.
    fn weight(&self) -> usize;

    /// The least weight that is worth a worker of its own.
    fn grain() -> usize;

    /// How many records the block holds.
    fn records(&self) -> u64;

    /// The memory of the block, without what its records hold elsewhere.
    fn bytes(&self) -> u64;

    /// The records that begin in `range`; ranges that cover `0..weight()` give every record once.
    fn views(&self, range: Range<usize>) -> Self::Views<'_>;
}

/// A block that can be written to a checkpoint or a log.
#[diagnostic::on_unimplemented(
    message = "the records of this stream cannot be written to a checkpoint",
    label = "`{Self}` does not stand on its own",
    note = "own what is borrowed, for example with `.map(|text| text.to_string())` before the operator"
)]
pub trait StoredBlock: Block + Sized {
    /// Appends the block.
    fn store_block(&self, out: &mut Vec<u8>);

    /// Takes a block from the front of the bytes.
    ///
    /// # Errors
    /// When they are not what `store_block` has written.
    fn load_block(from: &mut &[u8]) -> Result<Self, Malformed>;

    /// What `store_block` writes.
    fn block_shape(shapes: &mut Shapes) -> Shape;
}

impl<T: Keep + Stored + Send + Sync> StoredBlock for Vec<T> {
    fn store_block(&self, out: &mut Vec<u8>) {
        Stored::store(self, out);
    }
    fn load_block(from: &mut &[u8]) -> Result<Self, Malformed> {
        Stored::load(from)
    }
    fn block_shape(shapes: &mut Shapes) -> Shape {
        <Self as Stored>::shape(shapes)
    }
}

impl StoredBlock for TextBlock {
    fn store_block(&self, out: &mut Vec<u8>) {
        self.text.store(out);
    }
    fn load_block(from: &mut &[u8]) -> Result<Self, Malformed> {
        String::load(from).map(TextBlock::new)
    }
    fn block_shape(shapes: &mut Shapes) -> Shape {
        String::shape(shapes)
    }
}

/// Records side by side, seen as their views.
#[derive(Debug)]
pub struct Views<'a, T>(slice::Iter<'a, T>);

impl<'a, T> Views<'a, T> {
    /// Looks at the records of `items`.
    #[inline(always)]
    pub fn new(items: &'a [T]) -> Self {
        Views(items.iter())
    }
}

impl<'a, T: Keep> Iterator for Views<'a, T> {
    type Item = T::View<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(T::view)
    }

    #[inline(always)]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }

    #[inline(always)]
    fn fold<B, F: FnMut(B, Self::Item) -> B>(self, init: B, mut f: F) -> B {
        self.0.fold(init, |acc, item| f(acc, item.view()))
    }
}

impl<T: Keep + Send + Sync + 'static> Block for Vec<T> {
    type Item<'a> = T::View<'a>;
    type Views<'a> = Views<'a, T>;

    fn empty() -> Self {
        Vec::new()
    }

    fn weight(&self) -> usize {
        self.len()
    }

    fn grain() -> usize {
        1024
    }

    fn records(&self) -> u64 {
        self.len() as u64
    }

    fn bytes(&self) -> u64 {
        size_of_val(self.as_slice()) as u64
    }

    #[inline]
    fn views(&self, range: Range<usize>) -> Views<'_, T> {
        Views::new(&self[range])
    }
}

/// A block of text, one record a line. The lines are found where the block is read, by the workers of a stage.
#[derive(Debug)]
pub struct TextBlock {
    text: String,
    lines: u64,
    /// Where the memory of the text goes.
    home: Option<Arc<Buffers>>,
}

impl TextBlock {
    /// Takes text whose lines end in `\n` (or `\r\n`); the last one may do without.
    pub fn new(text: String) -> Self {
        let ends = memchr::memchr_iter(b'\n', text.as_bytes()).count() as u64;
        let rest = u64::from(!text.is_empty() && !text.ends_with('\n'));
        TextBlock { text, lines: ends + rest, home: None }
    }

    /// Takes text whose lines were counted before, in memory that goes to `home` in the end.
    pub(crate) fn with_lines(text: String, lines: u64, home: Option<&Arc<Buffers>>) -> Self {
        debug_assert_eq!(TextBlock::new(text.clone()).lines, lines);
        TextBlock { text, lines, home: home.cloned() }
    }
}

impl Drop for TextBlock {
    fn drop(&mut self) {
        if let Some(home) = &self.home {
            home.give_back(std::mem::take(&mut self.text).into_bytes());
        }
    }
}

impl Block for TextBlock {
    type Item<'a> = &'a str;
    type Views<'a> = Lines<'a>;

    fn empty() -> Self {
        TextBlock { text: String::new(), lines: 0, home: None }
    }

    fn weight(&self) -> usize {
        self.text.len()
    }

    fn grain() -> usize {
        32 * 1024
    }

    fn records(&self) -> u64 {
        self.lines
    }

    fn bytes(&self) -> u64 {
        self.text.len() as u64
    }

    fn views(&self, range: Range<usize>) -> Lines<'_> {
        let start = line_start(&self.text, range.start);
        let end = line_start(&self.text, range.end);
        Lines::new(&self.text[start..end])
    }
}

/// Where the first line begins that does not begin before `at`.
fn line_start(text: &str, at: usize) -> usize {
    match at.checked_sub(1) {
        None => 0,
        Some(before) => memchr::memchr(b'\n', &text.as_bytes()[before..]).map_or(text.len(), |end| before + end + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_cut_of_a_text_gives_every_line_once() {
        for text in ["", "\n", "a", "a\n", "a\r\nbb\n\nccc", "ä\nöö\n"] {
            let block = TextBlock::new(text.to_owned());
            let whole: Vec<&str> = text.lines().collect();
            assert_eq!(block.records() as usize, whole.len(), "{text:?}");
            for cut in 0..=text.len() {
                let parts: Vec<&str> = block.views(0..cut).chain(block.views(cut..text.len())).collect();
                assert_eq!(parts, whole, "{text:?} cut at {cut}");
            }
        }
    }
}
