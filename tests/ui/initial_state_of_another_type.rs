use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![("a".to_string(), 1u64)]]);
        let latest = pairs.map_with_state(|_, key, _, _: &mut State<u64>| key);
        latest.initial_state(["a".to_string()]).print();
        let counts = pairs.update_state_by_key(|values, count: Option<usize>| Some(count.unwrap_or(0) + values.len()));
        counts.initial_state([(1u8, 1)]).print();
    });
}
