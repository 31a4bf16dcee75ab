//! A receiver of one's own: reads lines from a socket, acknowledges each block to its sender once the engine has it, and starts
//! again when the connection breaks.
//!
//! Run it with `cargo run --release --example custom_receiver`: it serves lines to itself over a loopback socket whose first
//! connection breaks, and ends after five batches. With `HOST PORT` it reads from there, for example from `nc -lk 9999`.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use microbatch::cli::Cli;
use microbatch::prelude::*;

/// Reads lines in blocks of up to ten, and answers each block with a line `ok n`.
struct LineReceiver {
    host: String,
    port: u16,
}

impl Receiver for LineReceiver {
    type Item = String;

    /// Runs on a thread of its own. An error is reported to the listeners, and the receiver starts again after a delay.
    fn start(&mut self, intake: Intake<String>) -> microbatch::Result<()> {
        let mut connection = TcpStream::connect((self.host.as_str(), self.port))?;
        connection.set_read_timeout(Some(Duration::from_millis(100)))?;
        let (mut reader, mut bytes, mut block) = (BufReader::new(connection.try_clone()?), Vec::new(), Vec::new());
        let mut hand_over = |block: &mut Vec<String>| -> microbatch::Result<()> {
            let lines = block.len();
            if lines > 0 {
                // When this returns, the engine has the block: its sender may forget it.
                intake.store_block(std::mem::take(block))?;
                writeln!(connection, "ok {lines}")?;
            }
            Ok(())
        };
        while !intake.is_stopped() {
            // Bytes, because what was read of a line so far stays in them when the time is up.
            match reader.read_until(b'\n', &mut bytes) {
                Ok(0) => {
                    // A last line may do without an end.
                    block.extend((!bytes.is_empty()).then(|| String::from_utf8_lossy(&bytes).into_owned()));
                    hand_over(&mut block)?;
                    return Err("the connection has ended".into());
                }
                Ok(_) => block.push(String::from_utf8_lossy(&std::mem::take(&mut bytes)).trim_end().to_owned()),
                // Nothing came for a while: what there is does not wait for more.
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                    hand_over(&mut block)?;
                }
                Err(error) => return Err(error.into()),
            }
            if block.len() == 10 {
                hand_over(&mut block)?;
            }
        }
        hand_over(&mut block)
    }

    fn restart_delay(&self) -> Duration {
        Duration::from_millis(300)
    }
}

fn word_lengths(receiver: LineReceiver) -> impl Pipeline {
    stream!(every = 1s, name = "custom-receiver", |ssc| {
        let words = ssc.receiver_stream(receiver).flat_map(|line| line.split(' '));
        words
            .map(|word| (word.len(), 1u64))
            .reduce_by_key(|a, b| a + b)
            .sort_by_key()
            .print_table(["letters", "words"]);
    })
}

/// Serves a line every 20 ms, and drops its first connection after 40 lines. Returns the port.
fn serve_lines() -> io::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    thread::spawn(move || {
        for lines in [40, usize::MAX] {
            let (mut connection, _) = listener.accept()?;
            for number in 0..lines {
                writeln!(connection, "line number {number} of a receiver of one's own")?;
                thread::sleep(Duration::from_millis(20));
            }
        }
        io::Result::Ok(())
    });
    Ok(port)
}

fn main() -> microbatch::Result<()> {
    let cli = Cli::new("Counts the words of a socket by their length, with a receiver of its own.")
        .optional("HOST", "where the lines are served; without it, the program serves them to itself")
        .optional("PORT", "the port there")
        .parse();
    match (cli.get("HOST"), cli.value("PORT")) {
        (Some(host), Some(port)) => cli.run(word_lengths(LineReceiver { host: host.to_owned(), port })),
        (None, None) => {
            let receiver = LineReceiver { host: "127.0.0.1".to_owned(), port: serve_lines()? };
            cli.run_with(word_lengths(receiver), |context| context.batches(5))
        }
        _ => Err("give both HOST and PORT, or neither".into()),
    }
}
