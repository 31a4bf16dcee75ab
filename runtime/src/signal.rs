//! A request to stop that threads can wait for.

use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Somebody who waits for something else, and is to be woken by a request to stop.
pub(crate) trait Wake: Send + Sync + 'static {
    /// A stop is requested. It may be told so more than once.
    fn wake(&self);
}

/// Set once, seen by everyone who waits.
#[derive(Default)]
pub struct StopSignal {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    is_requested: bool,
    sleepers: Vec<Weak<dyn Wake>>,
}

impl fmt::Debug for StopSignal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StopSignal").field("is_requested", &self.is_requested()).finish_non_exhaustive()
    }
}

impl StopSignal {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks everyone to stop.
    pub fn request(&self) {
        let mut state = self.lock();
        state.is_requested = true;
        let sleepers = std::mem::take(&mut state.sleepers);
        drop(state); // those who are woken have locks of their own, and ask for this one while they hold them
        self.changed.notify_all();
        sleepers.iter().filter_map(Weak::upgrade).for_each(|sleeper| sleeper.wake());
    }

    /// Whether a stop was requested.
    pub fn is_requested(&self) -> bool {
        self.lock().is_requested
    }

    /// Wakes `sleeper` when a stop is requested, as long as somebody has it; at once if that has happened.
    pub(crate) fn will_wake<W: Wake>(&self, sleeper: &Arc<W>) {
        let mut state = self.lock();
        if state.is_requested {
            drop(state);
            return sleeper.wake();
        }
        state.sleepers.retain(|other| other.strong_count() > 0);
        let sleeper = Arc::downgrade(sleeper);
        state.sleepers.push(sleeper);
    }

    /// Waits for the request, at most for `timeout`. Returns whether it came.
    pub fn wait(&self, timeout: Duration) -> bool {
        let deadline = Instant::now().checked_add(timeout);
        let mut state = self.lock();
        while !state.is_requested {
            let left = deadline
                .map_or(Duration::from_secs(3600), |deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                break;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.is_requested
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

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[derive(Default)]
    struct Sleeper(AtomicU64);

    impl Wake for Sleeper {
        fn wake(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_request_wakes_those_who_are_still_there() {
        let (stop, early, late) = (StopSignal::default(), Arc::new(Sleeper::default()), Arc::new(Sleeper::default()));
        for _ in 0..100 {
            stop.will_wake(&Arc::new(Sleeper::default()));
        }
        stop.will_wake(&early);
        assert_eq!(stop.lock().sleepers.len(), 1, "those who are gone are forgotten");
        assert_eq!(early.0.load(Ordering::Relaxed), 0);
        stop.request();
        stop.will_wake(&late);
        assert_eq!((early.0.load(Ordering::Relaxed), late.0.load(Ordering::Relaxed)), (1, 1));
    }
}
