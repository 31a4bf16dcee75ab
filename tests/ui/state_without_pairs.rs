use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        numbers.update_state_by_key(|values, sum| Some(sum.unwrap_or(0) + values.len())).print();
        numbers.map_with_state(|_, key, value, state: &mut State<u64>| (key, value)).print();
    });
}
