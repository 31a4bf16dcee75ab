use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![(1, 2)]]);
        pairs.update_state_by_key(|key, values, state| state).print();
        pairs.update_state_by_key(|state| state).print();
        pairs.update_state_by_key(10).print();
        pairs.map_with_state(|key, value, state| value).print();
        pairs.map_with_state(|value, state| value).print();
        pairs.map_with_state().print();
        pairs.update_state_by_key(|values, state| state, 10).print();
    });
}
