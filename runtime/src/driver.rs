//! When a batch runs: at the ticks of the wall clock, or when a test says so.

use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};

use crate::error::{Error, Result};
use crate::shared::Shared;
use crate::time::Time;

/// What to do next.
pub(crate) enum Tick {
    Batch,
    Stop,
}

/// Decides when the next batch runs and what its time is.
pub(crate) struct Driver {
    every: Duration,
    /// The time of the last batch.
    last: Time,
    mode: Mode,
}

enum Mode {
    /// Batches at multiples of the interval. If one takes too long, the next ones follow at once; none is left out.
    Wall {
        /// Whether a failed batch is kept until somebody resumes or stops the context. Not so on the caller's own thread.
        resumable: bool,
    },
    /// Batches when asked for.
    Manual { requests: Receiver<u64>, replies: Sender<Result<()>>, left: u64, asked: bool },
}

impl Driver {
    pub fn wall(every: Duration, now: Time, resumable: bool) -> Self {
        Driver { every, last: now.floor(every), mode: Mode::Wall { resumable } }
    }

    pub fn manual(every: Duration, start: Time, requests: Receiver<u64>, replies: Sender<Result<()>>) -> Self {
        Driver { every, last: start.floor(every), mode: Mode::Manual { requests, replies, left: 0, asked: false } }
    }

    /// Whether time goes on only when asked to.
    pub fn is_manual(&self) -> bool {
        matches!(self.mode, Mode::Manual { .. })
    }

    /// Waits until the next batch is due.
    pub fn wait(&mut self, shared: &Shared) -> Tick {
        match &mut self.mode {
            Mode::Wall { .. } => {
                let due = self.last + self.every;
                loop {
                    let now = shared.clock.now();
                    if shared.stop.wait(due.since(now)) {
                        return if due <= now { Tick::Batch } else { Tick::Stop };
                    }
                    if due <= shared.clock.now() {
                        return Tick::Batch;
                    }
                }
            }
            Mode::Manual { requests, replies, left, asked } => {
                if *left == 0 {
                    if std::mem::take(asked) {
                        let _ = replies.send(Ok(()));
                    }
                    match requests.recv() {
                        Ok(0) | Err(_) => return Tick::Stop,
                        Ok(batches) => (*left, *asked) = (batches, true),
                    }
                }
                *left -= 1;
                Tick::Batch
            }
        }
    }

    /// The time of the batch that is due now.
    pub fn advance(&mut self) -> Time {
        self.last = self.last + self.every;
        self.last
    }

    /// The pipeline has come to its end by itself: a request that is done is answered.
    pub fn end(&mut self) {
        if let Mode::Manual { replies, left: 0, asked: true, .. } = &self.mode {
            let _ = replies.send(Ok(()));
        }
    }

    /// Reports a failed batch. Returns when somebody asks to run it again; with the error when the context is to end.
    pub fn stop_with(&mut self, error: Error, shared: &Shared) -> Result<()> {
        match &mut self.mode {
            Mode::Wall { resumable: false } => Err(error),
            Mode::Wall { resumable: true } => shared.failure.wait_for_resume(error, &shared.stop),
            Mode::Manual { requests, replies, left, asked } => {
                *asked = false;
                let _ = replies.send(Err(error));
                match requests.recv() {
                    Ok(0) | Err(_) => Err(Error::Stopped),
                    Ok(batches) => {
                        (*left, *asked) = (batches - 1, true);
                        Ok(())
                    }
                }
            }
        }
    }
}
