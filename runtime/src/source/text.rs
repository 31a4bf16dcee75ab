//! Text on its way from a receiver to the engine: whole lines, in blocks of about 1 MiB.

use std::fmt::Display;
use std::io::{self, Read};
use std::sync::Arc;

use crate::block::{StoredBlock, TextBlock};
use crate::error::Result;
use crate::source::decode::BadRecordDesk;
use crate::source::inbox::{Fill, Inbox};
use crate::source::log::{LogBlock, LogCursor};
use crate::source::{Interval, SourceContext, stored};
use crate::stored::{Malformed, Shapes};
use crate::time::Time;
use crate::utf8;

/// The size of a full block.
pub(crate) const BLOCK: usize = 1 << 20;
/// The least room that is worth a read.
const READ: usize = 64 << 10;

/// A block of text: decoded, or left for the policy because some line is not UTF-8.
#[derive(Clone)]
pub(crate) enum Sealed {
    Text(Arc<TextBlock>),
    Bad(Arc<Vec<u8>>),
}

impl Sealed {
    /// Decodes whole lines.
    pub fn new(bytes: Vec<u8>, lines: u64) -> Self {
        match utf8::into_string(bytes) {
            Ok(text) => Sealed::Text(Arc::new(TextBlock::with_lines(text, lines))),
            Err(bytes) => Sealed::Bad(Arc::new(bytes)),
        }
    }

    /// The lines, as the policy wants them.
    fn text(&self, desk: &mut BadRecordDesk, time: Time, place: &dyn Display) -> Result<Arc<TextBlock>> {
        match self {
            Sealed::Text(text) => Ok(Arc::clone(text)),
            Sealed::Bad(bytes) => desk.text(bytes, time, place).map(Arc::new),
        }
    }
}

/// Bytes as they came. The policy is for those who read them.
impl LogBlock for Sealed {
    fn store(&self, out: &mut Vec<u8>) {
        match self {
            Sealed::Text(text) => text.store_block(out),
            Sealed::Bad(bytes) => bytes.store_block(out), // a list of bytes looks as text does
        }
    }

    fn load(from: &mut &[u8], records: u64) -> Result<Self, Malformed> {
        Vec::load_block(from).map(|bytes| Sealed::new(bytes, records))
    }

    fn shape() -> Vec<u8> {
        stored(&TextBlock::block_shape(&mut Shapes::default()))
    }
}

/// The current block of text. Bytes are read straight into it; only ends of lines are looked for.
#[derive(Default)]
pub(crate) struct TextFill {
    /// Bytes, and behind `filled` room for more.
    bytes: Vec<u8>,
    filled: usize,
    lines: u64,
}

impl TextFill {
    /// Reads once. Returns 0 at the end of the input.
    pub fn read_from(&mut self, input: &mut impl Read) -> io::Result<usize> {
        if self.bytes.len() - self.filled < READ {
            let size = (2 * self.bytes.len()).max(self.filled + READ);
            self.bytes.resize(size, 0);
        }
        let read = input.read(&mut self.bytes[self.filled..])?;
        let new = &self.bytes[self.filled..self.filled + read];
        self.lines += memchr::memchr_iter(b'\n', new).count() as u64;
        self.filled += read;
        Ok(read)
    }

    /// Makes a line of an unfinished one.
    pub fn finish(&mut self) {
        if self.filled > 0 && self.bytes[self.filled - 1] != b'\n' {
            self.bytes.truncate(self.filled);
            self.bytes.push(b'\n');
            self.filled += 1;
            self.lines += 1;
        }
    }
}

impl Fill for TextFill {
    type Sealed = Sealed;

    fn records(&self) -> u64 {
        self.lines
    }

    fn is_full(&self) -> bool {
        self.filled + READ > BLOCK && self.lines > 0
    }

    fn seal(&mut self) -> Option<Sealed> {
        let end = memchr::memrchr(b'\n', &self.bytes[..self.filled])? + 1;
        let lines = std::mem::take(&mut self.lines);
        let rest = end..self.filled;
        self.filled = rest.len();
        if end < BLOCK / 2 {
            // A small block takes no more memory than its text; the buffer is used on.
            let text = self.bytes[..end].to_vec();
            self.bytes.copy_within(rest, 0);
            return Some(Sealed::new(text, lines));
        }
        let mut next = vec![0; BLOCK.max(rest.len() + READ)];
        next[..rest.len()].copy_from_slice(&self.bytes[rest]);
        let mut text = std::mem::replace(&mut self.bytes, next);
        text.truncate(end);
        Some(Sealed::new(text, lines))
    }
}

/// The engine's end of a stream of text.
pub(crate) struct TextInbox {
    inbox: Inbox<TextFill>,
    desk: BadRecordDesk,
    place: String,
}

impl TextInbox {
    pub fn new(context: &SourceContext, inbox: Inbox<TextFill>, place: impl Display) -> Self {
        TextInbox { inbox, desk: BadRecordDesk::new(context), place: place.to_string() }
    }

    /// The lines of a batch.
    pub fn batch(&mut self, interval: &Interval) -> Result<Vec<Arc<TextBlock>>> {
        let TextInbox { inbox, desk, place } = self;
        let blocks = inbox.hold(interval)?.iter().map(|sealed| sealed.text(desk, interval.end, place));
        let blocks: Vec<_> = blocks.collect::<Result<_>>()?;
        inbox.delivered();
        Ok(blocks)
    }

    /// The lines of a batch of an earlier run.
    pub fn batch_again(&mut self, interval: &Interval, extent: &[u8]) -> Result<Vec<Arc<TextBlock>>> {
        let TextInbox { inbox, desk, place } = self;
        let blocks = inbox.again(interval, extent)?;
        blocks.iter().map(|sealed| sealed.text(desk, interval.end, place)).collect()
    }

    pub fn cursor(&self) -> Option<&LogCursor> {
        self.inbox.cursor()
    }

    pub fn cursor_mut(&mut self) -> Option<&mut LogCursor> {
        self.inbox.cursor_mut()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::block::Block;

    fn text(sealed: Option<Sealed>) -> String {
        match sealed {
            Some(Sealed::Text(block)) => block.views(0..block.weight()).map(|line| line.to_owned() + "\n").collect(),
            Some(Sealed::Bad(_)) => "bad".to_owned(),
            None => "none".to_owned(),
        }
    }

    #[test]
    fn an_unfinished_line_waits_for_its_end() {
        let mut fill = TextFill::default();
        for chunk in ["ab", "c\nd", "e"] {
            fill.read_from(&mut chunk.as_bytes()).unwrap();
        }
        assert_eq!(fill.records(), 1);
        assert_eq!(text(fill.seal()), "abc\n");
        assert_eq!(text(fill.seal()), "none");
        fill.finish();
        assert_eq!((fill.records(), text(fill.seal())), (1, "de\n".to_owned()));
    }

    #[test]
    fn a_line_longer_than_a_block_stays_whole() {
        let line = "x".repeat(3 * BLOCK) + "\n";
        let input = line.repeat(2) + "rest";
        let (mut fill, mut input, mut blocks) = (TextFill::default(), input.as_bytes(), String::new());
        while fill.read_from(&mut input).unwrap() > 0 {
            if fill.is_full() {
                blocks += &text(fill.seal());
            }
        }
        fill.finish();
        assert_eq!(blocks + &text(fill.seal()), line.repeat(2) + "rest\n");
    }
}
