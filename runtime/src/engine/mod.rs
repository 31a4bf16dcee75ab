//! Where a pipeline runs: the batch loop that the generated code drives.
//!
//! The generated function asks for batches, runs its stages, writes its outputs and reports how the batch went. It does not
//! know whether time is real or manual, or how often a batch is tried.

mod ending;
mod writing;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::{Duration, Instant};

use foldhash::fast::FixedState;

use crate::backpressure::Controllers;
use crate::block::Block;
use crate::commit::Commit;
use crate::dataset::{Dataset, Received};
use crate::described::StateDescription;
use crate::driver::{Driver, Tick};
use crate::durable::Durable;
use crate::error::{Error, Result};
use crate::heap::Heap;
use crate::inputs::Inputs;
use crate::listener::{BatchInfo, InputInfo};
use crate::policy::OnFailure;
use crate::shared::{Shared, Status};
use crate::source::{Interval, Source, SourceContext, SourceOptions};
use crate::stage::{self, Gather, Panicked, Parts, Pass, Sizes, Workers};
use crate::time::Time;
use crate::transaction::Transaction;
use crate::warning::warn;
use crate::window_shape::WindowShape;

/// Runs the batches of one pipeline.
pub struct Engine {
    every: Duration,
    workers: Workers,
    driver: Driver,
    shared: Arc<Shared>,
    on_failure: OnFailure,
    max_batches: Option<u64>,
    source_options: SourceOptions,
    inputs: Inputs,
    controllers: Controllers,
    batch: Batch,
    /// The time of the batch before, also if that was of an earlier run; zero if there was none.
    last: Time,
    /// Batches that were committed or given up.
    done: u64,
    /// How large the parts of each stage were in the batch before.
    sizes: RefCell<HashMap<&'static str, Sizes, FixedState>>,
    /// Whether the streams that come next have a batch now.
    is_due: Cell<bool>,
    /// When the sizes of the states were told.
    sized: Option<Instant>,
    /// Whether a window that was restored waits for the functions of its operator.
    wants_functions: bool,
    /// With a checkpoint directory.
    durable: Option<Durable>,
    /// Whether the setup is through.
    has_begun: bool,
    heap: Heap,
    /// What was declared, if the pipeline is only asked for that.
    described: Option<Vec<StateDescription>>,
}

/// How an engine is to work.
pub(crate) struct Settings {
    pub every: Duration,
    pub on_failure: OnFailure,
    pub max_batches: Option<u64>,
    pub sources: SourceOptions,
    pub durable: Option<Durable>,
}

/// The batch that is being processed, over all its attempts.
#[derive(Default)]
struct Batch {
    info: BatchInfo,
    /// How many attempts have failed.
    failures: u32,
    /// When an attempt has failed first after a stop was requested.
    fails_since: Option<Instant>,
    /// Whether the next attempt is for the same batch.
    again: bool,
    /// Output operations that are done; another attempt leaves them out.
    outputs_done: BTreeSet<usize>,
    /// Output operations met in this attempt.
    outputs_met: usize,
    commit: Commit,
}

/// A source that the pipeline has opened, and what it gave for the current batch.
pub struct Opened<S: Source> {
    source: S,
    stream: Arc<str>,
    number: usize,
    time: Option<Time>,
    /// The last batch of which the source knows that it is in a checkpoint.
    checkpointed: Option<Time>,
    blocks: Vec<Arc<S::Block>>,
}

impl Engine {
    pub(crate) fn new(settings: Settings, workers: Workers, driver: Driver, shared: Arc<Shared>) -> Self {
        let Settings { every, on_failure, max_batches, sources, durable } = settings;
        Engine {
            every,
            workers,
            driver,
            shared,
            on_failure,
            max_batches,
            source_options: sources,
            inputs: Inputs::default(),
            controllers: Controllers::default(),
            batch: Batch::default(),
            last: Time::ZERO,
            done: 0,
            sizes: RefCell::default(),
            is_due: Cell::new(true),
            sized: None,
            wants_functions: false,
            durable,
            heap: Heap::new(),
            has_begun: false,
            described: None,
        }
    }

    /// From now on the engine starts no source and runs no batch: it notes what is declared.
    pub(crate) fn describe(&mut self) {
        self.described = Some(Vec::new());
    }

    /// What was declared since [`describe`](Self::describe).
    pub(crate) fn described(&mut self) -> Vec<StateDescription> {
        self.described.take().unwrap_or_default()
    }

    /// The time of the current batch.
    pub fn time(&self) -> Time {
        self.batch.info.batch_time
    }

    /// The batch interval.
    pub fn every(&self) -> Duration {
        self.every
    }

    /// What follows is about streams that have a batch every `slide`. When they have none, stages, outputs and windows do
    /// nothing; they are passed all the same, so that every batch goes the same way.
    pub fn at(&self, slide: Duration) {
        self.is_due.set(self.is_time_of(slide));
    }

    /// Whether streams that have a batch every `slide` have one now. Those with one every batch interval always do, also when the
    /// batch is of an earlier run with another interval.
    pub(crate) fn is_time_of(&self, slide: Duration) -> bool {
        slide == self.every || self.time().is_multiple_of(slide)
    }

    pub(crate) fn is_due(&self) -> bool {
        self.is_due.get()
    }

    /// A window over a stream that has a batch every `parent`.
    pub fn window(&self, label: &str, parent: Duration, length: Duration, slide: Duration) -> Result<WindowShape> {
        WindowShape::new(label, parent, length, slide)
    }

    /// Streams that meet must have their batches together.
    pub fn meet(&self, label: &str, left: Duration, right: Duration) -> Result<()> {
        if left == right {
            return Ok(());
        }
        Err(Error::config(
            format!(
                "`{label}`: the batches of its streams do not come together: one slides every {left:?}, the other every {right:?}"
            ),
            "give both windows the same slide",
        ))
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    pub(crate) fn workers(&self) -> &Workers {
        &self.workers
    }

    /// Starts a source.
    pub fn open<S: Source>(&mut self, stream: &str, mut source: S) -> Result<Opened<S>> {
        let stream: Arc<str> = stream.into();
        let input = self.shared.progress.add_input(&stream);
        let SourceOptions { max_rate, backpressure, .. } = &self.source_options;
        self.controllers.add(&stream, &input, self.every, *max_rate, backpressure.as_ref())?;
        if self.described.is_none() {
            source.start(&SourceContext {
                stream: Arc::clone(&stream),
                clock: Arc::clone(&self.shared.clock),
                every: self.every,
                stop: Arc::clone(&self.shared.stop),
                input: Arc::clone(&input),
                options: self.source_options.clone(),
                listeners: self.shared.listeners.clone(),
            })?;
        }
        if let Some(durable) = &mut self.durable
            && let Some(position) = durable.open_source(&stream, &input, source.is_replayable())?
        {
            source.seek(&position)?;
        }
        let number = self.inputs.add(Arc::clone(&stream), input);
        Ok(Opened { source, stream, number, time: None, checkpointed: None, blocks: Vec::new() })
    }

    /// Something that outlives a batch is declared: it is brought back from a checkpoint if it is in one.
    pub(crate) fn declare(
        &mut self,
        name: &Arc<str>,
        interval: Option<Duration>,
        state: &mut dyn Transaction,
    ) -> Result<()> {
        if let Some(described) = &mut self.described {
            described.push(StateDescription::new(name, state.describe(None)));
        }
        if let Some(durable) = &mut self.durable {
            durable.declare(name, interval, state, &self.workers)?;
            self.wants_functions |= state.wants_functions();
        }
        Ok(())
    }

    /// Waits for the next batch; `None` when the context stops. After a failure that is to be tried again it is the same batch.
    pub fn next_batch(&mut self) -> Result<Option<Time>> {
        if self.described.is_some() {
            return Ok(None);
        }
        if !std::mem::replace(&mut self.has_begun, true) {
            self.begin_streaming()?;
        }
        self.batch.outputs_met = 0;
        self.is_due.set(true);
        if self.batch.again {
            self.batch.again = false;
            return Ok(Some(self.time()));
        }
        if let Some(time) = self.durable.as_mut().and_then(Durable::next_again) {
            self.driver.resume(time);
            return Ok(Some(self.begin(time)));
        }
        if self.max_batches.is_some_and(|max| self.done >= max) || self.has_ended() {
            self.driver.end();
            return Ok(None);
        }
        match self.driver.wait(&self.shared, &self.inputs)? {
            Tick::Batch => {
                self.durable.iter_mut().for_each(Durable::next_new);
                let time = self.driver.advance();
                Ok(Some(self.begin(time)))
            }
            Tick::End => Ok(None),
        }
    }

    /// The setup is through: sources run, and windows and states are as an earlier run has left them.
    fn begin_streaming(&mut self) -> Result<()> {
        if let Some(durable) = &mut self.durable {
            if let Some(last) = durable.last_batch() {
                self.shared.clock.set(last);
                self.driver.resume(last);
                self.last = last;
                let wait = last.since(self.shared.clock.now());
                if wait > self.every {
                    warn(format_args!(
                        "the last batch is of {last}, which is {wait:.0?} from now: until then no batch comes. The system's clock was set back, or the run before worked a log off when it was stopped"
                    ));
                }
            }
            let unclaimed = durable.begin()?;
            self.shared.progress.set_recovery(durable.backlog(), unclaimed);
        }
        self.shared.status.set(Status::Active);
        self.shared.setup.ends(true);
        self.shared.listeners.tell(|listener| listener.on_streaming_started(self.shared.clock.now()));
        Ok(())
    }

    /// All sources have come to their end, and everything is processed. Manual time ends only when it is told to.
    fn has_ended(&self) -> bool {
        !self.driver.is_manual() && self.inputs.have_ended()
    }

    fn begin(&mut self, time: Time) -> Time {
        let is_replay = self.is_replay();
        let shared = &self.shared;
        shared.clock.set(time);
        shared.progress.begin(time);
        self.workers.batch().begin();
        self.last = self.last.max(self.time());
        self.batch = Batch::default();
        self.batch.info.batch_time = time;
        self.batch.info.is_replay = is_replay;
        self.batch.commit.is_replay = is_replay;
        self.batch.commit.disk = self.durable.as_ref().map(Durable::disk).unwrap_or_default();
        // The time of an extra batch at the end lies ahead.
        self.batch.info.submission_time = time.min(shared.clock.now());
        shared.listeners.tell(|listener| listener.on_batch_submitted(&self.batch.info));
        self.batch.info.processing_start_time = Some(shared.clock.now());
        shared.listeners.tell(|listener| listener.on_batch_started(&self.batch.info));
        time
    }

    /// The blocks of a source for this batch; for another attempt the same ones.
    pub fn receive<S: Source>(&mut self, opened: &mut Opened<S>) -> Result<Received<S::Block>> {
        let time = self.time();
        if opened.time != Some(time) {
            // The batch before is committed: its blocks go before the next ones come.
            opened.blocks.clear();
            opened.blocks = self.blocks_of(opened)?;
            opened.time = Some(time);
            let mut records = opened.blocks.iter().map(|block| block.records()).sum();
            let stream = self.inputs.name(opened.number);
            if let Some(durable) = &mut self.durable {
                let before = durable.recorded_input(&stream).map_or(records, |input| input.records);
                if before != records {
                    warn(format_args!(
                        "source `{stream}`: the batch of {time} had {before} records in an earlier run, and has {records} now: what it reads has changed, or cannot be read again"
                    ));
                }
                durable.received(&opened.stream, opened.source.extent(), opened.source.position(), records);
                if durable.is_given_up() {
                    opened.blocks.clear();
                    records = 0;
                }
            }
            self.batch.info.inputs.push(InputInfo { stream, records });
        }
        Ok(Received::new(opened.blocks.clone()))
    }

    /// The time of which the batch has the records. One of an earlier run has what it had then; if the batch interval was another
    /// one, a new batch may be shorter, because nothing belongs to two.
    fn interval(&self) -> Interval {
        let end = self.time();
        let recorded = self.durable.as_ref().and_then(Durable::recorded);
        let start = recorded.map_or(self.last.max(end - self.every), |recorded| end - recorded.begin.every);
        Interval { start, end }
    }

    /// What a source gives for this batch: what comes next, or what it gave when the batch was decided in an earlier run.
    fn blocks_of<S: Source>(&mut self, opened: &mut Opened<S>) -> Result<Vec<Arc<S::Block>>> {
        let Opened { source, stream, checkpointed, .. } = opened;
        let interval = self.interval();
        let durable = self.durable.as_mut();
        let newest = durable.and_then(Durable::checkpointed);
        let recorded = self.durable.as_ref().filter(|durable| durable.recorded().is_some());
        let extent = recorded.map(|durable| durable.recorded_input(stream).map(|input| input.bytes.clone()));
        let give = || {
            if let Some(time) = newest.filter(|_| *checkpointed != newest) {
                source.checkpointed(time);
                *checkpointed = Some(time);
            }
            match extent {
                Some(Some(extent)) => source.batch_again(&interval, &extent),
                Some(None) => Ok(Vec::new()), // the stream is new in the program
                None => source.batch(&interval),
            }
        };
        stage::caught(give).map_err(|panicked| self.panicked(stream, panicked))?
    }

    /// Whether the batch has run before, as a whole or in part, in an earlier run of the program.
    pub(crate) fn is_replay(&self) -> bool {
        self.durable.as_ref().is_some_and(|durable| durable.recorded().is_some())
    }

    /// Runs a stage: `work` is the fused chain from the dataset to the stage's ends.
    pub fn stage<'d, D: Dataset<Views<'d> = V>, V, P: Parts>(
        &self,
        label: &'static str,
        dataset: &'d D,
        work: impl Fn(V, &mut P) + Sync,
    ) -> Result<P::Columns> {
        self.pass(label, dataset, false, work)
    }

    /// Runs a stage that has an operator on whole partitions.
    pub fn stage_of_partitions<'d, D: Dataset<Views<'d> = V>, V, P: Parts>(
        &self,
        label: &'static str,
        dataset: &'d D,
        work: impl Fn(V, &mut P) + Sync,
    ) -> Result<P::Columns> {
        self.pass(label, dataset, true, work)
    }

    fn pass<'d, D: Dataset, P: Parts>(
        &self,
        label: &'static str,
        dataset: &'d D,
        whole_partitions: bool,
        work: impl Fn(D::Views<'d>, &mut P) + Sync,
    ) -> Result<P::Columns> {
        if !self.is_due() {
            return Ok(P::columns(Vec::new()));
        }
        let mut sizes = self.take_sizes(label);
        let pass = Pass { whole_partitions, wants_functions: self.wants_functions };
        let columns = stage::run(&self.workers, dataset, pass, &mut sizes, work)
            .map_err(|panicked| self.panicked(label, panicked))?;
        self.put_sizes(label, sizes);
        Ok(columns)
    }

    // These two, and `panicked`, are not generic and stay calls: what is compiled for each stage should be little.
    #[inline(never)]
    fn take_sizes(&self, label: &'static str) -> Sizes {
        self.sizes.borrow_mut().remove(label).unwrap_or_default()
    }

    #[inline(never)]
    fn put_sizes(&self, label: &'static str, sizes: Sizes) {
        self.sizes.borrow_mut().insert(label, sizes);
    }

    /// Merges what the workers left at one end of a stage.
    pub fn gather<G: Gather>(&self, label: &str, parts: Vec<G>) -> Result<G::Output> {
        self.caught(label, || G::gather(parts, &self.workers))
    }

    pub(crate) fn caught<T>(&self, label: &str, work: impl FnOnce() -> T) -> Result<T> {
        stage::caught(work).map_err(|panicked| self.panicked(label, panicked))
    }

    #[cold]
    fn panicked(&self, stage: &str, panicked: Panicked) -> Error {
        let Panicked { place, message } = panicked;
        Error::Panic { time: self.time(), stage: stage.to_owned(), place, message }
    }
}
