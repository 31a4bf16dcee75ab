//! The queries as pipelines, a file each.

mod q0;
mod q1;
mod q2;
mod q3;
mod q4;
mod q5;
mod q7;
mod q8;

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant};

use microbatch::prelude::*;
use microbatch::source::{Interval, Source};

use crate::generator::Event;
use crate::{Input, Rows, model};

pub struct Query {
    pub name: &'static str,
    pub says: &'static str,
    /// Runs it over all events, with so many workers.
    pub run: fn(&Arc<Input>, usize) -> (Duration, Rows),
    pub model: fn(&Input) -> Rows,
}

macro_rules! queries {
    ($($name:ident $says:literal)*) => {
        pub const QUERIES: &[Query] = &[$(Query {
            name: stringify!($name),
            says: $says,
            run: |input, workers| run(input, workers, $name::pipeline),
            model: model::$name,
        }),*];
    };
}

queries! {
    q0 "pass everything through"
    q1 "prices in another currency"
    q2 "bids for some auctions"
    q3 "who sells in some states (a join that never ends)"
    q4 "average price of a category"
    q5 "the auction with most bids, sliding"
    q7 "the highest bid"
    q8 "new persons who sell"
}

/// The events of a second in each batch.
pub struct Events(Arc<Input>);

impl Source for Events {
    type Block = Vec<Event>;
    fn batch(&mut self, interval: &Interval) -> microbatch::Result<Vec<Arc<Vec<Event>>>> {
        let second = interval.end.as_millis() as usize / 1000 - 1;
        Ok(self.0.seconds.get(second).cloned().unwrap_or_default())
    }
}

fn run<P: Pipeline + Send + 'static, T: Debug + Clone>(
    input: &Arc<Input>,
    workers: usize,
    pipeline: fn(Events, Collector<T>) -> P,
) -> (Duration, Rows) {
    let out = Collector::default();
    let pipeline = pipeline(Events(Arc::clone(input)), out.clone());
    let mut context = StreamingContext::new(pipeline).workers(workers).manual().unwrap();
    let start = Instant::now();
    context.advance(input.seconds.len() as u64).unwrap();
    let elapsed = start.elapsed();
    let rows = out
        .batches()
        .into_iter()
        .flat_map(|(time, rows)| rows.into_iter().map(move |row| (time.as_millis() / 1000, format!("{row:?}"))));
    let mut rows: Rows = rows.collect();
    rows.sort();
    (elapsed, rows)
}
