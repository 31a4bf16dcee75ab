//! The engine's side of a log: what the batches have had of it.

use std::collections::VecDeque;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::segment::{self, SegmentReader, mend, missing};
use super::{LogBlock, LogOptions, Place, Position, Run};
use crate::checkpoint::{Disk, failing};
use crate::error::Result;
use crate::source::report::Reporter;
use crate::source::{Input, loaded, stored};
use crate::time::Time;

/// Which blocks of a log the batches have had, and which are left from an earlier run.
pub(crate) struct LogCursor {
    disk: Disk,
    dir: PathBuf,
    stream: Arc<str>,
    shape: Vec<u8>,
    input: Arc<Input>,
    reporter: Arc<Reporter>,
    /// Whether new blocks are logged.
    is_written: bool,
    /// The first segment that there is, and the one behind the last that an earlier run has left.
    first: u64,
    found: u64,
    /// Behind the last block that a batch was given.
    position: Position,
    /// Where the reading goes on of what no batch of an earlier run has had, once it has begun.
    unread: Option<Position>,
    /// The blocks of the batch that was given last.
    runs: Vec<Run>,
    /// Where the log stood after batches that may not be in a checkpoint.
    given: VecDeque<(Time, Position)>,
    /// The position in the newest checkpoint of which we know.
    checkpointed: Position,
}

/// The process before may have been killed between making a directory or a segment and syncing its name.
fn sync_names(disk: &Disk, dir: &Path) -> Result<()> {
    // That of the stream, that of all logs, and what that lies in.
    for dir in dir.ancestors().take(3).filter(|dir| dir.is_dir()) {
        disk.sync_dir(dir).map_err(failing("cannot sync the directory", dir))?;
    }
    Ok(())
}

impl LogCursor {
    /// Opens what an earlier run has left, and mends its end.
    ///
    /// # Errors
    /// When it cannot be read, or is damaged where it was durable.
    pub fn open(
        options: &LogOptions,
        stream: &Arc<str>,
        shape: Vec<u8>,
        input: &Arc<Input>,
        reporter: &Arc<Reporter>,
    ) -> Result<Self> {
        // Names of streams are identifiers, so they are names of directories as well.
        let dir = options.directory.join(&**stream);
        sync_names(&options.disk, &dir)?;
        let mut numbers = segment::list(&dir)?;
        if let Some(last) = numbers.last()
            && !mend(&options.disk, &dir, *last)?
        {
            numbers.pop();
        }
        let bytes = numbers.iter().map(|number| length(&dir, *number)).sum();
        input.log_bytes.store(bytes, Ordering::Relaxed);
        input.unread.store(!numbers.is_empty(), Ordering::Release);
        input.backlog.note(0, bytes);
        Ok(LogCursor {
            disk: options.disk.clone(),
            dir,
            stream: Arc::clone(stream),
            shape,
            input: Arc::clone(input),
            reporter: Arc::clone(reporter),
            is_written: options.write.is_some(),
            first: numbers.first().copied().unwrap_or(0),
            found: numbers.last().map_or(0, |last| last + 1),
            position: Position::default(),
            unread: None,
            runs: Vec::new(),
            given: VecDeque::new(),
            checkpointed: Position::default(),
        })
    }

    /// The directory of the log, and the number of the segment that comes next.
    pub fn end(&self) -> (&Path, u64) {
        (&self.dir, self.found)
    }

    pub fn is_written(&self) -> bool {
        self.is_written
    }

    pub fn position(&self) -> Vec<u8> {
        stored(&self.position)
    }

    pub fn extent(&self) -> Vec<u8> {
        stored(&self.runs)
    }

    /// Goes to a position that an earlier run has told; it has told none if it had no checkpoint directory for this source.
    pub fn seek(&mut self, position: &[u8]) -> Result<()> {
        if position.is_empty() {
            return Ok(());
        }
        let position: Position = loaded(&self.stream, position)?;
        if position != Position::default() && !(self.first..self.found).contains(&position.segment) {
            return Err(missing(&segment::path(&self.dir, position.segment)));
        }
        (self.position, self.checkpointed) = (position, position);
        self.note_unread();
        Ok(())
    }

    /// The blocks of a batch of an earlier run.
    pub fn again<B: LogBlock>(&mut self, time: Time, extent: &[u8]) -> Result<Vec<B>> {
        let runs: Vec<Run> = loaded(&self.stream, extent)?;
        let (mut blocks, mut end) = (Vec::new(), None);
        for run in &runs {
            let mut reader = SegmentReader::open(&self.dir, run.segment, run.offset, &self.shape)?;
            for _ in 0..run.count {
                let Some((place, block)) = next(&mut reader)? else { return Err(reader.ended()) };
                blocks.push(block);
                end = Some(Position { segment: place.segment, offset: place.end });
            }
        }
        self.give(time, runs, end);
        self.note_unread();
        Ok(blocks)
    }

    /// The next blocks that no batch of an earlier run has had, with their places: so many, or of so many bytes, because there may
    /// be more than a batch should hold. After an error it gives the same ones.
    pub fn rest<B: LogBlock>(&mut self, (most, most_bytes): (usize, u64)) -> Result<Vec<(Place, B)>> {
        let (mut blocks, mut bytes) = (Vec::new(), 0);
        let mut at = self.unread.unwrap_or(self.position);
        let is_enough = |blocks: &Vec<_>, bytes| blocks.len() >= most || bytes >= most_bytes;
        while self.has_unread() && at.segment < self.found && !is_enough(&blocks, bytes) {
            let mut reader = SegmentReader::open(&self.dir, at.segment, at.offset, &self.shape)?;
            while !is_enough(&blocks, bytes) {
                let Some((place, block)) = next(&mut reader)? else {
                    at = Position { segment: at.segment + 1, offset: 0 };
                    break;
                };
                at.offset = place.end;
                bytes += place.end - place.offset;
                blocks.push((place, block));
            }
        }
        self.has_read(at);
        Ok(blocks)
    }

    /// Notes what is left behind the position. A log of which nothing is left is not read, whatever its blocks look like.
    fn note_unread(&self) {
        let left = self.bytes_from(self.position);
        self.input.backlog.note(0, left);
        self.input.unread.store(left > 0, Ordering::Release);
    }

    /// Whether `rest` may have more.
    pub fn has_unread(&self) -> bool {
        self.input.unread.load(Ordering::Acquire)
    }

    fn has_read(&mut self, to: Position) {
        let left = self.bytes_from(to);
        let backlog = &self.input.backlog;
        let had = backlog.left.load(Ordering::Relaxed).saturating_sub(left);
        backlog.note(had, left);
        self.input.unread.store(left > 0, Ordering::Release);
        self.unread = Some(to);
    }

    /// What an earlier run has left behind a position.
    fn bytes_from(&self, position: Position) -> u64 {
        let numbers = position.segment.max(self.first)..self.found;
        let bytes: u64 = numbers.map(|number| length(&self.dir, number)).sum();
        bytes.saturating_sub(position.offset)
    }

    /// The batch of `time` has these blocks, which end at a position if there are any.
    pub fn give(&mut self, time: Time, runs: Vec<Run>, end: Option<Position>) {
        self.runs = runs;
        if let Some(position) = end {
            self.position = position;
            self.given.push_back((time, position));
        }
    }

    /// Everything up to the batch of `time` is in a checkpoint. What the checkpoint before needs is kept, for if this one is
    /// damaged one day, that one is read.
    pub fn checkpointed(&mut self, time: Time) {
        let mut saved = None;
        while let Some((_, position)) = self.given.pop_front_if(|(given, _)| *given <= time) {
            saved = Some(position);
        }
        let Some(saved) = saved else { return };
        let before = std::mem::replace(&mut self.checkpointed, saved);
        while self.first < before.segment {
            let path = segment::path(&self.dir, self.first);
            let bytes = length(&self.dir, self.first);
            if let Err(error) = self.disk.remove(&path) {
                // The next checkpoint tries again.
                return self.reporter.error(format!("cannot remove `{}`: {error}", path.display()));
            }
            self.input.log_bytes.fetch_sub(bytes, Ordering::Relaxed);
            self.first += 1;
        }
    }
}

/// Adds a block to those of a batch. In a segment they follow one another.
pub(crate) fn add(runs: &mut Vec<Run>, place: Place) {
    match runs.last_mut() {
        Some(run) if run.segment == place.segment => run.count += 1,
        _ => runs.push(Run { segment: place.segment, offset: place.offset, count: 1 }),
    }
}

fn next<B: LogBlock>(reader: &mut SegmentReader) -> Result<Option<(Place, B)>> {
    let Some((head, place, mut block)) = reader.next()? else { return Ok(None) };
    match B::load(&mut block, head.records) {
        Ok(loaded) if block.is_empty() => Ok(Some((place, loaded))),
        Ok(_) => Err(reader.malformed(place.offset, &"there is more in the block than its records")),
        Err(malformed) => Err(reader.malformed(place.offset, &malformed)),
    }
}

/// A file that is not there has no bytes.
fn length(dir: &Path, number: u64) -> u64 {
    fs::metadata(segment::path(dir, number)).map_or(0, |metadata| metadata.len())
}
