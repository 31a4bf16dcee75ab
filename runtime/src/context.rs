//! Running pipelines: on the wall clock, on the caller's thread, or on manual time.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use crate::as_of::Joined;
use crate::clock::Clock;
use crate::driver::Driver;
use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::listener::{Listeners, StreamingListener};
use crate::pipeline::Pipeline;
use crate::policy::{BadRecords, OnFailure};
use crate::progress::{Progress, ProgressBoard};
use crate::shared::{Failure, Shared};
use crate::source::SourceOptions;
use crate::stage::Workers;
use crate::time::Time;

/// Runs a pipeline. Set what you need, then choose how to run it.
///
/// | method | time | thread |
/// |---|---|---|
/// | [`start`](Self::start) | wall clock | its own; [`await_termination`](RunningContext::await_termination) waits |
/// | [`run`](Self::run) | wall clock | the caller's; the pipeline may borrow |
/// | [`manual`](Self::manual) | [`advance`](ManualContext::advance) | its own; nothing happens between two calls |
///
/// ```
/// use microbatch::prelude::*;
///
/// let out = Collector::default();
/// let pipeline = stream!(every = 1s, |ssc| {
///     ssc.queue_stream([vec!["a", "b", "a"].into_iter().map(String::from).collect()]).count_by_value().collect_into(&out);
/// });
/// let mut context = StreamingContext::new(pipeline).workers(2).manual()?;
/// context.advance(1)?;
/// assert_eq!(out.batches()[0].0.as_millis(), 1000);
/// # Ok::<(), microbatch::Error>(())
/// ```
#[must_use = "a context does nothing before `start`, `run` or `manual`"]
pub struct StreamingContext<P> {
    pipeline: P,
    workers: usize,
    grain: Option<usize>,
    on_failure: OnFailure,
    max_batches: Option<u64>,
    sources: SourceOptions,
    listeners: Listeners,
}

impl<P: Pipeline> StreamingContext<P> {
    /// A context for `pipeline`, with a worker for each core.
    pub fn new(pipeline: P) -> Self {
        StreamingContext {
            pipeline,
            workers: thread::available_parallelism().map_or(1, usize::from),
            grain: None,
            on_failure: OnFailure::default(),
            max_batches: None,
            sources: SourceOptions { buffered_blocks: 256, on_bad_record: BadRecords::default() },
            listeners: Listeners::default(),
        }
    }

    /// How many threads run a stage. Results do not depend on it. One means that stages run on the engine's own thread.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// The least number of records (bytes, for text) that is worth a worker of its own: smaller batches use fewer workers.
    /// The default suits closures of some tens of nanoseconds; set it lower for expensive ones.
    pub fn parallel_grain(mut self, records: usize) -> Self {
        self.grain = Some(records);
        self
    }

    /// What to do with a batch that fails. The default is [`OnFailure::Stop`].
    pub fn on_failure(mut self, policy: OnFailure) -> Self {
        self.on_failure = policy;
        self
    }

    /// What to do with a record that cannot be decoded. The default is [`BadRecords::Replace`].
    pub fn on_bad_record(mut self, policy: BadRecords) -> Self {
        self.sources.on_bad_record = policy;
        self
    }

    /// How many full blocks (of 1 MiB of text, or 16,384 records) a receiver may hold for the engine. When as many wait, the
    /// receiver is pushed back, and so is its sender. The default is 256.
    pub fn buffered_blocks(mut self, blocks: usize) -> Self {
        self.sources.buffered_blocks = blocks;
        self
    }

    /// Stops by itself after this many batches.
    pub fn batches(mut self, batches: u64) -> Self {
        self.max_batches = Some(batches);
        self
    }

    /// Tells `listener` what happens.
    pub fn listener(self, listener: Arc<dyn StreamingListener>) -> Self {
        self.listeners.add(listener);
        self
    }

    fn shared(&self, clock: Clock) -> Arc<Shared> {
        Arc::new(Shared {
            clock: Arc::new(clock),
            stop: Arc::default(),
            progress: ProgressBoard::new(self.pipeline.every()),
            listeners: self.listeners.clone(),
            failure: Failure::default(),
        })
    }

    fn check(&self) -> Result<()> {
        let cannot = |what: &str, remedy: &str| {
            Err(Error::config(format!("pipeline `{}`: {what}", self.pipeline.name()), remedy))
        };
        if self.pipeline.every().is_zero() {
            return cannot("the batch interval is zero", "write `every = 1s` or another duration above zero");
        }
        if self.workers == 0 {
            return cannot("it cannot run on 0 workers", "write `workers(1)` or more");
        }
        if self.sources.buffered_blocks == 0 {
            return cannot("receivers need room for at least one block", "write `buffered_blocks(1)` or more");
        }
        Ok(())
    }

    fn engine(&self, driver: Driver, shared: &Arc<Shared>) -> Result<Engine> {
        Ok(Engine::new(
            self.pipeline.every(),
            Workers::new(self.workers, self.grain)?,
            driver,
            Arc::clone(shared),
            self.on_failure,
            self.max_batches,
            self.sources.clone(),
        ))
    }

    /// Runs the pipeline on this thread until it is stopped, by [`batches`](Self::batches) or the end of its sources. The
    /// pipeline may borrow from the caller.
    ///
    /// # Errors
    /// When the pipeline cannot start, and when a batch fails for good.
    pub fn run(self) -> Result<()> {
        self.check()?;
        let shared = self.shared(Clock::wall());
        let driver = Driver::wall(self.pipeline.every(), shared.clock.now(), false);
        let mut engine = self.engine(driver, &shared)?;
        drive(self.pipeline, &mut engine, &shared)
    }
}

impl<P: Pipeline + Send + 'static> StreamingContext<P> {
    /// Runs the pipeline on threads of its own, on the wall clock.
    ///
    /// # Errors
    /// When the settings cannot work or threads cannot be started. What fails later, [`RunningContext::await_termination`]
    /// returns.
    pub fn start(self) -> Result<RunningContext> {
        self.check()?;
        let shared = self.shared(Clock::wall());
        let driver = Driver::wall(self.pipeline.every(), shared.clock.now(), true);
        let engine = self.engine(driver, &shared)?;
        let thread = Mutex::new(Some(spawn(self.pipeline, engine, &shared)?));
        Ok(RunningContext { shared, thread })
    }

    /// Runs the pipeline on manual time, which starts at 0: batches run when [`ManualContext::advance`] asks for them.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn manual(self) -> Result<ManualContext> {
        self.manual_from(Time::ZERO)
    }

    /// As [`manual`](Self::manual), with manual time starting at `start`.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn manual_from(self, start: Time) -> Result<ManualContext> {
        self.check()?;
        let shared = self.shared(Clock::manual(start));
        let (requests, for_engine) = crossbeam_channel::unbounded();
        let (from_engine, replies) = crossbeam_channel::unbounded();
        let driver = Driver::manual(self.pipeline.every(), start, for_engine, from_engine);
        let engine = self.engine(driver, &shared)?;
        let thread = Some(spawn(self.pipeline, engine, &shared)?);
        Ok(ManualContext { shared, requests, replies, thread })
    }
}

fn spawn<P: Pipeline + Send + 'static>(
    pipeline: P,
    mut engine: Engine,
    shared: &Arc<Shared>,
) -> Result<JoinHandle<Result<()>>> {
    let shared = Arc::clone(shared);
    thread::Builder::new().name("microbatch".to_owned()).spawn(move || drive(pipeline, &mut engine, &shared)).map_err(
        |error| Error::config(format!("the engine's thread cannot be started: {error}"), "raise the limit of threads"),
    )
}

/// Runs a pipeline to its end, and stops what it has started however it ends.
fn drive<P: Pipeline>(pipeline: P, engine: &mut Engine, shared: &Shared) -> Result<()> {
    shared.listeners.tell(|listener| listener.on_streaming_started(shared.clock.now()));
    let label = format!("{} (setup)", pipeline.name());
    let _joined = Joined::new(engine.workers().batch());
    let ended = engine_caught(&label, shared, || pipeline.run(engine));
    shared.stop.request();
    shared.failure.notify();
    ended
}

/// A panic outside of stages and outputs comes from a setup statement.
fn engine_caught(label: &str, shared: &Shared, work: impl FnOnce() -> Result<()>) -> Result<()> {
    crate::stage::caught(work).unwrap_or_else(|panicked| {
        Err(Error::Panic {
            time: shared.clock.now(),
            stage: label.to_owned(),
            place: panicked.place,
            message: panicked.message,
        })
    })
}

fn join(thread: JoinHandle<Result<()>>) -> Result<()> {
    thread.join().unwrap_or_else(|_| Err(Error::from("the engine's thread panicked")))
}

/// A pipeline that runs on its own threads.
pub struct RunningContext {
    shared: Arc<Shared>,
    thread: Mutex<Option<JoinHandle<Result<()>>>>,
}

impl RunningContext {
    /// Waits until the context has ended. Ctrl-C and SIGTERM end it gracefully: what was received is processed first; a second
    /// one ends the process.
    ///
    /// # Errors
    /// When the pipeline could not start, or a batch failed for good. In the second case the batch is still there:
    /// [`resume`](Self::resume) runs it again.
    pub fn await_termination(&self) -> Result<()> {
        self.await_until(None).map(|_| ())
    }

    /// As [`await_termination`](Self::await_termination), at most for `timeout`. Returns whether the context has ended.
    ///
    /// # Errors
    /// As [`await_termination`](Self::await_termination).
    pub fn await_termination_or_timeout(&self, timeout: Duration) -> Result<bool> {
        self.await_until(Instant::now().checked_add(timeout))
    }

    fn await_until(&self, deadline: Option<Instant>) -> Result<bool> {
        #[cfg(feature = "signals")]
        let _signals = crate::signals::stop_on_signals(&self.shared.stop)?;
        loop {
            if let Some(error) = self.shared.failure.take_error() {
                return Err(error);
            }
            let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
            if thread.as_ref().is_none_or(JoinHandle::is_finished) {
                return thread.take().map_or(Ok(()), join).map(|()| true);
            }
            drop(thread);
            let left = deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(Instant::now()));
            if left.is_zero() {
                return Ok(false);
            }
            self.shared.failure.wait(left.min(Duration::from_millis(20)));
        }
    }

    /// Runs a failed batch again, with the same records, and goes on. Returns whether there was one.
    pub fn resume(&self) -> bool {
        self.shared.failure.resume()
    }

    /// Stops gracefully: receivers end, what was received is processed, then the context ends.
    ///
    /// # Errors
    /// As [`await_termination`](Self::await_termination).
    pub fn stop(&self) -> Result<()> {
        self.shared.stop.request();
        self.await_termination()
    }

    /// How the context is doing.
    pub fn progress(&self) -> Progress {
        self.shared.progress.read()
    }

    /// Tells `listener` what happens from now on.
    pub fn add_listener(&self, listener: Arc<dyn StreamingListener>) {
        self.shared.listeners.add(listener);
    }
}

impl Drop for RunningContext {
    fn drop(&mut self) {
        self.shared.stop.request();
        self.shared.failure.notify();
        if let Some(thread) = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take() {
            let _ = join(thread);
        }
    }
}

/// A pipeline on manual time.
pub struct ManualContext {
    shared: Arc<Shared>,
    requests: Sender<u64>,
    replies: Receiver<Result<()>>,
    thread: Option<JoinHandle<Result<()>>>,
}

impl ManualContext {
    /// Runs `batches` batches and returns when they are done.
    ///
    /// # Errors
    /// When the pipeline could not start, or a batch failed for good. In the second case time stands still: the next call
    /// begins with the same batch.
    pub fn advance(&mut self, batches: u64) -> Result<()> {
        if batches == 0 {
            return Ok(());
        }
        // A send fails only when the engine is gone, which the reply tells better.
        let _ = self.requests.send(batches);
        match self.replies.recv() {
            Ok(reply) => reply,
            Err(_) => self.end().and(Err(Error::Stopped)),
        }
    }

    /// The time of the last batch.
    pub fn time(&self) -> Time {
        self.shared.clock.now()
    }

    /// Stops gracefully: receivers end, what was received is processed in a last batch, then the context ends.
    ///
    /// # Errors
    /// When that last batch fails.
    pub fn stop(mut self) -> Result<()> {
        self.end()
    }

    /// How the context is doing.
    pub fn progress(&self) -> Progress {
        self.shared.progress.read()
    }

    /// Tells `listener` what happens from now on.
    pub fn add_listener(&self, listener: Arc<dyn StreamingListener>) {
        self.shared.listeners.add(listener);
    }

    fn end(&mut self) -> Result<()> {
        self.shared.stop.request();
        let _ = self.requests.send(0);
        self.thread.take().map_or(Ok(()), join)
    }
}

impl Drop for ManualContext {
    fn drop(&mut self) {
        let _ = self.end();
    }
}
