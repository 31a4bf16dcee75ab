//! The hashtags that are used most, over the last minute and over the last ten seconds, every five seconds.
//!
//! Run it with `cargo run --release --example trending_hashtags`: it makes up messages, in which another tag comes up every
//! ten seconds, and ends after 30 seconds. With `HOST PORT` it reads messages, a line each, for example from `nc -lk 9999`.

use std::io::Write;
use std::net::TcpListener;
use std::thread;

use microbatch::cli::Cli;
use microbatch::prelude::*;

fn trending(host: String, port: u16) -> impl Pipeline {
    stream!(every = 1s, name = "trending-hashtags", |ssc| {
        let messages = ssc.socket_text_stream(host, port);
        let tags = messages.flat_map(|message| message.split(' ')).filter(|word| word.starts_with('#'));
        let minute = tags.count_by_value_and_window(60s, 5s);
        minute.map(|(tag, n)| (n, tag)).top(5).map(|(n, tag)| (tag, n)).print_table(["tag", "in the last minute"]);
        let now = tags.count_by_value_and_window(10s, 5s);
        now.map(|(tag, n)| (n, tag)).top(3).map(|(n, tag)| (tag, n)).print_table(["tag", "in the last 10 s"]);
    })
}

/// Serves 50 messages a second, and returns the port.
fn serve_messages() -> std::io::Result<u16> {
    const TAGS: [&str; 6] = ["#rust", "#streams", "#batches", "#windows", "#state", "#rest"];
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        let (mut connection, _) = listener.accept()?;
        for message in 0usize.. {
            let steady = TAGS[message * message % TAGS.len()];
            let coming = TAGS[message / 500 % TAGS.len()];
            writeln!(connection, "message {message} is about {steady} and {coming}")?;
            thread::sleep(Duration::from_millis(20));
        }
        std::io::Result::Ok(())
    });
    Ok(port)
}

fn main() -> microbatch::Result<()> {
    let cli = Cli::new("Shows the hashtags that are used most.")
        .optional("HOST", "where messages are served; without it, the program makes them up")
        .optional("PORT", "the port there")
        .parse();
    match (cli.get("HOST"), cli.value("PORT")) {
        (Some(host), Some(port)) => cli.run(trending(host.to_owned(), port)),
        (None, None) => {
            let pipeline = trending("127.0.0.1".to_owned(), serve_messages()?);
            cli.run_with(pipeline, |context| context.duration(Duration::from_secs(30)))
        }
        _ => Err("give both HOST and PORT, or neither".into()),
    }
}
