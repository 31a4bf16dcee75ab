//! How fast lines come in: from a socket and from files, beside plain loops that read the same bytes into a buffer and count the
//! line ends.
//!
//! `cargo bench --bench ingest` sends a gigabyte over the loopback interface some times, and reads one from the folder of temporary
//! files. The plain loops check no UTF-8, keep nothing, and make no blocks of whole lines.
#![allow(clippy::unwrap_used)]

#[path = "common/timing.rs"]
mod timing;

use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use microbatch::FileOptions;
use microbatch::prelude::*;
use timing::figures;

const TURNS: usize = 5;
const BUFFER: usize = 1 << 20;
/// A chunk of lines is sent so many times.
const CHUNKS: usize = 64;
const FILES: usize = 4;

/// 16 MB of lines of 20 to 100 bytes.
fn chunk() -> (Vec<u8>, u64) {
    let mut text = String::new();
    let mut lines = 0;
    while text.len() < 16 << 20 {
        text.push_str(&format!("{lines} {}\n", "some words ".repeat(1 + lines as usize % 8)));
        lines += 1;
    }
    (text.into_bytes(), lines)
}

fn serve(chunk: Vec<u8>) -> (u16, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let sender = thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        drop(listener);
        (0..CHUNKS).for_each(|_| connection.write_all(&chunk).unwrap());
    });
    (port, sender)
}

fn count_line_ends(mut input: impl Read) -> u64 {
    let (mut buffer, mut lines) = (vec![0; BUFFER], 0);
    loop {
        match input.read(&mut buffer).unwrap() {
            0 => return lines,
            read => lines += memchr::memchr_iter(b'\n', &buffer[..read]).count() as u64,
        }
    }
}

fn socket_by_hand(chunk: &[u8], expected: u64) -> Duration {
    let (port, sender) = serve(chunk.to_vec());
    let start = Instant::now();
    assert_eq!(count_line_ends(TcpStream::connect(("127.0.0.1", port)).unwrap()), expected);
    let took = start.elapsed();
    sender.join().unwrap();
    took
}

/// Until the last line is received; batches count them meanwhile.
fn socket(chunk: &[u8], expected: u64) -> Duration {
    let (port, sender) = serve(chunk.to_vec());
    let out = Collector::default();
    let pipeline = stream!(every = 100ms, name = "ingest", |ssc| {
        ssc.socket_text_stream("127.0.0.1", port).count().collect_into(&out);
    });
    let start = Instant::now();
    let context = StreamingContext::new(pipeline).start().unwrap();
    while context.progress().streams.iter().map(|stream| stream.received).sum::<u64>() < expected {
        thread::sleep(Duration::from_millis(1));
    }
    let took = start.elapsed();
    context.stop().unwrap();
    sender.join().unwrap();
    assert_eq!(out.batches().into_iter().flat_map(|(_, counts)| counts).sum::<u64>(), expected);
    took
}

fn files_by_hand(folder: &Path, expected: u64) -> Duration {
    let start = Instant::now();
    let files = fs::read_dir(folder).unwrap().map(|file| File::open(file.unwrap().path()).unwrap());
    assert_eq!(files.map(count_line_ends).sum::<u64>(), expected);
    start.elapsed()
}

/// In one batch, and with one worker, as the plain loop has it.
fn files(folder: &Path, expected: u64) -> Duration {
    let (counts, folder) = (Collector::default(), folder.to_owned());
    let out = counts.clone();
    let pipeline = stream!(every = 1ms, name = "files", |ssc| {
        ssc.text_file_stream(folder, FileOptions::default().existing_files(true)).count().collect_into(&out);
    });
    let start = Instant::now();
    StreamingContext::new(pipeline).workers(1).batches(1).run().unwrap();
    let took = start.elapsed();
    assert_eq!(counts.batches()[0].1, [expected]);
    took
}

fn race(name: &str, bytes: usize, mut by_hand: impl FnMut() -> Duration, mut ours: impl FnMut() -> Duration) {
    let (mut hand_times, mut our_times) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        hand_times.push(by_hand());
        our_times.push(ours());
    }
    let rate = |time: Duration| bytes as f64 / time.as_secs_f64() / 1e6;
    let (hand, ours) = (figures(&mut hand_times), figures(&mut our_times));
    println!(
        "{name}: {:.0} MB/s, plain loop {:.0} MB/s, {:.0} % (of the best turns {:.0} %)",
        rate(ours.median),
        rate(hand.median),
        rate(ours.median) / rate(hand.median) * 100.0,
        rate(ours.best) / rate(hand.best) * 100.0,
    );
}

fn main() {
    let (chunk, lines) = chunk();
    let (bytes, expected) = (chunk.len() * CHUNKS, lines * CHUNKS as u64);
    race("socket", bytes, || socket_by_hand(&chunk, expected), || socket(&chunk, expected));
    let folder = tempfile::tempdir().unwrap();
    for n in 0..FILES {
        let mut file = File::create(folder.path().join(format!("{n}.txt"))).unwrap();
        (0..CHUNKS / FILES).for_each(|_| file.write_all(&chunk).unwrap());
    }
    race("files", bytes, || files_by_hand(folder.path(), expected), || files(folder.path(), expected));
}
