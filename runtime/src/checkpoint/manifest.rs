//! The manifest: what belongs to a checkpoint.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::codec::{Malformed, Reader, put_bytes, put_path, put_span, put_text, put_time, put_varint};
use super::disk::Disk;
use super::frame::{FileKind, Framed, Frames, HEADER, begin_frame, end_frame, put_header};
use super::layout;
use super::problem::{Problem, refused};
use super::types::PieceKind;
use crate::error::Result;
use crate::time::Time;

/// A checkpoint, without the contents of its states.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Manifest {
    pub pipeline: String,
    /// 0 is the manifest of a new directory, which holds nothing.
    pub number: u64,
    /// The journal whose batches follow. Journals are numbered without gaps.
    pub journal: u64,
    pub time: Time,
    pub every: Duration,
    /// No state file has had this number or a later one.
    pub next_file: u64,
    pub positions: Vec<(String, Vec<u8>)>,
    /// Renames of committed batches that may not have been done.
    pub publish: Vec<(PathBuf, PathBuf)>,
    pub states: Vec<ManifestState>,
    /// Those that hold a live segment, by number.
    pub files: Vec<StateFile>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ManifestState {
    pub name: String,
    pub shape: Vec<u8>,
    pub settings: Vec<u8>,
    pub entries: u64,
    pub cutoff: Option<Time>,
    /// In the order in which they restore the state.
    pub segments: Vec<Segment>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StateFile {
    pub number: u64,
    pub length: u64,
}

/// Pieces of one version and kind that lie in a row in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    pub file: u64,
    /// The number of the checkpoint that captured them.
    pub version: u64,
    pub kind: PieceKind,
    pub offset: u64,
    pub length: u64,
    pub pieces: u64,
}

impl Manifest {
    pub fn length_of(&self, file: u64) -> Option<u64> {
        self.files.iter().find(|found| found.number == file).map(|found| found.length)
    }

    pub fn segments(&self) -> impl Iterator<Item = (&ManifestState, &Segment)> {
        self.states.iter().flat_map(|state| state.segments.iter().map(move |segment| (state, segment)))
    }

    /// Writes the manifest. It counts once the directory is synced.
    pub fn write(&self, disk: &Disk, dir: &Path) -> Result<u64> {
        let path = layout::file(dir, FileKind::Manifest, self.number);
        let mut bytes = Vec::new();
        put_header(&mut bytes, FileKind::Manifest);
        let payload = begin_frame(&mut bytes);
        self.put(&mut bytes);
        if !end_frame(&mut bytes, payload) {
            return Err(refused(&path, "the manifest is longer than 1 GiB", "let sources keep shorter positions"));
        }
        layout::write_aside(disk, &path, &bytes)?;
        Ok(bytes.len() as u64)
    }

    pub fn read(dir: &Path, number: u64) -> Result<Manifest, Problem> {
        let path = layout::file(dir, FileKind::Manifest, number);
        let (file, length) = layout::open(&path, FileKind::Manifest)?;
        let mut frames = Frames::new(file, HEADER, length);
        let mut payload = Vec::new();
        let framed = frames.next(&mut payload).map_err(|error| Problem::reading(&path, error))?;
        match framed {
            Framed::Whole if frames.at() == length => {}
            Framed::Whole => return Err(Problem::at(&path, frames.at(), "there is more than a manifest")),
            Framed::End => return Err(Problem::at(&path, HEADER, "the file ends before its frame")),
            Framed::Damaged(what) => return Err(Problem::at(&path, frames.at(), what)),
        }
        match Manifest::decode(&payload) {
            Ok(manifest) if manifest.number == number => Ok(manifest),
            Ok(_) => Err(Problem::at(&path, HEADER, "this is a copy of another manifest")),
            Err(Malformed) => Err(Problem::at(&path, HEADER, "this is not a manifest")),
        }
    }

    pub fn put(&self, out: &mut Vec<u8>) {
        put_text(out, &self.pipeline);
        put_varint(out, self.number);
        put_varint(out, self.journal);
        put_time(out, self.time);
        put_span(out, self.every);
        put_varint(out, self.next_file);
        put_list(out, &self.positions, |out, (stream, bytes)| {
            put_text(out, stream);
            put_bytes(out, bytes);
        });
        put_renames(out, &self.publish);
        put_list(out, &self.files, |out, file| {
            put_varint(out, file.number);
            put_varint(out, file.length);
        });
        put_list(out, &self.states, put_state);
    }

    pub fn decode(payload: &[u8]) -> Result<Manifest, Malformed> {
        let reader = &mut Reader::new(payload);
        let manifest = Manifest {
            pipeline: reader.text()?,
            number: reader.varint()?,
            journal: reader.varint()?,
            time: reader.time()?,
            every: reader.span()?,
            next_file: reader.varint()?,
            positions: reader.list(|reader| Ok((reader.text()?, reader.bytes()?.to_vec())))?,
            publish: renames(reader)?,
            files: reader.list(|reader| Ok(StateFile { number: reader.varint()?, length: reader.varint()? }))?,
            states: reader.list(state)?,
        };
        reader.end()?;
        manifest.check()?;
        Ok(manifest)
    }

    /// What later code relies on.
    fn check(&self) -> Result<(), Malformed> {
        let ordered = self.files.is_sorted_by(|a, b| a.number < b.number);
        let numbered = self.files.iter().all(|file| file.number < self.next_file);
        let inside = self.segments().all(|(_, segment)| {
            let end = segment.offset.checked_add(segment.length);
            let listed = self.files.binary_search_by_key(&segment.file, |file| file.number);
            segment.offset >= HEADER
                && segment.version <= self.number
                && end.zip(listed.ok()).is_some_and(|(end, at)| end <= self.files[at].length)
        });
        if ordered && numbered && inside && self.journal <= self.number { Ok(()) } else { Err(Malformed) }
    }
}

pub(super) fn put_list<T>(out: &mut Vec<u8>, list: &[T], mut put: impl FnMut(&mut Vec<u8>, &T)) {
    put_varint(out, list.len() as u64);
    list.iter().for_each(|item| put(out, item));
}

pub(super) fn put_renames(out: &mut Vec<u8>, renames: &[(PathBuf, PathBuf)]) {
    put_list(out, renames, |out, (from, to)| {
        put_path(out, from);
        put_path(out, to);
    });
}

pub(super) fn renames(reader: &mut Reader<'_>) -> Result<Vec<(PathBuf, PathBuf)>, Malformed> {
    reader.list(|reader| Ok((reader.path()?, reader.path()?)))
}

fn put_state(out: &mut Vec<u8>, state: &ManifestState) {
    put_text(out, &state.name);
    put_bytes(out, &state.shape);
    put_bytes(out, &state.settings);
    put_varint(out, state.entries);
    out.push(u8::from(state.cutoff.is_some()));
    state.cutoff.iter().for_each(|cutoff| put_time(out, *cutoff));
    put_list(out, &state.segments, |out, segment| {
        put_varint(out, segment.file);
        put_varint(out, segment.version);
        put_kind(out, segment.kind);
        put_varint(out, segment.offset);
        put_varint(out, segment.length);
        put_varint(out, segment.pieces);
    });
}

fn state(reader: &mut Reader<'_>) -> Result<ManifestState, Malformed> {
    Ok(ManifestState {
        name: reader.text()?,
        shape: reader.bytes()?.to_vec(),
        settings: reader.bytes()?.to_vec(),
        entries: reader.varint()?,
        cutoff: if reader.flag()? { Some(reader.time()?) } else { None },
        segments: reader.list(|reader| {
            Ok(Segment {
                file: reader.varint()?,
                version: reader.varint()?,
                kind: kind(reader)?,
                offset: reader.varint()?,
                length: reader.varint()?,
                pieces: reader.varint()?,
            })
        })?,
    })
}

pub(super) fn put_kind(out: &mut Vec<u8>, kind: PieceKind) {
    match kind {
        PieceKind::Full => out.push(0),
        PieceKind::Delta => out.push(1),
        PieceKind::Pane(end) => {
            out.push(2);
            put_time(out, end);
        }
    }
}

pub(super) fn kind(reader: &mut Reader<'_>) -> Result<PieceKind, Malformed> {
    match reader.u8()? {
        0 => Ok(PieceKind::Full),
        1 => Ok(PieceKind::Delta),
        2 => Ok(PieceKind::Pane(reader.time()?)),
        _ => Err(Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_is_read_back() {
        let segment = |file, version, kind, offset| Segment { file, version, kind, offset, length: 10, pieces: 2 };
        let pane = PieceKind::Pane(Time::from_millis(5));
        let manifest = Manifest {
            pipeline: "p".into(),
            number: 9,
            journal: 8,
            time: Time::from_millis(1000),
            every: Duration::from_secs(1),
            next_file: 7,
            positions: vec![("a".into(), vec![1, 2])],
            publish: vec![("from".into(), "to".into())],
            files: vec![StateFile { number: 3, length: 100 }, StateFile { number: 6, length: 300 }],
            states: vec![
                ManifestState {
                    name: "s".into(),
                    shape: vec![1],
                    settings: vec![],
                    entries: 300,
                    cutoff: Some(Time::from_millis(3)),
                    segments: vec![segment(3, 2, PieceKind::Full, HEADER), segment(6, 9, pane, 290)],
                },
                ManifestState::default(),
            ],
        };
        let mut payload = Vec::new();
        manifest.put(&mut payload);
        assert_eq!(Manifest::decode(&payload).as_ref(), Ok(&manifest));
        assert!((0..payload.len()).all(|cut| Manifest::decode(&payload[..cut]).is_err()));

        let refused = |change: &dyn Fn(&mut Manifest)| {
            let mut wrong = manifest.clone();
            change(&mut wrong);
            let mut payload = Vec::new();
            wrong.put(&mut payload);
            assert_eq!(Manifest::decode(&payload), Err(Malformed));
        };
        refused(&|wrong| wrong.states[0].segments[0].file = 4);
        refused(&|wrong| wrong.states[0].segments[1].offset = 291);
        refused(&|wrong| wrong.states[0].segments[1].offset = u64::MAX);
        refused(&|wrong| wrong.files.swap(0, 1));
        refused(&|wrong| wrong.next_file = 6);
        refused(&|wrong| wrong.journal = 10);
    }
}
