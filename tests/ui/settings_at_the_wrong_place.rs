use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![(1, 2)]]).name("pairs").map(|pair| pair);
        pairs.update_state_by_key(|values, _| values.last().copied()).timeout(3s).print();
        pairs.map(|pair| pair).timeout(3s).print();
        pairs.map_with_state(|_, _, value, _| value).flat_map(|value| value).timeout(3s).print();
        pairs.filter(|_| true).name("all").print();
        pairs.reduce_by_key(|a, b| a + b).initial_state([(1, 2)]).print();
        pairs.count().checkpoint_interval(10s).print();
        pairs.window(3s).state_snapshots().print();
        pairs.map_with_state(|_, _, value, _| value).timout(3s).stateSnapshots().print();
        pairs.map_with_state(|_, _, value, _| value).stateSnapshots().print();
        ssc.timeout(3s).print();
    });
}
