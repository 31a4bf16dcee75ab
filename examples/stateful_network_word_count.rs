//! Counts words since the beginning, with both operators that remember: `update_state_by_key` gives the counts of all words in
//! every batch, `map_with_state` those of the words that came.
//!
//! Run it with `cargo run --release --example stateful_network_word_count`: it serves a text to itself over a loopback socket
//! and ends after five batches. With `HOST PORT` it reads from there, for example from `nc -lk 9999`.

use std::io::Write;
use std::net::TcpListener;
use std::thread;

use microbatch::cli::Cli;
use microbatch::prelude::*;

fn word_count(host: String, port: u16) -> impl Pipeline {
    stream!(every = 1s, name = "stateful-network-word-count", |ssc| {
        let lines = ssc.socket_text_stream(host, port);
        let pairs = lines.flat_map(|line| line.split(' ')).map(|word| (word, 1u64));

        let all = pairs.update_state_by_key(|ones, count: Option<u64>| Some(count.unwrap_or(0) + ones.len() as u64));
        all.map(|(word, n)| (n, word)).top(5).map(|(n, word)| (word, n)).print_table(["word", "since the beginning"]);

        let came = pairs.map_with_state(|_, word, one: Option<u64>, count: &mut State<u64>| {
            let sum = count.get_option().unwrap_or(&0) + one.unwrap_or(0);
            count.update(sum);
            (word, sum)
        });
        let latest = came.initial_state([("question".to_owned(), 100)]).filter(|(word, _)| *word == "question");
        latest.print_table(["word", "from 100 on"]);
    })
}

/// Serves a line of a well-known speech every 100 ms, and returns the port.
fn serve_a_text() -> std::io::Result<u16> {
    const TEXT: [&str; 3] = [
        "to be or not to be that is the question",
        "whether tis nobler in the mind to suffer",
        "the slings and arrows",
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
    let cli = Cli::new("Counts the words that arrive over TCP, since the beginning.")
        .optional("HOST", "where the text is served; without it, the program serves one to itself")
        .optional("PORT", "the port there")
        .parse();
    match (cli.get("HOST"), cli.value("PORT")) {
        (Some(host), Some(port)) => cli.run(word_count(host.to_owned(), port)),
        (None, None) => cli.run_with(word_count("127.0.0.1".to_owned(), serve_a_text()?), |context| context.batches(5)),
        _ => Err("give both HOST and PORT, or neither".into()),
    }
}
