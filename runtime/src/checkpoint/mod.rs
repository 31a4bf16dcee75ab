//! Checkpoints on disk: a journal of batches, files of states, and manifests that say what belongs together.
//!
//! This layer knows nothing of engines, states or types: positions, shapes and pieces are bytes to it. The format is described
//! in `FORMAT.md` beside this file.

mod background;
mod clean;
mod codec;
#[cfg(any(test, feature = "testing"))]
#[cfg_attr(not(test), allow(dead_code))] // the test kit needs less of it than the tests here
pub(crate) mod crash;
mod disk;
mod frame;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod journal;
mod layout;
mod live;
mod lock;
mod manifest;
mod merge;
mod pieces;
#[cfg(any(test, feature = "testing"))]
#[cfg_attr(not(test), allow(dead_code))]
mod power;
mod problem;
mod publish;
mod recover;
mod saved;
mod scan;
mod store;
#[cfg(test)]
mod tests;
mod tools;
mod types;
mod writer;

pub(crate) use interface::*;
pub use types::SyncPolicy;

/// What the engine uses.
#[allow(unused_imports)]
mod interface {
    pub(crate) use super::disk::{Disk, DiskFile, parent};
    pub(crate) use super::frame::{FRAME_HEAD, Framed, Frames, begin_frame, end_frame};
    pub(crate) use super::problem::{failed, failing, refused};
    pub(crate) use super::publish::publish as publish_renames;
    pub(crate) use super::saved::SavedState;
    pub(crate) use super::store::{Opened, Store};
    pub(crate) use super::tools::{FileReport, Summary, compact, inspect, verify};
    pub(crate) use super::types::{
        Begin, Capture, CheckpointFigures, Commit, Input, Journaled, Piece, PieceKind, Recovered, StateCapture,
    };
}
