//! Counts the words of text files that appear in a directory.
//!
//! Run it with `cargo run --release --example file_word_count`: it writes small files into a temporary directory and ends after
//! five batches. With a directory as its argument it waits for files that you write there: `cp x DIR/.x && mv DIR/.x DIR/x`, so that
//! they appear whole. A file that is only moved keeps its old time, and is not new.

use std::path::{Path, PathBuf};
use std::{fs, io, thread};

use microbatch::cli::Cli;
use microbatch::prelude::*;

fn word_count(directory: PathBuf) -> impl Pipeline {
    stream!(every = 1s, name = "file-word-count", |ssc| {
        let words = ssc.text_file_stream(directory).flat_map(|line| line.split_whitespace());
        let counts = words.map(|word| (word.to_lowercase(), 1u64)).reduce_by_key(|a, b| a + b);
        counts.sort_by(|(word, n)| (std::cmp::Reverse(*n), *word)).print_table(["word", "count"]);
    })
}

/// Moves a new file into `directory` every 700 ms.
fn write_files(directory: &Path) -> io::Result<()> {
    for number in 0.. {
        thread::sleep(Duration::from_millis(700));
        let (hidden, visible) = (directory.join(format!(".{number}")), directory.join(format!("{number}.txt")));
        fs::write(&hidden, format!("File number {number}\nThe words of a file are counted once\n"))?;
        fs::rename(hidden, visible)?;
    }
    Ok(())
}

fn main() -> microbatch::Result<()> {
    let cli = Cli::new("Counts the words of text files that appear in a directory.")
        .optional("DIRECTORY", "where the files appear; without it, the program makes one and fills it")
        .parse();
    if let Some(directory) = cli.get("DIRECTORY") {
        return cli.run(word_count(directory.into()));
    }
    let directory = tempfile::tempdir()?;
    let path = directory.path().to_owned();
    thread::spawn(move || write_files(&path));
    cli.run_with(word_count(directory.path().to_owned()), |context| context.batches(5))
}
