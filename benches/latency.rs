//! How long a record takes from being sent over a loopback socket to being out, with a batch every millisecond; and what a
//! pipeline costs that has nothing to do.
//!
//! `cargo bench --bench latency` sends 100,000 lines a second for ten seconds, `-- 60` for a minute. A line says when it was sent.
//! A batch is in time if it is done before the next one is due. Before it the same by hand, for as long: a thread that reads, and
//! one that wakes each millisecond and takes what there is. How often that one is late tells what the machine allows.
#![allow(clippy::unwrap_used)]

#[path = "common/timing.rs"]
mod timing;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use microbatch::prelude::*;
use microbatch::{BatchInfo, StreamingListener, text};

const LINES_A_MILLISECOND: u64 = 100;
/// The first lines are left out: caches and branch predictors are cold.
const WARM_UP: usize = 50_000;
const IDLE: Duration = Duration::from_secs(10);

/// Microseconds since the epoch.
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_micros() as u64
}

/// Sends the lines of each millisecond at its beginning.
fn send(listener: &TcpListener, seconds: u64) -> std::io::Result<()> {
    let (mut connection, _) = listener.accept()?;
    connection.set_nodelay(true)?;
    let (start, mut lines) = (now(), Vec::new());
    for millisecond in 0..seconds * 1000 {
        while let Some(wait) = (start + millisecond * 1000).checked_sub(now()).filter(|wait| *wait > 0) {
            thread::sleep(Duration::from_micros(wait));
        }
        lines.clear();
        for _ in 0..LINES_A_MILLISECOND {
            writeln!(lines, "{}", now())?;
        }
        connection.write_all(&lines)?;
    }
    Ok(())
}

/// The batches, those that had lines, and those that were in time.
#[derive(Default)]
struct InTime {
    batches: AtomicU64,
    in_time: AtomicU64,
    delays: Mutex<Vec<u64>>,
}

impl StreamingListener for InTime {
    fn on_batch_completed(&self, batch: &BatchInfo) {
        if batch.records() == 0 {
            return;
        }
        self.note(batch.batch_time.as_nanos() / 1000);
    }
}

impl InTime {
    /// A batch is done that was due then.
    fn note(&self, due: u64) {
        let delay = now().saturating_sub(due);
        self.batches.fetch_add(1, Relaxed);
        self.in_time.fetch_add(u64::from(delay < 1000), Relaxed);
        self.delays.lock().unwrap().push(delay);
    }
}

type Latencies = Arc<Mutex<Vec<u64>>>;

fn pipeline(port: u16, latencies: &Latencies) -> impl Pipeline + use<> {
    let latencies = Arc::clone(latencies);
    stream!(every = 1ms, name = "latency", |ssc| {
        let sent = ssc.socket_text_stream("127.0.0.1", port).filter_map(text::parse::<u64>);
        sent.foreach_batch(|sent, _| {
            let now = now();
            latencies.lock().unwrap().extend(sent.into_iter().map(|sent| now.saturating_sub(sent)));
        });
    })
}

fn quantiles(name: &str, values: &mut [u64]) {
    values.sort();
    let at = |part: f64| values[((values.len() - 1) as f64 * part) as usize] as f64 / 1000.0;
    let (middle, most, nearly_all, worst) = (at(0.5), at(0.99), at(0.999), at(1.0));
    println!("{name}: {middle:.2} ms in the middle, 99 % within {most:.2}, 99.9 % {nearly_all:.2}, at most {worst:.2}");
}

/// Runs a side until it has all lines, and tells what it took.
fn run(
    name: &str,
    seconds: u64,
    side: impl FnOnce(u16, &Latencies, &Arc<InTime>, thread::JoinHandle<std::io::Result<()>>) -> microbatch::Result<()>,
) -> microbatch::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let sender = thread::spawn(move || send(&listener, seconds));
    let (latencies, in_time) = (Latencies::default(), Arc::new(InTime::default()));
    side(port, &latencies, &in_time, sender)?;
    let mut latencies = latencies.lock().unwrap();
    assert_eq!(latencies.len() as u64, seconds * 1000 * LINES_A_MILLISECOND, "lines are missing");
    let within = |limit: u64| latencies.iter().filter(|latency| **latency <= limit).count() as f64;
    println!(
        "{name}: {} lines in {seconds} s, {:.2} % within 3 ms",
        latencies.len(),
        within(3000) / latencies.len() as f64 * 100.0
    );
    quantiles("from sent to out", &mut latencies[WARM_UP..]);
    let (batches, good) = (in_time.batches.load(Relaxed), in_time.in_time.load(Relaxed));
    println!(
        "{batches} batches with lines, {} late, {:.2} % in time",
        batches - good,
        good as f64 / batches as f64 * 100.0
    );
    quantiles("from due to done", &mut in_time.delays.lock().unwrap());
    Ok(())
}

fn microbatch(seconds: u64) -> microbatch::Result<()> {
    run("microbatch", seconds, |port, latencies, in_time, sender| {
        let context = StreamingContext::new(pipeline(port, latencies)).listener(in_time.clone()).start()?;
        sender.join().unwrap()?;
        context.await_termination_or_timeout(Duration::from_millis(200))?;
        context.stop()
    })
}

fn by_hand(seconds: u64) -> microbatch::Result<()> {
    run("by hand", seconds, |port, latencies, in_time, sender| {
        let mut connection = TcpStream::connect(("127.0.0.1", port))?;
        let received = Arc::new(Mutex::new(Vec::new()));
        let filled = Arc::clone(&received);
        let reader = thread::spawn(move || {
            let mut buffer = vec![0; 1 << 20];
            while let Ok(read @ 1..) = connection.read(&mut buffer) {
                filled.lock().unwrap().extend_from_slice(&buffer[..read]);
            }
        });
        let (mut taken, mut due) = (Vec::new(), now() / 1000 * 1000);
        loop {
            let is_last = reader.is_finished();
            due += 1000;
            if let Some(wait) = due.checked_sub(now()) {
                thread::sleep(Duration::from_micros(wait));
            }
            taken.clear();
            std::mem::swap(&mut *received.lock().unwrap(), &mut taken);
            // A line that is not whole yet waits.
            let end = taken.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
            received.lock().unwrap().splice(0..0, taken.drain(end..));
            if end > 0 {
                let sent = text::Lines::new(std::str::from_utf8(&taken).unwrap()).filter_map(text::parse::<u64>);
                let now = now();
                latencies.lock().unwrap().extend(sent.map(|sent| now.saturating_sub(sent)));
                in_time.note(due);
            } else if is_last {
                break;
            }
        }
        reader.join().unwrap();
        sender.join().unwrap()?;
        Ok(())
    })
}

/// A pipeline that waits for a sender who says nothing.
fn idle() -> microbatch::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let port = listener.local_addr()?.port();
    let silent = thread::spawn(move || listener.accept());
    let pipeline = stream!(every = 1s, name = "idle", |ssc| {
        ssc.socket_text_stream("127.0.0.1", port).count().foreach_batch(|_, _| Ok::<(), String>(()));
    });
    let context = StreamingContext::new(pipeline).start()?;
    context.await_termination_or_timeout(Duration::from_secs(1))?;
    let before = timing::processor_time();
    context.await_termination_or_timeout(IDLE)?;
    let used = timing::processor_time().zip(before).map(|(after, before)| after.saturating_sub(before));
    match used {
        Some(used) => println!("idle for {IDLE:?}, a batch a second: {used:.1?} of processor time"),
        None => println!("the system does not tell the processor time"),
    }
    drop(silent.join());
    context.stop()?;
    Ok(())
}

fn main() -> microbatch::Result<()> {
    let seconds = std::env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(10).max(1);
    by_hand(seconds)?;
    microbatch(seconds)?;
    idle()
}
