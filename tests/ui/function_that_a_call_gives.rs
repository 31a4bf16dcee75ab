use microbatch::prelude::*;

fn counter() -> impl FnMut(u64) -> u64 {
    let mut count = 0;
    move |n| {
        count += n;
        count
    }
}

fn counted() -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        ssc.queue_stream([vec![1u64]]).map(counter()).print();
    })
}

fn boxed() -> Box<dyn Fn(u64) -> u64> {
    Box::new(|n| n)
}

fn on_several_workers() -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        ssc.queue_stream([vec![1u64]]).map(boxed()).print();
    })
}

fn totals() -> impl FnMut(Vec<u64>, Time) {
    |_, _| {}
}

fn without_mut() -> impl Pipeline {
    let once = totals();
    stream!(every = 1s, |ssc| {
        ssc.queue_stream([vec![1u64]]).foreach_batch(once);
    })
}

fn block_without_types() -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        ssc.queue_stream([vec![1u64]]).foreach_batch({
            let mut total = 0;
            move |batch, _| total += batch.len()
        });
    })
}

fn main() {
    let _ = (counted(), on_several_workers(), without_mut(), block_without_types());
}
