use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let pairs = ssc.queue_stream([vec![(1, 2)]]);
        pairs.reduce_by_key_and_window(|a, b| a + b).print();
        pairs.reduce_by_key_and_window(30s, 10s).print();
        pairs.reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, 30s, 10s, |pair| pair.1 > 0).print();
        pairs.reduce_by_key_and_window(|a, b| a + b, |a, b, c| a - b, 30s, 10s).print();
        pairs.reduce_by_key_and_window(|a, b| a + b, 30, 10s).print();
        pairs.reduce_by_key_and_window(|a, b| a + b, 2s, 1500ms).print();
        pairs.reduce_by_window(|a| a, 30s).print();
        pairs.group_by_key_and_window(|n| n, 10s).print();
        pairs.count_by_window().print();
        pairs.count_by_value_and_window("30s").print();
        pairs.aggregate_by_key_and_window(|a, b| a + b, 30s).print();
        pairs.aggregate_by_window(30s).print();
        pairs.map(|pair| pair).window(30s, 10s, 5s).print();
        pairs.reduceByKeyAndWindow(|a, b| a + b, 30s).print();
    });
}
