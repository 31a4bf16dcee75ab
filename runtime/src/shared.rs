//! What the engine shares with the context that started it.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::listener::Listeners;
use crate::progress::{Progress, ProgressBoard};
use crate::remember::States;
use crate::signal::{StopSignal, Wake};
#[cfg(test)]
use crate::time::Time;

pub(crate) struct Shared {
    pub clock: Arc<Clock>,
    pub stop: Arc<StopSignal>,
    pub progress: Arc<ProgressBoard>,
    pub listeners: Listeners,
    pub failure: Arc<Failure>,
    pub status: StatusCell,
    pub states: States,
    pub setup: Setup,
}

impl Shared {
    /// Of a context on manual time, for tests.
    #[cfg(test)]
    pub fn at(time: Time) -> Self {
        Shared {
            clock: Arc::new(Clock::manual(time)),
            stop: Arc::default(),
            progress: Arc::new(ProgressBoard::new(Duration::from_secs(1))),
            listeners: Listeners::default(),
            failure: Arc::default(),
            status: StatusCell::default(),
            states: States::default(),
            setup: Setup::default(),
        }
    }

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
    state: Mutex<FailureState>,
    changed: Condvar,
}

#[derive(Default)]
struct FailureState {
    /// There while the batch waits for a decision.
    error: Option<Error>,
    /// Whether those who wait hear of it: when all else knows.
    is_told: bool,
    has_ended: bool,
}

impl Failure {
    fn lock(&self) -> MutexGuard<'_, FailureState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the engine: from now on the batch can be resumed, also by a listener that is about to hear of it.
    pub fn hold(&self, error: Error) {
        let mut state = self.lock();
        (state.error, state.is_told) = (Some(error), false);
    }

    /// For the engine: tells those who wait, and waits until the batch may run again, or the context ends, which is to wake this.
    pub fn wait_for_resume(&self, status: &StatusCell, stop: &StopSignal) -> Result<()> {
        let mut state = self.lock();
        if state.error.is_some() {
            // Not before, so that who sees it can resume.
            status.set(Status::Failed);
            state.is_told = true;
            self.changed.notify_all();
        }
        while state.error.is_some() {
            if stop.is_requested() {
                return state.error.take().map_or(Ok(()), Err);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        Ok(())
    }

    /// Lets the engine run the failed batch again. Returns whether there was one.
    pub fn resume(&self) -> bool {
        let had = self.lock().error.take().is_some();
        self.changed.notify_all();
        had
    }

    /// Waits until a batch has failed and nobody has requested a stop, or until the run has ended, at most until `deadline`.
    pub fn wait(&self, stop: &StopSignal, deadline: Option<Instant>) -> Waited {
        let mut state = self.lock();
        loop {
            if state.has_ended {
                return Waited::Ended;
            }
            // A stop ends a failed batch, and the engine's thread returns its error.
            let is_told = state.is_told && !stop.is_requested();
            let failed = state.error.as_ref().filter(|_| is_told).map(Error::again);
            if let Some(again) = failed {
                // Everyone who asks gets it.
                return state.error.replace(again).map_or(Waited::InVain, Waited::Failed);
            }
            let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
            state = match left {
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(Duration::ZERO) => return Waited::InVain,
                Some(left) => self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            }
        }
    }
}

/// A request to stop ends a failed batch.
impl Wake for Failure {
    fn wake(&self) {
        let _state = self.lock();
        self.changed.notify_all();
    }
}

/// Tells those who wait for a run that it has ended, however it does.
pub(crate) struct Ends<'a>(pub &'a Failure);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.lock().has_ended = true;
        self.0.changed.notify_all();
    }
}

/// What somebody who waited for a run has met.
pub(crate) enum Waited {
    Failed(Error),
    Ended,
    /// The time was over before.
    InVain,
}
