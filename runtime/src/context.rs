//! Running pipelines: on the wall clock, on the caller's thread, or on manual time.

use std::fmt;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::backpressure::Backpressure;
use crate::checkpoint::failing;
use crate::clock::Clock;
use crate::described::StateDescription;
use crate::driver::Driver;
use crate::durable::{CheckpointOptions, Durable, check_names};
use crate::engine::{Engine, Settings};
use crate::engine_thread::{drive, set_up, spawn};
use crate::error::{Error, Result};
use crate::guarantee;
use crate::listener::{Listeners, StreamingListener};
use crate::pipeline::Pipeline;
use crate::policy::{BadRecords, OnFailure};
use crate::progress::ProgressBoard;
use crate::remember::States;
use crate::running::{ManualContext, RunningContext};
use crate::shared::{Failure, Setup, Shared, StatusCell};
use crate::signal::{StopHandle, StopSignal};
use crate::source::{LogOptions, LogSync, SourceOptions, log_directory};
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
    pub(crate) pipeline: P,
    workers: usize,
    grain: Option<usize>,
    on_failure: OnFailure,
    pub(crate) max_batches: Option<u64>,
    pub(crate) duration: Option<Duration>,
    stop_timeout: Duration,
    stop: Arc<StopSignal>,
    sources: SourceOptions,
    pub(crate) listeners: Listeners,
    pub(crate) is_listened_to: bool,
    pub(crate) show_progress: bool,
    pub(crate) checkpoints: CheckpointOptions,
    pub(crate) write_ahead_log: bool,
    pub(crate) log_sync: LogSync,
}

impl<P: Pipeline> fmt::Debug for StreamingContext<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut context = f.debug_struct("StreamingContext");
        context.field("pipeline", &self.pipeline.name()).field("every", &self.pipeline.every()).finish_non_exhaustive()
    }
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
            duration: None,
            stop_timeout: Duration::from_secs(10),
            stop: Arc::default(),
            sources: SourceOptions {
                workers: 1,
                buffered_blocks: 256,
                on_bad_record: BadRecords::default(),
                max_rate: None,
                backpressure: None,
                log: None,
            },
            listeners: Listeners::default(),
            is_listened_to: false,
            show_progress: false,
            checkpoints: CheckpointOptions::default(),
            write_ahead_log: false,
            log_sync: LogSync::default(),
        }
    }

    /// How many threads run a stage. Results do not depend on it. One means that stages run on the engine's own thread.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// The least number of records (bytes, for text) that is worth a worker of its own: smaller batches use fewer workers.
    /// The default is 1,024 records or 32 KiB of text, and 4,096 records where parts are merged, which suits closures of some
    /// tens of nanoseconds; set it lower for expensive ones.
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

    /// How many full blocks (of 1 MiB of text, or 16,384 records) a receiver may hold for the engine. When as many wait, or
    /// fewer that have 1 MiB for each of these, as blocks of very long lines do, the receiver is pushed back, and so is its sender. The
    /// default is 256.
    pub fn buffered_blocks(mut self, blocks: usize) -> Self {
        self.sources.buffered_blocks = blocks;
        self
    }

    /// The records a second that each receiver takes in at most; its sender is pushed back. Without it there is no limit.
    /// Sources that read, such as files and queues, are not limited. 0 is an error when the context starts.
    pub fn max_rate(mut self, records_per_second: u64) -> Self {
        self.sources.max_rate = Some(records_per_second);
        self
    }

    /// Has the rates of receivers follow the speed of the batches, so that they end in time: when batches take longer than their
    /// interval, or wait for earlier ones, receivers take in less and push back on their senders.
    ///
    /// ```no_run
    /// use microbatch::prelude::*;
    /// use microbatch::Backpressure;
    ///
    /// let pipeline = stream!(every = 1s, |ssc| { ssc.socket_text_stream("localhost", 9999).count().print(); });
    /// StreamingContext::new(pipeline).max_rate(1_000_000).backpressure(Backpressure::default().initial_rate(10_000)).run()?;
    /// # Ok::<(), microbatch::Error>(())
    /// ```
    pub fn backpressure(mut self, backpressure: Backpressure) -> Self {
        self.sources.backpressure = Some(backpressure);
        self
    }

    /// Stops by itself after this many batches; what was received for later ones is not processed. 0 is an error when the context
    /// starts.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let out = Collector::default();
    /// let pipeline = stream!(every = 1ms, |ssc| { ssc.queue_stream([vec![1], vec![2], vec![3]]).collect_into(&out); });
    /// StreamingContext::new(pipeline).batches(2).run()?;
    /// let numbers: Vec<i32> = out.batches().into_iter().flat_map(|(_, batch)| batch).collect();
    /// assert_eq!(numbers, [1, 2]);
    /// # Ok::<(), microbatch::Error>(())
    /// ```
    pub fn batches(mut self, batches: u64) -> Self {
        self.max_batches = Some(batches);
        self
    }

    /// Stops gracefully by itself after this long; on manual time, after as many batches as fit into it.
    pub fn duration(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }

    /// How long receivers may take to end when the context stops. Batches go on meanwhile. A receiver that takes longer is an
    /// error: what it has received by then is processed, and the context ends. A batch that fails is not tried again for longer,
    /// either. The default is 10 s.
    pub fn stop_timeout(mut self, timeout: Duration) -> Self {
        self.stop_timeout = timeout;
        self
    }

    /// A handle with which any thread stops this context gracefully, also one that [`run`](Self::run) runs.
    ///
    /// ```
    /// use microbatch::prelude::*;
    /// use microbatch::{BatchInfo, StopHandle, StreamingListener};
    /// use std::sync::Arc;
    ///
    /// /// Stops when a batch is empty.
    /// struct UntilEmpty(StopHandle);
    ///
    /// impl StreamingListener for UntilEmpty {
    ///     fn on_batch_completed(&self, batch: &BatchInfo) {
    ///         if batch.records() == 0 {
    ///             self.0.stop();
    ///         }
    ///     }
    /// }
    ///
    /// let out = Collector::default();
    /// let pipeline = stream!(every = 1ms, |ssc| { ssc.queue_stream([vec![1, 2]]).count().collect_into(&out); });
    /// let context = StreamingContext::new(pipeline);
    /// let listener = Arc::new(UntilEmpty(context.stop_handle()));
    /// context.listener(listener).run()?;
    /// assert_eq!(out.batches()[0].1, [2]);
    /// # Ok::<(), microbatch::Error>(())
    /// ```
    pub fn stop_handle(&self) -> StopHandle {
        StopHandle::new(Arc::clone(&self.stop))
    }

    /// Shows how the context is doing in one live line on standard error, if that is a terminal. The line makes way while output
    /// operations write, and leaves nothing behind. A context on manual time has no such line.
    #[cfg(feature = "progress")]
    pub fn show_progress(mut self) -> Self {
        self.show_progress = true;
        self
    }

    pub(crate) fn shared(&self, clock: Clock) -> Arc<Shared> {
        let progress = Arc::new(ProgressBoard::new(self.pipeline.every()));
        self.listeners.add(Arc::clone(&progress) as Arc<dyn StreamingListener>);
        let failure = Arc::new(Failure::default());
        self.stop.will_wake(&failure);
        Arc::new(Shared {
            clock: Arc::new(clock),
            stop: Arc::clone(&self.stop),
            progress,
            listeners: self.listeners.clone(),
            failure,
            status: StatusCell::default(),
            states: States::default(),
            setup: Setup::default(),
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
        if self.max_batches == Some(0) {
            return cannot("it would end before its first batch", "write `batches(1)` or more, or leave it out");
        }
        if self.sources.buffered_blocks == 0 {
            return cannot("receivers need room for at least one block", "write `buffered_blocks(1)` or more");
        }
        if self.write_ahead_log && self.checkpoints.directory.is_none() {
            let remedy = "say with `checkpoint_dir(…)` where the log and the checkpoints are to be";
            return cannot("a write-ahead log needs a directory", remedy);
        }
        if self.stop.is_requested() {
            return Err(Error::Stopped);
        }
        if self.pipeline.plan().requires_exactly_once() {
            guarantee::check_settings(self.pipeline.name(), self.checkpoints.directory.is_some(), self.on_failure)?;
        }
        Ok(())
    }

    /// The settings of the sources. A log is read also if none is written any more.
    fn source_options(&self) -> Result<SourceOptions> {
        let mut options = SourceOptions { workers: self.workers, ..self.sources.clone() };
        if let Some(directory) = &self.checkpoints.directory {
            // The program may change its working directory.
            let directory = std::path::absolute(directory).map_err(failing("cannot find the directory", directory))?;
            let write = self.write_ahead_log.then_some(self.log_sync);
            options.log =
                Some(LogOptions { directory: log_directory(&directory), write, disk: self.checkpoints.disk.clone() });
        }
        Ok(options)
    }

    /// Whether a checkpoint can tell all that is in it by names.
    pub(crate) fn check_names(&self) -> Result<()> {
        check_names(self.pipeline.plan().labels_found_by_position())
    }

    fn durable(&self) -> Result<Option<Durable>> {
        match &self.checkpoints.directory {
            Some(_) => self.check_names()?,
            None => self.tell_of_idle_settings()?,
        }
        let mut durable = Durable::open(&self.checkpoints, self.pipeline.name(), self.pipeline.every())?;
        if self.pipeline.plan().requires_exactly_once() {
            durable.iter_mut().for_each(Durable::require_exactly_once);
        }
        Ok(durable)
    }

    fn engine(&self, driver: Driver, shared: &Arc<Shared>) -> Result<Engine> {
        let settings = Settings {
            every: self.pipeline.every(),
            on_failure: self.on_failure,
            max_batches: self.batches_to_run(&shared.clock),
            sources: self.source_options()?,
            durable: self.durable()?,
        };
        Ok(Engine::new(settings, Workers::new(self.workers, self.grain)?, driver, Arc::clone(shared)))
    }

    /// On manual time a duration is a number of batches; the driver of the wall clock looks at the clock.
    fn batches_to_run(&self, clock: &Clock) -> Option<u64> {
        let fit = |duration: Duration| (duration.as_nanos() / self.pipeline.every().as_nanos().max(1)) as u64;
        let by_time = matches!(clock, Clock::Manual(_)).then(|| self.duration.map(fit)).flatten();
        self.max_batches.into_iter().chain(by_time).min()
    }

    fn wall(&self, now: Time, resumable: bool) -> Driver {
        let until = self.duration.map(|duration| now + duration);
        Driver::wall(self.pipeline.every(), now, until, self.stop_timeout, resumable)
    }

    /// Runs the pipeline on this thread until it is stopped: by [`batches`](Self::batches), by [`duration`](Self::duration), by
    /// the end of its sources, by a [`stop_handle`](Self::stop_handle), by Ctrl-C or SIGTERM. The pipeline may borrow from the
    /// caller.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let stop_words = ["the", "a"];
    /// let out = Collector::default();
    /// let text = vec!["the cat", "a dog"].into_iter().map(String::from).collect();
    /// let stop_words = &stop_words;                                   // the pipeline borrows what this function owns
    /// let pipeline = stream!(every = 1ms, |ssc| {
    ///     let words = ssc.queue_stream([text]).flat_map(|line| line.split(' '));
    ///     words.filter(|word| !stop_words.contains(word)).collect_into(&out);
    /// });
    /// StreamingContext::new(pipeline).batches(1).run()?;
    /// assert_eq!(out.batches()[0].1, ["cat", "dog"]);
    /// # Ok::<(), microbatch::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the pipeline cannot start, and when a batch fails for good.
    pub fn run(self) -> Result<()> {
        let shared = self.shared(Clock::wall());
        self.run_here(&shared)
    }

    /// What the pipeline declares, without running it.
    pub(crate) fn describe(mut self) -> Result<Vec<StateDescription>> {
        self.check()?;
        (self.workers, self.checkpoints) = (1, CheckpointOptions::default());
        let shared = self.shared(Clock::wall());
        let mut engine = self.engine(self.wall(shared.clock.now(), false), &shared)?;
        engine.describe();
        drive(self.pipeline, &mut engine, &shared)?;
        Ok(engine.described())
    }

    /// Whether there is a checkpoint directory.
    #[cfg(feature = "cli")]
    pub(crate) fn has_checkpoint_dir(&self) -> bool {
        self.checkpoints.directory.is_some()
    }

    pub(crate) fn run_here(self, shared: &Arc<Shared>) -> Result<()> {
        self.check()?;
        let mut engine = self.engine(self.wall(shared.clock.now(), false), shared)?;
        #[cfg(all(feature = "signals", unix))]
        let _signals = crate::signals::stop_on_signals(&shared.stop)?;
        let _line = self.live_line(shared)?;
        let notices = self.notices(shared); // after the live line, which makes way for it
        let ended = drive(self.pipeline, &mut engine, shared);
        notices.iter().for_each(|notices| notices.tell());
        ended
    }
}

impl<P: Pipeline + Send + 'static> StreamingContext<P> {
    /// Runs the pipeline on threads of its own, on the wall clock. Returns when its setup statements have run and its sources have
    /// started.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let out = Collector::default();
    /// let pipeline = stream!(every = 1ms, |ssc| { ssc.queue_stream([vec![1], vec![2]]).collect_into(&out); });
    /// let context = StreamingContext::new(pipeline).batches(5).start()?;
    /// context.await_termination()?;
    /// assert_eq!(context.progress().records, 2);
    /// # Ok::<(), microbatch::Error>(())
    /// ```
    ///
    /// # Errors
    /// When the settings cannot work, when the context was stopped already, when threads cannot be started, and when the pipeline
    /// cannot start: a setup statement panics or returns an error, or a source cannot start. What fails later,
    /// [`RunningContext::await_termination`] returns.
    pub fn start(self) -> Result<RunningContext> {
        self.check()?;
        let shared = self.shared(Clock::wall());
        let engine = self.engine(self.wall(shared.clock.now(), true), &shared)?;
        let (line, batch) = (self.live_line(&shared)?, Arc::clone(engine.workers().batch()));
        let notices = self.notices(&shared);
        let thread = set_up(spawn(self.pipeline, engine, &shared, line, notices)?, &shared)?;
        Ok(RunningContext::new(shared, batch, thread))
    }

    /// Runs the pipeline on manual time, which starts at 0: batches run when [`ManualContext::advance`] asks for them.
    ///
    /// Sources that go by times from outside, as [files](crate::dstream::Sources::text_file_stream) do, want to start at such
    /// a time: see [`manual_from`](Self::manual_from).
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let out = Collector::default();
    /// let pipeline = stream!(every = 10s, |ssc| { ssc.queue_stream([vec![3, 4]]).reduce(|a, b| a + b).collect_into(&out); });
    /// let mut context = StreamingContext::new(pipeline).manual()?;
    /// context.advance(2)?;
    /// assert_eq!(out.batches(), [(Time::from_millis(10_000), vec![7]), (Time::from_millis(20_000), vec![])]);
    /// # Ok::<(), microbatch::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn manual(self) -> Result<ManualContext> {
        self.manual_from(Time::ZERO)
    }

    /// As [`manual`](Self::manual), with manual time starting at `start`.
    ///
    /// A test of files starts so, a little before they are written, because a file belongs to the batch of its time:
    ///
    /// ```
    /// use std::time::SystemTime;
    /// use microbatch::prelude::*;
    ///
    /// let directory = tempfile::tempdir()?;
    /// let (logs, out) = (directory.path().to_owned(), Collector::default());
    /// let pipeline = stream!(every = 1h, |ssc| { ssc.text_file_stream(&logs).collect_into(&out); });
    /// let start = Time::from(SystemTime::now()) - Duration::from_secs(1);
    /// let mut context = StreamingContext::new(pipeline).manual_from(start)?;
    /// std::fs::write(directory.path().join("app.log"), "start\nend")?;
    /// context.advance(2)?;
    /// let lines: Vec<String> = out.batches().into_iter().flat_map(|(_, lines)| lines).collect();
    /// assert_eq!(lines, ["start", "end"]);
    /// # Ok::<(), microbatch::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn manual_from(self, start: Time) -> Result<ManualContext> {
        self.check()?;
        let shared = self.shared(Clock::manual(start));
        let (requests, for_engine) = crossbeam_channel::unbounded();
        let (from_engine, replies) = crossbeam_channel::unbounded();
        let driver = Driver::manual(self.pipeline.every(), start, self.stop_timeout, for_engine, from_engine);
        let engine = self.engine(driver, &shared)?;
        let thread = set_up(spawn(self.pipeline, engine, &shared, None, None)?, &shared)?;
        Ok(ManualContext { shared, requests, replies, thread })
    }
}
