//! Ctrl-C and SIGTERM.
//!
//! The handlers are installed once, when the first context waits, and stay: a process has one set of them, whatever the number
//! of contexts. While no context waits, and after a first signal, they do what the system does without them: end the process.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::Signals;

use crate::error::{Error, Result};
use crate::signal::StopSignal;

/// The contexts that the next signal stops.
#[derive(Default)]
struct Waiting {
    contexts: Mutex<Vec<Arc<StopSignal>>>,
    /// Whether a signal ends the process at once. Set in the handler itself, so that a second signal never waits for a thread.
    deadly: Arc<AtomicBool>,
}

impl Waiting {
    fn change(&self, change: impl FnOnce(&mut Vec<Arc<StopSignal>>)) {
        let mut contexts = self.contexts.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut contexts);
        self.deadly.store(contexts.is_empty(), Ordering::SeqCst);
    }
}

/// While this lives, a signal stops the context gracefully.
pub(crate) struct Guard {
    waiting: &'static Waiting,
    stop: Arc<StopSignal>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.waiting.change(|contexts| {
            if let Some(at) = contexts.iter().position(|other| Arc::ptr_eq(other, &self.stop)) {
                contexts.swap_remove(at);
            }
        });
    }
}

/// Lets the first Ctrl-C or SIGTERM request `stop`, and the second one end the process.
pub(crate) fn stop_on_signals(stop: &Arc<StopSignal>) -> Result<Guard> {
    let waiting = handlers()?;
    waiting.change(|contexts| contexts.push(Arc::clone(stop)));
    Ok(Guard { waiting, stop: Arc::clone(stop) })
}

fn handlers() -> Result<&'static Waiting> {
    static WAITING: OnceLock<Waiting> = OnceLock::new();
    static INSTALLED: Mutex<bool> = Mutex::new(false);
    let waiting = WAITING.get_or_init(Waiting::default);
    let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    if !*installed {
        install(waiting).map_err(|error| {
            Error::config(
                format!("the handlers of Ctrl-C and SIGTERM cannot be installed: {error}"),
                "leave the feature `signals` out, and stop the context with a `StopHandle`",
            )
        })?;
        *installed = true;
    }
    Ok(waiting)
}

fn install(waiting: &'static Waiting) -> std::io::Result<()> {
    for signal in [SIGINT, SIGTERM] {
        // In this order: end the process if that is due, else make it due for the next signal, and only then wake the thread,
        // which makes it due as well when it has told all contexts.
        flag::register_conditional_default(signal, Arc::clone(&waiting.deadly))?;
        flag::register(signal, Arc::clone(&waiting.deadly))?;
    }
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    thread::Builder::new().name("microbatch-signals".to_owned()).spawn(move || {
        for _ in signals.forever() {
            waiting.change(|contexts| contexts.drain(..).for_each(|stop| stop.request()));
        }
    })?;
    Ok(())
}
