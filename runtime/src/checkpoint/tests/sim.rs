//! A small engine: a state by key, saved in parts, and a window, saved in panes. Batch n has the record n, and writes a file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::checkpoint::merge::Limits;
use crate::checkpoint::store::Opened;
use crate::checkpoint::*;
use crate::error::{Error, Result};
use crate::time::Time;

/// In memory where there is such a place: the tests make thousands of files.
pub fn root() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory).unwrap() } else { tempfile::tempdir().unwrap() }
}

pub const SECOND: Duration = Duration::from_secs(1);

pub fn at(batch: u64) -> Time {
    Time::from_millis(batch * 1000)
}

/// What the state and the window hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    pub sums: BTreeMap<u8, u64>,
    pub panes: BTreeMap<u64, Vec<u8>>,
}

impl Model {
    pub fn after(batches: u64) -> Model {
        let mut model = Model::default();
        (1..=batches).for_each(|n| model.apply(n));
        model
    }

    /// The window is three batches long. Each batch also changes the pane before its own.
    fn apply(&mut self, n: u64) {
        *self.sums.entry((n % 5) as u8).or_default() += n;
        self.panes.insert(n, vec![n as u8; 3]);
        if let Some(before) = self.panes.get_mut(&(n - 1)) {
            before.push(n as u8);
        }
        self.panes.retain(|pane, _| *pane + 3 > n);
    }

    fn restore(&mut self, state: &SavedState) -> Result<()> {
        assert_eq!((state.shape.as_slice(), state.settings.as_slice()), (b"shape".as_slice(), b"settings".as_slice()));
        let mut seen = BTreeSet::new();
        for piece in state.pieces()? {
            let (kind, bytes) = piece?;
            match kind {
                PieceKind::Pane(end) => {
                    let pane = end.as_millis() / 1000;
                    if seen.insert(pane) {
                        self.panes.insert(pane, Vec::new());
                    }
                    self.panes.get_mut(&pane).unwrap().extend(bytes);
                }
                _ => {
                    for entry in bytes.chunks(9) {
                        self.sums.insert(entry[0], u64::from_le_bytes(entry[1..].try_into().unwrap()));
                    }
                }
            }
        }
        Ok(())
    }
}

/// How a run goes.
#[derive(Clone, Copy)]
pub struct Plan {
    pub batches: u64,
    /// A checkpoint after so many.
    pub every: u64,
    pub wait: bool,
    pub sync: SyncPolicy,
    /// Batches are committed by checkpoints alone.
    pub by_checkpoint: bool,
    /// A failure is tried again; of checkpoints, it is left to the next one.
    pub retry: bool,
    pub limits: Limits,
}

impl Default for Plan {
    fn default() -> Self {
        let (sync, limits) = (SyncPolicy::EachBatch, Limits::default());
        Plan { batches: 8, every: 3, wait: true, sync, by_checkpoint: false, retry: false, limits }
    }
}

/// What a run has seen.
#[derive(Default)]
pub struct Seen {
    /// The last batch whose commit was acknowledged.
    pub committed: u64,
    /// The last batch that a checkpoint has, which was waited for.
    pub saved: u64,
    /// The last commit may have been damaged.
    pub forgetful: bool,
    /// Power was lost: what was committed since the last checkpoint may be gone.
    pub is_powerless: bool,
    /// Batches whose outputs ran.
    pub ran: Vec<u64>,
    pub warnings: Vec<String>,
    pub failures: Vec<Error>,
}

pub struct Sim {
    store: Store,
    model: Model,
    dirty: Model,
    out: PathBuf,
    plan: Plan,
}

/// Runs until all batches are done, from wherever the directory is. Gives the model at the end.
pub fn run(root: &Path, disk: Disk, plan: Plan, seen: &mut Seen) -> Result<Model> {
    let out = root.join("out");
    fs::create_dir_all(&out).unwrap();
    let dir = root.join("deep/state");
    let open = || Store::open_with(&dir, "sim", disk.clone(), plan.limits);
    let Opened { mut store, recovered } = retried(plan.retry, seen, open)?;
    store.sync_policy(plan.sync);
    let mut sim = Sim { store, model: Model::default(), dirty: Model::default(), out, plan };
    let mut next = 1;
    if let Some(recovered) = recovered {
        next = sim.recover(&recovered, seen)?;
    }
    for n in next..=plan.batches {
        sim.batch(n, seen)?;
    }
    let Sim { store, model, .. } = sim;
    match store.close() {
        Err(error) if plan.retry => seen.failures.push(error),
        closed => closed?,
    }
    Ok(model)
}

fn retried<T>(retry: bool, seen: &mut Seen, mut act: impl FnMut() -> Result<T>) -> Result<T> {
    act().or_else(|error| {
        if !retry {
            return Err(error);
        }
        seen.failures.push(error);
        act()
    })
}

impl Sim {
    fn recover(&mut self, recovered: &Recovered, seen: &mut Seen) -> Result<u64> {
        seen.warnings.extend(recovered.warnings.clone());
        assert_eq!(recovered.every, SECOND);
        let time = recovered.time.as_millis() / 1000;
        for state in &recovered.states {
            self.model.restore(state)?;
        }
        assert_eq!(self.model, Model::after(time), "the state of the checkpoint of batch {time}");
        let position = recovered.positions.first().map_or(0, |(_, bytes)| u64::from(bytes[0]));
        assert_eq!(position, time);
        let mut next = time + 1;
        for batch in &recovered.batches {
            assert_eq!(batch.begin, begin(next), "batches follow each other");
            if !batch.committed {
                break;
            }
            self.apply(next);
            next += 1;
        }
        let done = next - 1;
        // A commit that was not acknowledged may still have come to the disk.
        let least = match seen.is_powerless {
            true => seen.saved,
            false => seen.committed - u64::from(seen.forgetful).min(seen.committed),
        };
        assert!((least..=seen.committed + 1).contains(&done), "{done} done, {} acknowledged", seen.committed);
        seen.committed = done;
        for n in 1..=done {
            assert_eq!(fs::read(self.out.join(n.to_string())).unwrap(), [n as u8], "the output of {n}");
        }
        Ok(next)
    }

    fn apply(&mut self, n: u64) {
        self.model.apply(n);
        let key = (n % 5) as u8;
        self.dirty.sums.insert(key, self.model.sums[&key]);
        for pane in n - 1..=n {
            self.dirty.panes.extend(self.model.panes.get(&pane).map(|bytes| (pane, bytes.clone())));
        }
    }

    fn batch(&mut self, n: u64, seen: &mut Seen) -> Result<()> {
        let (store, retry) = (&mut self.store, self.plan.retry);
        retried(retry, seen, || store.begin(&begin(n)))?;
        let staged = self.out.join(format!(".{n}.tmp"));
        fs::write(&staged, [n as u8]).unwrap();
        seen.ran.push(n);
        let commit = Commit { time: at(n), publish: vec![(staged, self.out.join(n.to_string()))], skipped: false };
        if self.plan.by_checkpoint {
            self.apply(n);
            let capture = self.capture(n);
            if let Err(error) = self.store.commit_by_checkpoint(&commit, capture) {
                if !retry {
                    return Err(error);
                }
                seen.failures.push(error);
                let capture = self.capture(n);
                self.store.commit_by_checkpoint(&commit, capture)?;
            }
        } else {
            retried(retry, seen, || self.store.commit(&commit))?;
            self.apply(n);
        }
        seen.committed = n;
        retried(retry, seen, || self.store.publish())?;
        if !self.plan.by_checkpoint && n.is_multiple_of(self.plan.every) {
            let capture = self.capture(n);
            let saved = self.store.checkpoint(capture, self.plan.wait);
            if !retry {
                saved?;
                seen.saved = n;
            } else {
                seen.failures.extend(saved.err());
            }
        }
        seen.failures.extend(self.store.failure());
        Ok(())
    }

    fn capture(&mut self, n: u64) -> Capture {
        let dirty = std::mem::take(&mut self.dirty);
        let mut sums = Vec::new();
        if self.store.needs_full("sums") {
            for shard in 0..2 {
                let part = self.model.sums.iter().filter(|(key, _)| *key % 2 == shard);
                sums.push(piece(PieceKind::Full, entries(part)));
            }
        } else if !dirty.sums.is_empty() {
            sums.push(piece(PieceKind::Delta, entries(dirty.sums.iter())));
        }
        let (mut window, mut panes) = (Vec::new(), &dirty.panes);
        if self.store.needs_full("window") {
            window.push(piece(PieceKind::Full, Vec::new()));
            panes = &self.model.panes;
        }
        for (pane, bytes) in panes {
            let (a, b) = bytes.split_at(2);
            window.extend([a, b].map(|part| piece(PieceKind::Pane(at(*pane)), part.to_vec())));
        }
        let cutoff = self.model.panes.keys().next().map(|pane| at(*pane));
        let states = vec![state("sums", None, sums), state("window", cutoff, window)];
        Capture { time: at(n), every: SECOND, positions: vec![("in".into(), vec![n as u8])], states, dropped: vec![] }
    }
}

pub fn begin(n: u64) -> Begin {
    let input = Input { stream: "in".into(), bytes: vec![n as u8], records: 1 };
    Begin { time: at(n), every: SECOND, inputs: vec![input] }
}

pub fn piece(kind: PieceKind, bytes: Vec<u8>) -> Piece {
    Piece { kind, write: Box::new(move |out| out.extend(bytes)) }
}

pub fn state(name: &str, cutoff: Option<Time>, pieces: Vec<Piece>) -> StateCapture {
    let (shape, settings) = (b"shape".to_vec(), b"settings".to_vec());
    StateCapture { name: name.into(), shape, settings, entries: 1, cutoff, pieces }
}

fn entries<'a>(entries: impl Iterator<Item = (&'a u8, &'a u64)>) -> Vec<u8> {
    entries.flat_map(|(key, sum)| [*key].into_iter().chain(sum.to_le_bytes())).collect()
}
