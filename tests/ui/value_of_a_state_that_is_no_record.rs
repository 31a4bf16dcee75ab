use microbatch::prelude::*;

struct Visit {
    page: u64,
}

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let visits = ssc.queue_stream([vec![1u64]]).map(|n| (n % 10, Visit { page: n }));
        visits.update_state_by_key(|visits, last| visits.last().map(|visit| visit.page).or(last)).print();
    });
}
