use microbatch::prelude::*;

fn main() {
    let length = 30;
    let _ = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![(1, 2)]]);
        pairs.window(length, 10s).print();
        pairs.reduce_by_key_and_window(|a, b| a + b, 10s, "1s".to_string()).print();
        pairs.map_with_state(|_, _, value, _: &mut State<u8>| value).timeout(length).print();
    });
}
