use microbatch::prelude::*;

fn main() {
    let out = Collector::default();
    let _ = stream!(every = 1s, |ssc| {
        ssc.queue_stream([vec!["1".to_string()]]).map(|text| text.parse().unwrap()).collect_into(&out);
    });
}
