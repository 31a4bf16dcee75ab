//! A log as its writers and the engine share it, with a thread that syncs it while others go on.
//!
//! A batch needs its blocks on disk when it is decided, and not before: while its stages run, the thread waits for the disk. It
//! also does so when much is not durable yet, so that little is left when the batch begins. The lock is not held meanwhile.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, bounded};

use super::writer::Flight;
use super::{LogWriter, Place};
use crate::error::{Error, Result};

/// The end of a log, and the thread that syncs it. Dropping it waits for the thread.
pub(crate) struct SharedLog {
    end: Arc<End>,
    wake: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct End {
    writer: Mutex<LogWriter>,
    /// A sync of the thread has ended.
    landed: Condvar,
}

impl SharedLog {
    /// # Errors
    /// When there is no room for a thread.
    pub fn start(writer: LogWriter) -> Result<Self> {
        let end = Arc::new(End { writer: Mutex::new(writer), landed: Condvar::new() });
        // One call is enough for all that is to be done.
        let (wake, calls) = bounded(1);
        let theirs = Arc::clone(&end);
        let thread = thread::Builder::new().name("log-sync".into()).spawn(move || theirs.sync_when(&calls));
        let thread = thread.map_err(|error| {
            Error::config(
                format!("the thread that syncs a log cannot be started: {error}"),
                "let the system have more threads, or do without `write_ahead_log(true)`",
            )
        })?;
        Ok(SharedLog { end, wake: Some(wake), thread: Some(thread) })
    }

    pub fn lock(&self) -> MutexGuard<'_, LogWriter> {
        self.end.lock()
    }

    /// Has the thread sync what was appended, if it is much.
    pub fn appended(&self, writer: &LogWriter) {
        if writer.has_much() {
            self.wake();
        }
    }

    /// A batch has everything up to here: [`settle`](Self::settle) comes before it is decided.
    pub fn give(&self, last: Place) {
        let mut writer = self.lock();
        writer.want(last);
        drop(writer);
        self.wake();
    }

    /// What was given to batches is on disk then.
    ///
    /// # Errors
    /// When the disk refuses. Asking again tries it again.
    pub fn settle(&self) -> Result<()> {
        let mut writer = self.lock();
        while writer.is_wanted() && writer.is_landing() {
            writer = self.end.landed.wait(writer).unwrap_or_else(PoisonError::into_inner);
        }
        if writer.is_wanted() { writer.sync() } else { Ok(()) }
    }

    fn wake(&self) {
        if let Some(wake) = &self.wake {
            let _ = wake.try_send(()); // a full channel wakes it as well
        }
    }
}

impl Drop for SharedLog {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl End {
    fn lock(&self) -> MutexGuard<'_, LogWriter> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn sync_when(&self, calls: &Receiver<()>) {
        for () in calls {
            while let Some(mut flight) = self.begin() {
                let synced = flight.sync();
                self.lock().land(&flight, synced.is_ok());
                self.landed.notify_all();
            }
        }
    }

    /// Not in the condition of the loop: there the lock would be held as long as its body runs.
    fn begin(&self) -> Option<Flight> {
        self.lock().begin_flight()
    }
}
