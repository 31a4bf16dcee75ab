//! A state as it lies in the files of a checkpoint.

use std::path::{Path, PathBuf};

use super::manifest::{ManifestState, Segment};
use super::pieces::SegmentReader;
use super::types::PieceKind;
use crate::error::Result;
use crate::time::Time;

/// A state that was saved.
#[derive(Clone, Debug)]
pub(crate) struct SavedState {
    pub name: String,
    pub shape: Vec<u8>,
    #[cfg_attr(not(test), allow(dead_code))] // for what later versions may have to say
    pub settings: Vec<u8>,
    pub entries: u64,
    #[allow(dead_code)] // shown by `Debug`
    pub cutoff: Option<Time>,
    /// What its pieces take on disk.
    pub bytes: u64,
    dir: PathBuf,
    segments: Vec<Segment>,
}

impl SavedState {
    pub(super) fn new(dir: &Path, state: &ManifestState) -> SavedState {
        SavedState {
            name: state.name.clone(),
            shape: state.shape.clone(),
            settings: state.settings.clone(),
            entries: state.entries,
            cutoff: state.cutoff,
            bytes: state.bytes_of(|_| true),
            dir: dir.to_owned(),
            segments: state.segments.clone(),
        }
    }

    /// The pieces to restore it from, in order: the last `Full` and the `Delta`s after it in the order of their captures, and
    /// the last version of each pane, in the order in which they were captured. One piece is in memory at a time. After the
    /// next checkpoint but one the files may be gone.
    pub fn pieces(&self) -> Result<impl Iterator<Item = Result<(PieceKind, Vec<u8>)>> + use<>> {
        let pieces = Pieces {
            dir: self.dir.clone(),
            name: self.name.clone(),
            segments: self.segments.clone().into_iter(),
            reading: None,
            failed: false,
        };
        Ok(pieces)
    }
}

struct Pieces {
    dir: PathBuf,
    name: String,
    segments: std::vec::IntoIter<Segment>,
    reading: Option<(PieceKind, SegmentReader)>,
    failed: bool,
}

impl Pieces {
    fn read(&mut self) -> Result<Option<(PieceKind, Vec<u8>)>> {
        loop {
            if let Some((kind, reader)) = &mut self.reading
                && let Some(bytes) = reader.piece()?
            {
                return Ok(Some((*kind, bytes)));
            }
            let Some(segment) = self.segments.next() else { return Ok(None) };
            self.reading = Some((segment.kind, SegmentReader::open(&self.dir, &self.name, &segment)?));
        }
    }
}

impl Iterator for Pieces {
    type Item = Result<(PieceKind, Vec<u8>)>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let read = self.read();
        self.failed = read.is_err();
        read.transpose()
    }
}
