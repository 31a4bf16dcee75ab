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
            match sum % 7 {
                0 => _ = total.remove(),
                _ => total.update(sum),
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

/// A state, a window, files and a database.
#[cfg(feature = "sqlite")]
mod database {
    use rusqlite::{Connection, OptionalExtension, params};

    use super::*;

    struct Prices(Connection);

    impl Prices {
        fn open(path: &Path) -> Self {
            let database = Connection::open(path).unwrap();
            let tables = "CREATE TABLE IF NOT EXISTS prices (batch INTEGER, item TEXT, price INTEGER);
                          CREATE TABLE IF NOT EXISTS batches (output TEXT PRIMARY KEY, last INTEGER)";
            database.execute_batch(tables).unwrap();
            Prices(database)
        }
    }

    impl TransactionalSink<(&str, u64)> for Prices {
        fn last_batch(&mut self, output: &str) -> Result<Option<BatchId>, BoxError> {
            let mut query = self.0.prepare("SELECT last FROM batches WHERE output = ?1")?;
            let last = query.query_row([output], |row| row.get::<_, i64>(0)).optional()?;
            Ok(last.map(|last| BatchId { output: output.into(), time: Time::from_millis(last as u64) }))
        }

        fn write_batch(&mut self, batch: &BatchId, records: Vec<(&str, u64)>) -> Result<(), BoxError> {
            let time = batch.time.as_millis() as i64;
            let transaction = self.0.transaction()?;
            for (item, price) in records {
                transaction.execute("INSERT INTO prices VALUES (?1, ?2, ?3)", params![time, item, price as i64])?;
            }
            transaction.execute("INSERT OR REPLACE INTO batches VALUES (?1, ?2)", params![&*batch.output, time])?;
            Ok(transaction.commit()?)
        }
    }

    /// What is in the files, and in the database.
    fn observe(folder: &Path) -> Result<String, BoxError> {
        let mut lines = Vec::new();
        for entry in fs::read_dir(folder)? {
            let (path, name) = entry.map(|entry| (entry.path(), entry.file_name()))?;
            if path.is_dir() && !name.as_encoded_bytes().starts_with(b".") {
                let text = fs::read_to_string(path.join("part-00000"))?;
                lines.extend(text.lines().map(|line| format!("{name:?} {line}")));
            }
        }
        let database = Connection::open(folder.join("prices.db"))?;
        let mut query = database.prepare("SELECT batch, item, price FROM prices")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            let (batch, item, price) = (row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?);
            lines.push(format!("{batch} {item} {price}"));
        }
        Ok(lines.join("\n"))
    }

    #[test]
    fn a_state_a_window_files_and_a_database_survive_every_crash() {
        let pipeline = |folder: &Path, input: Sales| {
            let (totals_prefix, counts_prefix) = (folder.join("totals"), folder.join("counts"));
            let prices = Prices::open(&folder.join("prices.db"));
            stream!(every = 1s, name = "shop", require = exactly_once, |ssc| {
                let sales = ssc.queue_stream(input);
                let totals = sales.update_state_by_key(|prices, total: Option<u64>| {
                    Some(total.unwrap_or(0) + prices.iter().sum::<u64>()).filter(|total| total % 5 != 0)
                });
                totals.save_as_text_files(totals_prefix);
                sales.foreach_batch_once(prices);
                let counts = sales.map_values(|_| 1u64).reduce_by_key_and_window(|a, b| a + b, |a, b| a - b, 4s, 2s);
                counts.save_as_text_files(counts_prefix);
            })
        };
        let report = CrashTest::new(pipeline, sales(8)).observe(observe).run().unwrap();
        println!("{report}");
        assert!(report.crashes > 200, "{report:?}");
    }
}
