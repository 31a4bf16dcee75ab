//! A pipeline captures what surrounds it, as a `move` closure does.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use microbatch::prelude::*;

struct Settings {
    limit: u64,
    label: String,
}

fn above<'a>(settings: &'a Settings, numbers: &'a [Vec<u64>], out: &'a Collector<(u64, String)>) -> impl Pipeline + 'a {
    stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream(numbers.to_vec());
        let limit = settings.limit;
        numbers.filter(|n| *n > limit).map(|n| (n, settings.label.clone())).collect_into(out);
    })
}

fn main() -> microbatch::Result<()> {
    let settings = Settings { limit: 1, label: "big".to_string() };
    let out = Collector::default();
    StreamingContext::new(above(&settings, &[vec![1, 2]], &out)).batches(1).run()?;
    assert_eq!(out.batches()[0].1, [(2, "big".to_string())]);

    let seen = Arc::new(AtomicU64::new(0));
    let counter = Arc::clone(&seen);
    let kept = Collector::<u64>::default();
    let pipeline = stream!(every = 1s, move |ssc| {
        ssc.queue_stream([vec![1u64, 2]])
            .inspect(move |_| {
                counter.fetch_add(1, Ordering::Relaxed);
            })
            .collect_into(&kept);
    });
    StreamingContext::new(pipeline).manual()?.advance(1)?;
    assert_eq!(seen.load(Ordering::Relaxed), 2);
    Ok(())
}
