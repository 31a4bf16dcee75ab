//! A directory of checkpoints, open for writing.

use std::path::{Path, PathBuf};

use super::background::Background;
use super::clean::clean;
use super::disk::Disk;
use super::frame::FileKind;
use super::journal::Journal;
use super::layout::{self, Listing};
use super::lock::Lock;
use super::manifest::Manifest;
use super::merge::Limits;
use super::problem::failing;
use super::publish::publish;
use super::recover::{Found, recover};
use super::types::{Begin, Capture, CheckpointFigures, Commit, Recovered, SyncPolicy};
use super::writer::{Job, Writer};
use crate::error::{Error, Result};

/// A directory of checkpoints. It is locked for other processes as long as this lives.
pub(crate) struct Store {
    dir: PathBuf,
    disk: Disk,
    pipeline: String,
    journal: Journal,
    /// Renames of committed batches that have not been done. The next manifest takes them over.
    unpublished: Vec<(PathBuf, PathBuf)>,
    background: Background,
    // The last field: the lock outlives the thread.
    _lock: Lock,
}

/// What [`Store::open`] gives.
pub(crate) struct Opened {
    pub store: Store,
    /// None in a new directory, and as long as no batch has begun.
    pub recovered: Option<Recovered>,
}

impl Store {
    /// Creates the directory if needed, takes the lock, finishes the renames of committed batches, finds the newest checkpoint
    /// that is whole.
    pub fn open(dir: &Path, pipeline: &str, disk: Disk) -> Result<Opened> {
        Store::open_with(dir, pipeline, disk, Limits::default())
    }

    pub(super) fn open_with(dir: &Path, pipeline: &str, disk: Disk, limits: Limits) -> Result<Opened> {
        // The program may change its working directory.
        let dir = &std::path::absolute(dir).map_err(failing("cannot find the directory", dir))?;
        disk.create_dir_all(dir).map_err(failing("cannot create the directory", dir))?;
        let lock = Lock::take(dir)?;
        let (journal, base, next_file, recovered) = match recover(dir, Some(pipeline))? {
            Some(found) => {
                let journal = go_on(dir, &disk, &found)?;
                let used = found.listing.states.last().map_or(0, |last| last + 1);
                let recovered = found.recovered(dir);
                let next_file = found.manifest.next_file.max(used);
                (journal, found.manifest, next_file, recovered)
            }
            None => {
                let (journal, manifest) = create(dir, &disk, pipeline)?;
                (journal, manifest, 0, None)
            }
        };
        let writer = Writer::new(disk.clone(), dir, base, next_file, limits);
        let background = Background::start(dir, writer)?;
        let (dir, pipeline) = (dir.clone(), pipeline.to_owned());
        let store = Store { dir, disk, pipeline, journal, unpublished: Vec::new(), background, _lock: lock };
        Ok(Opened { store, recovered })
    }

    /// How often the journal is synced from now on.
    pub fn sync_policy(&mut self, policy: SyncPolicy) {
        self.journal.sync_policy(policy);
    }

    /// Notes that the batch is decided. Beginning the same batch again, to run it again, is fine.
    pub fn begin(&mut self, batch: &Begin) -> Result<()> {
        self.journal.begin(batch)
    }

    /// Notes that the batch is done: the commit point. The caller calls `publish` next. After an error the batch is not
    /// committed, or the journal cannot be used any more: then the next start knows.
    pub fn commit(&mut self, commit: &Commit) -> Result<()> {
        let commit = absolute(commit)?;
        self.journal.commit(&commit)?;
        self.unpublished.extend(commit.publish);
        Ok(())
    }

    /// Renames what committed batches have staged, so that it outlasts a loss of power. What is not there (any more) is left
    /// out. After an error it can be called again; else the next start does it.
    pub fn publish(&mut self) -> Result<()> {
        publish(&self.disk, &self.unpublished)?;
        self.unpublished.clear();
        Ok(())
    }

    /// Rolls the journal and hands the capture to the background thread; an earlier one is waited for. With `wait` it returns
    /// when the checkpoint is durable. After an error the store goes on; `needs_full` knows what is missing.
    pub fn checkpoint(&mut self, capture: Capture, wait: bool) -> Result<()> {
        let publish = self.unpublished.clone();
        self.hand_over(capture, publish)?;
        if wait { self.background.wait() } else { Ok(()) }
    }

    /// Commits the batch by a checkpoint, for sources that cannot be read again: both are durable, or none. `publish` follows.
    pub fn commit_by_checkpoint(&mut self, commit: &Commit, capture: Capture) -> Result<()> {
        let commit = absolute(commit)?;
        let publish = self.unpublished.iter().chain(&commit.publish).cloned().collect();
        self.hand_over(capture, publish)?;
        self.background.wait()?;
        // Only of use if that checkpoint is damaged one day.
        if let Err(error) = self.journal.commit(&commit) {
            self.background.failure = Some(error);
        }
        self.unpublished.extend(commit.publish);
        Ok(())
    }

    fn hand_over(&mut self, capture: Capture, publish: Vec<(PathBuf, PathBuf)>) -> Result<()> {
        self.background.settle();
        self.background.check(&self.dir, &capture)?;
        if let Err(error) = self.roll() {
            self.background.lose(&capture);
            return Err(error);
        }
        let number = self.journal.number;
        self.background.write(Job { number, journal: number, publish, capture })
    }

    /// Begins the next journal. After an error the old one goes on.
    fn roll(&mut self) -> Result<()> {
        // Nothing in a journal may be durable before what is in the one before it.
        self.journal.sync()?;
        let (number, policy) = (self.journal.number + 1, self.journal.policy());
        let path = layout::file(&self.dir, FileKind::Journal, number);
        let next = Journal::create(&self.disk, &self.dir, number, &self.pipeline, policy);
        let rolled = next.and_then(|next| self.journal.rolled().map(|()| next));
        match rolled {
            Ok(next) => self.journal = next,
            Err(error) => {
                // It is empty, and the old journal goes on. If this fails, the next roll writes over it. If the old journal is
                // broken, its last frame may lead to the new one.
                if self.journal.check().is_ok() {
                    let _ = self.disk.remove(&path);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    /// Whether the background thread still writes a checkpoint.
    pub fn is_busy(&mut self) -> bool {
        self.background.is_busy()
    }

    /// A failure of the background thread since the last call, such as a full disk. The store goes on.
    pub fn failure(&mut self) -> Option<Error> {
        self.background.is_busy();
        self.background.failure.take()
    }

    /// Whether the next capture of this state must be whole: at least one `Full` piece, which may be empty, and all panes of a
    /// window.
    pub fn needs_full(&self, state: &str) -> bool {
        self.background.needs_full(state)
    }

    /// Waits for the checkpoint under way; `last` and `failure` know how it ended.
    pub fn settle(&mut self) {
        self.background.settle();
    }

    /// The last checkpoint of this process that is whole on disk.
    pub fn last(&mut self) -> Option<CheckpointFigures> {
        self.background.is_busy();
        self.background.last
    }

    /// Waits for the background thread.
    #[cfg(test)]
    pub fn close(mut self) -> Result<()> {
        let synced = self.journal.sync();
        self.background.settle();
        self.background.failure.take().map_or(synced, Err)
    }
}

/// A new directory: a journal, and a manifest of nothing.
fn create(dir: &Path, disk: &Disk, pipeline: &str) -> Result<(Journal, Manifest)> {
    for leftover in Listing::read(dir)?.leftovers {
        disk.remove(&leftover).map_err(failing("cannot remove the file", &leftover))?;
    }
    if let Some(parent) = dir.parent() {
        // Perhaps a crash came between making the directory and this.
        disk.sync_dir(parent).map_err(failing("cannot sync the directory", parent))?;
    }
    let journal = Journal::create(disk, dir, 0, pipeline, SyncPolicy::default())?;
    let manifest = Manifest { pipeline: pipeline.to_owned(), ..Manifest::default() };
    manifest.write(disk, dir)?;
    disk.sync_dir(dir).map_err(failing("cannot sync the directory", dir))?;
    Ok((journal, manifest))
}

/// Mends what a crash has left half done, and opens the last journal.
fn go_on(dir: &Path, disk: &Disk, found: &Found) -> Result<Journal> {
    for (path, length) in &found.chain.torn {
        let cut = disk.open(path).and_then(|mut file| file.truncate(*length).and_then(|()| file.sync()));
        cut.map_err(failing("cannot mend the file", path))?;
    }
    for (number, path, length) in &found.chain.unended {
        Journal::open(disk, path.clone(), *number, *length, SyncPolicy::EachBatch)?.rolled()?;
    }
    publish(disk, &found.manifest.publish)?;
    publish(disk, &found.chain.publish)?;
    // Files that only a damaged checkpoint needs may still help somebody.
    if found.warnings.is_empty() {
        let older = found.listing.manifests.iter().rev().find(|number| **number < found.manifest.number);
        let older = older.and_then(|number| Manifest::read(dir, *number).ok());
        let kept: Vec<&Manifest> = [&found.manifest].into_iter().chain(&older).collect();
        clean(disk, dir, &kept)?;
    }
    // Or between making the last journal and syncing its name.
    disk.sync_dir(dir).map_err(failing("cannot sync the directory", dir))?;
    let path = layout::file(dir, FileKind::Journal, found.chain.last);
    let mut journal = Journal::open(disk, path, found.chain.last, found.chain.length, SyncPolicy::default())?;
    // The process before may have been killed between writing and syncing.
    journal.sync()?;
    Ok(journal)
}

/// The next start may be in another working directory.
fn absolute(commit: &Commit) -> Result<Commit> {
    let absolute = |path: &PathBuf| std::path::absolute(path).map_err(failing("cannot find", path));
    let publish = commit.publish.iter().map(|(from, to)| Ok((absolute(from)?, absolute(to)?)));
    Ok(Commit { publish: publish.collect::<Result<_>>()?, ..*commit })
}
