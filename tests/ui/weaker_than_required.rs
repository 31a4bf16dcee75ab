use microbatch::prelude::*;

fn main() {
    let out = Collector::default();
    let _ = stream!(every = 1s, require = exactly_once, |ssc| {
        let pairs = ssc.queue_stream([vec![(1, 2)]]);
        pairs.print();
        pairs.print_table(["key", "value"]);
        pairs.foreach_batch(|pairs, time| println!("{time}: {pairs:?}"));
        pairs.foreach_batch(|pairs, time, is_replay| println!("{time} {is_replay}: {pairs:?}"));
        pairs.save_as_text_files("pairs");
        pairs.collect_into(&out);
    });
}
