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
/// So much that is not durable is synced behind the back of those who write.
const MUCH: u64 = 4 << 20;
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
    /// Up to here the log must be durable before a batch is decided.
    wanted: Option<Place>,
}

/// The segment that is written.
struct OpenSegment {
    number: u64,
    file: DiskFile,
    /// When it began.
    begun: Time,
    /// The length of its whole frames.
    length: u64,
    /// So much was synced. With the first sync the name of the file is durable, too.
    durable: u64,
    synced: Instant,
    /// Behind the whole frames may be a part of one that could not be written.
    is_torn: bool,
    /// A sync has failed. The system may have dropped what it could not write, and would call the next sync a success.
    is_suspect: bool,
    /// A flight is under way that makes so much durable.
    flight: Option<u64>,
}

/// A sync beside those who write. It has the file from the system once more: a failure of the disk is told to each that has it.
pub(crate) struct Flight {
    disk: Disk,
    file: DiskFile,
    number: u64,
    /// The name of the file is to be made durable as well.
    is_first: bool,
}

impl Flight {
    pub fn sync(&mut self) -> io::Result<()> {
        self.file.sync()?;
        if self.is_first { sync_name(&self.disk, self.file.path()) } else { Ok(()) }
    }
}

impl LogWriter {
    /// The first block begins the segment of number `next`.
    pub fn new(disk: Disk, dir: PathBuf, policy: LogSync, shape: Vec<u8>, input: Arc<Input>, next: u64) -> Self {
        LogWriter { disk, dir, policy, shape, input, next, segment: None, buffer: Vec::new(), wanted: None }
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

    /// A batch has everything up to here.
    pub fn want(&mut self, last: Place) {
        self.wanted = Some(last);
    }

    /// Whether something is not durable that a batch has. All segments but the last one are.
    pub fn is_wanted(&self) -> bool {
        let is_missing = |segment: &OpenSegment, wanted: Place| {
            segment.number == wanted.segment && segment.durable < wanted.end.min(segment.length)
        };
        self.segment.as_ref().zip(self.wanted).is_some_and(|(segment, wanted)| is_missing(segment, wanted))
    }

    /// Whether so much is not durable that it is not to wait for a batch.
    pub fn has_much(&self) -> bool {
        self.segment.as_ref().is_some_and(|segment| segment.length - segment.durable >= MUCH)
    }

    /// Whether a flight is under way.
    pub fn is_landing(&self) -> bool {
        self.segment.as_ref().is_some_and(|segment| segment.flight.is_some())
    }

    /// Begins a sync that does not need the writer, if there is reason for one. What is to be mended is left to `sync`, which can
    /// say what is wrong.
    pub fn begin_flight(&mut self) -> Option<Flight> {
        let is_due = self.is_wanted() || self.has_much();
        let segment = self.segment.as_mut().filter(|segment| is_due && !segment.is_torn && !segment.is_suspect)?;
        let file = self.disk.open(segment.file.path()).ok()?;
        segment.flight = Some(segment.length);
        Some(Flight { disk: self.disk.clone(), file, number: segment.number, is_first: segment.durable == 0 })
    }

    /// The flight has ended. Nothing follows from it if what it was to sync was taken back meanwhile.
    pub fn land(&mut self, flight: &Flight, is_synced: bool) {
        let segment = self.segment.as_mut().filter(|segment| segment.number == flight.number);
        let Some(segment) = segment else { return };
        match segment.flight.take() {
            Some(length) if is_synced => {
                segment.durable = segment.durable.max(length);
                segment.synced = Instant::now();
            }
            Some(_) => segment.is_suspect = true,
            None => {}
        }
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

/// A new segment.
fn begin(disk: &Disk, dir: &Path, number: u64, shape: &[u8], buffer: &mut Vec<u8>, now: Time) -> Result<OpenSegment> {
    disk.create_dir_all(dir).map_err(failing("cannot create the directory", dir))?;
    buffer.clear();
    put_opening(buffer, number, shape);
    let path = segment::path(dir, number);
    let create = || {
        let mut file = disk.create(&path)?;
        file.append(buffer)?;
        Ok(file)
    };
    let file = create().map_err(failing("cannot begin a segment of the log", &path))?;
    let (length, synced) = (buffer.len() as u64, Instant::now());
    Ok(OpenSegment {
        number,
        file,
        begun: now,
        length,
        durable: 0,
        synced,
        is_torn: false,
        is_suspect: false,
        flight: None,
    })
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
        self.flush(disk).map_err(|error| {
            self.is_suspect = self.durable < before;
            self.undo(disk, before, "cannot sync the log", error)
        })
    }

    /// The last frame is not to be in the file.
    fn undo(&mut self, disk: &Disk, length: u64, what: &str, error: io::Error) -> Error {
        self.length = length;
        self.is_torn = true;
        self.flight = None;
        let _ = self.mend(disk); // else with the next frame
        failed(what, self.file.path(), error)
    }

    fn sync(&mut self, disk: &Disk) -> Result<()> {
        self.mend(disk)?;
        if self.durable < self.length {
            self.flush(disk).map_err(|error| {
                self.is_suspect = true;
                failed("cannot sync the log", self.file.path(), error)
            })?;
        }
        Ok(())
    }

    fn flush(&mut self, disk: &Disk) -> io::Result<()> {
        self.file.sync()?;
        if self.durable == 0 {
            sync_name(disk, self.file.path())?;
        }
        (self.durable, self.synced) = (self.length, Instant::now());
        Ok(())
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
        self.flight = None;
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
            sync_name(disk, &path)?;
            disk.open(&path)
        };
        self.file = write().map_err(|error| {
            let _ = disk.remove(&aside); // a full disk is not to be filled with it
            failed("cannot mend the log", &path, error)
        })?;
        (self.durable, self.synced) = (self.length, Instant::now());
        Ok(())
    }
}

fn sync_name(disk: &Disk, path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |dir| disk.sync_dir(dir))
}
