//! Files that nobody sees before their batch is committed.

use std::path::{Path, PathBuf};

use crate::checkpoint::{Disk, publish_renames};
use crate::error::Result;

/// A file or directory under a hidden name, which gets its own when the batch is committed.
///
/// If it is dropped before, it goes.
pub struct Staged {
    hidden: PathBuf,
    target: PathBuf,
}

impl Staged {
    /// What `hidden` holds is to become `target`. What is there then, from an earlier run of the batch, is replaced.
    pub fn new(hidden: PathBuf, target: PathBuf) -> Self {
        Staged { hidden, target }
    }

    /// Where it is now.
    pub fn path(&self) -> &Path {
        &self.hidden
    }

    /// Where it is, and where it is to be.
    pub fn renames(&self) -> (PathBuf, PathBuf) {
        (self.hidden.clone(), self.target.clone())
    }

    /// Takes its place.
    pub fn publish(self) -> Result<()> {
        publish_renames(&Disk::real(), &[self.renames()])
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Nothing is lost if this fails: the next run removes it. After `publish` it is not here any more.
        let _ = std::fs::remove_dir_all(&self.hidden);
    }
}
