//! Files that appear in a directory.

mod extent;
mod opening;
mod overlooked;
mod parts;
mod selection;
#[cfg(test)]
mod tests;

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crc32fast::Hasher;

use crate::block::{Block, StoredBlock, TextBlock};
use crate::error::{Error, Result};
use crate::source::decode::BadRecordDesk;
use crate::source::report::Reporter;
use crate::source::text::{BLOCK, buffers};
use crate::source::{Interval, Source, SourceContext, loaded, stored};
use crate::stored::{Malformed, Shape, Shapes, Stored};
use crate::time::Time;
use extent::{Extent, Portion, cannot_run_again};
use opening::open;
use parts::Reading;
use selection::{Position, Selection};

/// For how long a file may be overlooked: its time of modification lies at most so far before the batch.
const REMEMBER: Duration = Duration::from_secs(60);

/// Settings of `text_file_stream` and `binary_records_stream`.
///
/// ```
/// use microbatch::FileOptions;
///
/// let options = FileOptions::default()
///     .existing_files(true)
///     .filter(|path| path.extension().is_some_and(|extension| extension == "log"));
/// ```
#[derive(Clone)]
#[must_use]
pub struct FileOptions {
    existing: bool,
    remember: Duration,
    filter: Option<Arc<Filter>>,
}

type Filter = dyn Fn(&Path) -> bool + Send + Sync;

impl Default for FileOptions {
    /// Takes new files only, and all whose names do not begin with a dot.
    fn default() -> Self {
        FileOptions { existing: false, remember: REMEMBER, filter: None }
    }
}

impl FileOptions {
    /// Whether to take, in the first batch, the files that are there when the context starts, however old.
    pub fn existing_files(mut self, yes: bool) -> Self {
        self.existing = yes;
        self
    }

    /// Takes only the files for which `filter` is true. Names that begin with a dot are left out in any case.
    pub fn filter(mut self, filter: impl Fn(&Path) -> bool + Send + Sync + 'static) -> Self {
        self.filter = Some(Arc::new(filter));
        self
    }

    /// How long before a batch a file may have been modified that is only found now; rounded up to whole batches. The default
    /// is one minute. A file that was taken is remembered for as long.
    pub fn remember(mut self, span: Duration) -> Self {
        self.remember = span;
        self
    }
}

impl fmt::Debug for FileOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileOptions")
            .field("existing_files", &self.existing)
            .field("remember", &self.remember)
            .field("filter", &self.filter.as_ref().map(|_| "…"))
            .finish()
    }
}

/// What is made of a file's bytes. Not for others to implement: its name is not exported.
pub trait Format: Send {
    /// A block of the file's records.
    type Block: Block;

    /// Whether the format can be read at all.
    ///
    /// # Errors
    /// When its settings cannot work.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Reads a whole file.
    fn read(&self, file: &mut OpenFile<'_>, blocks: &mut Vec<Arc<Self::Block>>) -> Result<(), Trouble>;
}

/// A file that is being read for a batch.
pub struct OpenFile<'a> {
    reader: io::Take<File>,
    path: &'a Path,
    desk: &'a mut BadRecordDesk,
    reading: &'a Reading,
    /// Of what was read, if the batch may have to run again after a restart.
    checksum: Option<Hasher>,
}

/// Why a file could not be read.
pub enum Trouble {
    /// The system's doing.
    Io(io::Error),
    /// The policy's.
    BadRecord(Error),
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Trouble::Io(error)
    }
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Trouble::BadRecord(error)
    }
}

impl OpenFile<'_> {
    /// Reads `count` bytes behind those that `bytes` holds. Returns whether the file has ended.
    fn read(&mut self, count: usize, bytes: &mut Vec<u8>) -> io::Result<bool> {
        let left = usize::try_from(self.reader.limit()).unwrap_or(usize::MAX);
        let count = count.min(left);
        bytes.reserve_exact(count);
        let read = self.reader.by_ref().take(count as u64).read_to_end(bytes)?;
        if read < count {
            return Err(has_become_shorter());
        }
        if let Some(checksum) = &mut self.checksum {
            checksum.update(&bytes[bytes.len() - read..]);
        }
        Ok(self.reader.limit() == 0)
    }
}

/// Lines of UTF-8.
#[derive(Debug)]
pub struct TextLines;

impl Format for TextLines {
    type Block = TextBlock;

    fn read(&self, file: &mut OpenFile<'_>, blocks: &mut Vec<Arc<TextBlock>>) -> Result<(), Trouble> {
        let OpenFile { reader, path, desk, reading, checksum } = file;
        parts::read_lines(reader.get_ref(), reader.limit(), reading, checksum.as_mut(), |block| {
            blocks.push(block.text(desk, &path.display())?);
            Ok(())
        })
    }
}

/// Records of a fixed number of bytes.
#[derive(Debug)]
pub struct FixedLength(pub(crate) usize);

impl Format for FixedLength {
    type Block = BinaryBlock;

    fn check(&self) -> Result<()> {
        if self.0 > 0 {
            return Ok(());
        }
        Err(Error::config(
            "`binary_records_stream` cannot cut records of 0 bytes",
            "give the length of a record in bytes",
        ))
    }

    fn read(&self, file: &mut OpenFile<'_>, blocks: &mut Vec<Arc<BinaryBlock>>) -> Result<(), Trouble> {
        let length = self.0;
        let block = (BLOCK / length).max(1).saturating_mul(length);
        let mut ended = false;
        while !ended {
            let mut bytes = Vec::new();
            ended = file.read(block, &mut bytes)?;
            let rest = bytes.split_off(bytes.len() - bytes.len() % length);
            if !bytes.is_empty() {
                blocks.push(Arc::new(BinaryBlock { bytes, length }));
            }
            if !rest.is_empty() {
                let reason = format!("the file ends with {} bytes of a record of {length}", rest.len());
                file.desk.other(&rest, &reason, &file.path.display())?;
            }
        }
        Ok(())
    }
}

/// Records of equal length, one behind the other. A closure sees each as `&[u8]`.
#[derive(Debug)]
pub struct BinaryBlock {
    bytes: Vec<u8>,
    length: usize,
}

impl Block for BinaryBlock {
    type Item<'a> = &'a [u8];
    type Views<'a> = std::slice::ChunksExact<'a, u8>;

    fn empty() -> Self {
        BinaryBlock { bytes: Vec::new(), length: 1 }
    }

    fn weight(&self) -> usize {
        self.bytes.len() / self.length
    }

    fn grain() -> usize {
        1024
    }

    fn records(&self) -> u64 {
        self.weight() as u64
    }

    fn bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn views(&self, range: Range<usize>) -> Self::Views<'_> {
        self.bytes[range.start * self.length..range.end * self.length].chunks_exact(self.length)
    }
}

impl StoredBlock for BinaryBlock {
    fn store_block(&self, out: &mut Vec<u8>) {
        self.length.store(out);
        self.bytes.store(out);
    }
    fn load_block(from: &mut &[u8]) -> Result<Self, Malformed> {
        let (length, bytes) = (usize::load(from)?, Vec::load(from)?);
        if length == 0 || !bytes.len().is_multiple_of(length) {
            return Err(Malformed::new("a block of records of equal length ends within a record"));
        }
        Ok(BinaryBlock { bytes, length })
    }
    fn block_shape(shapes: &mut Shapes) -> Shape {
        <(usize, Vec<u8>)>::shape(shapes)
    }
}

/// Reads the files that appear in a directory: see [`text_file_stream`](crate::dstream::Sources::text_file_stream) and
/// [`binary_records_stream`](crate::dstream::Sources::binary_records_stream).
pub struct FileSource<F> {
    directory: PathBuf,
    options: FileOptions,
    format: F,
    started: Option<Started>,
}

struct Started {
    selection: Selection,
    reader: Reader,
    reporter: Reporter,
    extent: Extent,
    /// Where the source stands before its first batch ever.
    origin: Option<Position>,
}

/// What reads files.
struct Reader {
    stream: Arc<str>,
    desk: BadRecordDesk,
    reading: Reading,
    /// Batches may have to run again after a restart, and their files be known then.
    is_recorded: bool,
}

impl<F: Format> FileSource<F> {
    pub(crate) fn new(directory: PathBuf, format: F, options: FileOptions) -> Self {
        FileSource { directory, options, format, started: None }
    }
}

impl<F: Format> Source for FileSource<F> {
    type Block = F::Block;

    fn start(&mut self, context: &SourceContext) -> Result<()> {
        self.format.check()?;
        let selection = Selection::new(self.directory.clone(), self.options.clone(), context)?;
        let reader = Reader::new(context);
        let (reporter, origin) = (Reporter::new(context), Some(selection.position()));
        self.started = Some(Started { selection, reader, reporter, extent: Extent::default(), origin });
        Ok(())
    }

    fn batch(&mut self, interval: &Interval) -> Result<Vec<Arc<F::Block>>> {
        let Some(Started { selection, reader, reporter, extent, origin }) = &mut self.started else {
            return Ok(Vec::new());
        };
        let mut blocks = Vec::new();
        let mut gone = Vec::new();
        extent.0.clear();
        reader.desk.begin(interval.end);
        for path in selection.select(interval.end, reporter)? {
            let (length, file) = match open(&path) {
                Ok(opened) => opened,
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    reporter.error(format!("the file `{}` was removed before it could be read", path.display()));
                    gone.push(path);
                    continue;
                }
                Err(cause) => return Err(cannot_read(&path)(cause)),
            };
            extent.0.push(reader.read(&self.format, &path, file.take(length), &mut blocks)?);
        }
        reader.desk.delivered();
        selection.delivered(&gone);
        reader.reading.buffers.trim();
        extent.1 = origin.take();
        Ok(blocks)
    }

    fn is_replayable(&self) -> bool {
        true
    }

    fn position(&self) -> Vec<u8> {
        self.started.as_ref().map_or_else(Vec::new, |started| stored(&started.selection.position()))
    }

    fn seek(&mut self, position: &[u8]) -> Result<()> {
        if let Some(started) = &mut self.started {
            started.selection.seek(loaded("text_file_stream", position)?, &started.reporter)?;
            started.origin = None;
        }
        Ok(())
    }

    fn extent(&self) -> Vec<u8> {
        self.started.as_ref().map_or_else(Vec::new, |started| stored(&started.extent))
    }

    fn batch_again(&mut self, interval: &Interval, recorded: &[u8]) -> Result<Vec<Arc<F::Block>>> {
        let Some(Started { selection, reader, reporter, extent, origin }) = &mut self.started else {
            return Ok(Vec::new());
        };
        let mut blocks = Vec::new();
        *extent = loaded("text_file_stream", recorded)?;
        *origin = None;
        if let Some(began) = extent.1.take() {
            selection.seek(began, reporter)?;
        }
        reader.desk.begin(interval.end);
        for portion in &extent.0 {
            reader.read_again(&self.format, portion, interval.end, &mut blocks)?;
        }
        reader.desk.delivered();
        reader.reading.buffers.trim();
        selection.took(interval.end, extent.0.iter().map(|portion| portion.path.clone()));
        Ok(blocks)
    }
}

impl Reader {
    fn new(context: &SourceContext) -> Self {
        Reader {
            stream: Arc::clone(&context.stream),
            desk: BadRecordDesk::new(context),
            reading: Reading { threads: context.options.workers, buffers: buffers(context) },
            // Logs are where checkpoints are.
            is_recorded: context.options.log.is_some(),
        }
    }

    /// Reads a file of a batch.
    fn read<F: Format>(
        &mut self,
        format: &F,
        path: &Path,
        reader: io::Take<File>,
        blocks: &mut Vec<Arc<F::Block>>,
    ) -> Result<Portion> {
        let (length, checksum) = (reader.limit(), self.is_recorded.then(Hasher::new));
        let Reader { desk, reading, .. } = self;
        let mut file = OpenFile { reader, path, desk, reading, checksum };
        format.read(&mut file, blocks).map_err(|trouble| match trouble {
            Trouble::Io(cause) => cannot_read(path)(cause),
            Trouble::BadRecord(error) => error,
        })?;
        let checksum = file.checksum.map_or(0, Hasher::finalize);
        Ok(Portion { path: path.to_owned(), length, checksum })
    }

    /// Reads what a batch of an earlier run has had of a file.
    fn read_again<F: Format>(
        &mut self,
        format: &F,
        portion: &Portion,
        time: Time,
        blocks: &mut Vec<Arc<F::Block>>,
    ) -> Result<()> {
        let Portion { path, length, .. } = portion;
        let stream = Arc::clone(&self.stream);
        let refused = |why: &str, cause| cannot_run_again(&stream, time, path, why, cause);
        let (there, file) = open(path).map_err(|cause| refused("cannot be read any more", Some(cause)))?;
        if let Some(why) = portion.is_shorter(there) {
            return Err(refused(&why, None));
        }
        let now = self.read(format, path, file.take(*length), blocks)?;
        portion.is_other(&now).map_or(Ok(()), |why| Err(refused(&why, None)))
    }
}

/// What is read of a file is decided before. Less would be as if it had been written so.
fn has_become_shorter() -> io::Error {
    let what = "it became shorter while it was read; the next attempt reads it as it is then. Better than to change a file is to write a new one under a new name";
    io::Error::new(ErrorKind::UnexpectedEof, what)
}

fn cannot_read(path: &Path) -> impl FnOnce(io::Error) -> Error {
    move |cause| Error::File { what: "cannot read", path: path.to_owned(), cause }
}
