use microbatch::prelude::*;

fn remembered(last: &Remembered<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]);
        let keep = Duration::from_secs(60);
        numbers.remember(last, keep);
        let suffix = "a";
        numbers.map(|n| format!("{n}{suffix}", suffix = suffix)).print();
        let keep = Duration::from_secs(1);
        let suffix = "b";
        println!("{keep:?} {suffix}");
    })
}

fn main() {
    let _ = remembered(&Remembered::new());
}
