//! Killed before, in the middle of and after every write, sync, rename and removal, a pipeline loses and repeats nothing.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

use microbatch::prelude::*;
use microbatch::testing::{self, CrashTest};
use microbatch::{BatchId, BoxError, TransactionalSink};

type Sales = Vec<Vec<(String, u64)>>;

fn sales(batches: u64) -> Sales {
    let sale = |batch: u64, n: u64| (format!("item {}", (batch * 5 + n * 3) % 7), batch + n);
    (0..batches).map(|batch| (0..(batch * 3) % 5).map(|n| sale(batch, n)).collect()).collect()
}

/// A state with removal, and a window, into files.
fn states_and_windows(folder: &Path, input: Sales) -> impl Pipeline + use<> {
    let (totals_prefix, counts_prefix) = (folder.join("totals"), folder.join("counts"));
    stream!(every = 1s, name = "shop", |ssc| {
        let sales = ssc.queue_stream(input);
        let totals = sales.map_with_state(|_time, item, price: Option<u64>, total: &mut State<u64>| {
            let sum = total.get_option().unwrap_or(&0) + price.unwrap_or(0);
            if sum % 7 == 0 {
                drop(total.remove())
            } else {
                total.update(sum)
            }
            (item, sum)
        });
        totals.save_as_text_files(totals_prefix, "txt");
        let counts = sales.map(|(item, _)| (item, 1u64)).reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, 4s, 2s);
        counts.save_as_text_files(counts_prefix, "txt");
    })
}

#[test]
fn states_and_windows_survive_every_crash() {
    let report = testing::crash_points(states_and_windows, sales(6)).unwrap();
    println!("{report}");
    assert!(report.crashes > 150, "{report:?}");
}

/// A file that is replaced as a whole: the simplest thing with transactions.
struct Ledger(PathBuf);

impl TransactionalSink<(&str, u64)> for Ledger {
    fn last_batch(&mut self, output: &str) -> Result<Option<BatchId>, BoxError> {
        let text = fs::read_to_string(&self.0).unwrap_or_default();
        let last = text.lines().next_back().and_then(|line| line.split(' ').next());
        let time = last.map(|time| time.parse().map(Time::from_millis)).transpose()?;
        Ok(time.map(|time| BatchId { output: output.into(), time }))
    }

    fn write_batch(&mut self, batch: &BatchId, records: Vec<(&str, u64)>) -> Result<(), BoxError> {
        let mut text = fs::read_to_string(&self.0).unwrap_or_default();
        text += &format!("{} {}\n", batch.time.as_millis(), records.iter().map(|(_, price)| price).sum::<u64>());
        let next = self.0.with_extension("next");
        fs::write(&next, text)?;
        Ok(fs::rename(next, &self.0)?)
    }
}

#[test]
fn a_sink_with_transactions_has_every_batch_once() {
    let pipeline = |folder: &Path, input: Sales| {
        let ledger = Ledger(folder.join("ledger"));
        stream!(every = 1s, name = "ledger", |ssc| {
            let sales = ssc.queue_stream(input);
            let latest = sales.window(2s);
            latest.foreach_batch_once(ledger);
        })
    };
    let report = CrashTest::new(pipeline, sales(5)).checkpoint_interval(Duration::from_secs(3)).run().unwrap();
    assert!(report.crashes > 60, "{report:?}");
}

/// The test kit finds what is wrong with a pipeline: this one writes where a crash can come in between.
#[test]
fn a_sink_without_transactions_is_found_out() {
    let pipeline = |folder: &Path, input: Sales| {
        let path = folder.join("log");
        stream!(every = 1s, name = "log", |ssc| {
            let sales = ssc.queue_stream(input);
            sales.foreach_batch(|sales, _time| {
                let text = fs::read_to_string(&path).unwrap_or_default();
                fs::write(&path, format!("{text}{}\n", sales.len()))
            });
        })
    };
    let error = testing::crash_points(pipeline, sales(3)).unwrap_err().to_string();
    assert!(error.starts_with("killed ") && error.contains("the file `log` has 4 lines, and should have 3"), "{error}");
}
