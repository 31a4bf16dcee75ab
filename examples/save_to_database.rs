//! Writes word counts into an SQLite database with `foreach_batch`, so that every batch is counted exactly once.
//!
//! ```text
//! cargo run --release --features sqlite --example save_to_database               # a database in the temporary folder
//! cargo run --release --features sqlite --example save_to_database counts.db     # or your own
//! ```
//!
//! A batch may run again: after it has failed, or because the program was killed between writing and committing. So a batch is
//! one transaction, and its time is part of the primary key: whoever writes it last replaces what was there. Run the example
//! twice on the same file, and the counts stay the same.

use std::path::PathBuf;

use microbatch::OnFailure;
use microbatch::prelude::*;
use rusqlite::{Connection, params};

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
    let mut context = StreamingContext::new(pipeline).on_failure(OnFailure::Retry(3)).manual()?;
    context.advance(LINES.len() as u64)?;
    println!("{}", path.display());
    print_table(&path).map_err(|error| microbatch::Error::User(error.into()))
}

/// Counts the words of each batch of lines into the table `counts` of the database at `path`.
fn word_counts_into(path: PathBuf, lines: [Vec<String>; 4]) -> impl Pipeline + Send {
    stream!(every = 1s, |ssc| {
        // Ordinary Rust in the body runs once, when the pipeline starts. Each batch uses the same connection.
        let mut database = open(&path).map_err(|error| microbatch::Error::User(error.into()))?;
        let words = ssc.queue_stream(lines).flat_map(|line| line.split_whitespace());
        let counts = words.map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        counts.foreach_batch(|counts, time| save(&mut database, &counts, time));
    })
}

fn open(path: &std::path::Path) -> rusqlite::Result<Connection> {
    let database = Connection::open(path)?;
    database.execute_batch(
        "CREATE TABLE IF NOT EXISTS counts (
             batch_ms INTEGER NOT NULL,
             word TEXT NOT NULL,
             count INTEGER NOT NULL,
             PRIMARY KEY (batch_ms, word)
         ) WITHOUT ROWID",
    )?;
    Ok(database)
}

/// One transaction: all of the batch or nothing, and nothing of an earlier attempt.
fn save(database: &mut Connection, counts: &[(&str, u64)], time: Time) -> rusqlite::Result<()> {
    let transaction = database.transaction()?;
    transaction.execute("DELETE FROM counts WHERE batch_ms = ?1", params![time.as_millis() as i64])?;
    {
        let mut insert =
            transaction.prepare_cached("INSERT INTO counts (batch_ms, word, count) VALUES (?1, ?2, ?3)")?;
        for (word, count) in counts {
            insert.execute(params![time.as_millis() as i64, word, *count as i64])?;
        }
    }
    transaction.commit()
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
