//! Output operations: what ends a chain.

#[microbatch_macros::__operators(Output, Action)]
mod methods {
    use std::path::Path;
    use std::time::Duration;

    use crate::collector::Collector;
    use crate::dstream::DStream;
    use crate::ops::output::{BatchOutcome, TransactionalSink};
    use crate::record::Keep;
    use crate::remembered::Remembered;
    use crate::show::Show;
    use crate::time::Time;

    /// Output operations. Without one, a pipeline does nothing and does not compile.
    ///
    /// They write after all records of the batch are computed, in the order in which they stand in the pipeline. If one fails,
    /// the batch fails, and [`OnFailure`](crate::OnFailure) says what happens next; when the batch is tried again, the outputs
    /// that had succeeded are left out.
    ///
    /// If the process dies, a batch that was not committed runs again when it starts with the same
    /// [`checkpoint_dir`](crate::StreamingContext::checkpoint_dir). Each operation says what is seen of that: the batch exactly
    /// once, or at least once. `require = exactly_once` [refuses the latter](crate#if-the-process-dies).
    impl<T> DStream<T> {
        /// Prints the first 10 records of each batch to standard output, under a header with the batch's time: what Spark
        /// prints, but for numbers with decimals, which are as Rust prints them. `print(n)` prints the first `n`. Three dots stand for more records. A batch without
        /// records has a header, too.
        ///
        /// No more records are computed than are printed: closures of a stream that is only printed may see fewer records
        /// than there are. A standard output that is closed, such as that of `… | head`, fails the batch.
        ///
        /// With a checkpoint directory each batch is printed at least once.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let lines = vec![String::from("to be or not to be")];
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let words = ssc.queue_stream([lines]).flat_map(|line| line.split(' '));
        ///     words.print();
        ///     words.map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b).print(3);
        /// });
        /// // -------------------------------------------
        /// // Time: 1000 ms
        /// // -------------------------------------------
        /// // to
        /// // be
        /// // …
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn print(&self, n: usize)
        where
            T: Show,
        {
            let _ = n;
        }

        /// Prints each batch to standard output as a table with these column titles, under its time. Columns of numbers are
        /// aligned to the right. After 20 rows, a line says how many more there are.
        ///
        /// A record is a row: a tuple has a cell for each member, and a tuple inside it for each of its own; any other record
        /// is one cell. The number of titles is checked when the program is built (`cargo check` does not see it):
        ///
        /// ```compile_fail
        /// use microbatch::prelude::*;
        ///
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec![1, 2]]).map(|n| (n, n * n)).print_table(["n", "square", "cube"]);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        ///
        /// With two titles it prints:
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec![1, 12]]).map(|n| (n, n * n)).print_table(["n", "square"]);
        /// });
        /// // Time: 1000 ms
        /// // ┌────┬────────┐
        /// // │  n ┆ square │
        /// // ╞════╪════════╡
        /// // │  1 ┆      1 │
        /// // │ 12 ┆    144 │
        /// // └────┴────────┘
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        ///
        /// With a checkpoint directory each batch is printed at least once. Needs the feature `table`, which is on by default.
        pub fn print_table<const N: usize>(&self, titles: [impl Into<String>; N])
        where
            T: Show,
        {
            let _ = titles;
        }

        /// Writes each batch into a directory of its own, `prefix-<ms>` or `prefix-<ms>.suffix`, where `<ms>` is the batch's
        /// time in milliseconds; with an empty prefix, `<ms>` or `<ms>.suffix`. The suffix may be left out. The prefix may
        /// name a directory, which is made if it is missing.
        ///
        /// The records are lines of the file `part-00000`; beside it lies an empty file `_SUCCESS`. A batch without records
        /// makes an empty file. An interval below a millisecond adds the rest of the time to the name, `prefix-1_500000`.
        ///
        /// A reader sees a directory whole or not at all: it is written under a hidden name and gets its own when the whole
        /// batch is committed, after it is safe on disk. If the batch runs again, in this or a later run of the program, its
        /// directory is replaced. A directory or file that cannot be written fails the batch with an error that names it.
        /// The text of a batch is held in memory until it is written.
        ///
        /// With a checkpoint directory each batch is written exactly once.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let folder = tempfile::tempdir()?;
        /// let prefix = folder.path().join("squares");
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec![1, 2, 3]]).map(|n| (n, n * n)).save_as_text_files(prefix, "txt");
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// let text = std::fs::read_to_string(folder.path().join("squares-1000.txt/part-00000"))?;
        /// assert_eq!(text, "(1,1)\n(2,4)\n(3,9)\n");
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn save_as_text_files(&self, prefix: impl AsRef<Path>, suffix: impl AsRef<str>)
        where
            T: Show,
        {
            let _ = (prefix, suffix);
        }

        /// Calls a closure with all records of each batch and the batch's time: the way to databases, queues and whatever
        /// else you write to. Spark's `foreachRDD`.
        ///
        /// The closure runs on the engine's thread, one batch after the other, so that it may use and change what setup
        /// statements have made, such as a connection. It returns nothing, or a `Result<(), E>`; an error or a panic fails
        /// the batch. A batch may be tried again after it has failed, here or elsewhere, and after a crash: write it in one
        /// transaction, under its time, so that the second try replaces or skips the first.
        ///
        /// A call that makes the closure, as in `foreach_batch(writer(path))`, is made once, when the pipeline starts: what the
        /// closure has counted in one batch, it has in the next.
        ///
        /// With a checkpoint directory each batch is written at least once; [`foreach_batch_once`](Self::foreach_batch_once)
        /// writes it exactly once.
        ///
        /// ```
        /// use microbatch::prelude::*;
        /// use std::io::Write;
        ///
        /// let folder = tempfile::tempdir()?;
        /// let path = folder.path().join("totals");
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     let mut file = std::fs::File::create(&path)?;
        ///     ssc.queue_stream([vec![1, 2], vec![3]]).foreach_batch(|numbers, time| -> std::io::Result<()> {
        ///         writeln!(file, "{time}: {}", numbers.iter().sum::<i32>())
        ///     });
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(2)?;
        /// assert_eq!(std::fs::read_to_string(folder.path().join("totals"))?, "1000 ms: 3\n2000 ms: 3\n");
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn foreach_batch<O: BatchOutcome>(&self, f: impl FnMut(Vec<T>, Time) -> O) {
            let _ = f;
        }

        /// As [`foreach_batch`](Self::foreach_batch), written with a closure of three parameters: `is_replay` says whether an
        /// earlier run of the program had begun the batch and not committed it, so that the closure may have written it then,
        /// in whole or in part. The records are the same ones. With a checkpoint directory each batch is written at least once.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec![1, 2]]).foreach_batch(|numbers, time, is_replay| {
        ///         if is_replay {
        ///             println!("undo what there is of {time}");
        ///         }
        ///         println!("{time}: {numbers:?}");
        ///     });
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(1)?;
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn foreach_batch_with_replay<O: BatchOutcome>(&self, f: impl FnMut(Vec<T>, Time, bool) -> O) {
            let _ = f;
        }

        /// Writes each batch to a [`TransactionalSink`]: the sink keeps the identifier of the batch in the same transaction as the
        /// records, and says after a restart which one it has.
        ///
        /// With a checkpoint directory each batch is written exactly once, although the program may be killed at any time. Without
        /// one, a batch on which the process died does not run again.
        ///
        /// A batch whose time is not after that of the sink's last one counts as written, and is not written again. So remove
        /// what the sink says of its last batch whenever you delete the checkpoint directory, or begin manual time anew.
        ///
        /// ```
        /// use microbatch::prelude::*;
        /// use microbatch::{BatchId, BoxError, TransactionalSink};
        ///
        /// /// In place of a database with transactions.
        /// #[derive(Default)]
        /// struct Totals { last: Option<BatchId>, total: u64 }
        ///
        /// impl TransactionalSink<u64> for Totals {
        ///     fn last_batch(&mut self, _output: &str) -> Result<Option<BatchId>, BoxError> {
        ///         Ok(self.last.clone())
        ///     }
        ///     fn write_batch(&mut self, batch: &BatchId, numbers: Vec<u64>) -> Result<(), BoxError> {
        ///         self.total += numbers.iter().sum::<u64>(); // both, or none
        ///         self.last = Some(batch.clone());
        ///         Ok(())
        ///     }
        /// }
        ///
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec![1u64, 2], vec![3]]).foreach_batch_once(Totals::default());
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(2)?;
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn foreach_batch_once<S: TransactionalSink<T> + Send>(&self, sink: S)
        where
            T: Send,
        {
            let _ = sink;
        }

        /// Keeps the records of each batch in a [`Collector`], with the batch's time. A batch without records has an entry,
        /// too. The entry appears when the whole batch is committed, so that a failed attempt leaves nothing behind.
        ///
        /// With a checkpoint directory each batch is in it exactly once. Memory goes with the process: the collector of the next
        /// run has the batches since the last checkpoint.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec![1, 2, 3]]).filter(|n| n % 2 == 1).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(2)?;
        /// assert_eq!(out.batches(), [(Time::from_millis(1000), vec![1, 3]), (Time::from_millis(2000), vec![])]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn collect_into(&self, collector: &Collector<T::Owned>)
        where
            T: Keep,
        {
            let _ = collector;
        }

        /// Keeps the batches of the last `duration` in a [`Remembered`], where other parts of the program can look at them while
        /// the pipeline runs. Spark's `remember` and `slice`.
        ///
        /// With a checkpoint directory each batch is in it exactly once. Memory goes with the process: what the next run remembers
        /// begins with the batches since the last checkpoint.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let last_minute = Remembered::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec![1, 2, 3], vec![4]]).count().remember(&last_minute, 1min);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(2)?;
        /// let (first, second) = (Time::from_millis(1000), Time::from_millis(2000));
        /// assert_eq!(last_minute.slice(first, second), [(first, vec![3]), (second, vec![1])]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn remember(&self, remembered: &Remembered<T::Owned>, duration: Duration)
        where
            T: Keep,
        {
            let _ = (remembered, duration);
        }
    }
}
