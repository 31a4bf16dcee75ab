//! What a pipeline may require.

use microbatch::prelude::*;
use microbatch::{BatchId, BoxError, TransactionalSink};

struct Sink;

impl TransactionalSink<u64> for Sink {
    fn last_batch(&mut self, _: &str) -> Result<Option<BatchId>, BoxError> {
        Ok(None)
    }
    fn write_batch(&mut self, _: &BatchId, _: Vec<u64>) -> Result<(), BoxError> {
        Ok(())
    }
}

fn main() {
    let (out, last) = (Collector::default(), Remembered::default());
    let _ = stream!(every = 1s, require = exactly_once, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        numbers.save_as_text_files("numbers");
        numbers.collect_into(&out);
        numbers.remember(&last, 1min);
        numbers.foreach_batch_once(Sink);
    });
    let _ = stream!(require = at_least_once, every = 1s, |ssc| {
        ssc.queue_stream([vec![1u64]]).print();
    });
}
