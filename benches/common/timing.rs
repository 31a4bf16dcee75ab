//! Times of two sides that take turns.
#![allow(dead_code)] // not every bench needs all of it

use std::fmt;
use std::fs;
use std::thread;
use std::time::{Duration, Instant};

/// What the processors have worked for this process, where the system tells: other load then counts less than in the time
/// that passes.
pub fn processor_time() -> Option<Duration> {
    // The figures of a thread are brought up to date when it gives way.
    thread::yield_now();
    let mut nanos = 0;
    for thread in fs::read_dir("/proc/self/task").ok()? {
        let figures = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
        nanos += figures.split(' ').next()?.parse::<u64>().ok()?;
    }
    Some(Duration::from_nanos(nanos))
}

/// As `time`, but the processors' time, where the system tells it.
pub fn processor_time_of<T>(work: &mut impl FnMut() -> T) -> Duration {
    let before = processor_time();
    let passed = time(work);
    match (before, processor_time()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => passed,
    }
}

pub fn time<T>(work: &mut impl FnMut() -> T) -> Duration {
    let start = Instant::now();
    std::hint::black_box(work());
    start.elapsed()
}

/// What several turns took. Other load on the machine disturbs the best one least; the mean has what is done now and then.
#[derive(Clone, Copy)]
pub struct Figures {
    pub median: Duration,
    pub best: Duration,
    pub mean: Duration,
}

pub fn figures(times: &mut [Duration]) -> Figures {
    times.sort();
    let mean = times.iter().sum::<Duration>() / times.len() as u32;
    Figures { median: times[times.len() / 2], best: times[0], mean }
}

/// The throughput of one side over another's, of turns side by side. This machine is now fast and now slow for seconds, which
/// both sides of a turn share, so this says more than medians or best turns of each.
#[derive(Clone, Copy)]
pub struct Ratio {
    pub median: f64,
    /// Half of the turns lie between these.
    pub quartiles: [f64; 2],
}

/// Of `ours` over `theirs`, in the order of the turns: [`figures`] sorts them.
pub fn ratio(theirs: &[Duration], ours: &[Duration]) -> Ratio {
    let mut ratios: Vec<f64> =
        theirs.iter().zip(ours).map(|(theirs, ours)| theirs.as_secs_f64() / ours.as_secs_f64()).collect();
    ratios.sort_by(f64::total_cmp);
    let at = |quarter: usize| ratios[(ratios.len() - 1) * quarter / 4];
    Ratio { median: at(2), quartiles: [at(1), at(3)] }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [low, high] = self.quartiles;
        f.pad(&format!("{:.2} ({low:.2} to {high:.2})", self.median))
    }
}
