//! How an attempt at a batch ends: it is committed, tried again, or given up.

use std::thread;
use std::time::{Duration, Instant};

use super::Engine;
use crate::commit::{Pending, Trouble};
use crate::durable::Durable;
use crate::error::{Error, Result};
use crate::policy::OnFailure;
use crate::shared::Status;
use crate::stage;
use crate::transaction::Transaction;

/// How often the sizes of states are told on the wall clock, because a look at all panes of a long window takes its time.
const SIZES_EVERY: Duration = Duration::from_secs(1);

/// How long it is until what has failed is tried again, at first and in the end: a disk that is full or a database that starts
/// again takes its time.
const PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

impl Engine {
    /// Ends an attempt at a batch: commits it, or follows the policy for failures. `states` is all that outlives a batch.
    pub fn finish(&mut self, outcome: Result<()>, states: &mut [&mut dyn Transaction]) -> Result<()> {
        let is_given_up = self.durable.as_ref().is_some_and(Durable::is_given_up);
        let outcome = outcome.map_err(Trouble::Failed);
        let outcome = outcome.and_then(|()| if is_given_up { Ok(()) } else { self.commit(states) });
        let outcome = outcome.map_err(|trouble| match trouble {
            Trouble::Failed(error) => Trouble::Failed(self.readable("the text of an error", error)),
            Trouble::Fatal(error) => Trouble::Fatal(self.readable("the text of an error", error)),
            told @ Trouble::Ended(_) => told,
        });
        if is_given_up || matches!(outcome, Err(Trouble::Failed(_))) {
            states.iter_mut().for_each(|state| state.rollback());
        }
        let is_time = self.driver.is_manual() || self.sized.is_none_or(|sized| sized.elapsed() >= SIZES_EVERY);
        if is_time {
            self.tell_sizes(states);
        }
        match outcome {
            Err(Trouble::Fatal(error)) => {
                self.complete(Some(error.to_string()));
                self.shared.status.set(Status::Failed);
                Err(error)
            }
            Err(Trouble::Ended(error)) => Err(error),
            Ok(()) => {
                self.done += u64::from(!self.is_replay());
                self.complete(None);
                self.workers.batch().end();
                self.after_commit(states)
            }
            Err(Trouble::Failed(error)) => self.fail(error),
        }
    }

    /// Ends the run of the pipeline: what was committed is in a checkpoint then.
    pub fn close(&mut self, states: &mut [&mut dyn Transaction]) -> Result<()> {
        self.tell_sizes(states);
        let Some(durable) = &mut self.durable else { return Ok(()) };
        // How the checkpoint under way ends is told before the last one is made: it is no failure of that.
        durable.settle();
        self.tell_checkpoint(None);
        let Some(durable) = &mut self.durable else { return Ok(()) };
        let closed = durable.close(self.batch.info.batch_time, states, &self.workers);
        self.tell_checkpoint(None);
        closed
    }

    /// Tells of the last checkpoint, and of a failure: this one or that of one that was under way.
    fn tell_checkpoint(&mut self, failure: Option<Error>) {
        let Some(durable) = &mut self.durable else { return };
        let failure = failure.or_else(|| durable.failure());
        if let Some(failure) = &failure {
            let why = failure.to_string();
            self.shared.listeners.tell(|listener| listener.on_checkpoint_failed(&why));
        }
        self.shared.progress.set_checkpoint(durable.figures(), failure, durable.backlog());
    }

    /// The batch is done: nothing that fails from here on is its failure.
    fn after_commit(&mut self, states: &mut [&mut dyn Transaction]) -> Result<()> {
        self.wants_functions = self.wants_functions && states.iter().any(|state| state.wants_functions());
        let time = self.time();
        let Some(durable) = &mut self.durable else { return Ok(()) };
        if self.driver.is_manual() && durable.is_due(time) {
            // The next batch is not waiting yet: no checkpoint is left out because the one before is slow.
            durable.settle();
        }
        let made = durable.checkpoint_if_due(time, states, &self.workers);
        self.tell_checkpoint(made.err());
        Ok(())
    }

    /// Puts the sizes of all states into the progress: now and then, and after the last batch.
    fn tell_sizes(&mut self, states: &[&mut dyn Transaction]) {
        if !states.is_empty() {
            let sizes: Vec<_> = states.iter().map(|state| state.size()).collect();
            self.heap.states_hold(sizes.iter().map(|size| size.bytes).sum());
            self.shared.progress.set_sizes(sizes.into_iter());
            self.sized = Some(Instant::now());
        }
    }

    /// Commits the batch: in memory, and before that on disk where there is a checkpoint directory.
    fn commit(&mut self, states: &mut [&mut dyn Transaction]) -> Result<(), Trouble> {
        let time = self.time();
        let Some(durable) = &mut self.durable else {
            self.act().map_err(Trouble::Failed)?;
            self.commit_states(states);
            return Ok(());
        };
        let publish = self.batch.commit.staged();
        if durable.commits_by_checkpoint(time) {
            self.commit_states(states);
            self.insist(|engine| match &mut engine.durable {
                Some(durable) => durable.commit_by_checkpoint(time, publish.clone(), states, &engine.workers),
                None => Ok(()),
            })?;
            return self.show();
        }
        durable.commit(time, publish, false).map_err(Trouble::Failed)?;
        self.commit_states(states);
        self.show()
    }

    /// Does what must be done now, because the batch is committed in memory and cannot be taken back: after an error again, as
    /// often as the policy for failures says, and then when somebody asks to go on. An end before that leaves it to the next start.
    fn insist(&mut self, mut work: impl FnMut(&mut Self) -> Result<()>) -> Result<(), Trouble> {
        while let Err(error) = work(self) {
            let error = self.readable("the text of an error", error);
            self.count_failure();
            if self.tries_again() {
                self.pause();
            } else {
                self.wait_for_resume(error).map_err(Trouble::Ended)?;
            }
        }
        Ok(())
    }

    fn commit_states(&self, states: &mut [&mut dyn Transaction]) {
        states.iter_mut().for_each(|state| state.commit(self.time(), &self.workers));
    }

    /// The batch is committed on disk: what it has staged is shown.
    fn show(&mut self) -> Result<(), Trouble> {
        self.insist(|engine| engine.durable.as_mut().map_or(Ok(()), Durable::publish))?;
        self.batch.commit.published();
        self.act().map_err(Trouble::Fatal)
    }

    /// Does what outputs have left for the commit.
    fn act(&mut self) -> Result<()> {
        let time = self.time();
        while let Some(Pending { output, label, action }) = self.batch.commit.actions.pop_front() {
            let error = match stage::caught(|| action.run()) {
                Ok(Ok(())) => continue,
                Ok(Err(cause)) => Error::Output { time, output: label.as_ref().to_owned(), cause },
                Err(panicked) => self.panicked(&label, panicked),
            };
            // The next attempt writes this output again. What the others have handed in waits for it.
            self.batch.outputs_done.remove(&output);
            self.batch.commit.actions.retain(|pending| pending.output != output);
            return Err(error);
        }
        Ok(())
    }

    fn fail(&mut self, error: Error) -> Result<()> {
        self.count_failure();
        // What an earlier run has committed is part of what came after it.
        let is_committed = self.durable.as_ref().is_some_and(|durable| durable.is_done() && !durable.is_given_up());
        if self.tries_again() {
            self.pause();
            self.batch.again = true;
            return Ok(());
        }
        match self.on_failure {
            OnFailure::Skip if !is_committed => {
                self.give_up()?;
                self.done += u64::from(!self.is_replay());
                self.shared.progress.count_skipped();
                self.complete(Some(error.to_string()));
                self.workers.batch().end();
                Ok(())
            }
            _ => {
                self.keep_for_the_next_start();
                self.wait_for_resume(error)?;
                self.batch.again = true;
                Ok(())
            }
        }
    }

    fn count_failure(&mut self) {
        self.batch.failures = self.batch.failures.saturating_add(1);
        self.shared.progress.count_failure();
    }

    /// Whether the policy for failures has the batch tried again.
    fn tries_again(&mut self) -> bool {
        let is_out_of_patience = self.is_out_of_patience();
        matches!(self.on_failure, OnFailure::Retry(times) if self.batch.failures <= times) && !is_out_of_patience
    }

    /// Waits before the next attempt, each time twice as long. On manual time nothing waits.
    fn pause(&self) {
        if self.driver.is_manual() {
            return;
        }
        let doublings = self.batch.failures.saturating_sub(1).min(16);
        if self.shared.stop.wait((PAUSE * (1 << doublings)).min(LONGEST_PAUSE)) {
            // As long as a stop has patience, attempts come one after the other, but not without a pause.
            thread::sleep(PAUSE);
        }
    }

    /// The batch has failed and is kept: waits until somebody asks to go on. With the error if the context is to end.
    fn wait_for_resume(&mut self, error: Error) -> Result<()> {
        let what = error.to_string();
        let error = self.driver.hold(error, &self.shared);
        self.complete(Some(what));
        self.driver.stop_with(error, &self.shared)?;
        self.shared.status.set(Status::Active);
        // The wait was not processing.
        self.batch.info.processing_start_time = Some(self.shared.clock.now());
        Ok(())
    }

    /// Whether the batch has failed for longer than a stop may take.
    fn is_out_of_patience(&mut self) -> bool {
        if !self.shared.stop.is_requested() {
            return false;
        }
        let since = *self.batch.fails_since.get_or_insert_with(Instant::now);
        since.elapsed() >= self.driver.patience()
    }

    /// If this is the first batch of all, nothing says yet where the sources have begun. A later run would begin with what is new
    /// then, so it gets this batch as it is. If that cannot be written, the error is the one that the batch has failed with.
    fn keep_for_the_next_start(&mut self) {
        let time = self.time();
        if let Some(durable) = &mut self.durable
            && durable.is_first_of_all(self.batch.info.inputs.len())
        {
            let _ = durable.decide(time);
        }
    }

    /// An error of the user's whose own words panic is replaced by that panic, so that all that follows can show it.
    pub(super) fn readable(&self, stage: &str, error: Error) -> Error {
        match stage::caught(|| error.again()) {
            Ok(_) => error,
            Err(panicked) => self.panicked(stage, panicked),
        }
    }

    /// The batch will not be tried again, in this run or another.
    fn give_up(&mut self) -> Result<()> {
        let time = self.time();
        match &mut self.durable {
            Some(durable) => durable.commit(time, Vec::new(), true).map(drop),
            None => Ok(()),
        }
    }

    pub(super) fn complete(&mut self, failure: Option<String>) {
        self.batch.info.failure = failure;
        self.batch.info.processing_end_time = Some(self.shared.clock.now());
        self.controllers.batch_completed(&self.batch.info);
        self.shared.progress.complete(&self.batch.info);
        self.shared.listeners.tell(|listener| listener.on_batch_completed(&self.batch.info));
        self.heap.batch_completed(self.batch.info.records());
    }
}
