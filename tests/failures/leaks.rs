//! What a batch that fails holds is given back.

use std::sync::atomic::AtomicI64;

use super::*;

/// How many values there are, and how many there were at most.
static VALUES: AtomicI64 = AtomicI64::new(0);
static MOST: AtomicI64 = AtomicI64::new(0);

#[derive(Record)]
struct Counted(u64);

impl Counted {
    fn new(n: u64) -> Counted {
        MOST.fetch_max(VALUES.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        Counted(n)
    }
}

impl Clone for Counted {
    fn clone(&self) -> Counted {
        Counted::new(self.0)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        VALUES.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The last record of a batch is too much.
fn add(a: Counted, b: Counted) -> Counted {
    if b.0 == 4_999 { panic!("no") } else { Counted::new(a.0 + b.0) }
}

#[test]
fn a_function_that_panics_leaves_no_values_behind() -> microbatch::Result<()> {
    for workers in WORKERS {
        let (sums, windows) = (Collector::default(), Collector::default());
        let pipeline = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream(std::iter::repeat_with(|| (0..5_000u64).collect::<Vec<_>>()));
            let pairs = numbers.map(|n| (n % 1_000, Counted::new(n)));
            pairs.reduce_by_key(add).map(|(key, sum)| (key, sum.0)).collect_into(&sums);
            let sliding = pairs.reduce_by_key_and_window(add, 3s, 1s);
            sliding.map(|(key, sum)| (key, sum.0)).collect_into(&windows);
        });
        let mut context = context(pipeline, workers).on_failure(OnFailure::Skip).manual()?;
        context.advance(20)?;
        assert_eq!(context.progress().skipped, 20);
        assert!(sums.batches().is_empty() && windows.batches().is_empty());
        context.stop()?;
    }
    assert!(MOST.load(Ordering::SeqCst) >= 1_000, "tables were there");
    assert_eq!(VALUES.load(Ordering::SeqCst), 0);
    Ok(())
}
