//! What the engine shares with the context that started it.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::listener::Listeners;
use crate::progress::{Progress, ProgressBoard};
use crate::remember::States;
use crate::signal::StopSignal;

pub(crate) struct Shared {
    pub clock: Arc<Clock>,
    pub stop: Arc<StopSignal>,
    pub progress: Arc<ProgressBoard>,
    pub listeners: Listeners,
    pub failure: Failure,
    pub status: StatusCell,
    pub states: States,
    pub setup: Setup,
}

impl Shared {
    /// How the context is doing.
    pub fn progress(&self) -> Progress {
        let runs = matches!(*self.clock, Clock::Wall { .. }) && self.status.get() != Status::Stopped;
        let mut progress = self.progress.read(runs.then(|| self.clock.now()));
        progress.listener_panics = self.listeners.panics();
        progress
    }
}

/// Where a context is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// Setup statements run and sources start.
    Initialized,
    /// Batches run.
    Active,
    /// A batch has failed for good and is kept: nothing runs until the context is resumed or stopped.
    Failed,
    /// The context has ended.
    Stopped,
}

/// The state, readable at any time.
#[derive(Default)]
pub(crate) struct StatusCell(AtomicU8);

impl StatusCell {
    const STATES: [Status; 4] = [Status::Initialized, Status::Active, Status::Failed, Status::Stopped];

    pub fn set(&self, state: Status) {
        self.0.store(state as u8, Ordering::Release);
    }

    pub fn get(&self) -> Status {
        Self::STATES[usize::from(self.0.load(Ordering::Acquire))]
    }
}

/// Whether the setup is through: its statements have run and its sources have started.
#[derive(Default)]
pub(crate) struct Setup {
    /// `None` while it runs.
    is_through: Mutex<Option<bool>>,
    changed: Condvar,
}

impl Setup {
    fn lock(&self) -> MutexGuard<'_, Option<bool>> {
        self.is_through.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the engine: the setup is through, or the run has ended before. What is said first counts. Returns that.
    pub fn ends(&self, is_through: bool) -> bool {
        let is_through = *self.lock().get_or_insert(is_through);
        self.changed.notify_all();
        is_through
    }

    /// Waits a little; `None` if the setup still runs.
    pub fn wait(&self, timeout: Duration) -> Option<bool> {
        let is_through = self.lock();
        if is_through.is_some() {
            return *is_through;
        }
        *self.changed.wait_timeout(is_through, timeout).unwrap_or_else(PoisonError::into_inner).0
    }
}

/// The failed batch that a stopped context holds on to.
#[derive(Default)]
pub(crate) struct Failure {
    /// There while the batch waits for a decision.
    error: Mutex<Option<Error>>,
    changed: Condvar,
}

impl Failure {
    fn lock(&self) -> MutexGuard<'_, Option<Error>> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the engine: shows the error and waits until the batch may run again, or the context ends.
    pub fn wait_for_resume(&self, error: Error, stop: &StopSignal) -> Result<()> {
        let mut failure = self.lock();
        *failure = Some(error);
        self.changed.notify_all();
        while failure.is_some() {
            if stop.is_requested() {
                return failure.take().map_or(Ok(()), Err);
            }
            failure =
                self.changed.wait_timeout(failure, Duration::from_millis(50)).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// Lets the engine run the failed batch again. Returns whether there was one.
    pub fn resume(&self) -> bool {
        let had = self.lock().take().is_some();
        self.changed.notify_all();
        had
    }

    /// The error of the batch that waits for a decision. Everyone who asks gets it.
    pub fn error(&self) -> Option<Error> {
        let mut failure = self.lock();
        let again = failure.as_ref().map(Error::again)?;
        failure.replace(again)
    }

    /// Waits a little for a failure.
    pub fn wait(&self, timeout: Duration) {
        let failure = self.lock();
        if failure.is_none() {
            drop(self.changed.wait_timeout(failure, timeout).unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Wakes whoever waits.
    pub fn notify(&self) {
        let _failure = self.lock();
        self.changed.notify_all();
    }
}
