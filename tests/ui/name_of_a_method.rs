use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![(1u64, 2u64)]]);
        pairs.reduce_by_window_with_inverse(|a, b| a + b, |c, a| c - a, 3s, 1s).print();
        pairs.reduce_by_key_and_window_with_inverse(|a, b| a + b, |c, a| c - a, 3s, 1s).print();
        pairs.reduce_by_key_and_window_with_filter(|a, b| a + b, |_| true, 3s, 1s).print();
        pairs.reduce_by_key_and_window_with_inverse_and_filter(|a, b| a + b, |c, a| c - a, |_| true, 3s, 1s).print();
        pairs.update_state_by_key_with_key(|_, _, values, _| values.last().copied()).print();
        pairs.foreach_batch_with_replay(|_, _, _| {});
    });
}
