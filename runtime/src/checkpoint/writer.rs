//! Writing a checkpoint: a state file, then the manifest that makes it count.

use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use super::clean::clean;
use super::disk::Disk;
use super::frame::FileKind;
use super::layout;
use super::manifest::{Manifest, ManifestState};
use super::merge::{Limits, choose, merge};
use super::pieces::{Label, StateWriter};
use super::problem::{Problem, failing};
use super::types::{Capture, CheckpointFigures, StateCapture};
use crate::error::{Error, Result};

/// A checkpoint to be written.
pub(super) struct Job {
    pub number: u64,
    pub journal: u64,
    pub publish: Vec<(PathBuf, PathBuf)>,
    pub capture: Capture,
}

/// A checkpoint that is durable.
pub(super) struct Done {
    pub figures: CheckpointFigures,
    /// What went wrong beside it: files could not be merged or removed.
    pub trouble: Option<Error>,
    /// States of which a piece is damaged: they must be captured as a whole.
    pub damaged: Vec<String>,
    pub worn: Vec<(String, bool)>,
}

/// Writes one checkpoint after the other.
pub(super) struct Writer {
    disk: Disk,
    dir: PathBuf,
    limits: Limits,
    /// The last durable checkpoint.
    base: Manifest,
    /// The one before it, which is kept too.
    previous: Option<Manifest>,
    /// States to leave out of the next checkpoint.
    dropped: Vec<String>,
    next_file: u64,
}

impl Writer {
    pub fn new(disk: Disk, dir: &Path, base: Manifest, next_file: u64, limits: Limits) -> Writer {
        Writer { disk, dir: dir.to_owned(), limits, base, previous: None, dropped: Vec::new(), next_file }
    }

    pub fn base(&self) -> &Manifest {
        &self.base
    }

    /// Writes a checkpoint. If that fails, the one before stays the last, and what was written goes.
    pub fn write(&mut self, job: Job) -> Result<Done> {
        let started = Instant::now();
        let (number, first) = (job.number, self.next_file);
        let written = self.durable(job);
        let (bytes, mut trouble, damaged) = written.inspect_err(|_| self.take_back(number, first))?;
        self.dropped.clear();
        let kept: Vec<&Manifest> = [&self.base].into_iter().chain(&self.previous).collect();
        trouble = trouble.or(clean(&self.disk, &self.dir, &kept).err());
        let figures = CheckpointFigures {
            number,
            time: self.base.time,
            at: SystemTime::now(),
            took: started.elapsed(),
            bytes,
            disk: self.base.files.iter().map(|file| file.length).sum(),
        };
        let worn = self.base.states.iter().map(|state| (state.name.clone(), state.is_worn())).collect();
        Ok(Done { figures, trouble, damaged, worn })
    }

    fn durable(&mut self, job: Job) -> Result<(u64, Option<Error>, Vec<String>)> {
        let Job { number, journal, publish, capture } = job;
        self.dropped.extend(capture.dropped);
        let mut next = self.base.clone();
        (next.number, next.journal, next.publish) = (number, journal, publish);
        (next.time, next.every, next.positions) = (capture.time, capture.every, capture.positions);
        next.states.retain(|state| !self.dropped.contains(&state.name));
        let mut bytes = self.write_states(&mut next, capture.states)?;
        next.drop_dead_files();
        let (merged, trouble, damaged) = self.merge(&mut next);
        bytes += merged;
        next.next_file = self.next_file;
        // The names of the files must be durable before that of the manifest.
        self.sync_dir()?;
        bytes += next.write(&self.disk, &self.dir)?;
        self.sync_dir()?;
        self.previous = Some(std::mem::replace(&mut self.base, next));
        Ok((bytes, trouble, damaged))
    }

    fn sync_dir(&self) -> Result<()> {
        self.disk.sync_dir(&self.dir).map_err(failing("cannot sync the directory", &self.dir))
    }

    fn file_number(&mut self) -> u64 {
        self.next_file += 1;
        self.next_file - 1
    }

    /// Writes the pieces, and notes them and what else the captures say in the manifest.
    fn write_states(&mut self, next: &mut Manifest, captures: Vec<StateCapture>) -> Result<u64> {
        let mut file = None;
        for capture in captures {
            let at = next.states.iter().position(|state| state.name == capture.name).unwrap_or_else(|| {
                next.states.push(ManifestState { name: capture.name.clone(), ..ManifestState::default() });
                next.states.len() - 1
            });
            let state = &mut next.states[at];
            (state.shape, state.settings) = (capture.shape, capture.settings);
            (state.entries, state.cutoff) = (capture.entries, capture.cutoff);
            for piece in capture.pieces {
                let file = match &mut file {
                    Some(file) => file,
                    None => {
                        let number = self.file_number();
                        file.insert(StateWriter::create(&self.disk, &self.dir, number)?)
                    }
                };
                let label = Label { version: next.number, state: state.name.clone(), kind: piece.kind };
                file.piece(&label, piece, &mut state.segments)?;
            }
            state.retain_live();
        }
        let Some(file) = file else { return Ok(0) };
        let file = file.finish()?;
        next.files.push(file);
        Ok(file.length)
    }

    /// A checkpoint is good without it, so a failure is only reported.
    fn merge(&mut self, next: &mut Manifest) -> (u64, Option<Error>, Vec<String>) {
        let chosen = choose(next, self.limits);
        if chosen.is_empty() {
            return (0, None, Vec::new());
        }
        let number = self.file_number();
        let problem = match merge(&self.disk, &self.dir, next, &chosen, number) {
            Ok(bytes) => return (bytes, None, Vec::new()),
            Err(problem) => problem,
        };
        let _ = self.disk.remove(&layout::file(&self.dir, FileKind::State, number));
        let damaged = match &problem {
            Problem::Damaged { .. } => next.segments().filter(|(_, segment)| chosen.contains(&segment.file)),
            Problem::Other(_) => return (0, Some(problem.into()), Vec::new()),
        };
        let mut damaged: Vec<String> = damaged.map(|(state, _)| state.name.clone()).collect();
        damaged.dedup();
        (0, Some(problem.into()), damaged)
    }

    /// Removes what a failed checkpoint has written, first its manifest: it may be there, if only its durability failed. What
    /// cannot be removed does no harm: a manifest that stays is true.
    fn take_back(&self, number: u64, first: u64) {
        let manifest = layout::file(&self.dir, FileKind::Manifest, number);
        let files = (first..self.next_file).map(|file| layout::file(&self.dir, FileKind::State, file));
        let mut paths = [manifest].into_iter().chain(files);
        let _ = paths.try_for_each(|path| self.disk.remove(&path));
    }
}
