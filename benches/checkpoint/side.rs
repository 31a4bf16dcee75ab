//! A pipeline that runs with or without a checkpoint directory, a batch at a time.

use std::path::Path;
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use microbatch::prelude::*;
use microbatch::{BatchInfo, ManualContext, StreamingListener};
use tempfile::TempDir;

/// Records a block that a receiver stores.
const BLOCK: usize = 16_384;

/// How a side is run.
#[derive(Clone, Copy)]
pub struct Mode {
    pub workers: usize,
    /// None: without a checkpoint directory.
    pub interval: Option<Duration>,
    /// Whether what is received goes to a log first.
    pub log: bool,
}

/// Where the batches of a side come from.
pub type Batches<T> = mpsc::IntoIter<Vec<T>>;

/// A receiver that hands its intake out.
pub struct Handed<T: Record>(pub mpsc::Sender<Intake<T>>);

impl<T: Record> Receiver for Handed<T> {
    type Item = T;
    fn start(&mut self, intake: Intake<T>) -> microbatch::Result<()> {
        self.0.send(intake).map_err(|_| "nobody wants the intake".into())
    }
}

type Put<T> = Box<dyn FnMut(Vec<T>) + Send>;

/// Tells that a batch begins: what is stored from now on is of the next one.
struct Beginnings(mpsc::Sender<()>);

impl StreamingListener for Beginnings {
    fn on_batch_started(&self, _: &BatchInfo) {
        // There is no side any more when a context ends.
        let _ = self.0.send(());
    }
}

/// A started pipeline.
pub struct Side<T> {
    // Before the context, which waits for the end of its queue.
    put: Put<T>,
    context: ManualContext,
    /// Hears of each batch that begins.
    begun: mpsc::Receiver<()>,
    out: Collector<u64>,
    folder: Option<TempDir>,
}

impl<T: Record + 'static> Side<T> {
    /// A pipeline whose batches come from a queue.
    pub fn queue<P: Pipeline + Send + 'static>(
        mode: Mode,
        pipeline: impl FnOnce(Batches<T>, Collector<u64>) -> P,
    ) -> Self {
        let (batches, queue) = mpsc::channel();
        Side::start(
            mode,
            move |out| pipeline(queue.into_iter(), out),
            move || Box::new(move |batch| batches.send(batch).unwrap()),
        )
    }

    /// A pipeline whose batches a receiver stores in blocks.
    pub fn receiver<P: Pipeline + Send + 'static>(
        mode: Mode,
        pipeline: impl FnOnce(Handed<T>, Collector<u64>) -> P,
    ) -> Self {
        let (sender, intakes) = mpsc::channel();
        Side::start(
            mode,
            move |out| pipeline(Handed(sender), out),
            move || {
                let intake: Intake<T> = intakes.recv().unwrap();
                Box::new(move |batch| {
                    let mut records = batch.into_iter();
                    loop {
                        let block: Vec<T> = records.by_ref().take(BLOCK).collect();
                        if block.is_empty() {
                            return;
                        }
                        intake.store_block(block).unwrap();
                    }
                })
            },
        )
    }

    fn start<P: Pipeline + Send + 'static>(
        mode: Mode,
        pipeline: impl FnOnce(Collector<u64>) -> P,
        put: impl FnOnce() -> Put<T>,
    ) -> Self {
        let out = Collector::default();
        let mut context = StreamingContext::new(pipeline(out.clone())).workers(mode.workers).buffered_blocks(1 << 20);
        let folder = mode.interval.map(|_| tempfile::tempdir().unwrap());
        if let (Some(interval), Some(folder)) = (mode.interval, &folder) {
            context = context.checkpoint_dir(folder.path()).checkpoint_interval(interval).write_ahead_log(mode.log);
        }
        let (sender, begun) = mpsc::channel();
        let context = context.listener(Arc::new(Beginnings(sender))).manual().unwrap();
        Side { put: put(), context, begun, out, folder }
    }

    /// Hands a batch over, runs it, and sums up its result.
    pub fn batch(&mut self, batch: Vec<T>) -> u64 {
        self.store(batch);
        self.run(None)
    }

    /// Hands over what the next batch will consist of.
    pub fn store(&mut self, batch: Vec<T>) {
        (self.put)(batch);
    }

    /// Runs the batch that was handed over and sums up its result. Another thread hands over what comes next meanwhile, as a
    /// receiver does.
    pub fn run(&mut self, next: Option<Vec<T>>) -> u64 {
        let Side { put, context, begun, .. } = self;
        thread::scope(|scope| {
            scope.spawn(move || {
                begun.recv().unwrap();
                next.into_iter().for_each(put);
            });
            context.advance(1).unwrap();
        });
        self.out.take().into_iter().flat_map(|(_, records)| records).fold(0, u64::wrapping_add)
    }

    /// What the last checkpoint has written; 0 without checkpoints.
    pub fn bytes(&self) -> u64 {
        self.context.progress().checkpoint.map_or(0, |checkpoint| checkpoint.bytes)
    }

    /// Waits until the checkpoint under way is written, if there is one. At a real rate there would be time enough.
    pub fn await_checkpoint(&self) {
        let Some(folder) = &self.folder else { return };
        let begun = Instant::now();
        // A checkpoint begins with a journal of its number, and ends with a manifest.
        while newest(folder.path(), "manifest-") < newest(folder.path(), "journal-") {
            assert!(begun.elapsed() < Duration::from_secs(60), "a checkpoint was begun, and does not end");
            thread::sleep(Duration::from_millis(1));
        }
    }
}

/// The highest number of the files of a kind.
fn newest(directory: &Path, kind: &str) -> u64 {
    let names = std::fs::read_dir(directory).unwrap().map(|file| file.unwrap().file_name());
    let number = |name: &str| name.strip_prefix(kind)?.parse().ok();
    names.filter_map(|name| number(name.to_str()?)).max().unwrap()
}
