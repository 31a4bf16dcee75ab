//! Durations inside of other expressions.
#![deny(warnings)]
use microbatch::prelude::*;

macro_rules! counts {
    ($length:literal, $slide:expr, $out:expr) => {
        stream!(every = 1s, |ssc| {
            ssc.queue_stream([vec![1u64], vec![2, 3]]).count_by_window($length, $slide).collect_into($out);
        })
    };
}

fn main() -> microbatch::Result<()> {
    let (fast, out, other) = (true, Collector::default(), Collector::default());
    let pipeline = stream!(every = (1s), |ssc| {
        let numbers = ssc.queue_stream([vec![1u64], vec![2, 3]]);
        let windowed = numbers.window((2s));
        windowed.count().collect_into(&out);
        numbers.count_by_window(if fast { 2s } else { 10s }).collect_into(&out);
        numbers.count_by_window(4 * 500ms).collect_into(&out);
        numbers.map(|n| (n, n)).map_with_state(|_, _, n, _: &mut State<u64>| n).timeout(2 * (1min)).collect_into(&other);
    });
    StreamingContext::new(pipeline).manual()?.advance(2)?;
    for (number, (_, counts)) in out.batches().into_iter().enumerate() {
        assert_eq!(counts, [if number < 3 { 1u64 } else { 3 }]);
    }
    let out = Collector::default();
    StreamingContext::new(counts!(2s, 1s, &out)).manual()?.advance(2)?;
    assert_eq!(out.batches()[1].1, [3u64]);
    Ok(())
}
