//! Spark Streaming's DStream model, compiled.
//!
//! A stream is cut into small batches by time; you say with Spark's operators what happens to a batch. [`stream!`] reads that
//! description at compile time and writes the loop that you would have written by hand: one fused pass over each batch, all
//! types inferred, no record boxed or dispatched dynamically. The result is an ordinary value that an ordinary binary runs.
//!
//! ```
//! use microbatch::prelude::*;
//!
//! /// Counts the words of each batch.
//! fn word_count(text: Vec<Vec<String>>, out: Collector<(String, u64)>) -> impl Pipeline {
//!     stream!(every = 1s, |ssc| {
//!         let lines = ssc.queue_stream(text);
//!         let words = lines.flat_map(|line| line.split(' '));
//!         let counts = words.map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
//!         counts.sort_by_key().collect_into(&out);
//!     })
//! }
//!
//! let out = Collector::default();
//! let text = vec![vec!["to be or".to_string(), "not to be".to_string()], vec![]];
//! let mut context = StreamingContext::new(word_count(text, out.clone())).manual()?;
//! context.advance(2)?; // two batches, now
//!
//! let counts = [("be", 2), ("not", 1), ("or", 1), ("to", 2)].map(|(word, n)| (word.to_string(), n));
//! assert_eq!(out.batches(), [(Time::from_millis(1000), counts.to_vec()), (Time::from_millis(2000), vec![])]);
//! # Ok::<(), microbatch::Error>(())
//! ```
//!
//! # The language
//! `stream!(every = 1s, name = "word-count", |ssc| { … })` takes the batch interval (`500ms`, `1.5s`, `10min`, or any
//! `Duration`), a name and [`require = exactly_once`](#if-the-process-dies) if you like, and a body. There `let name = …;` defines
//! a stream, a chain that ends in an output operation is a statement, and every other statement is ordinary Rust that runs once,
//! when the pipeline starts. What surrounds the macro is captured as by a `move` closure. A stream may be used any number of
//! times: it is computed once a batch. Mistakes are reported together, each where you made it, with what to write instead.
//!
//! Each operator is documented, with an example, as a method of [`DStream`]:
//!
//! | family | operators |
//! |---|---|
//! | a record at a time | [`map`](DStream::map), [`flat_map`](DStream::flat_map), [`filter`](DStream::filter), [`filter_map`](DStream::filter_map), [`inspect`](DStream::inspect), [`key_by`](DStream::key_by), [`map_values`](DStream::map_values), [`flat_map_values`](DStream::flat_map_values) |
//! | a partition at a time | [`map_partitions`](DStream::map_partitions), [`glom`](DStream::glom) |
//! | all records of a batch | [`count`](DStream::count), [`reduce`](DStream::reduce), [`count_by_value`](DStream::count_by_value), [`distinct`](DStream::distinct), [`top`](DStream::top) |
//! | by key | [`reduce_by_key`](DStream::reduce_by_key), [`group_by_key`](DStream::group_by_key), [`combine_by_key`](DStream::combine_by_key), [`aggregate_by_key`](DStream::aggregate_by_key) |
//! | two streams, by key | [`join`](DStream::join), [`left_outer_join`](DStream::left_outer_join), [`right_outer_join`](DStream::right_outer_join), [`full_outer_join`](DStream::full_outer_join), [`cogroup`](DStream::cogroup) |
//! | several streams | [`union`](DStream::union), also as [`ssc.union`](dstream::Sources::union) |
//! | a batch at a time | [`sort_by`](DStream::sort_by), [`sort_by_key`](DStream::sort_by_key), [`repartition`](DStream::repartition), [`transform`](DStream::transform), [`transform_with`](DStream::transform_with) |
//! | the last batches | [`window`](DStream::window), [`reduce_by_window`](DStream::reduce_by_window), [`count_by_window`](DStream::count_by_window), [`aggregate_by_window`](DStream::aggregate_by_window), [`count_by_value_and_window`](DStream::count_by_value_and_window), [`group_by_key_and_window`](DStream::group_by_key_and_window), [`reduce_by_key_and_window`](DStream::reduce_by_key_and_window), [`aggregate_by_key_and_window`](DStream::aggregate_by_key_and_window) |
//! | state by key | [`update_state_by_key`](DStream::update_state_by_key), [`map_with_state`](DStream::map_with_state), and what may stand [behind them](dstream::StateDStream) |
//! | sources | the methods of `ssc`, [`Sources`](dstream::Sources); `ssc.source(…)` takes any [`Source`](source::Source) |
//! | outputs | [`print`](DStream::print), [`print_table`](DStream::print_table), [`save_as_text_files`](DStream::save_as_text_files), [`foreach_batch`](DStream::foreach_batch), [`foreach_batch_once`](DStream::foreach_batch_once), [`collect_into`](DStream::collect_into), [`remember`](DStream::remember) |
//!
//! # Views and owned records
//! Closures see records where they lie, as *views*; what outlives its batch is *owned*. [`Keep`] leads from one to the other:
//!
//! | owned | view |
//! |---|---|
//! | `String` | `&str` |
//! | numbers, `bool`, `char`, [`Time`], `Duration` | themselves |
//! | `(A, B)`, `Option<A>`, `[A; N]` | the same of their views |
//! | `Vec<A>` | `&[A]` |
//! | your `T` with `#[derive(Clone, Record)]` | `&T` |
//!
//! So the words above are `&str` into the received text, and a word is copied when it leaves its batch, not before.
//!
//! # What you can rely on
//! - The batch of time t holds what arrived in the interval before t. Batch times are multiples of the interval. If a batch takes
//!   longer than its interval, later ones wait; none is left out.
//! - Results, and their order, do not depend on the number of workers, if what folds values is associative.
//! - A batch that fails (a closure panics, an output returns an error) keeps its records: by default the context stops with the
//!   batch intact, and [`OnFailure`] can have it tried again or given up. Output operations that are done are not repeated.
//! - Windows end at multiples of their slide since the epoch. What a window or a state remembers changes with a batch that is
//!   done, and only then: a batch that is tried again counts once. A window slide costs the keys that enter or leave, a batch of
//!   `map_with_state` the keys that it touches, and a timeout the keys that are due, however many there are.
//! - A full buffer pushes back on receivers and their senders, so memory for what is received stays bounded.
//! - Everything lives in one process and in memory. If the process is killed, what windows and states remember is lost without a
//!   [checkpoint directory](#if-the-process-dies), and what receivers took in and no batch committed is lost without a
//!   [write-ahead log](StreamingContext::write_ahead_log).
//!
//! # If the process dies
//! With a [`checkpoint_dir`](StreamingContext::checkpoint_dir) the next start goes on where the last commit was. A batch that was
//! not committed runs again, with the same records. What is seen of it then, each output operation says:
//!
//! | guarantee | output operations |
//! |---|---|
//! | exactly once | [`save_as_text_files`](DStream::save_as_text_files), [`foreach_batch_once`](DStream::foreach_batch_once); in memory, which each run of the program has anew, [`collect_into`](DStream::collect_into) and [`remember`](DStream::remember) |
//! | at least once | [`print`](DStream::print), [`print_table`](DStream::print_table), [`foreach_batch`](DStream::foreach_batch) |
//!
//! `stream!(every = 1s, require = exactly_once, |ssc| { … })` takes no less, and refuses
//! - when it is compiled, an output operation that writes at least once;
//! - when it starts, a context without a checkpoint directory, also on manual time, and one that
//!   [gives failed batches up](OnFailure::Skip);
//! - when it starts, a source whose records cannot be read again. Files, queues and the rate stream can be. A socket, standard
//!   input and receivers can with a [write-ahead log](StreamingContext::write_ahead_log): then what is in the log is written
//!   exactly once. Without one, what was received and not committed would be lost, so it would be written at most once. What a
//!   sender believes to have sent and the log does not have yet, only a protocol with acknowledgements can save.
//!
//! `require = at_least_once` asks for nothing, as does leaving it out. [`Pipeline::plan`] says of each source, window, state and
//! output what is left of it. The guarantees hold when the process is killed; when power fails, they hold with
//! [`SyncPolicy::EachBatch`], the default.
//!
//! ```
//! use microbatch::prelude::*;
//!
//! let folder = tempfile::tempdir()?;
//! let (prefix, state) = (folder.path().join("counts"), folder.path().join("state"));
//! let pipeline = stream!(every = 1s, name = "counts", require = exactly_once, |ssc| {
//!     ssc.queue_stream([vec!['a', 'b', 'a']]).count_by_value().save_as_text_files(prefix);
//! });
//! assert!(pipeline.plan().to_string().contains("exactly once: written aside, renamed after the commit"));
//! StreamingContext::new(pipeline).checkpoint_dir(state).manual()?.advance(1)?;
//! # Ok::<(), microbatch::Error>(())
//! ```
//!
//! # Running it
//! ```
//! # use microbatch::prelude::*;
//! # fn pipeline(out: &Collector<u64>) -> impl Pipeline + use<> {
//! #     stream!(every = 10ms, |ssc| { ssc.queue_stream([vec![1u64]]).collect_into(out); })
//! # }
//! # let out = Collector::default();
//! let context = StreamingContext::new(pipeline(&out)).workers(2).batches(3).start()?; // on threads of its own
//! context.await_termination()?;
//!
//! StreamingContext::new(pipeline(&out)).batches(3).run()?; // on this thread; the pipeline may borrow from it
//!
//! let mut context = StreamingContext::new(pipeline(&out)).manual()?; // time is a parameter: tests need not sleep
//! context.advance(3)?;
//! # Ok::<(), microbatch::Error>(())
//! ```
//!
//! # Features
//! | feature | what it adds | by default |
//! |---|---|---|
//! | `cli` | [`cli`]: flags for a pipeline's `main`, commands for its checkpoints; brings `progress` and `signals` | yes |
//! | `progress` | one live line on a terminal | yes |
//! | `signals` | Ctrl-C and SIGTERM stop gracefully | yes |
//! | `table` | [`print_table`](DStream::print_table) | yes |
//! | `testing` | `testing`: crashes at every operation on the disk, and the check of a lock file, for tests of pipelines | no |
//!
//! # Where to go next
//! [`DStream`] for the operators, [`StreamingContext`] for all settings, [`Pipeline::plan`] to see what was fused, shared and
//! exchanged, [`StreamingListener`] and [`Progress`] to watch a context, [`source::Source`] to write a source.
#![warn(missing_docs)]
#![deny(unsafe_code)]

mod accumulator;
mod as_of;
mod backpressure;
mod bits;
mod block;
mod broadcast;
mod buffers;
mod checkpoint;
mod clock;
mod collector;
mod commit;
mod context;
mod context_checkpoints;
mod context_told;
mod dataset;
mod described;
mod driver;
mod durable;
mod engine;
mod engine_thread;
mod entries;
mod error;
#[cfg_attr(not(any(feature = "cli", feature = "testing")), allow(dead_code))]
mod export;
mod fold;
mod guarantee;
mod heap;
mod inputs;
mod key_hash;
mod key_table;
mod listener;
#[cfg(feature = "progress")]
mod live;
#[cfg(any(feature = "cli", feature = "testing"))]
mod lock_file;
mod migration;
mod notices;
mod panics;
mod pipeline;
mod plan;
mod policy;
mod pool;
mod prefetch;
mod progress;
mod record;
mod remember;
mod remembered;
mod running;
mod saved;
mod shared;
mod show;
mod signal;
#[cfg(all(feature = "signals", unix))]
mod signals;
mod stage;
mod staged;
mod state;
mod striped;
mod table;
pub mod text;
mod time;
mod transaction;
mod tuples;
mod utf8;
mod warning;
mod window;
mod window_shape;

pub mod aggregate;
#[cfg(feature = "cli")]
pub mod cli;
pub mod dstream;
pub mod source;
pub mod stored;
#[cfg(feature = "testing")]
pub mod testing;

#[doc(hidden)]
pub mod ops;

pub use accumulator::Accumulator;
pub use backpressure::{Backpressure, PidRateEstimator};
pub use block::{Block, StoredBlock, TextBlock};
pub use broadcast::{Broadcast, BroadcastValue};
pub use checkpoint::SyncPolicy;
pub use clock::Clock;
pub use collector::Collector;
pub use context::StreamingContext;
pub use described::StateDescription;
pub use dstream::DStream;
pub use error::{BoxError, Error, Result};
pub use listener::{BatchInfo, InputInfo, OutputOperationInfo, ReceiverInfo, StreamingListener};
pub use microbatch_macros::Record;
pub use ops::output::{BatchId, BatchOutcome, TransactionalSink};
pub use pipeline::Pipeline;
pub use plan::Plan;
pub use policy::{BadRecord, BadRecords, OnFailure, RejectFn};
pub use progress::{CheckpointProgress, Progress, Recent, Spread, StateProgress, StreamProgress};
pub use record::{Keep, Key, Lookup, Pair, Record, StateKey};
pub use remembered::Remembered;
pub use running::{ManualContext, RunningContext};
pub use saved::SavedKind;
pub use shared::Status;
pub use show::{Show, Shown};
pub use signal::{StopHandle, StopSignal};
pub use source::{FileOptions, Intake, LogSync, Receiver, SocketOptions};
pub use state::{InitialState, State, StateView};
pub use std::time::Duration;
pub use stored::{Malformed, Shape, Shapes, Stored};
pub use time::Time;

/// `stream!(every = 1s, name = "word-count", |ssc| { … })` is an expression of a type that implements [`Pipeline`]. `every` is
/// the batch interval: a literal in `ns`, `us`, `ms`, `s`, `min`, `h` or `d`, or an expression of type [`Duration`]. `name` may
/// be left out: the default is the path of the module that `stream!` stands in. Give one where there is a
/// [checkpoint directory](StreamingContext::checkpoint_dir), which belongs to the pipeline of one name: a function that moves to
/// another module would else have a name that the directory does not know, and be refused. `require = exactly_once` refuses [what could write a batch twice or not at all](crate#if-the-process-dies) if the
/// process dies; `require = at_least_once` refuses nothing. The body's statements define streams (`let name = …;`), end in an output operation, or are ordinary Rust that
/// runs once, when the pipeline starts. See the [crate's documentation](crate#the-language), and [`DStream`] for the operators.
///
/// ```
/// use microbatch::prelude::*;
///
/// let (evens, sums) = (Collector::default(), Collector::default());
/// let limit = 10;
/// let pipeline = stream!(every = 500ms, |ssc| {
///     let step = limit / 5; // runs once
///     let numbers = ssc.queue_stream([vec![1, 4, 6], vec![20]]).filter(|n| *n < limit);
///     numbers.filter(|n| n % step == 0).collect_into(&evens);
///     numbers.reduce(|a, b| a + b).collect_into(&sums);
/// });
/// StreamingContext::new(pipeline).manual()?.advance(2)?;
/// assert_eq!(evens.batches(), [(Time::from_millis(500), vec![4, 6]), (Time::from_millis(1000), vec![])]);
/// assert_eq!(sums.batches(), [(Time::from_millis(500), vec![11]), (Time::from_millis(1000), vec![])]);
/// # Ok::<(), microbatch::Error>(())
/// ```
pub use microbatch_macros::stream;

/// What almost every program needs.
pub mod prelude {
    pub use crate::{
        Accumulator, Broadcast, Collector, DStream, Duration, Intake, Pipeline, Receiver, Record, Remembered, Show,
        State, StreamingContext, Time, stream,
    };
}

/// For generated code alone: it may change with every version.
#[doc(hidden)]
pub mod __private {
    pub use crate::dstream::{Sources, broken, reference};
    pub use crate::engine::Engine;
    pub use crate::error::Result;
    pub use crate::ops;
    pub use crate::pipeline::Job;
    pub use crate::plan::{Plan, Recovery, Stage, Step, StepKind};
    pub use crate::show::{Field, HiddenField, show_fields};
    pub use crate::stage::More;
    pub use crate::stored::Fields;
    pub use crate::stored::bytes::{NO_VARIANT, load_tag, store_tag};
    pub use crate::window_shape::length_of_time;

    /// The body of a pipeline that is not Rust yet: only an editor looks inside.
    #[doc(hidden)]
    #[macro_export]
    macro_rules! __as_written {
        ($($body:tt)*) => { $($body)* };
    }
    pub use crate::__as_written as as_written;
}

/// The readers of checkpoint files, for `fuzz/`.
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub use crate::checkpoint::fuzzing;

// Generated code says `::microbatch`, also in the documentation's examples of this crate itself.
extern crate self as microbatch;

/// The README's programs are tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
