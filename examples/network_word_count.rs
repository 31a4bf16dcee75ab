//! Counts the words that arrive over TCP, every second: the "hello world" of streaming.
//!
//! Run it with `cargo run --release --example network_word_count`: it serves a text to itself over a loopback socket, counts five
//! batches and ends. To type the text yourself, run `nc -lk 9999` in another terminal and then
//! `cargo run --release --example network_word_count -- localhost 9999`; Ctrl-C ends it.

use std::io::Write;
use std::net::TcpListener;
use std::thread;

use microbatch::cli::Cli;
use microbatch::prelude::*;

fn word_count(host: String, port: u16) -> impl Pipeline {
    stream!(every = 1s, name = "network-word-count", |ssc| {
        let lines = ssc.socket_text_stream(host, port);
        let words = lines.flat_map(|line| line.split(' '));
        let counts = words.map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        counts.sort_by(|(word, n)| (std::cmp::Reverse(*n), *word)).print_table(["word", "count"]);
    })
}

/// Serves a line of a well-known speech every 100 ms, and returns the port.
fn serve_a_text() -> std::io::Result<u16> {
    const TEXT: [&str; 4] = [
        "to be or not to be that is the question",
        "whether tis nobler in the mind to suffer",
        "the slings and arrows of outrageous fortune",
        "or to take arms against a sea of troubles",
    ];
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        let (mut connection, _) = listener.accept()?;
        for line in TEXT.iter().cycle() {
            writeln!(connection, "{line}")?;
            thread::sleep(Duration::from_millis(100));
        }
        std::io::Result::Ok(())
    });
    Ok(port)
}

fn main() -> microbatch::Result<()> {
    let cli = Cli::new("Counts the words that arrive over TCP, every second.")
        .optional("HOST", "where the text is served; without it, the program serves one to itself")
        .optional("PORT", "the port there")
        .parse();
    match (cli.get("HOST"), cli.value("PORT")) {
        (Some(host), Some(port)) => cli.run(word_count(host.to_owned(), port)),
        (None, None) => cli.run_with(word_count("127.0.0.1".to_owned(), serve_a_text()?), |context| context.batches(5)),
        _ => Err("give both HOST and PORT, or neither".into()),
    }
}
