//! Writes word counts into an SQLite database with `foreach_batch_once`, so that every batch is counted exactly once.
//!
//! ```text
//! cargo run --release --features sqlite --example save_to_database               # a database in the temporary folder
//! cargo run --release --features sqlite --example save_to_database counts.db     # or your own
//! ```
//!
//! A batch may run again: after it has failed, or because the program was killed between writing and committing. So the records
//! and the batch's time are written in one transaction, and on a start the database is asked which batch it has last. Which
//! batches there are, and with which records, is in a checkpoint directory beside the database; whoever removes one of them removes
//! the other one, too. Run the example twice on the same file, and the counts stay the same.

use std::path::PathBuf;

use microbatch::prelude::*;
use microbatch::{BatchId, BoxError, OnFailure, TransactionalSink};
use rusqlite::{Connection, OptionalExtension, params};

const LINES: [&str; 4] = [
    "the dog sees the cat",
    "the cat sees the bird",
    "the bird sees neither the dog nor the cat",
    "and the dog sleeps",
];

fn main() -> microbatch::Result<()> {
    let path =
        std::env::args_os().nth(1).map_or_else(|| std::env::temp_dir().join("microbatch_counts.db"), PathBuf::from);
    let pipeline = word_counts_into(path.clone(), LINES.map(|line| vec![line.to_owned()]));
    // Another program may be holding the file: a batch is tried three times more before the pipeline gives up.
    let context = StreamingContext::new(pipeline).on_failure(OnFailure::Retry(3));
    let mut context = context.checkpoint_dir(path.with_extension("state")).manual()?;
    context.advance(LINES.len() as u64)?;
    println!("{}", path.display());
    print_table(&path).map_err(|error| microbatch::Error::User(error.into()))
}

/// Counts the words of each batch of lines into the table `counts` of the database at `path`.
fn word_counts_into(path: PathBuf, lines: [Vec<String>; 4]) -> impl Pipeline + Send {
    stream!(every = 1s, require = exactly_once, |ssc| {
        // Ordinary Rust in the body runs once, when the pipeline starts.
        let database = Database::open(&path).map_err(|error| microbatch::Error::User(error.into()))?;
        let words = ssc.queue_stream(lines).flat_map(|line| line.split_whitespace());
        let counts = words.map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        counts.foreach_batch_once(database);
    })
}

struct Database(Connection);

impl Database {
    fn open(path: &std::path::Path) -> rusqlite::Result<Self> {
        let database = Connection::open(path)?;
        database.execute_batch(
            "CREATE TABLE IF NOT EXISTS counts (
                 batch_ms INTEGER NOT NULL,
                 word TEXT NOT NULL,
                 count INTEGER NOT NULL,
                 PRIMARY KEY (batch_ms, word)
             ) WITHOUT ROWID;
             CREATE TABLE IF NOT EXISTS batches (output TEXT PRIMARY KEY, last_ms INTEGER NOT NULL) WITHOUT ROWID",
        )?;
        Ok(Database(database))
    }
}

impl TransactionalSink<(&str, u64)> for Database {
    fn last_batch(&mut self, output: &str) -> Result<Option<BatchId>, BoxError> {
        let mut query = self.0.prepare("SELECT last_ms FROM batches WHERE output = ?1")?;
        let last = query.query_row([output], |row| row.get::<_, i64>(0)).optional()?;
        Ok(last.map(|millis| BatchId { output: output.into(), time: Time::from_millis(millis as u64) }))
    }

    /// One transaction: all of the batch and its time, or nothing.
    fn write_batch(&mut self, batch: &BatchId, counts: Vec<(&str, u64)>) -> Result<(), BoxError> {
        let millis = batch.time.as_millis() as i64;
        let transaction = self.0.transaction()?;
        {
            let mut insert =
                transaction.prepare_cached("INSERT INTO counts (batch_ms, word, count) VALUES (?1, ?2, ?3)")?;
            for (word, count) in counts {
                insert.execute(params![millis, word, count as i64])?;
            }
        }
        transaction.execute("INSERT OR REPLACE INTO batches VALUES (?1, ?2)", params![&*batch.output, millis])?;
        Ok(transaction.commit()?)
    }
}

fn print_table(path: &std::path::Path) -> rusqlite::Result<()> {
    let database = Connection::open(path)?;
    let mut query = database.prepare(
        "SELECT word, sum(count), count(*) FROM counts GROUP BY word ORDER BY sum(count) DESC, word LIMIT 10",
    )?;
    let mut rows = query.query([])?;
    println!("{:<12}{:>8}{:>10}", "word", "count", "batches");
    while let Some(row) = rows.next()? {
        println!("{:<12}{:>8}{:>10}", row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?);
    }
    Ok(())
}
