//! Analyses web server logs as they appear in a directory: hits per page, and errors (status 400 and above) per page and status.
//! Lines that are not log lines are counted by an accumulator.
//!
//! Run it with `cargo run --release --example log_analysis`: it generates a small log into a temporary directory and ends after
//! five batches. With a directory as its argument it reads the log files there and those that appear later.

use std::path::{Path, PathBuf};
use std::{fs, io, thread};

use microbatch::FileOptions;
use microbatch::cli::Cli;
use microbatch::prelude::*;

/// What we need of a line in the Common Log Format.
#[derive(Clone, Copy)]
struct Hit<'a> {
    page: &'a str,
    status: u16,
}

/// `host ident user [time] "GET /page HTTP/1.1" status bytes`
fn parse(line: &str) -> Option<Hit<'_>> {
    let mut quoted = line.split('"').skip(1);
    let page = quoted.next()?.split(' ').nth(1)?;
    let status = quoted.next()?.split_whitespace().next()?.parse().ok()?;
    Some(Hit { page, status })
}

fn log_analysis(directory: PathBuf, malformed: Accumulator<u64>) -> impl Pipeline {
    stream!(every = 1s, name = "log-analysis", |ssc| {
        let lines = ssc.text_file_stream(directory, FileOptions::default().existing_files(true));
        let hits = lines.filter_map(|line| {
            let hit = parse(line);
            if hit.is_none() {
                malformed.add(1);
            }
            hit
        });
        let pages = hits.map(|hit| (hit.page, 1u64)).reduce_by_key(|a, b| a + b);
        pages.sort_by(|(page, n)| (std::cmp::Reverse(*n), *page)).print_table(["page", "hits"]);

        let errors = hits.filter(|hit| hit.status >= 400).map(|hit| ((hit.page, hit.status), 1u64));
        errors.reduce_by_key(|a, b| a + b).sort_by_key().print_table(["page", "status", "errors"]);
    })
}

/// Moves a piece of log into `directory` every 500 ms.
fn write_logs(directory: &Path) -> io::Result<()> {
    const PAGES: [&str; 5] = ["/", "/index.html", "/news", "/about", "/missing"];
    for piece in 0..usize::MAX {
        let mut text = String::from("this line is not a log line\n");
        for hit in 0..200 {
            let page = PAGES[(hit * hit + piece) % PAGES.len()];
            let status = if page == "/missing" {
                404
            } else if hit % 50 == 0 {
                500
            } else {
                200
            };
            text += &format!("10.0.0.{hit} - - [21/Nov/2026:10:00:00 +0000] \"GET {page} HTTP/1.1\" {status} 512\n");
        }
        let (hidden, visible) = (directory.join(format!(".{piece}")), directory.join(format!("access-{piece}.log")));
        fs::write(&hidden, text)?;
        fs::rename(hidden, visible)?;
        thread::sleep(Duration::from_millis(500));
    }
    Ok(())
}

fn main() -> microbatch::Result<()> {
    let cli = Cli::new("Counts hits and errors per page in the web server logs of a directory.")
        .optional("DIRECTORY", "where the logs are; without it, the program makes one and fills it")
        .parse();
    let malformed = Accumulator::<u64>::new("malformed lines");
    if let Some(directory) = cli.get("DIRECTORY") {
        cli.run(log_analysis(directory.into(), malformed.clone()))?;
    } else {
        let directory = tempfile::tempdir()?;
        let path = directory.path().to_owned();
        thread::spawn(move || write_logs(&path));
        cli.run_with(log_analysis(directory.path().to_owned(), malformed.clone()), |context| context.batches(5))?;
    }
    println!("{} lines were not log lines", malformed.value());
    Ok(())
}
