//! Sensors: mean, least and greatest reading of each over the last ten seconds, every two seconds, and an alarm where the mean
//! leaves its range.
//!
//! Run it with `cargo run --release --example sensor_monitor`: it makes up readings of four rooms, one of which gets too hot,
//! and ends after twelve batches.

use microbatch::aggregate::{max, mean, min};
use microbatch::cli::Cli;
use microbatch::prelude::*;

const ROOMS: [&str; 4] = ["attic", "cellar", "hall", "kitchen"];
const RANGE: std::ops::RangeInclusive<f64> = 5.0..=30.0;

/// The n-th reading, at 100 a second: the kitchen gets a degree hotter every second.
fn reading(n: u64) -> (&'static str, f64) {
    let room = n as usize % ROOMS.len();
    let base = [15.0, 11.0, 19.0, 22.0][room];
    let wave = (n as f64 / 17.0).sin() * 2.0;
    let heat = if room == 3 { n as f64 / 100.0 } else { 0.0 };
    (ROOMS[room], base + wave + heat)
}

fn monitor() -> impl Pipeline {
    stream!(every = 1s, name = "sensor-monitor", |ssc| {
        let readings = ssc.rate_stream(100).map(reading);
        let means = readings.aggregate_by_key_and_window(mean(), 10s, 2s);
        let least = readings.aggregate_by_key_and_window(min(), 10s, 2s);
        let greatest = readings.aggregate_by_key_and_window(max(), 10s, 2s);
        let all = means.join(least.join(greatest));
        let rows = all
            .map(|(room, (mean, (min, max)))| (room, format!("{mean:.1}"), format!("{min:.1}"), format!("{max:.1}")));
        rows.sort_by(|row| row.0).print_table(["room", "mean", "min", "max"]);
        let alarms =
            means.filter(|(_, mean)| !RANGE.contains(mean)).map(|(room, mean)| format!("ALARM {room}: {mean:.1}"));
        alarms.foreach_batch(|alarms, _| alarms.iter().for_each(|alarm| println!("{alarm}")));
    })
}

fn main() -> microbatch::Result<()> {
    Cli::new("Watches sensors over sliding windows.").parse().run_with(monitor(), |context| context.batches(12))
}
