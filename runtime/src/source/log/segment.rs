//! A file of a log: its name, its format, and what is done about damage.

use std::fs::{self, File};
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::Place;
use crate::checkpoint::{Disk, FRAME_HEAD, Framed, Frames, begin_frame, end_frame, failed, failing, refused};
use crate::error::{Error, Result};
use crate::stored::{Shape, Stored};
use crate::time::Time;

const MAGIC: &[u8; 8] = b"MBCHLOGL";
const VERSION: u32 = 1;
/// Magic and version.
pub(super) const HEADER: usize = 12;
/// What stands before a block in its frame: how much of the segment was durable, interval, records.
const BLOCK_HEAD: usize = 24;

const RESTORE: &str = "restore the checkpoint directory from a copy, or start anew with another `checkpoint_dir`; \
                       this one is left as it is";

pub(super) fn path(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("{number:010}.wal"))
}

/// Where a segment is written that takes the place of the one at `path`.
pub(super) fn aside(path: &Path) -> PathBuf {
    path.with_extension("tmp")
}

/// The numbers of the segments, in order. What is not ours is left alone; a directory that is not there is empty.
pub(super) fn list(dir: &Path) -> Result<Vec<u64>> {
    let entries = match fs::read_dir(dir) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failing("cannot list the directory", dir))?,
    };
    let mut numbers = Vec::new();
    for entry in entries {
        let name = entry.map_err(failing("cannot list the directory", dir))?.file_name();
        numbers
            .extend(name.to_str().and_then(|name| name.strip_suffix(".wal")).and_then(|name| name.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Appends the header and the first frame.
pub(super) fn put_opening(out: &mut Vec<u8>, number: u64, shape: &[u8]) {
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&VERSION.to_le_bytes());
    let payload = begin_frame(out);
    out.extend_from_slice(&number.to_le_bytes());
    out.extend_from_slice(shape);
    end_frame(out, payload);
}

/// What the log says of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BlockHead {
    /// So much of the segment was on disk for sure when the block was written. Damage in there is not the torn end.
    pub durable: u64,
    /// The beginning of the interval in which it arrived.
    pub interval: Time,
    pub records: u64,
}

impl BlockHead {
    /// Appends the frame of a block. False, and nothing is appended, if it is too long to be read again.
    pub fn put_frame(&self, out: &mut Vec<u8>, block: &mut dyn FnMut(&mut Vec<u8>)) -> bool {
        let payload = begin_frame(out);
        for number in [self.durable, self.interval.as_nanos(), self.records] {
            out.extend_from_slice(&number.to_le_bytes());
        }
        block(out);
        end_frame(out, payload)
    }

    /// The head and the block of a frame.
    pub fn take(payload: &[u8]) -> Option<(BlockHead, &[u8])> {
        let (head, block) = payload.split_at_checked(BLOCK_HEAD)?;
        let number = |at: usize| head[at..].first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
        let interval = Time::from_nanos(number(8)?);
        Some((BlockHead { durable: number(0)?, interval, records: number(16)? }, block))
    }
}

/// A segment that is damaged, or not there.
pub(super) fn damaged(path: &Path, offset: u64, what: &str) -> Error {
    refused(path, format!("the log is damaged at byte {offset}: {what}"), RESTORE)
}

/// A segment that should reach further, or be there.
pub(super) fn missing(path: &Path) -> Error {
    refused(path, "a part of the log is missing that is in no checkpoint", RESTORE)
}

fn check_header(path: &Path, header: &[u8]) -> Result<()> {
    let version =
        header.strip_prefix(MAGIC).and_then(|rest| rest.first_chunk().map(|bytes| u32::from_le_bytes(*bytes)));
    match version {
        Some(VERSION) => Ok(()),
        Some(newer) if newer > VERSION => Err(refused(
            path,
            format!("the log has format version {newer}, and this build knows versions up to {VERSION}"),
            "build with the version of microbatch that has written it, or a later one",
        )),
        _ => Err(damaged(path, 0, "this is not the header of a log")),
    }
}

/// Reads the blocks of a segment that nobody writes any more.
pub(super) struct SegmentReader {
    path: PathBuf,
    number: u64,
    frames: Frames<BufReader<File>>,
    payload: Vec<u8>,
}

impl SegmentReader {
    /// Begins with the block at `offset`, or with the first one if that is before.
    pub fn open(dir: &Path, number: u64, offset: u64, shape: &[u8]) -> Result<Self> {
        let path = path(dir, number);
        let reading = |error: std::io::Error| match error.kind() {
            ErrorKind::NotFound => missing(&path),
            ErrorKind::UnexpectedEof => damaged(&path, 0, "the file is too short"),
            _ => failed("cannot read the log", &path, error),
        };
        let mut file = File::open(&path).map_err(reading)?;
        let length = file.metadata().map_err(reading)?.len();
        let mut header = [0; HEADER];
        file.read_exact(&mut header).map_err(reading)?;
        check_header(&path, &header)?;
        let frames = Frames::new(BufReader::with_capacity(1 << 18, file), HEADER as u64, length);
        let mut reader = SegmentReader { path: path.clone(), number, frames, payload: Vec::new() };
        let first = reader.open_blocks(shape)?;
        if offset > length {
            return Err(damaged(&path, length, "the log ends before a place that was durable"));
        }
        if offset > first {
            let mut file = File::open(&path).map_err(reading)?;
            file.seek(SeekFrom::Start(offset)).map_err(reading)?;
            reader.frames = Frames::new(BufReader::with_capacity(1 << 18, file), offset, length);
        }
        Ok(reader)
    }

    /// Reads the first frame. Returns where the blocks begin.
    fn open_blocks(&mut self, shape: &[u8]) -> Result<u64> {
        self.read()?;
        let Some((number, found)) = self.payload.split_first_chunk() else {
            return Err(damaged(&self.path, HEADER as u64, "this is not the first frame of a log"));
        };
        let number = u64::from_le_bytes(*number);
        if number != self.number {
            return Err(damaged(&self.path, HEADER as u64, &format!("this is a copy of segment {number}")));
        }
        if found != shape {
            return Err(other_shape(&self.path, found, shape));
        }
        Ok(self.frames.at())
    }

    fn read(&mut self) -> Result<bool> {
        let at = self.frames.at();
        let framed = self.frames.next(&mut self.payload).map_err(failing("cannot read the log", &self.path))?;
        match framed {
            Framed::Whole => Ok(true),
            Framed::End => Ok(false),
            Framed::Damaged(what) => Err(damaged(&self.path, at, what)),
        }
    }

    /// Reads the next block; `None` at the end of the segment.
    pub fn next(&mut self) -> Result<Option<(BlockHead, Place, &[u8])>> {
        let offset = self.frames.at();
        if !self.read()? {
            return Ok(None);
        }
        let place = Place { segment: self.number, offset, end: self.frames.at() };
        match BlockHead::take(&self.payload) {
            Some((head, block)) => Ok(Some((head, place, block))),
            None => Err(damaged(&self.path, offset, "this is not a block of a log")),
        }
    }

    /// What is to be said of the block at a place.
    pub fn malformed(&self, offset: u64, why: &dyn std::fmt::Display) -> Error {
        damaged(&self.path, offset, &why.to_string())
    }

    /// What is to be said if there should be a block.
    pub fn ended(&self) -> Error {
        damaged(&self.path, self.frames.at(), "the log ends before a block that a batch has had")
    }
}

fn other_shape(path: &Path, found: &[u8], wanted: &[u8]) -> Error {
    let shape = |mut bytes: &[u8]| {
        Shape::load(&mut bytes).map_or_else(|_| "something else".to_owned(), |shape| shape.to_string())
    };
    refused(
        path,
        format!("the log has blocks of {}, and this stream is of {}", shape(found), shape(wanted)),
        "let the program that has written it process what is left, or give the stream another name",
    )
}

/// Cuts off what a crash has left half written at the end of the last segment. False if there is no segment then: not even its
/// beginning was durable.
///
/// # Errors
/// When there is damage in what was durable.
pub(super) fn mend(disk: &Disk, dir: &Path, number: u64) -> Result<bool> {
    let path = path(dir, number);
    disk.remove(&aside(&path)).map_err(failing("cannot remove what is left of", &path))?;
    let bytes = fs::read(&path).map_err(failing("cannot read the log", &path))?;
    let (length, trouble) = whole_frames(&path, &bytes)?;
    let Some(what) = trouble else {
        // The process before may have been killed between writing and syncing.
        return disk
            .open(&path)
            .and_then(|mut file| file.sync())
            .map(|()| true)
            .map_err(failing("cannot sync the log", &path));
    };
    if was_durable(&bytes, length) {
        return Err(damaged(&path, length as u64, what));
    }
    if length <= HEADER {
        return disk.remove(&path).map(|()| false).map_err(failing("cannot remove the file", &path));
    }
    let cut = disk.open(&path).and_then(|mut file| file.truncate(length as u64).and_then(|()| file.sync()));
    cut.map(|()| true).map_err(failing("cannot mend the log", &path))
}

/// How far the whole frames reach, and what is wrong behind them.
pub(super) fn whole_frames(path: &Path, bytes: &[u8]) -> Result<(usize, Option<&'static str>)> {
    let Some((header, rest)) = bytes.split_at_checked(HEADER) else {
        return Ok((0, Some("the file ends within its header")));
    };
    if let Err(error) = check_header(path, header) {
        // What was never durable is no header; a header of another version is one.
        return if header.starts_with(MAGIC) { Err(error) } else { Ok((0, Some("this is not the header of a log"))) };
    }
    let (mut frames, mut payload) = (Frames::new(rest, HEADER as u64, bytes.len() as u64), Vec::new());
    loop {
        let at = frames.at() as usize;
        match frames.next(&mut payload) {
            Ok(Framed::Whole) => {}
            Ok(Framed::End) if at == HEADER => return Ok((at, Some("the first frame is missing"))),
            Ok(Framed::End) => return Ok((at, None)),
            Ok(Framed::Damaged(what)) => return Ok((at, Some(what))),
            Err(_) => return Ok((at, Some("the file ends within a frame"))),
        }
    }
}

/// Whether a whole block behind says that this place was on disk when it was written.
pub(super) fn was_durable(bytes: &[u8], damaged: usize) -> bool {
    let mut payload = Vec::new();
    (damaged + 1..bytes.len().saturating_sub(FRAME_HEAD + BLOCK_HEAD)).any(|at| {
        let behind = &bytes[at..];
        // Most places are no frame by this number alone, without a checksum over all that follows.
        let durable = behind[FRAME_HEAD..].first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
        (damaged as u64) < durable
            && durable <= at as u64
            && matches!(Frames::new(behind, at as u64, bytes.len() as u64).next(&mut payload), Ok(Framed::Whole))
    })
}
