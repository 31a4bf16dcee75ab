//! The sources, as `ssc` offers them.
//!
//! These methods are the reference of the language: what each is for, its arguments and the stream that it begins. The macro
//! compiles a call of one to a call of the function of the same name in [`ops::sources`](crate::ops::sources), and fills
//! arguments in that are left out.

#[microbatch_macros::__operators(Source)]
mod methods {
    use std::path::PathBuf;

    use crate::block::Block;
    use crate::dstream::{DStream, Sources, View};
    use crate::record::Keep;
    use crate::source::{FileOptions, Receiver, SocketOptions, Source};

    impl Sources {
        /// Ready-made batches: one item of `batches` a batch, then empty batches. For tests, and for trying things out.
        ///
        /// Each batch takes its item when it begins, on the engine's thread, so the iterator must not wait: batches, and a stop,
        /// would wait for it. For records that come by themselves write a [`Receiver`].
        ///
        /// After a restart with a checkpoint directory, the queue goes on behind the items that batches have taken: as many items
        /// of the new iterator are skipped. So make the same queue again, and not one of what is left.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.queue_stream([vec![1, 2, 3], vec![4]]).map(|n| n * n).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(3)?;
        /// let squares: Vec<Vec<i32>> = out.batches().into_iter().map(|(_, batch)| batch).collect();
        /// assert_eq!(squares, [vec![1, 4, 9], vec![16], vec![]]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn queue_stream<T: Keep + Send + Sync + 'static, Q: IntoIterator<Item = Vec<T>, IntoIter: Send>>(
            &self,
            batches: Q,
        ) -> DStream<View<T>> {
            let _ = batches;
            DStream::reference()
        }

        /// Lines of UTF-8 text from a TCP server. `options` may be left out.
        ///
        /// The stream never ends because of the connection. One that cannot be made, fails or ends is reported to the
        /// [listeners](crate::StreamingListener::on_receiver_error) and made again, first after 100 ms, then after twice as long
        /// each time, up to 10 s; [`SocketOptions`] changes that. A sender that vanishes without a word is only noticed with
        /// [`idle_timeout`](SocketOptions::idle_timeout). A line that is unfinished when its connection ends, or when
        /// the context stops, counts as a line. When [`buffered_blocks`](crate::StreamingContext::buffered_blocks) wait for the
        /// engine, or fewer with 1 MiB for each of these, the source stops reading, and TCP holds the sender back.
        ///
        /// A line belongs to the batch of the interval in which its end arrived. A line that is not UTF-8 is counted and treated
        /// as [`on_bad_record`](crate::StreamingContext::on_bad_record) says. A line that is longer than
        /// [`longest_line`](SocketOptions::longest_line) allows is left out and counted, whatever that says.
        ///
        /// ```
        /// use std::io::Write;
        /// use std::net::TcpListener;
        /// use microbatch::prelude::*;
        ///
        /// // A server that says three lines.
        /// let server = TcpListener::bind("127.0.0.1:0")?;
        /// let port = server.local_addr()?.port();
        /// let server = std::thread::spawn(move || server.accept()?.0.write_all(b"to be\nor not\nto be\n"));
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 10ms, |ssc| {
        ///     let lines = ssc.socket_text_stream("127.0.0.1", port);
        ///     lines.flat_map(|line| line.split(' ')).collect_into(&out);
        /// });
        /// let context = StreamingContext::new(pipeline).start()?;
        /// while context.progress().records < 3 {
        ///     std::thread::yield_now();
        /// }
        /// context.stop()?;
        /// let words: Vec<String> = out.batches().into_iter().flat_map(|(_, batch)| batch).collect();
        /// assert_eq!(words, ["to", "be", "or", "not", "to", "be"]);
        /// # let _ = server.join();
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn socket_text_stream(
            &self,
            host: impl Into<String>,
            port: u16,
            options: SocketOptions,
        ) -> DStream<&'static str> {
            let _ = (host.into(), port, options);
            DStream::reference()
        }

        /// Lines of the UTF-8 text files that appear in a directory. `options` may be left out.
        ///
        /// Each batch reads the files that were modified since the context started and up to the batch's time, each once, even
        /// if it grows later; in the order of their times and names. A file that turns up with a time up to a minute before the
        /// batch is still taken, an older one is not, and listeners are told of it. A file is remembered for as long as it goes
        /// on being modified and a minute after that: if it grows later still, it is read again as a whole. Files are remembered
        /// by their paths, as in Spark: one that takes the place of another is not read either as long as that is remembered, and
        /// listeners are told of it on Unix. Give each file a name of its own. Write files under a name that begins with a dot, or in another directory,
        /// and rename them into place: names that begin with a dot are left out, as is what lies in directories below.
        /// [`FileOptions`] takes the files that are already there, or filters by name.
        ///
        /// Each batch looks at all files in the directory, of any age, which takes 2 to 3 ms for a thousand of them on a local disk. So
        /// move away or delete what was read, some time after its batch is done: one that runs again after a crash needs its files.
        ///
        /// The path may name several directories by `*` and `?`, such as `logs/*/`. A directory that does not exist is reported
        /// to the listeners, and read when it appears. About 1 MiB of a file is a partition; all workers read a large file together.
        ///
        /// With a checkpoint directory, files that came while the program was down are read in portions, the oldest first: a batch
        /// takes those of four batch intervals, or 16 MiB of them, until it has caught up. `progress().streams` tells how far it
        /// has come. On Unix, listeners are also told of files that came in that time and are too old to be read. A batch that runs again after a crash needs its files as they were, or grown: one that has other contents, because
        /// another was put in its place or it was written over, is refused.
        ///
        /// On [manual time](crate::StreamingContext::manual), which begins at 0, files still have the times that the system gave
        /// them, and wait for a batch of that time. So a test of this source begins shortly before now, with
        /// [`manual_from`](crate::StreamingContext::manual_from), or sets the times of its files, with
        /// [`File::set_modified`](std::fs::File::set_modified).
        ///
        /// A file that cannot be read, or becomes shorter meanwhile, fails the batch; the next attempt reads it again. A line that
        /// is not UTF-8 is counted and
        /// treated as [`on_bad_record`](crate::StreamingContext::on_bad_record) says.
        ///
        /// Lines end in `\n` or `\r\n`, and in nothing else: a file whose lines end in `\r` alone is one line. A byte order mark
        /// at the beginning of a file is left out. A file that is compressed by gzip, zstd, bzip2 or xz fails the batch:
        /// decompress it before it is moved in.
        ///
        /// ```
        /// use microbatch::prelude::*;
        /// use microbatch::FileOptions;
        ///
        /// let directory = tempfile::tempdir()?;
        /// std::fs::write(directory.path().join("app.log"), "start\nERROR no disk\nend")?;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 10ms, |ssc| {
        ///     let lines = ssc.text_file_stream(directory.path(), FileOptions::default().existing_files(true));
        ///     lines.filter(|line| line.starts_with("ERROR")).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).batches(1).run()?;
        /// assert_eq!(out.batches()[0].1, ["ERROR no disk"]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn text_file_stream(&self, directory: impl Into<PathBuf>, options: FileOptions) -> DStream<&'static str> {
            let _ = (directory.into(), options);
            DStream::reference()
        }

        /// Records of `record_length` bytes from the files that appear in a directory. `options` may be left out.
        ///
        /// Files are chosen as for [`text_file_stream`](Self::text_file_stream). If a file ends amid a record, the rest is a bad
        /// record: it is counted, and left out unless [`on_bad_record`](crate::StreamingContext::on_bad_record) says otherwise.
        ///
        /// ```
        /// use microbatch::prelude::*;
        /// use microbatch::FileOptions;
        ///
        /// let directory = tempfile::tempdir()?;
        /// std::fs::write(directory.path().join("samples"), [1, 0, 2, 0, 3, 1])?;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 10ms, |ssc| {
        ///     let samples = ssc.binary_records_stream(directory.path(), 2, FileOptions::default().existing_files(true));
        ///     samples.map(|bytes| u16::from_le_bytes([bytes[0], bytes[1]])).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).batches(1).run()?;
        /// assert_eq!(out.batches()[0].1, [1, 2, 259]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn binary_records_stream(
            &self,
            directory: impl Into<PathBuf>,
            record_length: usize,
            options: FileOptions,
        ) -> DStream<&'static [u8]> {
            let _ = (directory.into(), record_length, options);
            DStream::reference()
        }

        /// What a [`Receiver`] of yours stores: see there for one that runs as long as its context.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// /// Receives the letters of a text, and is done.
        /// struct Letters(&'static str);
        ///
        /// impl Receiver for Letters {
        ///     type Item = char;
        ///
        ///     fn start(&mut self, intake: Intake<char>) -> microbatch::Result<()> {
        ///         intake.store_many(self.0.chars())
        ///     }
        /// }
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 10ms, |ssc| {
        ///     ssc.receiver_stream(Letters("abc")).map(|letter| letter.to_ascii_uppercase()).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).run()?;
        /// let letters: String = out.batches().into_iter().flat_map(|(_, batch)| batch).collect();
        /// assert_eq!(letters, "ABC");
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn receiver_stream<R: Receiver>(&self, receiver: R) -> DStream<View<R::Item>> {
            let _ = receiver;
            DStream::reference()
        }

        /// The numbers 0, 1, 2, … at a steady rate, for trying things out: exactly `records_per_second` for each second of
        /// batch time. They take no memory.
        ///
        /// ```
        /// use microbatch::prelude::*;
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 500ms, |ssc| {
        ///     ssc.rate_stream(5).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(2)?;
        /// let batches: Vec<Vec<u64>> = out.batches().into_iter().map(|(_, batch)| batch).collect();
        /// assert_eq!(batches, [vec![0, 1], vec![2, 3, 4]]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn rate_stream(&self, records_per_second: u64) -> DStream<u64> {
            let _ = records_per_second;
            DStream::reference()
        }

        /// The lines of standard input, as UTF-8. At its end the source has ended: if it is the only one, the context ends when
        /// everything is processed. A graceful stop does not wait for more input.
        ///
        /// A line that is not UTF-8 is counted and treated as [`on_bad_record`](crate::StreamingContext::on_bad_record) says. A
        /// line of more than 512 MiB is left out and counted, whatever that says.
        ///
        /// Input that cannot be read is no end of it: what came before is processed, and the batch after that fails.
        ///
        /// ```no_run
        /// use microbatch::prelude::*;
        ///
        /// let pipeline = stream!(every = 1s, |ssc| {
        ///     ssc.stdin_text_stream().flat_map(|line| line.split(' ')).count_by_value().print();
        /// });
        /// StreamingContext::new(pipeline).run()?;
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn stdin_text_stream(&self) -> DStream<&'static str> {
            DStream::reference()
        }

        /// Any [`Source`] of your own.
        ///
        /// A source is asked for the records of each batch; one to which records come by themselves is a [`Receiver`].
        ///
        /// ```
        /// use std::sync::Arc;
        /// use microbatch::prelude::*;
        /// use microbatch::source::{Interval, Source};
        ///
        /// /// The seconds of each batch.
        /// struct Seconds;
        ///
        /// impl Source for Seconds {
        ///     type Block = Vec<u64>;
        ///
        ///     fn batch(&mut self, interval: &Interval) -> microbatch::Result<Vec<Arc<Vec<u64>>>> {
        ///         let seconds = interval.start.until(interval.end, Duration::from_secs(1));
        ///         Ok(vec![Arc::new(seconds.map(|time| time.as_millis() / 1000).collect())])
        ///     }
        /// }
        ///
        /// let out = Collector::default();
        /// let pipeline = stream!(every = 3s, |ssc| {
        ///     ssc.source(Seconds).collect_into(&out);
        /// });
        /// StreamingContext::new(pipeline).manual()?.advance(2)?;
        /// assert_eq!(out.batches()[1].1, [3, 4, 5]);
        /// # Ok::<(), microbatch::Error>(())
        /// ```
        pub fn source<S: Source>(&self, source: S) -> DStream<<S::Block as Block>::Item<'static>> {
            let _ = source;
            DStream::reference()
        }
    }
}
