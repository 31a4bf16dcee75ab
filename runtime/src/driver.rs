//! When a batch runs: at the ticks of the wall clock, or when a test says so; and how a context comes to its end.

use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use crate::error::{Error, Result};
use crate::inputs::Inputs;
use crate::shared::Shared;
use crate::time::Time;

/// What to do next.
pub(crate) enum Tick {
    Batch,
    End,
}

/// How often the end of receivers is looked for.
const POLL: Duration = Duration::from_millis(1);

/// On manual time there are no ticks while receivers end; then a batch makes room for what they still hold.
const MAKE_ROOM: Duration = Duration::from_millis(100);

/// Decides when the next batch runs and what its time is.
pub(crate) struct Driver {
    every: Duration,
    /// The time of the last batch.
    last: Time,
    /// How long receivers may take to end.
    patience: Duration,
    stopping: Option<Stopping>,
    mode: Mode,
}

enum Mode {
    /// Batches at multiples of the interval. If one takes too long, the next ones follow at once; none is left out.
    Wall {
        /// When to stop by itself.
        until: Option<Time>,
        /// Whether a failed batch is kept until somebody resumes or stops the context. Not so on the caller's own thread.
        resumable: bool,
    },
    /// Batches when asked for.
    Manual { requests: Receiver<u64>, replies: Sender<Result<()>>, left: u64, asked: bool },
}

/// A graceful stop: receivers end, while batches go on as before; then what they have received is processed.
struct Stopping {
    since: Instant,
    last_batch: Instant,
    /// Since when nobody receives.
    calm: Option<Time>,
    /// Records that waited when the last extra batch began.
    pending: u64,
}

impl Stopping {
    fn new() -> Self {
        let now = Instant::now();
        Stopping { since: now, last_batch: now, calm: None, pending: u64::MAX }
    }

    /// The time since which nobody receives, or since which nobody waits for it any more.
    fn calm(&mut self, now: Time, inputs: &Inputs, patience: Duration) -> Option<Time> {
        if self.calm.is_none() && (inputs.receiving().is_none() || self.since.elapsed() >= patience) {
            self.calm = Some(now);
        }
        self.calm
    }

    /// An extra batch, as long as that makes fewer records wait.
    fn extra_batch(&mut self, inputs: &Inputs) -> Tick {
        let pending = inputs.pending();
        let before = std::mem::replace(&mut self.pending, pending);
        if pending > 0 && pending < before { Tick::Batch } else { Tick::End }
    }

    fn makes_room(&mut self, inputs: &Inputs) -> bool {
        let due = self.last_batch.elapsed() >= MAKE_ROOM && inputs.pending() > 0;
        if due {
            self.last_batch = Instant::now();
        }
        due
    }
}

impl Driver {
    pub fn wall(every: Duration, now: Time, until: Option<Time>, patience: Duration, resumable: bool) -> Self {
        Driver { every, last: now.floor(every), patience, stopping: None, mode: Mode::Wall { until, resumable } }
    }

    pub fn manual(
        every: Duration,
        start: Time,
        patience: Duration,
        requests: Receiver<u64>,
        replies: Sender<Result<()>>,
    ) -> Self {
        let mode = Mode::Manual { requests, replies, left: 0, asked: false };
        Driver { every, last: start.floor(every), patience, stopping: None, mode }
    }

    /// Whether time goes on only when asked to.
    pub fn is_manual(&self) -> bool {
        matches!(self.mode, Mode::Manual { .. })
    }

    /// Waits until the next batch is due, or the end has come.
    ///
    /// # Errors
    /// When a receiver does not end although the context stops.
    pub fn wait(&mut self, shared: &Shared, inputs: &Inputs) -> Result<Tick> {
        if self.stopping.is_none() && !self.stops(shared) {
            return Ok(Tick::Batch);
        }
        let tick = self.stop(shared, inputs);
        match inputs.receiving() {
            Some(stream) if matches!(tick, Tick::End) => Err(self.endless(stream)),
            _ => Ok(tick),
        }
    }

    /// Waits until the next batch is due or a stop is requested, and tells whether it is a stop.
    fn stops(&mut self, shared: &Shared) -> bool {
        let due = self.due();
        match &mut self.mode {
            Mode::Wall { until, .. } => loop {
                let now = shared.clock.now();
                if until.is_some_and(|until| until <= now) {
                    shared.stop.request();
                }
                if shared.stop.is_requested() {
                    return true;
                }
                if due <= now {
                    return false;
                }
                shared.stop.wait(until.map_or(due, |until| until.min(due)).since(now));
            },
            Mode::Manual { requests, replies, left, asked } => {
                if *left == 0 {
                    if std::mem::take(asked) {
                        let _ = replies.send(Ok(()));
                    }
                    match requests.recv() {
                        Ok(0) | Err(_) => return true,
                        Ok(batches) => (*left, *asked) = (batches, true),
                    }
                }
                *left -= 1;
                shared.stop.is_requested()
            }
        }
    }

    fn stop(&mut self, shared: &Shared, inputs: &Inputs) -> Tick {
        let due = self.due();
        let ticks = matches!(self.mode, Mode::Wall { .. });
        let stopping = self.stopping.get_or_insert_with(Stopping::new);
        loop {
            let now = shared.clock.now();
            let calm = stopping.calm(now, inputs, self.patience);
            if ticks && due <= calm.unwrap_or(now) {
                return Tick::Batch;
            }
            if calm.is_some() {
                return stopping.extra_batch(inputs);
            }
            if !ticks && stopping.makes_room(inputs) {
                return Tick::Batch;
            }
            thread::sleep(POLL);
        }
    }

    fn endless(&self, stream: &str) -> Error {
        Error::Source {
            stream: stream.to_owned(),
            what: format!(
                "it still received {:?} after it was asked to stop; what it had received by then is processed",
                self.patience
            ),
            remedy: "let its threads return when a stop is requested, or give it more time with `stop_timeout(…)`"
                .to_owned(),
            cause: None,
        }
    }

    fn due(&self) -> Time {
        self.last + self.every
    }

    /// The time of the batch that is due now.
    pub fn advance(&mut self) -> Time {
        self.last = self.due();
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
            Mode::Wall { resumable: false, .. } => Err(error),
            Mode::Wall { resumable: true, .. } => shared.failure.wait_for_resume(error, &shared.stop),
            Mode::Manual { .. } if shared.stop.is_requested() => Err(error),
            Mode::Manual { requests, replies, left, asked } => {
                *asked = false;
                let again = error.again();
                let _ = replies.send(Err(error));
                match requests.recv() {
                    Ok(0) | Err(_) => Err(again),
                    Ok(batches) => {
                        (*left, *asked) = (batches - 1, true);
                        Ok(())
                    }
                }
            }
        }
    }
}
