//! Checkpoints on disk: a journal of batches, files of states, and manifests that say what belongs together.
//!
//! This layer knows nothing of engines, states or types: positions, shapes and pieces are bytes to it. The format is described
//! in `FORMAT.md` beside this file.

#[cfg(test)]
pub(crate) mod crash;
mod disk;
mod saved;
mod store;
mod types;

pub(crate) use interface::*;

/// What the engine uses.
#[allow(unused_imports)]
mod interface {
    pub(crate) use super::disk::Disk;
    pub(crate) use super::saved::SavedState;
    pub(crate) use super::store::{Opened, Store};
    pub use super::types::SyncPolicy;
    pub(crate) use super::types::{
        Begin, Capture, CheckpointFigures, Commit, Input, Journaled, Piece, PieceKind, Recovered, StateCapture,
    };
}
