//! Text on its way from a receiver to the engine: whole lines, in blocks of about 1 MiB.

use std::fmt::Display;
use std::io::{self, Read};
use std::sync::Arc;

use crate::block::{Block, StoredBlock, TextBlock};
use crate::buffers::Buffers;
use crate::error::Result;
use crate::source::decode::BadRecordDesk;
use crate::source::inbox::{Feed, Fill, Inbox, inbox};
use crate::source::log::{LogBlock, LogCursor};
use crate::source::report::Reporter;
use crate::source::{Interval, SourceContext, stored};
use crate::stored::{Malformed, Shapes};
use crate::utf8::{self, LineBuffer, Text};

/// The size of a full block.
pub(crate) const BLOCK: usize = 1 << 20;
/// The least room that is worth a read.
const READ: usize = 64 << 10;
/// A longer line could not be written to a log.
pub(crate) const LONGEST: usize = 512 << 20;
/// What is read at once: little enough to be still in the processor's cache when its lines are counted and validated.
const CHUNK: usize = 256 << 10;
/// A shorter text takes no more memory than it is long.
const WHOLE: usize = BLOCK / 2;

/// A block of text: decoded, or left for the policy because some line is not UTF-8.
#[derive(Clone)]
pub(crate) enum Sealed {
    Text(Arc<TextBlock>),
    Bad(Arc<Vec<u8>>),
}

impl Sealed {
    /// Whole lines, in memory that goes to `home` in the end.
    fn new(text: Text, lines: u64, home: Option<&Arc<Buffers>>) -> Self {
        match text {
            Ok(text) => Sealed::Text(Arc::new(TextBlock::with_lines(text, lines, home))),
            Err(bytes) => Sealed::Bad(Arc::new(bytes)),
        }
    }

    /// The lines, as the policy wants them.
    pub fn text(&self, desk: &mut BadRecordDesk, place: &dyn Display) -> Result<Arc<TextBlock>> {
        match self {
            Sealed::Text(text) => Ok(Arc::clone(text)),
            Sealed::Bad(bytes) => desk.text(bytes, place).map(Arc::new),
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
        Vec::load_block(from).map(|bytes| Sealed::new(utf8::into_string(bytes), records, None))
    }

    fn shape() -> Vec<u8> {
        stored(&TextBlock::block_shape(&mut Shapes::default()))
    }
}

/// The current block of text. Bytes are read straight into it; only ends of lines are looked for.
pub(crate) struct TextFill {
    lines: LineBuffer,
    buffers: Arc<Buffers>,
    /// How long a line may be.
    longest: usize,
}

impl TextFill {
    /// For lines of at most so many bytes.
    pub fn new(buffers: &Arc<Buffers>, longest: usize) -> Self {
        TextFill { lines: LineBuffer::default(), buffers: Arc::clone(buffers), longest }
    }

    /// Reads once. Returns 0 at the end of the input.
    pub fn read_from(&mut self, input: &mut impl Read) -> io::Result<usize> {
        self.read_with(READ, |room| input.read(room))
    }

    /// Has `read` fill some bytes, and tell how many. It gets room for `least` or more.
    ///
    /// # Errors
    /// Those of `read`. When a line is too long, which is discarded.
    pub fn read_with(&mut self, least: usize, read: impl FnOnce(&mut [u8]) -> io::Result<usize>) -> io::Result<usize> {
        self.lines.make_room(least, || self.buffers.take());
        let read = read(self.lines.room(CHUNK))?;
        self.lines.fill(read);
        if self.lines.unfinished() > self.longest {
            self.lines.discard_unfinished();
            let what = format!("a line does not end within {} bytes, and is left out", self.longest);
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        Ok(read)
    }

    /// Adds some bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.lines.make_room(bytes.len(), || self.buffers.take());
        self.lines.room(bytes.len()).copy_from_slice(bytes);
        self.lines.fill(bytes.len());
    }

    /// Whether a line has begun and not ended.
    pub fn is_unfinished(&self) -> bool {
        self.lines.is_unfinished()
    }

    /// The last block of an input, whose last line may do without an end.
    pub fn into_last(mut self) -> Option<Sealed> {
        self.lines.finish_as_it_is();
        self.seal()
    }

    /// Makes a line of an unfinished one.
    pub fn finish(&mut self) {
        self.lines.finish();
    }
}

impl Fill for TextFill {
    type Sealed = Sealed;

    fn records(&self) -> u64 {
        self.lines.count()
    }

    fn is_full(&self) -> bool {
        self.lines.filled() + READ > BLOCK && self.lines.count() > 0
    }

    fn seal(&mut self) -> Option<Sealed> {
        let (text, lines) = self.lines.take(WHOLE, || self.buffers.take())?;
        Some(Sealed::new(text, lines, Some(&self.buffers)))
    }

    fn bytes(block: &Sealed) -> u64 {
        match block {
            Sealed::Text(text) => text.bytes(),
            Sealed::Bad(bytes) => bytes.len() as u64,
        }
    }
}

/// As much memory may wait for new text as blocks may wait for a batch.
pub(crate) fn buffers(context: &SourceContext) -> Arc<Buffers> {
    Buffers::new(BLOCK, context.options.buffered_blocks)
}

/// The two ends of a stream of text from `place`, whose lines have at most `longest` bytes.
///
/// # Errors
/// As [`inbox`].
pub(crate) fn text_inbox(
    context: &SourceContext,
    reporter: &Arc<Reporter>,
    place: impl Display,
    longest: usize,
) -> Result<(Feed<TextFill>, TextInbox)> {
    let buffers = buffers(context);
    let (feed, inbox) = inbox(context, TextFill::new(&buffers, longest.min(LONGEST)), reporter)?;
    Ok((feed, TextInbox { inbox, desk: BadRecordDesk::new(context), place: place.to_string(), buffers }))
}

/// The engine's end of a stream of text.
pub(crate) struct TextInbox {
    inbox: Inbox<TextFill>,
    desk: BadRecordDesk,
    place: String,
    buffers: Arc<Buffers>,
}

impl TextInbox {
    /// The lines of a batch.
    pub fn batch(&mut self, interval: &Interval) -> Result<Vec<Arc<TextBlock>>> {
        let TextInbox { inbox, desk, place, buffers } = self;
        buffers.trim();
        let blocks = texts(inbox.hold(interval)?, desk, interval, place)?;
        inbox.delivered();
        Ok(blocks)
    }

    /// The lines of a batch of an earlier run.
    pub fn batch_again(&mut self, interval: &Interval, extent: &[u8]) -> Result<Vec<Arc<TextBlock>>> {
        let TextInbox { inbox, desk, place, .. } = self;
        texts(&inbox.again(interval, extent)?, desk, interval, place)
    }

    pub fn cursor(&self) -> Option<&LogCursor> {
        self.inbox.cursor()
    }

    pub fn cursor_mut(&mut self) -> Option<&mut LogCursor> {
        self.inbox.cursor_mut()
    }
}

/// The lines of the blocks of a batch.
fn texts(
    blocks: &[Sealed],
    desk: &mut BadRecordDesk,
    interval: &Interval,
    place: &dyn Display,
) -> Result<Vec<Arc<TextBlock>>> {
    desk.begin(interval.end);
    let blocks = blocks.iter().map(|sealed| sealed.text(desk, place)).collect::<Result<_>>()?;
    desk.delivered();
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn text(sealed: Option<Sealed>) -> String {
        match sealed {
            Some(Sealed::Text(block)) => block.views(0..block.weight()).map(|line| line.to_owned() + "\n").collect(),
            Some(Sealed::Bad(_)) => "bad".to_owned(),
            None => "none".to_owned(),
        }
    }

    #[test]
    fn an_unfinished_line_waits_for_its_end() {
        let mut fill = TextFill::new(&Buffers::new(BLOCK, 8), LONGEST);
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
        let (mut fill, mut input, mut blocks) =
            (TextFill::new(&Buffers::new(BLOCK, 8), LONGEST), input.as_bytes(), String::new());
        while fill.read_from(&mut input).unwrap() > 0 {
            if fill.is_full() {
                blocks += &text(fill.seal());
            }
        }
        fill.finish();
        assert_eq!(blocks + &text(fill.seal()), line.repeat(2) + "rest\n");
    }
}
