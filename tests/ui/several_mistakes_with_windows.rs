use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 2s, |ssc| {
        let pairs = ssc.queue_stream([vec![("a".to_string(), 1u64)]]);
        let counts = pairs.reduce_by_key_and_window(|a, b| a + b, 5s, 4sec);
        let latest = pairs.update_state_by_key(|key, values, state| state).timeout(3s);
        latest.name("latest").name("last").print();
        pairs.window(4s, 2s).join(counts).state_snapshots().print();
        pairs.mapWithState(|_, _, value, state| value).timeout(3s).print();
        pairs.count_by_window(|n| n).checkpoint_interval().print();
    });
}
