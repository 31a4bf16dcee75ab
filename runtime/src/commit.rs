//! What outputs leave to be done when their batch is committed.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::checkpoint::Disk;
use crate::error::{BoxError, Error, Result};
use crate::staged::Staged;

/// What is to happen when the batch is committed, and must not be seen before.
#[derive(Default)]
pub struct Commit {
    /// The output operation that is being written: its number and its label.
    pub(crate) output: usize,
    pub(crate) label: Arc<str>,
    pub(crate) actions: VecDeque<Pending>,
    pub(crate) is_replay: bool,
    pub(crate) disk: Disk,
}

/// What an output operation has left to do.
pub(crate) struct Pending {
    pub output: usize,
    pub label: Arc<str>,
    pub action: Action,
}

pub(crate) enum Action {
    Call(Box<dyn FnOnce() -> Result<(), BoxError> + Send>),
    Publish(Staged),
}

impl Action {
    pub fn run(self) -> Result<(), BoxError> {
        match self {
            Action::Call(action) => action(),
            Action::Publish(staged) => Ok(staged.publish()?),
        }
    }
}

/// Why a batch is not committed, or not as it should be.
pub(crate) enum Trouble {
    /// It can be tried again.
    Failed(Error),
    /// It is committed on disk and not here, or not to be seen yet: the next start mends that.
    Fatal(Error),
    /// The same, and whoever is to know of it does.
    Ended(Error),
}

impl Commit {
    /// Runs `action` when all outputs of the batch are written. After an error the batch fails, and another attempt writes
    /// this output again.
    pub fn then(&mut self, action: impl FnOnce() -> Result<(), BoxError> + Send + 'static) {
        self.push(Action::Call(Box::new(action)));
    }

    /// Has `staged` take its place when the batch is committed, also if the process is killed in between.
    pub fn publish(&mut self, staged: Staged) {
        self.push(Action::Publish(staged));
    }

    /// Whether an output of this batch has staged something for this place.
    pub(crate) fn has_staged_for(&self, target: &Path) -> bool {
        let is_for = |action: &Action| matches!(action, Action::Publish(staged) if staged.target() == target);
        self.actions.iter().any(|pending| is_for(&pending.action))
    }

    /// The output operation that is being written.
    pub fn label(&self) -> Arc<str> {
        Arc::clone(&self.label)
    }

    /// Whether the batch has run before, in an earlier run of the program.
    pub fn is_replay(&self) -> bool {
        self.is_replay
    }

    /// Through this an output writes files.
    pub(crate) fn disk(&self) -> Disk {
        self.disk.clone()
    }

    fn push(&mut self, action: Action) {
        self.actions.push_back(Pending { output: self.output, label: Arc::clone(&self.label), action });
    }

    /// What is to be renamed: from, to.
    pub(crate) fn staged(&mut self) -> Vec<(PathBuf, PathBuf)> {
        let staged = self.actions.iter_mut().filter_map(|pending| match &mut pending.action {
            Action::Publish(staged) => Some(staged.promise()),
            Action::Call(_) => None,
        });
        staged.collect()
    }

    /// All that was staged is in its place.
    pub(crate) fn published(&mut self) {
        self.actions.retain(|pending| matches!(pending.action, Action::Call(_)));
    }
}
