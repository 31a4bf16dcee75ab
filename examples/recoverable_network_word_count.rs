//! Counts words since the beginning, and survives its own death: kill it with `kill -9`, start it again, and it goes on where the
//! last commit was. Nothing is counted twice, and nothing that is in the log is forgotten.
//!
//! ```text
//! cargo run --release --example recoverable_network_word_count -- /tmp/words      # kill -9 it, and run it again
//! cargo run --release --example recoverable_network_word_count -- /tmp/words localhost 9999
//! ```
//!
//! The folder gets the checkpoints, and under `counts-<ms>` the totals after each batch, each published once. Without
//! `HOST PORT` the program counts a text of its own, a line every 10 ms.

use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::{fs, thread};

use microbatch::cli::Cli;
use microbatch::prelude::*;

fn word_count(folder: &Path, host: String, port: u16) -> impl Pipeline + use<> {
    let prefix = folder.join("counts");
    stream!(every = 1s, name = "recoverable-network-word-count", require = exactly_once, |ssc| {
        let lines = ssc.socket_text_stream(host, port);
        let words = lines.flat_map(|line| line.split(' '));
        let counts = words
            .map(|word| (word, 1u64))
            .update_state_by_key(|ones, count: Option<u64>| Some(count.unwrap_or(0) + ones.len() as u64));
        let common = counts.map(|(word, n)| (n, word)).top(5);
        common.save_as_text_files(prefix, "txt");
    })
}

/// Serves a line every 10 ms to the first who connects, and returns the port.
fn serve_lines() -> std::io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        let (mut connection, _) = listener.accept()?;
        for number in (0..100u64).cycle() {
            writeln!(connection, "line and another word {number}")?;
            thread::sleep(Duration::from_millis(10));
        }
        std::io::Result::Ok(())
    });
    Ok(port)
}

fn main() -> microbatch::Result<()> {
    let cli = Cli::new("Counts the words that arrive over TCP since the beginning, however often it is killed.")
        .optional("FOLDER", "where checkpoints and totals go; without it, a new folder, and two runs after each other")
        .optional("HOST", "where the text is served; without it, the program serves one to itself")
        .optional("PORT", "the port there")
        .parse();
    let given = cli.get("FOLDER").map(PathBuf::from);
    let folder = given.clone().unwrap_or_else(|| std::env::temp_dir().join(format!("words-{}", std::process::id())));
    fs::create_dir_all(&folder)?;
    let run = |batches: Option<u64>| {
        let (host, port) = match (cli.get("HOST"), cli.value("PORT")) {
            (Some(host), Some(port)) => (host.to_owned(), port),
            (None, None) => ("127.0.0.1".to_owned(), serve_lines()?),
            _ => return Err("give both HOST and PORT, or neither".into()),
        };
        cli.run_with(word_count(&folder, host, port), |context| {
            let context = context.checkpoint_dir(folder.join("state")).write_ahead_log(true);
            if let Some(batches) = batches { context.batches(batches) } else { context }
        })
    };
    if given.is_some() {
        return run(None);
    }
    // Two runs in one: the second goes on where the first has ended.
    for _ in 0..2 {
        run(Some(3))?;
        let newest = fs::read_dir(&folder)?.filter_map(|entry| Some(entry.ok()?.path()));
        // Nothing is written when the program was only asked for its plan.
        let Some(newest) = newest.filter(|path| path.to_string_lossy().contains("counts-")).max() else {
            return Ok(());
        };
        println!("{}:\n{}", newest.display(), fs::read_to_string(newest.join("part-00000"))?);
    }
    Ok(())
}
