use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![(1, 2)]]);
        pairs.update_state_by_key(|values, _| values.last().copied()).name("a").name("b").print();
        pairs.map_with_state(|_, _, value, _| value).timeout(3s).name("c").timeout(4s).print();
        pairs.map_with_state(|_, _, value, _| value).timeout().print();
        pairs.map_with_state(|_, _, value, _| value).timeout(3).print();
        pairs.map_with_state(|_, _, value, _| value).timeout(0s).print();
        pairs.map_with_state(|_, _, value, _| value).timeout(|key| 3s).print();
        pairs.map_with_state(|_, _, value, _| value).timeout.print();
        pairs.map_with_state(|_, _, value, _| value).name().print();
        pairs.map_with_state(|_, _, value, _| value).initial_state().print();
        pairs.map_with_state(|_, _, value, _| value).initial_state(|key| 0).print();
        pairs.map_with_state(|_, _, value, _| value).state_snapshots(3).print();
        pairs.window(3s).checkpoint_interval(10).print();
    });
}
