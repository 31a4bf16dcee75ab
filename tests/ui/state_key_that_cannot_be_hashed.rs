use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let halves = ssc.queue_stream([vec![1u64]]).map(|n| (n as f64 / 2.0, n));
        halves.update_state_by_key(|values, sum| Some(sum.unwrap_or(0) + values.len())).print();
        halves.map_with_state(|_, _, value, state: &mut State<u64>| value.map(|value| state.update(value))).print();
    });
}
