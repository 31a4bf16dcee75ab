//! Everything that a sender on the loopback interface can push through a real socket, counted and summed up on both sides.
//!
//! `cargo bench --bench loopback` runs for five seconds, `cargo bench --bench loopback -- 600` for ten minutes. It ends with
//! an error if the two sides differ.
#![allow(clippy::unwrap_used)]

use std::hash::BuildHasher;
use std::io::Write;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use foldhash::fast::FixedState;
use microbatch::prelude::*;

/// How many lines, how many bytes without line ends, and the sum of their hashes: it does not depend on the order.
type Sums = (u64, u64, u64);

fn sums_of(line: &str) -> Sums {
    (1, line.len() as u64, FixedState::default().hash_one(line))
}

fn add(a: Sums, b: Sums) -> Sums {
    (a.0 + b.0, a.1 + b.1, a.2.wrapping_add(b.2))
}

/// Some megabytes of lines and their sums.
fn chunk(seed: u64) -> (Vec<u8>, Sums) {
    let lines: Vec<String> =
        (0..20_000).map(|n| format!("{} {n} {}", "word ".repeat((n % 9) as usize), seed * n)).collect();
    let sums = lines.iter().map(|line| sums_of(line)).fold((0, 0, 0), add);
    ((lines.join("\n") + "\n").into_bytes(), sums)
}

/// Serves one connection at full speed until the time is over, and returns what was sent.
fn send(listener: &TcpListener, span: Duration) -> std::io::Result<Sums> {
    let chunks: Vec<_> = (1..=16).map(chunk).collect();
    let (mut connection, _) = listener.accept()?;
    let (start, mut sent) = (Instant::now(), (0, 0, 0));
    for (bytes, sums) in chunks.iter().cycle() {
        if start.elapsed() >= span {
            break;
        }
        connection.write_all(bytes)?;
        sent = add(sent, *sums);
    }
    Ok(sent)
}

fn counting(port: u16, total: &Collector<Sums>) -> impl Pipeline + use<> {
    let total = total.clone();
    stream!(every = 100ms, name = "loopback", |ssc| {
        ssc.socket_text_stream("127.0.0.1", port).map(sums_of).reduce(add).collect_into(&total);
    })
}

fn main() -> microbatch::Result<()> {
    let seconds = std::env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(5);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let sender = thread::spawn(move || {
        let sent = send(&listener, Duration::from_secs(seconds));
        // Nobody listens from here on: the source finds its connection closed, and the port refused.
        drop(listener);
        sent
    });
    let batches = Collector::default();
    let context = StreamingContext::new(counting(port, &batches)).start()?;
    let (mut received, mut most_pending, start) = ((0, 0, 0), 0, Instant::now());
    while !sender.is_finished() {
        context.await_termination_or_timeout(Duration::from_millis(500))?;
        received = batches.take().into_iter().flat_map(|(_, sums)| sums).fold(received, add);
        most_pending = most_pending.max(context.progress().streams.iter().map(|stream| stream.pending).sum());
    }
    let sent = sender.join().unwrap()?;
    // What is still on its way is read before the receiver sees the end of the connection; a stop then drains it.
    while context.progress().streams.iter().map(|stream| stream.received).sum::<u64>() < sent.0
        && start.elapsed().as_secs() < seconds + 30
    {
        thread::sleep(Duration::from_millis(10));
    }
    context.stop()?;
    let received = batches.take().into_iter().flat_map(|(_, sums)| sums).fold(received, add);
    let elapsed = start.elapsed().as_secs_f64();
    println!("sent     {} lines, {} bytes, checksum {:016x}", sent.0, sent.1, sent.2);
    println!("counted  {} lines, {} bytes, checksum {:016x}", received.0, received.1, received.2);
    println!(
        "{:.1} s, {:.2} million lines/s, {:.0} MB/s, at most {most_pending} lines waiting for a batch, {} batches",
        elapsed,
        received.0 as f64 / elapsed / 1e6,
        received.1 as f64 / elapsed / 1e6,
        context.progress().batches,
    );
    if sent == received { Ok(()) } else { Err("the two sides differ".into()) }
}
