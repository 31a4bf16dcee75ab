//! The language of `stream!`: [`DStream`] and its operators, and the sources of `ssc`.
//!
//! Nothing here runs. A body of `stream!` type-checks against these methods, which is what editors show and what this
//! reference documents; what runs is the code that `stream!` compiles the body to. Every row of the compiler's operator table
//! has its method here, and every method its row: anything else does not compile.

use std::marker::PhantomData;
use std::time::Duration;

use crate::engine::Engine;
use crate::error::Result;
use crate::pipeline::Pipeline;
use crate::plan::Plan;
use crate::record::Keep;

mod batch;
mod join;
mod narrow;
mod output;
mod shuffle;
mod sources;
mod state;
mod window;

pub use join::Streams;
pub use narrow::Partition;
pub use state::StateDStream;

/// A stream of batches of records: what `let name = …;` defines inside `stream!`.
///
/// The methods are the operators, with Spark's names in snake case and Spark's meaning. They exist for the compiler's eyes: inside
/// `stream!` they are compiled to one fused pass over each batch. A `DStream` is a description that can be used any number of
/// times; what several consumers share is computed once a batch.
///
/// # What closures see
/// A record is seen as its *view*: `&str` for text, numbers as themselves, `(&str, u64)` for `(String, u64)`, `&T` for a type
/// with `#[derive(Record)]`. `map` gets the view, `filter` a reference to it, as in Rust's own iterator adaptors.
///
/// Where records meet (`reduce_by_key`, `join`, `sort_by` …) they are kept in memory for the rest of the batch, and what comes
/// after sees [views](View) again: `String`s that a closure has made are `&str` from there on. Such operators need records that
/// can be [kept](Keep), and [keys](crate::Key) that can be hashed and compared.
///
/// Closures run on several workers at once and may read what surrounds the pipeline, but not change it. A panic in one does not
/// end the program: it fails the batch, which follows the context's [policy](crate::OnFailure).
///
/// Closures run after the whole body, once for each batch: a variable that one of them uses cannot be bound again below it. Instead
/// of a closure there may be the name of a function, or a call that gives one, `.filter(at_least(3))`. Such a call is made once,
/// where it stands, so what it gives cannot be tied to the records of one batch; where that is wanted, as with a generic
/// `not(…)` of text, write it in a closure: `.filter(|line| not(…)(line))`.
///
/// # The order of results
/// Operators on single records keep the order of the source. What an operator by key or by value emits comes in an order
/// that is the same for every number of workers and on every run from the beginning (one that goes on from a checkpoint may have
/// another one), but otherwise unspecified: sort where it matters.
///
/// ```
/// use microbatch::prelude::*;
///
/// let out = Collector::default();
/// let text = vec![vec!["to be or".to_string(), "not to be".to_string()]];
/// let word_count = stream!(every = 1s, |ssc| {
///     let lines = ssc.queue_stream(text);
///     let pairs: DStream<(&str, u64)> = lines.flat_map(|line| line.split(' ')).map(|word| (word, 1));
///     pairs.reduce_by_key(|a, b| a + b).sort_by_key().collect_into(&out);
/// });
/// StreamingContext::new(word_count).manual()?.advance(1)?;
/// let counts = [("be", 2), ("not", 1), ("or", 1), ("to", 2)].map(|(word, n)| (word.to_string(), n));
/// assert_eq!(out.batches()[0].1, counts);
/// # Ok::<(), microbatch::Error>(())
/// ```
pub struct DStream<T> {
    records: PhantomData<fn() -> T>,
}

impl<T> DStream<T> {
    /// The body of every operator here: nothing to run.
    pub(crate) fn reference() -> Self {
        DStream { records: PhantomData }
    }
}

// By hand, because a derive would ask the same of `T`.
impl<T> Clone for DStream<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for DStream<T> {}

/// What closures see of a `T` that was kept in memory: `&str` for `String`, numbers as themselves. See [`Keep::View`].
pub type View<T> = <T as Keep>::View<'static>;

/// The sources: what `ssc.` offers inside `stream!`.
pub struct Sources(());

/// A pipeline that did not compile: it has the right type, so that the mistake is all that is reported.
#[doc(hidden)]
pub struct Broken(());

#[doc(hidden)]
pub fn broken() -> Broken {
    Broken(())
}

/// What an editor sees in place of a compiled pipeline.
#[doc(hidden)]
pub fn reference<T>(_: impl FnOnce(&Sources) -> T) -> Broken {
    Broken(())
}

impl Pipeline for Broken {
    fn name(&self) -> &str {
        "broken"
    }
    fn every(&self) -> Duration {
        Duration::ZERO
    }
    fn plan(&self) -> Plan {
        Plan::new(Vec::new(), Vec::new())
    }
    fn run(self, _: &mut Engine) -> Result<()> {
        Ok(())
    }
}
