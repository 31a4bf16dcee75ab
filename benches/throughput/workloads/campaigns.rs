//! The core of the Yahoo Streaming Benchmark: parse events, keep views, project, look the campaign of the ad up, count per
//! campaign in windows of ten seconds of the events' own time.
//!
//! The original's events are JSON; these are its seven fields with tabs between them, so that no JSON parser is what is measured.
//! A window is written when ten batches of a second are done. The original writes it into Redis as it grows.

use std::sync::Arc;

use microbatch::prelude::*;
use microbatch::text::{self, Lines};

use super::{Sides, Workload, side, workload};
use crate::data::{self, CAMPAIGNS, Text};
use crate::random::Random;
use crate::threads::{Table, on_threads};

/// The campaign of each ad.
type Campaigns = Table<String, u32>;

/// Of one second, and seconds.
const EVENTS: u64 = 100_000;
const BATCHES: u64 = 10;

pub const WORKLOADS: &[Workload] = &[workload("campaigns", "event", (EVENTS * BATCHES) as usize, sides)];

fn sides(workers: usize) -> Sides {
    let mut random = Random(4);
    let batches: Vec<Text> = (0..BATCHES).map(|second| data::events(EVENTS, second, &mut random)).collect();
    let ads: Arc<Campaigns> = Arc::new(data::campaigns().collect());
    let batches = Arc::new(batches);
    Sides {
        ours: {
            let (batches, ads) = (Arc::clone(&batches), Arc::clone(&ads));
            side(workers, BATCHES, |out| campaigns(Cycle(batches), ads, out))
        },
        by_hand: Box::new(move || by_hand(&batches, &ads, workers)),
    }
}

/// The batches, again and again.
struct Cycle(Arc<Vec<Text>>);

impl microbatch::source::Source for Cycle {
    type Block = microbatch::TextBlock;
    fn batch(&mut self, interval: &microbatch::source::Interval) -> microbatch::Result<Vec<Arc<Self::Block>>> {
        let second = interval.end.as_millis() / 1000 - 1;
        Ok(self.0[(second % BATCHES) as usize].blocks.clone())
    }
}

fn campaigns(source: Cycle, ads: Arc<Campaigns>, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let events = ssc.source(source).filter_map(|line| {
            let [_, _, ad, _, kind, time, _] = text::fields_of(line, '\t')?;
            Some((ad, kind, time))
        });
        let views = events.filter(|(_, kind, _)| *kind == "view").map(|(ad, _, time)| (ad, time));
        let of_campaigns =
            views.filter_map(|(ad, time)| Some(((*ads.get(ad)?, text::parse::<u64>(time)? / 10_000), 1u64)));
        let counts = of_campaigns.reduce_by_key_and_window(|a, b| a + b, 10s, 10s);
        counts.map(|(key, count)| entry(key, count)).reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

fn entry((campaign, window): (u32, u64), count: u64) -> u64 {
    (u64::from(campaign) + 1).wrapping_mul(window).wrapping_mul(count)
}

/// The counts of one window. Hardly ever is there another one at the same time.
struct Window {
    number: u64,
    counts: [u64; CAMPAIGNS as usize],
}

fn window(windows: &mut Vec<Window>, number: u64) -> &mut Window {
    let at = windows.iter().rposition(|window| window.number == number).unwrap_or_else(|| {
        windows.push(Window { number, counts: [0; CAMPAIGNS as usize] });
        windows.len() - 1
    });
    &mut windows[at]
}

fn by_hand(batches: &[Text], ads: &Campaigns, workers: usize) -> u64 {
    let mut all: Vec<Window> = Vec::new();
    for batch in batches {
        let parts = on_threads(&batch.text, workers, |part| {
            let mut windows = Vec::new();
            for line in Lines::new(part) {
                let Some([_, _, ad, _, kind, time, _]) = text::fields_of(line, '\t') else { continue };
                if kind == "view"
                    && let Some(campaign) = ads.get(ad)
                    && let Some(time) = text::parse::<u64>(time)
                {
                    window(&mut windows, time / 10_000).counts[*campaign as usize] += 1;
                }
            }
            windows
        });
        for part in parts.into_iter().flatten() {
            let counts = &mut window(&mut all, part.number).counts;
            counts.iter_mut().zip(part.counts).for_each(|(sum, count)| *sum += count);
        }
    }
    let entries = all.iter().flat_map(|window| {
        (0..).zip(window.counts).filter(|(_, count)| *count > 0).map(|(n, count)| entry((n, window.number), count))
    });
    entries.fold(0, u64::wrapping_add)
}
