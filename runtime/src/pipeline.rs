//! What `stream!` makes.

use std::time::Duration;

use crate::engine::Engine;
use crate::error::Result;
use crate::plan::Plan;

/// A compiled pipeline: what a `stream!` expression is, and what a [`StreamingContext`](crate::StreamingContext) runs.
///
/// It is an ordinary value, so that functions can make it from their parameters:
///
/// ```
/// use microbatch::prelude::*;
///
/// fn evens(numbers: Vec<Vec<u64>>, out: Collector<u64>) -> impl Pipeline {
///     stream!(every = 1s, name = "evens", |ssc| {
///         ssc.queue_stream(numbers).filter(|n| n % 2 == 0).collect_into(&out);
///     })
/// }
///
/// let out = Collector::default();
/// let pipeline = evens(vec![vec![1, 2, 3, 4]], out.clone());
/// assert_eq!(pipeline.name(), "evens");
/// StreamingContext::new(pipeline).manual()?.advance(1)?;
/// assert_eq!(out.batches()[0].1, [2, 4]);
/// # Ok::<(), microbatch::Error>(())
/// ```
pub trait Pipeline {
    /// The name that the pipeline was given, or its crate and place.
    fn name(&self) -> &str;

    /// The batch interval.
    fn every(&self) -> Duration;

    /// What runs in one pass over a batch, what is shared, and where data is exchanged.
    fn plan(&self) -> Plan;

    /// Runs all batches on an engine. Called by the context.
    ///
    /// # Errors
    /// When the pipeline cannot start, or a batch fails and the policy is to stop.
    #[doc(hidden)]
    fn run(self, engine: &mut Engine) -> Result<()>;
}

/// The pipeline that `stream!` expands to.
#[doc(hidden)]
pub struct Job<F> {
    name: String,
    every: Duration,
    plan: Plan,
    run: F,
}

impl<F: FnOnce(&mut Engine) -> Result<()>> Job<F> {
    pub fn new(name: impl Into<String>, every: Duration, plan: Plan, run: F) -> Self {
        let name = name.into();
        Job { plan: plan.named(&name, every), name, every, run }
    }
}

impl<F: FnOnce(&mut Engine) -> Result<()>> Pipeline for Job<F> {
    fn name(&self) -> &str {
        &self.name
    }
    fn every(&self) -> Duration {
        self.every
    }
    fn plan(&self) -> Plan {
        self.plan.clone()
    }
    fn run(self, engine: &mut Engine) -> Result<()> {
        (self.run)(engine)
    }
}
