//! The settings of a context that say what outlives the process.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::checkpoint::SyncPolicy;
use crate::context::StreamingContext;
use crate::durable::check_interval;
use crate::error::Result;
use crate::migration::Migration;
use crate::pipeline::Pipeline;
use crate::source::LogSync;
use crate::stored::Stored;
use crate::warning::warn;

impl<P: Pipeline> StreamingContext<P> {
    /// Without a directory there are no checkpoints, whatever else is said of them.
    pub(crate) fn tell_of_idle_settings(&self) -> Result<()> {
        check_interval("the context's checkpoint interval", self.checkpoints.interval, self.pipeline.every())?;
        let settings = [
            ("checkpoint_interval", self.checkpoints.interval.is_some()),
            ("sync_policy", self.checkpoints.sync != SyncPolicy::default()),
            ("write_ahead_log_sync", self.log_sync != LogSync::default()),
            ("state_migration", !self.checkpoints.migrations.is_empty()),
            ("drop_state", !self.checkpoints.dropped.is_empty()),
        ];
        let idle: Vec<_> = settings.iter().filter(|(_, is_set)| *is_set).map(|(name, _)| format!("`{name}`")).collect();
        if !idle.is_empty() {
            let name = self.pipeline.name();
            warn(format_args!("pipeline `{name}`: without `checkpoint_dir(…)` nothing comes of {}", idle.join(", ")));
        }
        Ok(())
    }

    /// Keeps in this directory what must not be lost: the first start begins, and every later one goes on where the last commit
    /// was, however the run before has ended. The directory is made if it is missing, belongs to one pipeline, and is used by
    /// one process at a time.
    ///
    /// Before a batch has any effect it is written which records it has; when all its outputs have written, it is committed. A
    /// batch that was not committed runs again, with the same records and the same time; one that was does not. Windows and
    /// states are written from time to time, see [`checkpoint_interval`](Self::checkpoint_interval); the batches since then run
    /// again for their sake, without the outputs that others see (`collect_into` and `remember`, which are in memory, get them
    /// again), so closures should give the same results for the same records.
    ///
    /// What a source received and nobody committed is lost with the process, unless the source can be read again (files can)
    /// or writes a [log](Self::write_ahead_log). Where there is such a source, every batch is a checkpoint.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// fn counts(out: Collector<(char, u64)>) -> impl Pipeline {
    ///     stream!(every = 1s, name = "counts", |ssc| {
    ///         let letters = ssc.queue_stream([vec!['a', 'b'], vec!['a'], vec!['a']]);
    ///         let pairs = letters.map(|letter| (letter, 1u64));
    ///         let counts = pairs.update_state_by_key(|ones, sum| Some(sum.unwrap_or(0) + ones.len() as u64));
    ///         counts.collect_into(&out);
    ///     })
    /// }
    ///
    /// let state = tempfile::tempdir()?;
    /// let out = Collector::default();
    /// let mut context = StreamingContext::new(counts(out.clone())).checkpoint_dir(state.path()).manual()?;
    /// context.advance(2)?;
    /// drop(context); // as if the program had ended
    ///
    /// let mut context = StreamingContext::new(counts(out.clone())).checkpoint_dir(state.path()).manual()?;
    /// context.advance(1)?;
    /// let (time, mut last) = out.batches().pop().ok_or("no batch")?;
    /// last.sort();
    /// assert_eq!((time.as_millis(), last), (3000, vec![('a', 3), ('b', 1)]));
    /// # Ok::<(), microbatch::Error>(())
    /// ```
    pub fn checkpoint_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.checkpoints.directory = Some(directory.into());
        self
    }

    /// Through which everything is written.
    #[cfg(feature = "testing")]
    pub(crate) fn with_disk(mut self, disk: crate::checkpoint::Disk) -> Self {
        self.checkpoints.disk = disk;
        self
    }

    /// How often windows and states are written to the [checkpoint directory](Self::checkpoint_dir): a multiple of the batch
    /// interval. Of those that are given here and to stateful streams the shortest counts, because a checkpoint has all states as
    /// of the same batch; if none is given, it is the least one that is not below 10 s. Where a source can neither be read again nor has a
    /// [log](Self::write_ahead_log), every batch is a checkpoint, whatever is said here: what lies between two could not be
    /// brought back.
    ///
    /// A checkpoint costs what has changed since the last one, and is written while batches go on. After a crash the batches
    /// since the last one run again, so that a longer interval makes for less writing and a longer start.
    pub fn checkpoint_interval(mut self, interval: Duration) -> Self {
        self.checkpoints.interval = Some(interval);
        self
    }

    /// When what is written of a batch must have reached the disk. The default is [`SyncPolicy::EachBatch`].
    pub fn sync_policy(mut self, policy: SyncPolicy) -> Self {
        self.checkpoints.sync = policy;
        self
    }

    /// Has all sources that receive (sockets, standard input, [receivers](crate::Receiver)) write what they receive to a log in the
    /// [checkpoint directory](Self::checkpoint_dir), `log/<stream>`, before the engine sees it: nothing that is in the log is lost
    /// or counted twice, however the process ends. Sources that can be read again, such as files, need none.
    ///
    /// Records go to the log in blocks. A block that [`store_block`](crate::Intake::store_block) takes is in the log when it
    /// returns, so a receiver that acknowledges then loses nothing. What comes in single records or lines is in the log when its
    /// block is full (1 MiB of text, or 16,384 records), or when the batch of its interval begins: until then it is lost with the
    /// process.
    ///
    /// After a restart, batches that were decided have their records from the log. What no batch has had yet belongs to the
    /// first new batches: each gets as many blocks of it as may wait for a batch otherwise
    /// ([`buffered_blocks`](Self::buffered_blocks)), before what is received meanwhile. Parts of the log go when two checkpoints have what is in them. If the log cannot be written, for example because the
    /// disk is full, receivers wait and listeners are told; `store_block` returns the error, and a batch fails whose records
    /// cannot be logged.
    ///
    /// Switched off again, what is left in the log is processed all the same.
    ///
    /// ```
    /// use std::sync::mpsc;
    /// use microbatch::prelude::*;
    ///
    /// /// Hands its intake out.
    /// struct Handed(mpsc::Sender<Intake<u64>>);
    ///
    /// impl Receiver for Handed {
    ///     type Item = u64;
    ///     fn start(&mut self, intake: Intake<u64>) -> microbatch::Result<()> {
    ///         self.0.send(intake).map_err(|_| "nobody wants it".into())
    ///     }
    /// }
    ///
    /// let state = tempfile::tempdir()?;
    /// let (sender, intakes) = mpsc::channel();
    /// let out = Collector::default();
    /// let pipeline = stream!(every = 1s, name = "sums", |ssc| {
    ///     ssc.receiver_stream(Handed(sender)).reduce(|a, b| a + b).collect_into(&out);
    /// });
    /// let mut context = StreamingContext::new(pipeline).checkpoint_dir(state.path()).write_ahead_log(true).manual()?;
    /// let intake = intakes.recv().map_err(|_| "no intake")?;
    /// intake.store_block(vec![1, 2, 3])?; // whatever happens now: these three are in the log
    /// assert!(context.progress().streams[0].log_bytes > 0);
    /// context.advance(1)?;
    /// assert_eq!(out.batches()[0].1, [6]);
    /// # Ok::<(), microbatch::Error>(())
    /// ```
    pub fn write_ahead_log(mut self, on: bool) -> Self {
        self.write_ahead_log = on;
        self
    }

    /// When the blocks in the [log](Self::write_ahead_log) must have reached the disk. The default is [`LogSync::AtBatch`].
    pub fn write_ahead_log_sync(mut self, policy: LogSync) -> Self {
        self.log_sync = policy;
        self
    }

    /// How values of a state that an older version of the program has saved become values of this one. Several for one state are
    /// followed from the saved type to the present one, over as many steps as it takes. Keys keep their type.
    ///
    /// ```no_run
    /// use microbatch::prelude::*;
    ///
    /// # fn sessions() -> impl Pipeline { stream!(every = 1s, |ssc| { ssc.queue_stream([vec![1]]).print(); }) }
    /// StreamingContext::new(sessions())
    ///     .checkpoint_dir("state")
    ///     .state_migration("visits", |count: u32| u64::from(count))
    ///     .run()?;
    /// # Ok::<(), microbatch::Error>(())
    /// ```
    pub fn state_migration<V: Stored, W: Stored>(
        mut self,
        state: impl Into<String>,
        convert: impl Fn(V) -> W + Send + Sync + 'static,
    ) -> Self {
        self.checkpoints.migrations.push(Arc::new(Migration::new(state.into(), convert)));
        self
    }

    /// Gives up what the checkpoint has of this window or state: it begins anew, or goes if the program has none of this name. That
    /// is for one start: take it out of the program then, or the next start gives up what this run makes. A warning says so.
    /// What is known of a source that the program no longer has is given up in the same way; its write-ahead log, in a directory
    /// of its name, is left for you to remove.
    pub fn drop_state(mut self, state: impl Into<String>) -> Self {
        self.checkpoints.dropped.push(state.into());
        self
    }
}
