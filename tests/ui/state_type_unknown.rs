use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![("a".to_string(), 1u64)]]);
        pairs.map_with_state(|_, key, _, state| (key, state.exists())).print();
    });
}
