use microbatch::prelude::*;

struct Visits {
    count: u64,
}

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![("a".to_string(), 1u64)]]);
        let visits = pairs.update_state_by_key(|values, state: Option<Visits>| {
            let before = state.map_or(0, |visits| visits.count);
            Some(Visits { count: before + values.len() as u64 })
        });
        visits.count().print();
        pairs.map_with_state(|_, _, _, visits: &mut State<Visits>| visits.update(Visits { count: 1 })).print();
    });
}
