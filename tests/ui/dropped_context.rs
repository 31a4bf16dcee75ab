#![deny(unused_must_use)]

use microbatch::prelude::*;
use microbatch::Backpressure;

fn pipeline() -> impl Pipeline + Send {
    stream!(every = 1s, |ssc| {
        ssc.queue_stream([vec![1]]).print();
    })
}

fn main() -> microbatch::Result<()> {
    StreamingContext::new(pipeline()).start()?;
    StreamingContext::new(pipeline()).manual()?;
    StreamingContext::new(pipeline());
    Backpressure::default().initial_rate(10);
    Ok(())
}
