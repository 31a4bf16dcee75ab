use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream::<u64, [Vec<u64>; 1]>([vec![1]]);
        numbers.map::<u64>(|n| n + 1).print();
        numbers.map(|n| (n, n)).map_with_state(|_, _, n, _| n).timeout::<u64>(3s).print();
        numbers.print::<u64>();
    });
}
