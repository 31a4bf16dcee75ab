//! What the engine shares with the context that started it.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::error::{Error, Result};
use crate::listener::Listeners;
use crate::progress::ProgressBoard;
use crate::signal::StopSignal;

pub(crate) struct Shared {
    pub clock: Arc<Clock>,
    pub stop: Arc<StopSignal>,
    pub progress: ProgressBoard,
    pub listeners: Listeners,
    pub failure: Failure,
}

/// The failed batch that a stopped context holds on to.
#[derive(Default)]
pub(crate) struct Failure {
    state: Mutex<FailureState>,
    changed: Condvar,
}

#[derive(Default)]
struct FailureState {
    error: Option<Error>,
    waiting: bool,
}

impl Failure {
    fn lock(&self) -> MutexGuard<'_, FailureState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// For the engine: shows the error and waits until the batch may run again, or the context ends.
    pub fn wait_for_resume(&self, error: Error, stop: &StopSignal) -> Result<()> {
        let mut state = self.lock();
        *state = FailureState { error: Some(error), waiting: true };
        self.changed.notify_all();
        while state.waiting {
            if stop.is_requested() {
                state.waiting = false;
                return Err(state.error.take().unwrap_or(Error::Stopped));
            }
            state =
                self.changed.wait_timeout(state, Duration::from_millis(50)).unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }

    /// Lets the engine run the failed batch again. Returns whether there was one.
    pub fn resume(&self) -> bool {
        let mut state = self.lock();
        let waited = std::mem::take(&mut state.waiting);
        state.error = None;
        self.changed.notify_all();
        waited
    }

    /// Takes the error of a failed batch.
    pub fn take_error(&self) -> Option<Error> {
        self.lock().error.take()
    }

    /// Waits a little for a failure.
    pub fn wait(&self, timeout: Duration) {
        let state = self.lock();
        if state.error.is_none() {
            drop(self.changed.wait_timeout(state, timeout).unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Wakes whoever waits.
    pub fn notify(&self) {
        let _state = self.lock();
        self.changed.notify_all();
    }
}
