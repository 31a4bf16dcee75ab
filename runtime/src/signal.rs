//! A request to stop that threads can wait for.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Set once, seen by everyone who waits.
#[derive(Debug, Default)]
pub struct StopSignal {
    requested: Mutex<bool>,
    changed: Condvar,
}

impl StopSignal {
    fn lock(&self) -> MutexGuard<'_, bool> {
        self.requested.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks everyone to stop.
    pub fn request(&self) {
        *self.lock() = true;
        self.changed.notify_all();
    }

    /// Whether a stop was requested.
    pub fn is_requested(&self) -> bool {
        *self.lock()
    }

    /// Waits for the request, at most for `timeout`. Returns whether it came.
    pub fn wait(&self, timeout: Duration) -> bool {
        let deadline = Instant::now().checked_add(timeout);
        let mut requested = self.lock();
        while !*requested {
            let left = deadline
                .map_or(Duration::from_secs(3600), |deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                break;
            }
            requested = self.changed.wait_timeout(requested, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        *requested
    }
}

/// Stops a context from anywhere: from another thread, a listener, or a closure of the pipeline itself. Clones stop the same
/// context.
#[derive(Clone, Debug)]
pub struct StopHandle {
    stop: Arc<StopSignal>,
}

impl StopHandle {
    pub(crate) fn new(stop: Arc<StopSignal>) -> Self {
        StopHandle { stop }
    }

    /// Requests a graceful stop and returns at once: receivers end, what was received is processed, then the context ends.
    /// Before the context has started, it keeps it from starting.
    pub fn stop(&self) {
        self.stop.request();
    }

    /// Whether a stop was requested, or the context has ended by itself.
    pub fn is_stopped(&self) -> bool {
        self.stop.is_requested()
    }
}
