//! In steady state nothing is allocated for a record: a batch of ten times as many records with the same keys allocates as
//! often as a small one. Counted by the allocator itself, over all threads.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU64, Ordering};

use microbatch::ManualContext;
use microbatch::prelude::*;

/// The system's allocator, which counts how often memory is asked for.
struct Counting;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);

// SAFETY: every call is passed on unchanged to the system's allocator.
#[allow(unsafe_code)]
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        unsafe { System.dealloc(memory, layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Batches before counting begins.
const WARM_UP: u64 = 8;
/// Batches that are counted.
const COUNTED: u64 = 32;
/// How many words and regions there are, in every batch.
const KEYS: usize = 50;

/// How many allocations a batch may have more than one of a tenth of its records: the engine's channels and rayon's queues
/// allocate a block now and then, whatever the batch holds.
const SLACK: f64 = 8.0;

/// All batches of a run, made before counting begins.
fn lines(records: usize, line: impl Fn(usize) -> String) -> Vec<Vec<String>> {
    let batch: Vec<String> = (0..records).map(line).collect();
    vec![batch; usize::try_from(WARM_UP + COUNTED).unwrap()]
}

/// Five words a line.
fn word_count(records: usize, out: &Collector<u64>) -> impl Pipeline + use<> {
    let word = |number: usize| format!("word-{}", number % KEYS);
    let text = lines(records, |line| (0..5).map(|n| word(line * 5 + n)).collect::<Vec<_>>().join(" "));
    stream!(every = 1s, |ssc| {
        let lines = ssc.queue_stream(text);
        let words = lines.flat_map(|line| line.split(' '));
        let counts = words.map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        counts.map(|(_, count)| count).reduce(|a, b| a + b).collect_into(out);
    })
}

/// `id,region,amount`, some of them malformed.
fn parse_filter_map_sum(records: usize, out: &Collector<u64>) -> impl Pipeline + use<> {
    let text = lines(records, |n| match n % 10 {
        9 => "malformed".to_owned(),
        _ => format!("{n},region-{},{}", n % KEYS, n % 100),
    });
    stream!(every = 1s, |ssc| {
        let orders = ssc.queue_stream(text).filter_map(|line| {
            let mut fields = line.splitn(3, ',');
            let (_, region, amount) = (fields.next()?, fields.next()?, fields.next()?);
            Some((region, amount.parse::<u64>().ok()?))
        });
        let large = orders.filter(|(region, amount)| *amount >= 10 && *region != "region-7");
        large.map(|(_, amount)| amount * 3).reduce(|a, b| a + b).collect_into(out);
    })
}

/// Two outputs over a shared stream, one of them by key.
fn two_outputs(records: usize, out: &Collector<u64>) -> impl Pipeline + use<> {
    let text = lines(records, |n| format!("key-{} {n}", n % KEYS));
    stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream(text).filter_map(|line| {
            let (key, number) = line.split_once(' ')?;
            Some((key, number.parse::<u64>().ok()?))
        });
        pairs.reduce_by_key(|a, b| a + b).count().collect_into(out);
        pairs.filter(|(_, number)| number % 2 == 0).count().collect_into(out);
    })
}

/// Allocations a batch, after the warm-up.
fn allocations(pipeline: impl Pipeline + Send + 'static, workers: usize) -> f64 {
    let context = StreamingContext::new(pipeline).workers(workers).parallel_grain(1);
    let mut context: ManualContext = context.manual().unwrap();
    context.advance(WARM_UP).unwrap();
    let before = ALLOCATIONS.load(Ordering::Relaxed);
    context.advance(COUNTED).unwrap();
    (ALLOCATIONS.load(Ordering::Relaxed) - before) as f64 / COUNTED as f64
}

fn check<P: Pipeline + Send + 'static>(name: &str, pipeline: fn(usize, &Collector<u64>) -> P) {
    for workers in [1, 2] {
        let out = Collector::default();
        let small = allocations(pipeline(1_000, &out), workers);
        let large = allocations(pipeline(10_000, &out), workers);
        println!("{name}, {workers} workers: {small} allocations for 1,000 records, {large} for 10,000");
        assert!(large <= small + SLACK, "{name}, {workers} workers: {small} for 1,000 records, {large} for 10,000");
        assert_eq!(out.batches().iter().filter(|(_, records)| records.is_empty()).count(), 0);
    }
}

/// One test, because the allocator counts what all threads of the process do.
#[test]
fn a_batch_allocates_nothing_per_record() {
    check("word count", word_count);
    check("parse, filter, map, sum", parse_filter_map_sum);
    check("two outputs of a shared stream", two_outputs);
}
