use microbatch::prelude::*;

struct Visit {
    page: u64,
}

fn main() {
    let out = Collector::default();
    let _ = stream!(every = 1s, |ssc| {
        ssc.queue_stream([vec![Visit { page: 1 }]]).map(|visit| visit.page).collect_into(&out);
    });
}
