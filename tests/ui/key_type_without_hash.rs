use microbatch::prelude::*;

#[derive(Clone, Record)]
struct Page {
    path: String,
}

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let pages = ssc.queue_stream([vec![(Page { path: "/".to_string() }, 1u64)]]);
        pages.reduce_by_key_and_window(|a, b| a + b, 30s).map_values(|n| n + 1).count().print();
        pages.update_state_by_key(|values, sum| Some(sum.unwrap_or(0) + values.len())).count().print();
        pages.map(|(page, _)| page).count_by_value_and_window(30s).count().print();
    });
}
