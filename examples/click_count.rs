//! Clicks per user over the last minute, sliding every second, and how many there were in all.
//!
//! Run it with `cargo run --release --example click_count`: it makes up 2,000 clicks a second and ends after ten batches.
//! With `-- --rate 100000` behind it, it makes up more.

use microbatch::cli::Cli;
use microbatch::prelude::*;

/// Who has made the n-th click: a few of a thousand users click most.
fn user(n: u64) -> u64 {
    let random = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    let spread = random % 1000 + 1;
    1000 / spread
}

fn click_count(rate: u64) -> impl Pipeline {
    stream!(every = 1s, name = "click-count", |ssc| {
        let clicks = ssc.rate_stream(rate).map(|n| (user(n), 1u64));
        let by_user = clicks.reduce_by_key_and_window(|a, b| a + b, |sum, left| sum - left, 60s, 1s);
        let most = by_user.map(|(user, clicks)| (clicks, user)).top(5);
        most.map(|(clicks, user)| (user, clicks)).print_table(["user", "clicks in the last minute"]);
        clicks.count_by_window(60s, 1s).print_table(["clicks in all"]);
    })
}

fn main() -> microbatch::Result<()> {
    let cli =
        Cli::new("Counts clicks per user over the last minute.").option("rate", "N", "clicks a second (2000)").parse();
    let rate = cli.value("rate").unwrap_or(2000);
    cli.run_with(click_count(rate), |context| context.batches(10))
}
