//! State files: pieces of states, one a frame.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::codec::{Malformed, Reader, put_text, put_varint};
use super::disk::{Disk, DiskFile};
use super::frame::{FileKind, Framed, Frames, HEADER, begin_frame, end_frame, put_header};
use super::layout;
use super::manifest::{Segment, StateFile, kind, put_kind};
use super::problem::{Problem, failing, refused};
use super::types::{Piece, PieceKind};
use crate::error::Result;
use crate::panics;

/// Small pieces are written together.
const BUFFER: usize = 1 << 20;

/// What stands in front of a piece's bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Label {
    pub version: u64,
    pub state: String,
    pub kind: PieceKind,
}

impl Label {
    fn put(&self, out: &mut Vec<u8>) {
        put_varint(out, self.version);
        put_text(out, &self.state);
        put_kind(out, self.kind);
    }

    /// The label, and how long it is.
    pub fn decode(payload: &[u8]) -> Result<(Label, usize), Malformed> {
        let mut reader = Reader::new(payload);
        let label = Label { version: reader.varint()?, state: reader.text()?, kind: kind(&mut reader)? };
        Ok((label, payload.len() - reader.rest().len()))
    }
}

/// A state file that is being written.
pub(super) struct StateWriter {
    file: DiskFile,
    number: u64,
    /// With what is still in the buffer.
    length: u64,
    buffer: Vec<u8>,
}

impl StateWriter {
    pub fn create(disk: &Disk, dir: &Path, number: u64) -> Result<StateWriter> {
        let path = layout::file(dir, FileKind::State, number);
        let file = disk.create(&path).map_err(failing("cannot create the file", &path))?;
        let mut buffer = Vec::new();
        put_header(&mut buffer, FileKind::State);
        Ok(StateWriter { file, number, length: HEADER, buffer })
    }

    /// Appends a piece; `segments` gets a new one, or its last one grows.
    pub fn piece(&mut self, label: &Label, piece: Piece, segments: &mut Vec<Segment>) -> Result<()> {
        let before = self.buffer.len();
        let payload = begin_frame(&mut self.buffer);
        label.put(&mut self.buffer);
        let bytes = self.buffer.len();
        let written = panics::caught(|| (piece.write)(&mut self.buffer));
        let (state, path) = (&label.state, self.file.path());
        written.map_err(|panic| {
            let what = format!("writing the state `{state}` panicked at {}: {}", panic.place, panic.message);
            refused(path, what, "this is a mistake in how the state is stored; mend it, then start again")
        })?;
        if self.buffer.len() < bytes || !end_frame(&mut self.buffer, payload) {
            let what = format!("a piece of the state `{state}` is longer than 1 GiB");
            return Err(refused(
                path,
                what,
                "keep smaller values for a key; in a window, give records in smaller blocks",
            ));
        }
        let length = (self.buffer.len() - before) as u64;
        self.extend(
            Segment { file: self.number, offset: 0, length, version: label.version, kind: label.kind, pieces: 1 },
            segments,
        );
        self.flush(BUFFER)
    }

    /// Copies a segment of another file as it is, and checks it on the way.
    pub fn copy(&mut self, dir: &Path, state: &str, segment: &Segment) -> Result<Segment, Problem> {
        let mut reader = SegmentReader::open(dir, state, segment)?;
        let mut copied = Segment { file: self.number, offset: self.length, length: 0, ..*segment };
        while reader.frame()? {
            let before = self.buffer.len();
            let payload = begin_frame(&mut self.buffer);
            self.buffer.extend_from_slice(&reader.payload);
            end_frame(&mut self.buffer, payload);
            let length = (self.buffer.len() - before) as u64;
            copied.length += length;
            self.length += length;
            self.flush(BUFFER).map_err(Problem::Other)?;
        }
        Ok(copied)
    }

    fn extend(&mut self, mut new: Segment, segments: &mut Vec<Segment>) {
        new.offset = self.length;
        self.length += new.length;
        match segments.last_mut() {
            Some(last)
                if (last.file, last.version, last.kind) == (new.file, new.version, new.kind)
                    && last.offset + last.length == new.offset =>
            {
                last.length += new.length;
                last.pieces += 1;
            }
            _ => segments.push(new),
        }
    }

    fn flush(&mut self, threshold: usize) -> Result<()> {
        if self.buffer.len() >= threshold {
            self.file.append(&self.buffer).map_err(failing("cannot write the file", self.file.path()))?;
            self.buffer.clear();
        }
        Ok(())
    }

    /// Makes it durable, but for its name.
    pub fn finish(mut self) -> Result<StateFile> {
        self.flush(0)?;
        self.file.sync().map_err(failing("cannot sync the file", self.file.path()))?;
        Ok(StateFile { number: self.number, length: self.length })
    }
}

/// Reads the pieces of a segment.
pub(super) struct SegmentReader {
    frames: Frames<BufReader<File>>,
    path: PathBuf,
    label: Label,
    left: u64,
    /// The frame that was read last.
    payload: Vec<u8>,
}

impl SegmentReader {
    pub fn open(dir: &Path, state: &str, segment: &Segment) -> Result<SegmentReader, Problem> {
        let path = layout::file(dir, FileKind::State, segment.file);
        let (mut file, length) = layout::open(&path, FileKind::State)?;
        let end = segment.offset.saturating_add(segment.length);
        if end > length {
            return Err(Problem::at(&path, length, "the file is too short"));
        }
        file.seek(SeekFrom::Start(segment.offset)).map_err(|error| Problem::reading(&path, error))?;
        let frames = Frames::new(BufReader::with_capacity(1 << 16, file), segment.offset, end);
        let label = Label { version: segment.version, state: state.to_owned(), kind: segment.kind };
        Ok(SegmentReader { frames, path, label, left: segment.pieces, payload: Vec::new() })
    }

    /// Reads the next frame, whose payload is the label and the bytes. False at the end.
    fn frame(&mut self) -> Result<bool, Problem> {
        let at = self.frames.at();
        let damaged = |what| Problem::at(&self.path, at, what);
        match self.frames.next(&mut self.payload).map_err(|error| Problem::reading(&self.path, error))? {
            Framed::End if self.left == 0 => return Ok(false),
            Framed::End => return Err(damaged("pieces are missing")),
            Framed::Damaged(what) => return Err(damaged(what)),
            Framed::Whole => {}
        }
        self.left = self.left.checked_sub(1).ok_or_else(|| damaged("there are too many pieces"))?;
        match Label::decode(&self.payload) {
            Ok((label, _)) if label == self.label => Ok(true),
            _ => Err(damaged("this is another piece than the manifest says")),
        }
    }

    /// The next piece's bytes.
    pub fn piece(&mut self) -> Result<Option<Vec<u8>>, Problem> {
        if !self.frame()? {
            return Ok(None);
        }
        let mut bytes = std::mem::take(&mut self.payload);
        let label = Label::decode(&bytes).map_or(0, |(_, length)| length);
        bytes.drain(..label);
        Ok(Some(bytes))
    }

    /// Reads to the end.
    pub fn verify(mut self) -> Result<(), Problem> {
        while self.frame()? {}
        Ok(())
    }
}

/// Reads all frames of a state file, whether they are live or not. For the tools.
pub(super) fn verify_file(path: &Path) -> Result<(), Problem> {
    let (file, length) = layout::open(path, FileKind::State)?;
    check_pieces(BufReader::new(file), length).map_err(|(at, what)| Problem::at(path, at, what))
}

/// Reads the pieces behind a header. The error says at which byte.
pub(super) fn check_pieces(from: impl Read, length: u64) -> Result<(), (u64, &'static str)> {
    let mut frames = Frames::new(from, HEADER, length);
    let mut payload = Vec::new();
    loop {
        let at = frames.at();
        match frames.next(&mut payload).map_err(|_| (at, "the file cannot be read"))? {
            Framed::End => return Ok(()),
            Framed::Damaged(what) => return Err((at, what)),
            Framed::Whole => Label::decode(&payload).map_err(|Malformed| (at, "this is not a piece"))?,
        };
    }
}
