use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![("a".to_string(), 1u64)]]);
        pairs.update_state_by_key(|values, sum: Option<u64>| sum.unwrap_or(0) + values.iter().sum::<u64>()).print();
        pairs.update_state_by_key(|values, _: Option<u64>| values.last()).print();
        pairs.map_with_state(|_, key, value, sum: &mut State<u64>| {
            sum.update(value);
            key
        }).print();
    });
}
