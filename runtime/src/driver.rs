//! When a batch runs: at the ticks of the wall clock, or when a test says so; and how a context comes to its end.

use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use crate::error::{Error, Result};
use crate::inputs::Inputs;
use crate::shared::{Shared, Status};
use crate::time::Time;

/// What to do next.
pub(crate) enum Tick {
    Batch,
    End,
}

/// How often the end of receivers is looked for.
const POLL: Duration = Duration::from_millis(1);

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
    /// Since when nobody receives, or nobody waits for it any more.
    calm: Option<Time>,
    /// Whether somebody still received when nobody waited any more.
    is_endless: bool,
    /// Records that waited when the last extra batch began.
    pending: u64,
}

impl Stopping {
    fn new() -> Self {
        Stopping { since: Instant::now(), calm: None, is_endless: false, pending: u64::MAX }
    }

    /// The time since which nobody receives, or since which nobody waits for it any more.
    fn calm(&mut self, now: Time, inputs: &Inputs, patience: Duration) -> Option<Time> {
        let receives = inputs.receiving().is_some();
        if self.calm.is_none() && (!receives || self.since.elapsed() >= patience) {
            (self.calm, self.is_endless) = (Some(now), receives);
        }
        self.calm
    }

    /// An extra batch for everything that is left, as long as that makes fewer records wait.
    fn extra_batch(&mut self, inputs: &Inputs) -> Tick {
        inputs.close();
        let pending = inputs.pending();
        let before = std::mem::replace(&mut self.pending, pending);
        if pending > 0 && pending < before { Tick::Batch } else { Tick::End }
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
        let is_endless = self.stopping.as_ref().is_some_and(|stopping| stopping.is_endless);
        match inputs.receiving() {
            Some(stream) if is_endless && matches!(tick, Tick::End) => Err(self.endless(stream)),
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
        let ticks = !self.is_manual();
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

    /// There was a batch at this time: the next one comes later.
    pub fn resume(&mut self, time: Time) {
        self.last = self.last.max(time.floor(self.every));
    }

    /// The pipeline has come to its end by itself: a request that is done is answered.
    pub fn end(&mut self) {
        if let Mode::Manual { replies, left: 0, asked: true, .. } = &self.mode {
            let _ = replies.send(Ok(()));
        }
    }

    /// How long a stop waits.
    pub fn patience(&self) -> Duration {
        self.patience
    }

    /// A batch has failed for good: from now on somebody may resume it, though nobody who waits hears of it yet. Gives the error
    /// back where nobody can.
    pub fn hold(&self, error: Error, shared: &Shared) -> Option<Error> {
        if matches!(self.mode, Mode::Wall { resumable: true, .. }) {
            shared.failure.hold(error);
            return None;
        }
        shared.status.set(Status::Failed);
        Some(error)
    }

    /// Tells of a failed batch, with the error unless it is [held](Self::hold). Returns when somebody asks to run it again; with
    /// the error when the context is to end.
    pub fn stop_with(&mut self, error: Option<Error>, shared: &Shared) -> Result<()> {
        let Some(error) = error else { return shared.failure.wait_for_resume(&shared.status, &shared.stop) };
        match &mut self.mode {
            Mode::Wall { .. } => Err(error),
            Mode::Manual { .. } if shared.stop.is_requested() => Err(error),
            Mode::Manual { requests, replies, left, asked } => {
                // A batch of an earlier run fails before anybody has asked for one.
                if !std::mem::take(asked) && matches!(requests.recv(), Ok(0) | Err(_)) {
                    return Err(error);
                }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    use crate::source::Input;

    const SECOND: Duration = Duration::from_secs(1);

    /// A driver with ticks, on a clock that the test sets, and one input.
    struct Rig {
        driver: Driver,
        shared: Shared,
        inputs: Inputs,
        input: Arc<Input>,
    }

    fn rig(until: Option<Time>, patience: Duration) -> Rig {
        let shared = Shared::at(Time::from_millis(5_000));
        let (mut inputs, input) = (Inputs::default(), Arc::new(Input::default()));
        inputs.add("clicks".into(), Arc::clone(&input));
        Rig { driver: Driver::wall(SECOND, shared.clock.now(), until, patience, true), shared, inputs, input }
    }

    impl Rig {
        /// The time of the next batch at the time `now`; `None` at the end.
        fn batch(&mut self, now: u64) -> Result<Option<u64>> {
            self.shared.clock.set(Time::from_millis(now));
            let tick = self.driver.wait(&self.shared, &self.inputs)?;
            Ok(matches!(tick, Tick::Batch).then(|| self.driver.advance().as_millis()))
        }
    }

    #[test]
    fn a_pipeline_that_is_too_slow_ends_when_the_batches_are_done_that_were_due() -> Result<()> {
        let mut rig = rig(None, SECOND);
        rig.shared.stop.request();
        let mut now = 7_500;
        let mut batches = Vec::new();
        while let Some(time) = rig.batch(now)? {
            batches.push(time);
            now += 2_000;
        }
        assert_eq!(batches, [6_000, 7_000]);
        Ok(())
    }

    #[test]
    fn batches_go_on_while_receivers_end_and_one_more_takes_what_is_left() -> Result<()> {
        let mut rig = rig(None, Duration::from_secs(3600));
        rig.input.receiving.store(1, Ordering::Release);
        rig.shared.stop.request();
        assert_eq!(rig.batch(6_100)?, Some(6_000));
        assert_eq!(rig.batch(7_100)?, Some(7_000));
        assert!(!rig.input.closing.load(Ordering::Acquire));

        rig.input.receiving.store(0, Ordering::Release);
        rig.input.pending.store(3, Ordering::Release);
        assert_eq!(rig.batch(7_200)?, Some(8_000));
        assert!(rig.input.closing.load(Ordering::Acquire), "its time lies ahead, and it takes everything");
        rig.input.pending.store(0, Ordering::Release);
        assert_eq!(rig.batch(7_300)?, None);
        Ok(())
    }

    #[test]
    fn a_receiver_that_does_not_end_is_an_error_at_the_end() -> Result<()> {
        let mut rig = rig(None, Duration::ZERO);
        rig.input.receiving.store(1, Ordering::Release);
        rig.input.pending.store(3, Ordering::Release);
        rig.shared.stop.request();
        assert_eq!(rig.batch(5_100)?, Some(6_000), "what it has received is processed");
        // A source that never gives its records does not hold up the end.
        let error = rig.batch(5_200).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains("source `clicks`") && error.contains("stop_timeout"), "{error}");
        Ok(())
    }

    #[test]
    fn who_begins_to_receive_at_the_very_end_has_not_received_for_too_long() -> Result<()> {
        let mut rig = rig(None, Duration::from_secs(3600));
        rig.input.pending.store(3, Ordering::Release);
        rig.shared.stop.request();
        assert_eq!(rig.batch(5_100)?, Some(6_000));
        // A connection that was under way is there, for a moment.
        rig.input.receiving.store(1, Ordering::Release);
        rig.input.pending.store(0, Ordering::Release);
        assert_eq!(rig.batch(5_200)?, None);
        Ok(())
    }

    #[test]
    fn a_duration_ends_with_its_last_batch() -> Result<()> {
        let mut rig = rig(Some(Time::from_millis(7_000)), SECOND);
        assert_eq!(rig.batch(6_000)?, Some(6_000));
        assert_eq!(rig.batch(7_000)?, Some(7_000));
        assert_eq!(rig.batch(7_000)?, None);
        Ok(())
    }
}
