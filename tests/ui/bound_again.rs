use microbatch::prelude::*;

fn shorten(line: &str) -> &str {
    line
}

fn main() {
    let (limit, suffix) = (3, "txt");
    let (a, b) = (Collector::default(), Collector::default());
    let _ = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        let top = 5;
        let out = a.clone();
        let scale = |n: u64| n * 2;
        numbers.filter(|n| *n < top).map(|n| scale(n)).collect_into(&out);
        numbers.filter(|n| *n < limit).map(|n| format!("{n:>width$}{suffix}", width = 3)).print();
        let top = 6;
        let out = b.clone();
        let (scale, limit) = (|n: u64| n * 3, 100);
        let suffix: &str = "md";
        let width = 9;
        numbers.filter(|n| *n < top).map(|n| scale(n)).filter(|n| *n < limit + width).collect_into(&out);
        numbers.map(|n| format!("{n}{suffix}")).map(shorten).top(top).print();
        let shorten = |line| line;
        let Some(n) = Some(3) else { return Ok(()) };
        let top = 7;
    });
}
