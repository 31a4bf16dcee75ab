//! The thread that writes checkpoints while batches run.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::manifest::Manifest;
use super::problem::{failed, refused};
use super::types::{Capture, CheckpointFigures, PieceKind};
use super::writer::{Done, Job, Writer};
use crate::error::{Error, Result};

/// The thread, and what is known of the states that it has written. Dropping it waits for the thread.
pub(super) struct Background {
    jobs: Option<Sender<Job>>,
    results: Receiver<Result<Done>>,
    thread: Option<JoinHandle<()>>,
    /// States that the checkpoint under way has pieces of.
    under_way: Option<Vec<String>>,
    /// For each state that is saved, whether its deltas outweigh it.
    worn: HashMap<String, bool>,
    /// States of which a capture was lost: deltas to it mean nothing.
    lost: HashSet<String>,
    /// States that a lost capture was to drop.
    dropped: Vec<String>,
    pub failure: Option<Error>,
    pub last: Option<CheckpointFigures>,
}

impl Background {
    pub fn start(dir: &Path, mut writer: Writer) -> Result<Background> {
        let (jobs, received) = bounded::<Job>(1);
        let (sent, results) = bounded(1);
        let worn = worn(writer.base());
        let work = move || {
            for job in received {
                let result = writer.write(job);
                if sent.send(result).is_err() {
                    return;
                }
            }
        };
        let thread = thread::Builder::new().name("checkpoints".into()).spawn(work);
        let thread = Some(thread.map_err(|error| failed("cannot start a thread", dir, error))?);
        Ok(Background {
            jobs: Some(jobs),
            results,
            thread,
            under_way: None,
            worn,
            lost: HashSet::new(),
            dropped: Vec::new(),
            failure: None,
            last: None,
        })
    }

    pub fn is_busy(&mut self) -> bool {
        if let Ok(result) = self.results.try_recv()
            && let Err(error) = self.finish(result)
        {
            self.failure = Some(error);
        }
        self.under_way.is_some()
    }

    /// Waits for the checkpoint under way; its failure is kept.
    pub fn settle(&mut self) {
        if let Err(error) = self.wait() {
            self.failure = Some(error);
        }
    }

    /// Waits for the checkpoint under way.
    pub fn wait(&mut self) -> Result<()> {
        if self.under_way.is_none() {
            return Ok(());
        }
        match self.results.recv() {
            Ok(result) => self.finish(result),
            Err(_) => Err(stopped()),
        }
    }

    fn finish(&mut self, result: Result<Done>) -> Result<()> {
        let pieces = self.under_way.take().unwrap_or_default();
        let done = result.inspect_err(|_| self.lost.extend(pieces))?;
        self.last = Some(done.figures);
        self.worn = done.worn.into_iter().collect();
        self.lost.extend(done.damaged);
        self.failure = done.trouble.or(self.failure.take());
        Ok(())
    }

    pub fn needs_full(&self, state: &str) -> bool {
        self.lost.contains(state) || self.worn.get(state).copied().unwrap_or(true)
    }

    /// Whether the capture can be saved: what it has of a state of which an earlier capture was lost must be whole.
    pub fn check(&mut self, dir: &Path, capture: &Capture) -> Result<()> {
        let is_whole = |pieces: &[super::types::Piece]| pieces.iter().any(|piece| piece.kind == PieceKind::Full);
        // Without any pieces, too: what they say is that nothing has changed since the capture that was lost.
        let broken = capture.states.iter().find(|state| self.lost.contains(&state.name) && !is_whole(&state.pieces));
        let Some(broken) = broken else { return Ok(()) };
        let what =
            format!("an earlier checkpoint failed, and this one holds only what has changed of `{}`", broken.name);
        let error = refused(dir, what, "none needed: the next checkpoint is whole");
        self.lose(capture);
        Err(error)
    }

    /// What was captured will not be saved.
    pub fn lose(&mut self, capture: &Capture) {
        self.lost.extend(with_pieces(capture));
        self.dropped.extend(capture.dropped.iter().cloned());
    }

    /// Hands a checkpoint to the thread, which has none under way.
    pub fn write(&mut self, mut job: Job) -> Result<()> {
        job.capture.dropped.append(&mut self.dropped);
        let states = with_pieces(&job.capture);
        // All of these have a `Full` piece; should this checkpoint fail too, they are lost again.
        self.lost.retain(|lost| !states.contains(lost));
        self.under_way = Some(states);
        self.jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or_else(stopped)
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn with_pieces(capture: &Capture) -> Vec<String> {
    let with_pieces = capture.states.iter().filter(|state| !state.pieces.is_empty());
    with_pieces.map(|state| state.name.clone()).collect()
}

fn worn(manifest: &Manifest) -> HashMap<String, bool> {
    manifest.states.iter().map(|state| (state.name.clone(), state.is_worn())).collect()
}

/// The writer catches panics of the closures that it calls, so this is a mistake of this crate.
fn stopped() -> Error {
    refused(Path::new(""), "the thread that writes checkpoints has ended", "start again, and report this")
}
