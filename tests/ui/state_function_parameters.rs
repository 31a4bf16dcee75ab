use microbatch::prelude::*;

fn with_key(_: Time, _: &str, values: &[u64], state: Option<u64>) -> Option<u64> {
    values.last().copied().or(state)
}

fn without_time(_: &str, value: Option<u64>, _: &mut State<u64>) -> Option<u64> {
    value
}

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![("a".to_string(), 1u64)]]);
        pairs.update_state_by_key(with_key).print();
        pairs.map_with_state(without_time).print();
    });
}
