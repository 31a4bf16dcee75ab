//! How fast lines come in: from a socket and from files, beside plain loops that read the same bytes and count the line ends.
//!
//! `cargo bench --bench ingest` sends a gigabyte over the loopback interface some times, and reads one from the folder of temporary
//! files. All sides count the lines with `memchr`, and read up to a megabyte at once. There are two plain loops. One reads into
//! the same buffer again and again, which stays in the processor's cache. The other one keeps what it reads as long as a batch
//! has to be kept, in buffers that it has had before: what lies between the two is the price of main memory alone. Neither checks
//! UTF-8 or makes blocks of whole lines; the pipelines do, and then look for the lines in what they have kept, with one worker;
//! files also with two, which read a file together.
#![allow(clippy::unwrap_used)]

#[path = "common/timing.rs"]
mod timing;

use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use microbatch::FileOptions;
use microbatch::prelude::*;
use timing::figures;

const TURNS: usize = 5;
const BUFFER: usize = 1 << 20;
/// A chunk of lines is sent so many times.
const CHUNKS: usize = 64;
/// A file has so many chunks, and is a batch.
const FILE_CHUNKS: usize = 4;
const FILES: usize = 20;
/// Batches before the clock starts: memory is there then.
const WARM_UP: usize = 4;
/// What the second plain loop keeps.
const KEPT: usize = FILE_CHUNKS * 16;

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

/// The time from about a quarter of the lines to the last one, as if it were that of all: memory is there, and the system has
/// found out how much to send at once.
struct Watch {
    lines: u64,
    begun: Option<(u64, Instant)>,
}

impl Watch {
    fn new(lines: u64) -> Self {
        Watch { lines, begun: None }
    }

    /// So many lines are there.
    fn see(&mut self, lines: u64) {
        if lines >= self.lines / 4 {
            self.begun.get_or_insert_with(|| (lines, Instant::now()));
        }
    }

    fn time(&self) -> Duration {
        let (before, start) = self.begun.unwrap();
        start.elapsed().mul_f64(self.lines as f64 / (self.lines - before) as f64)
    }
}

fn count_line_ends(mut input: impl Read, mut see: impl FnMut(u64)) -> u64 {
    let (mut buffer, mut lines) = (vec![0; BUFFER], 0);
    loop {
        match input.read(&mut buffer).unwrap() {
            0 => return lines,
            read => lines += memchr::memchr_iter(b'\n', &buffer[..read]).count() as u64,
        }
        see(lines);
    }
}

/// Counts as well, and keeps the last `KEPT` megabytes.
fn count_and_keep(ring: &mut Ring, mut input: impl Read, mut see: impl FnMut(u64)) -> u64 {
    let mut lines = 0;
    loop {
        ring.at = (ring.at + 1) % KEPT;
        let mut filled = 0;
        while filled < BUFFER {
            match input.read(&mut ring.buffers[ring.at][filled..]).unwrap() {
                0 => return lines,
                read => {
                    let new = &ring.buffers[ring.at][filled..filled + read];
                    lines += memchr::memchr_iter(b'\n', new).count() as u64;
                    filled += read;
                    see(lines);
                }
            }
        }
    }
}

struct Ring {
    buffers: Vec<Vec<u8>>,
    at: usize,
}

fn ring() -> Ring {
    Ring { buffers: vec![vec![b' '; BUFFER]; KEPT], at: 0 }
}

fn socket_by_hand(chunk: &[u8], expected: u64, count: impl FnOnce(TcpStream, &mut Watch) -> u64) -> Duration {
    let (port, sender) = serve(chunk.to_vec());
    let mut watch = Watch::new(expected);
    assert_eq!(count(TcpStream::connect(("127.0.0.1", port)).unwrap(), &mut watch), expected);
    let took = watch.time();
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
    let context = StreamingContext::new(pipeline).workers(1).start().unwrap();
    let (mut watch, mut received) = (Watch::new(expected), 0);
    while received < expected {
        thread::sleep(Duration::from_millis(2));
        received = context.progress().streams.iter().map(|stream| stream.received).sum();
        watch.see(received);
    }
    let took = watch.time();
    context.stop().unwrap();
    sender.join().unwrap();
    assert_eq!(out.batches().into_iter().flat_map(|(_, counts)| counts).sum::<u64>(), expected);
    took
}

fn path(folder: &Path, number: usize) -> PathBuf {
    folder.join(format!("{number:02}.txt"))
}

fn files_by_hand(folder: &Path, expected: u64, mut count: impl FnMut(File) -> u64) -> Duration {
    let start = Instant::now();
    let lines = (WARM_UP..FILES).map(|number| count(File::open(path(folder, number)).unwrap()));
    assert_eq!(lines.sum::<u64>(), expected);
    start.elapsed()
}

/// A file a batch.
fn files(folder: &Path, expected: u64, workers: usize) -> Duration {
    let (out, there) = (Collector::default(), Arc::new(AtomicUsize::new(0)));
    let (files, shown) = (folder.to_owned(), (folder.to_owned(), Arc::clone(&there)));
    let is_there = move |file: &Path| file < path(&shown.0, shown.1.load(Ordering::Relaxed));
    let options = FileOptions::default().existing_files(true).remember(Duration::from_secs(3600)).filter(is_there);
    let pipeline = stream!(every = 1s, name = "files", |ssc| {
        ssc.text_file_stream(files, options).count().collect_into(&out);
    });
    let mut context =
        StreamingContext::new(pipeline).workers(workers).manual_from(Time::from(SystemTime::now())).unwrap();
    let mut batch = || {
        there.fetch_add(1, Ordering::Relaxed);
        context.advance(1).unwrap();
    };
    (0..WARM_UP).for_each(|_| batch());
    out.take();
    let start = Instant::now();
    (WARM_UP..FILES).for_each(|_| batch());
    let took = start.elapsed();
    assert_eq!(out.batches().into_iter().flat_map(|(_, counts)| counts).sum::<u64>(), expected);
    took
}

/// All of them in the first batch: all memory is new.
fn files_at_once(folder: &Path, expected: u64) -> Duration {
    let (counts, first, folder) = (Collector::default(), folder.to_owned(), folder.to_owned());
    let out = counts.clone();
    let options = FileOptions::default().existing_files(true).filter(move |file| file >= path(&first, WARM_UP));
    let pipeline = stream!(every = 1ms, name = "files", |ssc| {
        ssc.text_file_stream(folder, options).count().collect_into(&out);
    });
    let start = Instant::now();
    StreamingContext::new(pipeline).workers(1).batches(1).run().unwrap();
    let took = start.elapsed();
    assert_eq!(counts.batches()[0].1, [expected]);
    took
}

/// The sides take turns.
fn race(bytes: usize, sides: &mut [(&str, &mut dyn FnMut() -> Duration)]) {
    let mut times = vec![Vec::new(); sides.len()];
    for _ in 0..TURNS {
        sides.iter_mut().zip(&mut times).for_each(|((_, run), times)| times.push(run()));
    }
    let rate = |time: Duration| bytes as f64 / time.as_secs_f64() / 1e6;
    let figures: Vec<_> = times.iter_mut().map(|times| figures(times)).collect();
    for ((name, _), side) in sides.iter().zip(&figures) {
        println!(
            "{name}: {:.0} MB/s, {:.0} % of the plain loop (of the best turns {:.0} %)",
            rate(side.median),
            rate(side.median) / rate(figures[0].median) * 100.0,
            rate(side.best) / rate(figures[0].best) * 100.0,
        );
    }
}

fn main() {
    let (chunk, lines) = chunk();
    let (bytes, expected) = (chunk.len() * CHUNKS, lines * CHUNKS as u64);
    let mut ring = ring();
    race(
        bytes,
        &mut [
            ("socket, plain loop", &mut || {
                socket_by_hand(&chunk, expected, |input, watch| count_line_ends(input, |lines| watch.see(lines)))
            }),
            ("socket, plain loop that keeps", &mut || {
                socket_by_hand(&chunk, expected, |input, watch| {
                    count_and_keep(&mut ring, input, |lines| watch.see(lines))
                })
            }),
            ("socket, pipeline", &mut || socket(&chunk, expected)),
        ],
    );
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    for number in 0..FILES {
        let mut file = File::create(path(folder, number)).unwrap();
        (0..FILE_CHUNKS).for_each(|_| file.write_all(&chunk).unwrap());
    }
    race(
        bytes,
        &mut [
            ("files, plain loop", &mut || files_by_hand(folder, expected, |file| count_line_ends(file, |_| ()))),
            ("files, plain loop that keeps", &mut || {
                files_by_hand(folder, expected, |file| count_and_keep(&mut ring, file, |_| ()))
            }),
            ("files, pipeline, a file a batch", &mut || files(folder, expected, 1)),
            ("files, pipeline, a file a batch, 2 workers", &mut || files(folder, expected, 2)),
            ("files, pipeline, all in the first batch", &mut || files_at_once(folder, expected)),
        ],
    );
}
