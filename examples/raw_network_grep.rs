//! Reads several sockets at once and counts the lines that contain "the": a union of receivers.
//!
//! Run it with `cargo run --release --example raw_network_grep`: it serves three sockets to itself and ends after five batches.
//! With `HOST PORT` it reads three connections to that port, as one pipeline with three receivers.

use std::io::Write;
use std::net::TcpListener;
use std::thread;

use microbatch::cli::Cli;
use microbatch::prelude::*;

fn grep(host: String, port: u16) -> impl Pipeline {
    stream!(every = 1s, name = "raw-network-grep", |ssc| {
        let first = ssc.socket_text_stream(&host, port);
        let second = ssc.socket_text_stream(&host, port);
        let third = ssc.socket_text_stream(&host, port);
        let lines = ssc.union([first, second, third]);
        lines.filter(|line| line.contains("the")).count().map(|n| format!("{n} lines with \"the\"")).print();
        lines.count().map(|n| format!("{n} lines in all")).print();
    })
}

/// Serves lines as fast as they are taken to everyone who connects, and returns the port.
fn serve_lines() -> std::io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let block = "the quick brown fox\njumps over a lazy dog\n".repeat(1000);
    thread::spawn(move || {
        for connection in listener.incoming() {
            let (mut connection, block) = (connection?, block.clone());
            thread::spawn(move || while connection.write_all(block.as_bytes()).is_ok() {});
        }
        std::io::Result::Ok(())
    });
    Ok(port)
}

fn main() -> microbatch::Result<()> {
    let cli = Cli::new("Counts the lines with \"the\" that arrive over three connections.")
        .optional("HOST", "where the lines are served; without it, the program serves them to itself")
        .optional("PORT", "the port there")
        .parse();
    match (cli.get("HOST"), cli.value("PORT")) {
        (Some(host), Some(port)) => cli.run(grep(host.to_owned(), port)),
        (None, None) => cli.run_with(grep("127.0.0.1".to_owned(), serve_lines()?), |context| context.batches(5)),
        _ => Err("give both HOST and PORT, or neither".into()),
    }
}
