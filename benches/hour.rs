//! An hour of clicks at full speed: 3,600 batches of 10,000 clicks each, counted by user over the last minute, and summed up in
//! sessions that end when a user does nothing for five minutes.
//!
//! `cargo bench --bench hour` prints the resident memory every six minutes of the hour, and compares the last window, the open
//! sessions and those that have ended with what follows from the clicks themselves. It ends with an error if they differ, or
//! if the memory grows after the first minutes. `-- 36000` runs ten hours.
#![allow(clippy::unwrap_used)]

#[path = "common/memory.rs"]
mod memory;
#[path = "common/random.rs"]
mod random;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use microbatch::prelude::*;
use microbatch::source::{Interval, Source};
use random::Random;

const CLICKS: usize = 10_000;
const USERS: u64 = 100_000;
/// How many users are there at a time, and how many of them leave each second, for others who come.
const PRESENT: u64 = 50_000;
const LEAVING: u64 = 40;

/// In seconds. As in the pipeline.
const WINDOW: u64 = 60;
const TIMEOUT: u64 = 300;

/// Between two looks at the memory.
const LOOK: u64 = 360;

/// The users who click in a second.
fn clicks(second: u64) -> Vec<u64> {
    let mut random = Random(second);
    (0..CLICKS).map(|_| (second * LEAVING + random.next() % PRESENT) % USERS).collect()
}

struct Clicks;

impl Source for Clicks {
    type Block = Vec<u64>;
    fn batch(&mut self, interval: &Interval) -> microbatch::Result<Vec<Arc<Vec<u64>>>> {
        Ok(vec![Arc::new(clicks(interval.end.as_millis() / 1000))])
    }
}

#[derive(Default)]
struct Outputs {
    window: Collector<(u64, u64)>,
    /// How many sessions have ended, and their clicks.
    ended: Collector<(u64, u64)>,
}

fn pipeline(outputs: &Outputs) -> impl Pipeline + use<> {
    let (window, ended) = (outputs.window.clone(), outputs.ended.clone());
    stream!(every = 1s, name = "hour", |ssc| {
        let clicks = ssc.source(Clicks).map(|user| (user, 1u64));
        clicks.reduce_by_key_and_window(|a, b| a + b, |sum, left| sum - left, 60s, 1s).collect_into(&window);
        let sessions = clicks
            .map_with_state(|_, _, click: Option<u64>, clicks: &mut State<u64>| match click {
                Some(click) => {
                    *clicks.get_or_insert_with(|| 0) += click;
                    None
                }
                None => clicks.get_option().copied(),
            })
            .timeout(5min)
            .name("sessions");
        let over = sessions.flat_map(|session| session).map(|clicks| (1u64, clicks));
        over.reduce(|(n, a), (m, b)| (n + m, a + b)).collect_into(&ended);
    })
}

/// What should be there after so many seconds.
struct Expected {
    window: HashMap<u64, u64>,
    sessions: HashMap<u64, u64>,
    ended: (u64, u64),
}

impl Expected {
    fn after(seconds: u64) -> Expected {
        let mut window = HashMap::new();
        let (mut last, mut ended) = (HashMap::<u64, (u64, u64)>::new(), (0, 0));
        let mut end = |clicks: u64| ended = (ended.0 + 1, ended.1 + clicks);
        for now in 1..=seconds {
            for user in clicks(now) {
                if now + WINDOW > seconds {
                    *window.entry(user).or_default() += 1;
                }
                let (before, session) = last.entry(user).or_insert((now, 0));
                // A session ends in the first batch in which its last click is too long ago, unless that batch has a click.
                if now - *before > TIMEOUT + 1 {
                    end(std::mem::take(session));
                }
                (*before, *session) = (now, *session + 1);
            }
        }
        let mut sessions = HashMap::new();
        for (user, (before, session)) in last {
            if seconds - before > TIMEOUT {
                end(session);
            } else {
                sessions.insert(user, session);
            }
        }
        Expected { window, sessions, ended }
    }
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let seconds = std::env::args().filter_map(|arg| arg.parse().ok()).next().unwrap_or(3600);
    let outputs = Outputs::default();
    let mut context = StreamingContext::new(pipeline(&outputs)).manual()?;
    let (start, mut looks) = (Instant::now(), Vec::new());
    let (mut window, mut ended) = (Vec::new(), (0, 0));
    println!(
        "{:>7} {:>13} {:>16} {:>14} {:>15}",
        "batch", "resident MB", "keys in window", "open sessions", "sessions ended"
    );
    for second in 1..=seconds {
        context.advance(1)?;
        window = outputs.window.take().into_iter().flat_map(|(_, counts)| counts).collect();
        for (sessions, clicks) in outputs.ended.take().into_iter().flat_map(|(_, ended)| ended) {
            ended = (ended.0 + sessions, ended.1 + clicks);
        }
        if second % LOOK == 0 {
            let (resident, open) = (memory::resident(), context.state::<u64, u64>("sessions")?.len());
            looks.push(resident);
            println!("{second:>7} {:>13.1} {:>16} {open:>14} {:>15}", megabytes(resident), window.len(), ended.0);
        }
    }
    let (elapsed, records) = (start.elapsed().as_secs_f64(), seconds * CLICKS as u64);
    println!("{records} clicks in {elapsed:.1} s: {:.0} a second", records as f64 / elapsed);
    check(&context, seconds, window, ended)?;
    check_memory(&looks)?;
    println!("the window, the open sessions and those that have ended are what follows from the clicks");
    Ok(())
}

fn check(
    context: &microbatch::ManualContext,
    seconds: u64,
    window: Vec<(u64, u64)>,
    ended: (u64, u64),
) -> Result<(), Box<dyn std::error::Error>> {
    let expected = Expected::after(seconds);
    let keys = window.len();
    if keys != expected.window.len() || window.into_iter().collect::<HashMap<_, _>>() != expected.window {
        return Err(format!("the last window differs; it has {keys} keys, not {}", expected.window.len()).into());
    }
    let sessions: HashMap<u64, u64> =
        context.state("sessions")?.iter().map(|(user, clicks)| (*user, *clicks)).collect();
    if sessions != expected.sessions {
        return Err(format!("the open sessions differ: {}, not {}", sessions.len(), expected.sessions.len()).into());
    }
    if ended != expected.ended {
        return Err(format!("the sessions that have ended differ: {ended:?}, not {:?}", expected.ended).into());
    }
    Ok(())
}

/// From the second look on it is to stay within a tenth.
fn check_memory(looks: &[u64]) -> Result<(), Box<dyn std::error::Error>> {
    match looks.get(1) {
        Some(second) if looks.iter().skip(2).any(|look| *look > second + second / 10) => {
            Err("the resident memory has grown".into())
        }
        _ => Ok(()),
    }
}
