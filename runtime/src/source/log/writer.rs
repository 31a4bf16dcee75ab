//! Writing a log, on the threads of a receiver.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::segment::{self, BlockHead, put_opening};
use super::{LogSync, Place};
use crate::checkpoint::{Disk, DiskFile, failed, failing, refused};
use crate::error::{Error, Result};
use crate::source::Input;
use crate::time::Time;

/// A segment that is as long, or as old, is the last one no more.
const SEGMENT_BYTES: u64 = 64 << 20;
const SEGMENT_SPAN: Duration = Duration::from_secs(60);
/// More memory than this is not kept for the next block.
const BUFFER: usize = 4 << 20;

/// The end of a log, open for appending.
pub(crate) struct LogWriter {
    disk: Disk,
    dir: PathBuf,
    policy: LogSync,
    shape: Vec<u8>,
    input: Arc<Input>,
    /// The number of the next segment.
    next: u64,
    segment: Option<OpenSegment>,
    buffer: Vec<u8>,
}

/// The segment that is written.
struct OpenSegment {
    number: u64,
    file: DiskFile,
    /// When it began.
    begun: Time,
    /// The length of its whole frames.
    length: u64,
    /// So much was synced.
    durable: u64,
    synced: Instant,
    /// Behind the whole frames may be a part of one that could not be written.
    is_torn: bool,
    /// A sync has failed. The system may have dropped what it could not write, and would call the next sync a success.
    is_suspect: bool,
}

impl LogWriter {
    /// The first block begins the segment of number `next`.
    pub fn new(disk: Disk, dir: PathBuf, policy: LogSync, shape: Vec<u8>, input: Arc<Input>, next: u64) -> Self {
        LogWriter { disk, dir, policy, shape, input, next, segment: None, buffer: Vec::new() }
    }

    /// Appends a block, which `store` writes, and has it reach the disk if the policy says so.
    ///
    /// # Errors
    /// When the disk refuses. Then the block is not in the log, and can be tried again.
    pub fn append(
        &mut self,
        interval: Time,
        records: u64,
        now: Time,
        store: &mut dyn FnMut(&mut Vec<u8>),
    ) -> Result<Place> {
        self.roll_if_due(now)?;
        let segment = match &mut self.segment {
            Some(segment) => segment,
            none => none.insert(begin(&self.disk, &self.dir, self.next, &self.shape, &mut self.buffer, now)?),
        };
        if self.next == segment.number {
            self.next += 1;
            self.input.log_bytes.fetch_add(segment.length, Ordering::Relaxed);
        }
        self.buffer.clear();
        let head = BlockHead { durable: segment.durable, interval, records };
        if !head.put_frame(&mut self.buffer, store) {
            let remedy = "have the receiver store smaller blocks";
            return Err(refused(segment.file.path(), "a block takes more than 1 GiB", remedy));
        }
        let offset = segment.length;
        segment.append(&self.disk, &self.buffer, self.policy)?;
        self.input.log_bytes.fetch_add(segment.length - offset, Ordering::Relaxed);
        let place = Place { segment: segment.number, offset, end: segment.length };
        if self.buffer.capacity() > BUFFER {
            self.buffer = Vec::new();
        }
        Ok(place)
    }

    /// Everything that was appended is on disk then.
    pub fn sync(&mut self) -> Result<()> {
        self.segment.as_mut().map_or(Ok(()), |segment| segment.sync(&self.disk))
    }

    /// Only the last segment may be other than durable.
    fn roll_if_due(&mut self, now: Time) -> Result<()> {
        if let Some(segment) = &mut self.segment
            && (segment.length >= SEGMENT_BYTES || now.since(segment.begun) >= SEGMENT_SPAN)
        {
            segment.sync(&self.disk)?;
            self.segment = None;
        }
        Ok(())
    }
}

/// A new segment. Its name and its beginning are durable, so that damage in there is not the torn end.
fn begin(disk: &Disk, dir: &Path, number: u64, shape: &[u8], buffer: &mut Vec<u8>, now: Time) -> Result<OpenSegment> {
    create_dir(disk, dir)?;
    buffer.clear();
    put_opening(buffer, number, shape);
    let path = segment::path(dir, number);
    let create = || {
        let mut file = disk.create(&path)?;
        file.append(buffer)?;
        file.sync()?;
        disk.sync_dir(dir)?;
        Ok(file)
    };
    let file = create().map_err(failing("cannot begin a segment of the log", &path))?;
    let length = buffer.len() as u64;
    let synced = Instant::now();
    Ok(OpenSegment { number, file, begun: now, length, durable: length, synced, is_torn: false, is_suspect: false })
}

/// Makes the directory of a log, and that of all logs, so that they outlast a loss of power.
fn create_dir(disk: &Disk, dir: &Path) -> Result<()> {
    let Some(parent) = dir.parent().filter(|_| !dir.is_dir()) else { return Ok(()) };
    create_dir(disk, parent)?;
    disk.create_dir(dir).and_then(|()| disk.sync_dir(parent)).map_err(failing("cannot create the directory", dir))
}

impl OpenSegment {
    fn append(&mut self, disk: &Disk, frame: &[u8], policy: LogSync) -> Result<()> {
        self.mend(disk)?;
        if let Err(error) = self.file.append(frame) {
            return Err(self.undo(disk, self.length, "cannot write the log", error));
        }
        let before = self.length;
        self.length += frame.len() as u64;
        let is_due = match policy {
            LogSync::EachBlock => true,
            LogSync::Interval(interval) => self.synced.elapsed() >= interval,
            LogSync::AtBatch => false,
        };
        if !is_due {
            return Ok(());
        }
        if let Err(error) = self.file.sync() {
            self.is_suspect = self.durable < before;
            return Err(self.undo(disk, before, "cannot sync the log", error));
        }
        self.is_durable();
        Ok(())
    }

    /// The last frame is not to be in the file.
    fn undo(&mut self, disk: &Disk, length: u64, what: &str, error: io::Error) -> Error {
        self.length = length;
        self.is_torn = true;
        let _ = self.mend(disk); // else with the next frame
        failed(what, self.file.path(), error)
    }

    fn sync(&mut self, disk: &Disk) -> Result<()> {
        self.mend(disk)?;
        if self.durable < self.length {
            if let Err(error) = self.file.sync() {
                self.is_suspect = true;
                return Err(failed("cannot sync the log", self.file.path(), error));
            }
            self.is_durable();
        }
        Ok(())
    }

    fn is_durable(&mut self) {
        (self.durable, self.synced) = (self.length, Instant::now());
    }

    /// Makes up for an earlier failure.
    fn mend(&mut self, disk: &Disk) -> Result<()> {
        if self.is_torn {
            // Later frames are not to be hidden behind it.
            self.file.truncate(self.length).map_err(failing("cannot mend the log", self.file.path()))?;
            self.is_torn = false;
        }
        if self.is_suspect {
            self.write_anew(disk)?;
            self.is_suspect = false;
        }
        Ok(())
    }

    /// Writes the segment aside and puts it in its own place: only so is a sync to be trusted again.
    fn write_anew(&mut self, disk: &Disk) -> Result<()> {
        let path = self.file.path().to_owned();
        let bytes = fs::read(&path).map_err(failing("cannot read the log", &path))?;
        if segment::whole_frames(&path, &bytes)? != (self.length as usize, None) {
            return Err(segment::damaged(&path, self.durable, "the disk has lost what was written"));
        }
        let aside = segment::aside(&path);
        let write = || {
            let mut file = disk.create(&aside)?;
            file.append(&bytes)?;
            file.sync()?;
            disk.rename(&aside, &path)?;
            path.parent().map_or(Ok(()), |dir| disk.sync_dir(dir))?;
            disk.open(&path)
        };
        self.file = write().map_err(|error| {
            let _ = disk.remove(&aside); // a full disk is not to be filled with it
            failed("cannot mend the log", &path, error)
        })?;
        self.is_durable();
        Ok(())
    }
}
