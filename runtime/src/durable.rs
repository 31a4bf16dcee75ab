//! What the engine does so that nothing is lost: which batches run again, what is written when, what comes back.
//!
//! There is one of these if the context has a checkpoint directory. See `checkpoint` for what lies in that directory.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::checkpoint::{
    Begin, Capture, CheckpointFigures, Commit, Disk, Input, Journaled, Recovered, SavedState, StateCapture, Store,
    SyncPolicy,
};
use crate::error::{Error, Result};
use crate::guarantee;
use crate::migration::{Migration, Migrations};
use crate::notices;
use crate::saved::{Description, Saved};
use crate::source::{self, loaded, stored};
use crate::stage::{self, Workers};
use crate::time::Time;
use crate::transaction::Transaction;
use crate::warning::warn;

/// How often a checkpoint is made, unless the program says otherwise: in as many batches as take so long.
const INTERVAL: Duration = Duration::from_secs(10);

/// The settings of the context that concern checkpoints.
#[derive(Clone, Default)]
pub(crate) struct CheckpointOptions {
    pub directory: Option<PathBuf>,
    pub interval: Option<Duration>,
    pub sync: SyncPolicy,
    pub migrations: Vec<Arc<Migration>>,
    /// States to be let go.
    pub dropped: Vec<String>,
    pub disk: Disk,
}

/// The checkpoint directory of a running pipeline.
pub(crate) struct Durable {
    store: Store,
    every: Duration,
    migrations: Migrations,
    dropped: Vec<String>,
    /// What an earlier run has left, until the first batch.
    found: Option<Found>,
    /// Batches of the earlier run that run again.
    again: VecDeque<Journaled>,
    states: Vec<Declared>,
    /// The input of each source, with its name.
    inputs: Vec<(String, Arc<source::Input>)>,
    /// Where each source stands.
    positions: Vec<(String, Vec<u8>)>,
    /// How often a checkpoint is to be made, if somebody has said so.
    interval: Option<Duration>,
    /// Whether all sources can be read again.
    rereadable: bool,
    /// Whether all sources must.
    exactly_once: bool,
    batch: Current,
    disk: Disk,
    /// Batches were committed since the last checkpoint.
    is_behind: bool,
    /// A capture has failed, so that the next one must have everything.
    is_broken: bool,
    /// The next batch is to be a checkpoint: one was missed because another was being written, batches ran again, or a batch was
    /// given up.
    is_overdue: bool,
    /// The last checkpoint is of a batch that had something to publish. The next start would look for it, wherever it is by then.
    names_published: bool,
    /// The last batch that is in a checkpoint.
    checkpointed: Option<Time>,
}

/// What an earlier run has left.
struct Found {
    time: Time,
    positions: Vec<(String, Vec<u8>)>,
    states: Vec<SavedState>,
}

/// The names of what an earlier run has saved and nobody has asked for.
#[derive(Default)]
pub(crate) struct Unclaimed {
    /// Windows and states.
    pub states: Vec<String>,
    pub sources: Vec<String>,
}

/// A window or a state of this pipeline.
struct Declared {
    name: Arc<str>,
    description: Vec<u8>,
    /// What an earlier run has saved of it has another form, and must not be mixed with what this one writes.
    is_foreign: bool,
}

/// The batch that is running.
#[derive(Default)]
struct Current {
    /// What the journal of the earlier run has of it.
    recorded: Option<Journaled>,
    inputs: Vec<Input>,
    is_decided: bool,
}

impl Durable {
    /// Opens the directory of the options, if there is one.
    ///
    /// # Errors
    /// When it cannot be used: another process has it, it cannot be read or written, or it belongs to another pipeline.
    pub fn open(options: &CheckpointOptions, pipeline: &str, every: Duration) -> Result<Option<Self>> {
        let Some(directory) = &options.directory else { return Ok(None) };
        check_interval("the context's checkpoint interval", options.interval, every)?;
        let mut opened = Store::open(directory, pipeline, options.disk.clone())?;
        opened.store.sync_policy(options.sync);
        let mut durable = Durable {
            store: opened.store,
            every,
            migrations: Migrations(options.migrations.clone()),
            dropped: options.dropped.clone(),
            found: None,
            again: VecDeque::new(),
            states: Vec::new(),
            inputs: Vec::new(),
            positions: Vec::new(),
            interval: options.interval,
            rereadable: true,
            exactly_once: false,
            batch: Current::default(),
            disk: options.disk.clone(),
            is_behind: false,
            is_broken: false,
            is_overdue: false,
            names_published: false,
            checkpointed: None,
        };
        if let Some(Recovered { time, positions, states, batches, warnings, .. }) = opened.recovered {
            warnings.iter().for_each(warn);
            let saved = states.iter().map(|state| &*state.name).chain(positions.iter().map(|(name, _)| &**name));
            notices::tell_of_dropped(&options.dropped, &saved.collect::<Vec<_>>());
            durable.checkpointed = Some(time);
            durable.positions = positions.clone();
            durable.again = batches.into();
            durable.found = Some(Found { time, positions, states });
        }
        Ok(Some(durable))
    }

    /// The last batch that an earlier run has begun.
    pub fn last_batch(&self) -> Option<Time> {
        let last = self.again.back().map(|batch| batch.begin.time);
        last.or(self.found.as_ref().map(|found| found.time))
    }

    /// How many batches of an earlier run are left to run again.
    pub fn backlog(&self) -> usize {
        self.again.len()
    }

    /// Has every source refused whose records a crash could lose.
    pub fn require_exactly_once(&mut self) {
        self.exactly_once = true;
    }

    /// A source begins. Gives the position from which it is to go on.
    ///
    /// # Errors
    /// When exactly once is required, and its records cannot be read again.
    pub fn open_source(
        &mut self,
        stream: &str,
        input: &Arc<source::Input>,
        is_replayable: bool,
    ) -> Result<Option<Vec<u8>>> {
        if self.exactly_once && !is_replayable {
            return Err(guarantee::cannot_be_read_again(stream));
        }
        self.rereadable &= is_replayable;
        self.inputs.push((stream.to_owned(), Arc::clone(input)));
        let positions = self.found.iter().flat_map(|found| &found.positions);
        Ok(positions.into_iter().find(|(name, _)| name == stream).map(|(_, position)| position.clone()))
    }

    /// A window or a state is declared: it is brought back if an earlier run has saved it.
    pub fn declare(
        &mut self,
        name: &Arc<str>,
        interval: Option<Duration>,
        state: &mut dyn Transaction,
        workers: &Workers,
    ) -> Result<()> {
        self.interval = self.interval.into_iter().chain(interval).min();
        state.track();
        let description = state.describe(None);
        let found = self.found.as_mut();
        let saved = found.and_then(|found| take(&mut found.states, name).map(|saved| (saved, found.time)));
        // What was dropped is no beginning for changes.
        let mut is_foreign = self.dropped.iter().any(|dropped| **dropped == **name);
        if let Some((saved, time)) = saved.filter(|_| !is_foreign) {
            let was: Description = loaded(name, &saved.shape)?;
            let migrate = self.migrations.find(name, &was, state)?;
            state.restore(&Saved::new(&saved, time, migrate.as_deref()), workers)?;
            is_foreign = was != description;
        }
        self.states.push(Declared { name: Arc::clone(name), description: stored(&description), is_foreign });
        Ok(())
    }

    /// The setup is through. Gives what an earlier run has left and nobody has asked for; it is kept.
    ///
    /// # Errors
    /// When a batch is to run again, and the source that its records came from is not there.
    pub fn begin(&mut self) -> Result<Unclaimed> {
        let states = self.found.take().map(|found| found.states).unwrap_or_default();
        let states = states.into_iter().map(|state| state.name).filter(|name| !self.dropped.contains(name)).collect();
        let (inputs, dropped) = (&self.inputs, &self.dropped);
        let is_claimed = |stream: &String| inputs.iter().any(|(name, _)| name == stream);
        let is_missing = |stream: &String| !is_claimed(stream) && !dropped.contains(stream);
        self.positions.retain(|(name, _)| is_claimed(name) || is_missing(name));
        for Begin { time, inputs, .. } in self.again.iter().filter(|batch| !batch.skipped).map(|batch| &batch.begin) {
            if let Some(input) = inputs.iter().find(|input| input.records > 0 && is_missing(&input.stream)) {
                return Err(source_is_missing(*time, &input.stream));
            }
        }
        let sources = self.positions.iter().map(|(name, _)| name.clone()).filter(is_missing).collect();
        Ok(Unclaimed { sources, states })
    }

    /// The time of the next batch of an earlier run that runs again.
    pub fn next_again(&mut self) -> Option<Time> {
        let recorded = self.again.pop_front()?;
        let time = recorded.begin.time;
        self.batch = Current { recorded: Some(recorded), ..Current::default() };
        Some(time)
    }

    /// A new batch begins.
    pub fn next_new(&mut self) {
        self.batch = Current::default();
    }

    /// What the batch consisted of when it was decided in an earlier run.
    pub fn recorded(&self) -> Option<&Journaled> {
        self.batch.recorded.as_ref()
    }

    /// Whether the batch was committed by an earlier run: only what that held in memory is to be computed.
    pub fn is_done(&self) -> bool {
        self.recorded().is_some_and(|recorded| recorded.committed)
    }

    /// Whether the batch was given up by an earlier run: it must change nothing.
    pub fn is_given_up(&self) -> bool {
        self.recorded().is_some_and(|recorded| recorded.skipped)
    }

    /// What the recorded batch has of a source; `None` if the source was not there.
    pub fn recorded_input(&self, stream: &str) -> Option<&Input> {
        self.recorded()?.begin.inputs.iter().find(|input| input.stream == stream)
    }

    /// Notes what the batch has of a source, and where the source stands now.
    pub fn received(&mut self, stream: &str, extent: Vec<u8>, position: Vec<u8>, records: u64) {
        match self.positions.iter_mut().find(|(name, _)| name == stream) {
            Some((_, before)) => *before = position,
            None => self.positions.push((stream.to_owned(), position)),
        }
        self.batch.inputs.push(Input { stream: stream.to_owned(), bytes: extent, records });
    }

    /// Whether there was no batch before this one, and a later run can have it again: so many sources have given their part of it.
    pub fn is_first_of_all(&self, sources: usize) -> bool {
        self.checkpointed.is_none() && !self.is_behind && self.rereadable && sources == self.inputs.len()
    }

    /// From now on the batch may have effects, so it must have the same records whenever it runs.
    pub fn decide(&mut self, time: Time) -> Result<()> {
        if self.batch.is_decided || self.batch.recorded.is_some() {
            return Ok(());
        }
        // What the journal says of a log must be there.
        self.settle_inputs()?;
        self.store.begin(&Begin { time, every: self.every, inputs: self.batch.inputs.clone() })?;
        self.batch.is_decided = true;
        Ok(())
    }

    fn settle_inputs(&self) -> Result<()> {
        self.inputs.iter().try_for_each(|(_, input)| input.settle())
    }

    /// Whether the batch of this time is to be a checkpoint.
    pub fn is_due(&self, time: Time) -> bool {
        let interval = match (self.rereadable, self.interval) {
            // What is not in a checkpoint could not be brought back, whatever somebody has asked for.
            (false, _) => self.every,
            (true, Some(interval)) => interval,
            (true, None) => whole_batches(INTERVAL, self.every),
        };
        // A checkpoint begins a new journal, and batches that are to run again are in the old one.
        self.again.is_empty() && (self.is_overdue || time.is_multiple_of(interval) || interval < self.every)
    }

    /// Whether a batch and its checkpoint are one: what was committed could not be computed again.
    pub fn commits_by_checkpoint(&self, time: Time) -> bool {
        !self.rereadable && self.is_due(time)
    }

    /// The commit point of the batch, for one that is not a checkpoint.
    pub fn commit(&mut self, time: Time, publish: Vec<(PathBuf, PathBuf)>, skipped: bool) -> Result<()> {
        if self.recorded().is_none_or(|recorded| !recorded.committed) {
            self.decide(time)?;
            self.store.commit(&Commit { time, publish, skipped })?;
        }
        self.is_behind = true;
        // A batch that was given up is no checkpoint, nor is it written where its sources stand: the next one is, and says so.
        self.is_overdue |= !self.again.is_empty() || skipped;
        Ok(())
    }

    /// The commit point of a batch that is a checkpoint. `states` hold what the batch has made of them.
    pub fn commit_by_checkpoint(
        &mut self,
        time: Time,
        publish: Vec<(PathBuf, PathBuf)>,
        states: &mut [&mut dyn Transaction],
        workers: &Workers,
    ) -> Result<()> {
        // Although nothing was written yet: if the checkpoint is damaged one day, its batch is in the journal.
        self.decide(time)?;
        self.settle_inputs()?;
        let capture = self.capture(time, states, workers)?;
        self.names_published = !publish.is_empty();
        match self.is_done() {
            true => self.store.checkpoint(capture, true)?,
            false => self.store.commit_by_checkpoint(&Commit { time, publish, skipped: false }, capture)?,
        }
        (self.is_behind, self.is_overdue) = (false, false);
        self.checkpointed = Some(time);
        Ok(())
    }

    /// Shows what the batch has staged.
    pub fn publish(&mut self) -> Result<()> {
        self.store.publish()
    }

    /// After a commit: makes a checkpoint if one is due. It is written behind the back of the pipeline.
    pub fn checkpoint_if_due(
        &mut self,
        time: Time,
        states: &mut [&mut dyn Transaction],
        workers: &Workers,
    ) -> Result<()> {
        if !self.is_behind || !self.is_due(time) {
            return Ok(());
        }
        self.is_overdue = self.store.is_busy();
        if self.is_overdue {
            return Ok(());
        }
        self.checkpoint(time, states, workers, false)
    }

    /// Waits for the checkpoint under way; `figures` and `failure` know how it ended.
    pub fn settle(&mut self) {
        self.store.settle();
    }

    /// Makes a checkpoint after the last batch, if none has it, and waits for it. What was under way is settled by then.
    pub fn close(&mut self, time: Time, states: &mut [&mut dyn Transaction], workers: &Workers) -> Result<()> {
        match self.is_behind || self.names_published {
            true => self.checkpoint(time, states, workers, true),
            false => Ok(()),
        }
    }

    fn checkpoint(
        &mut self,
        time: Time,
        states: &mut [&mut dyn Transaction],
        workers: &Workers,
        wait: bool,
    ) -> Result<()> {
        let capture = self.capture(time, states, workers)?;
        self.store.checkpoint(capture, wait)?;
        (self.is_behind, self.is_overdue, self.names_published) = (false, false, false);
        self.checkpointed = self.store.last().map(|last| last.time).or(self.checkpointed);
        Ok(())
    }

    fn capture(&mut self, time: Time, states: &mut [&mut dyn Transaction], workers: &Workers) -> Result<Capture> {
        // Only then is it known of which states the checkpoint under way has lost something.
        self.store.settle();
        let mut captures = Vec::with_capacity(states.len());
        for (state, Declared { name, description, is_foreign }) in states.iter_mut().zip(&mut self.states) {
            let everything = self.store.needs_full(name) || self.is_broken || *is_foreign;
            // What a value of the user's type writes is the user's code.
            let captured = stage::caught(|| state.capture(time, everything, workers)).map_err(|panicked| {
                self.is_broken = true;
                Error::Panic {
                    time,
                    stage: format!("{name} (writing it to a checkpoint)"),
                    place: panicked.place,
                    message: panicked.message,
                }
            })?;
            captures.push(StateCapture {
                name: name.to_string(),
                shape: description.clone(),
                settings: Vec::new(),
                entries: captured.entries,
                cutoff: captured.cutoff,
                pieces: captured.pieces,
            });
            // If this checkpoint fails, the store knows that the next one must have everything, too.
            *is_foreign = false;
        }
        self.is_broken = false;
        let dropped = std::mem::take(&mut self.dropped);
        Ok(Capture { time, every: self.every, positions: self.positions.clone(), states: captures, dropped })
    }

    /// The last batch that need not be asked for again.
    pub fn checkpointed(&mut self) -> Option<Time> {
        self.checkpointed = self.store.last().map(|last| last.time).or(self.checkpointed);
        self.checkpointed
    }

    /// Through which everything is written.
    pub fn disk(&self) -> Disk {
        self.disk.clone()
    }

    /// The last checkpoint of this run.
    pub fn figures(&mut self) -> Option<CheckpointFigures> {
        self.store.last()
    }

    /// What has gone wrong with a checkpoint behind the back of the pipeline, which goes on: what that was to have, the next one has
    /// that is due, or the one at the end.
    pub fn failure(&mut self) -> Option<Error> {
        let failure = self.store.failure();
        self.is_behind |= failure.is_some();
        failure
    }
}

fn take(states: &mut Vec<SavedState>, name: &str) -> Option<SavedState> {
    let position = states.iter().position(|state| state.name == name)?;
    Some(states.remove(position))
}

fn source_is_missing(time: Time, stream: &str) -> Error {
    Error::config(
        format!(
            "the batch of {time} must run again with records of the source `{stream}`, which this program does not have"
        ),
        format!(
            "give the source its old name back, `let {stream} = …;`; or have the program of before end gracefully once, which leaves no such batch; or give these records up, `.drop_state(\"{stream}\")`"
        ),
    )
}

/// A later version of the program finds what is saved by its name, which must not be that of a place.
pub(crate) fn check_names(found_by_position: &[&str]) -> Result<()> {
    let [first, ..] = found_by_position else { return Ok(()) };
    Err(Error::config(
        format!(
            "{} have no names of their own, and a checkpoint would find them by their order in the program: if that changed, one would have what is another's",
            found_by_position.iter().map(|label| format!("`{label}`")).collect::<Vec<_>>().join(" and ")
        ),
        format!(
            "give each a name: `let name = …;` with nothing behind the source or operator, or `.name(\"name\")` behind a window or state. What an earlier version has saved as `{first}` is found again by that name"
        ),
    ))
}

/// The least multiple of `every` that is not below `interval`.
fn whole_batches(interval: Duration, every: Duration) -> Duration {
    let nanos = interval.as_nanos().next_multiple_of(every.as_nanos().max(1));
    Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
}

/// Checkpoints are made after whole batches.
pub(crate) fn check_interval(what: &str, interval: Option<Duration>, every: Duration) -> Result<()> {
    let fits = |interval: Duration| !interval.is_zero() && interval.as_nanos().is_multiple_of(every.as_nanos().max(1));
    match interval {
        Some(interval) if !fits(interval) => Err(Error::config(
            format!("{what} is {interval:?}, which does not go with a batch every {every:?}"),
            "make the checkpoint interval a multiple of the batch interval above zero",
        )),
        _ => Ok(()),
    }
}
