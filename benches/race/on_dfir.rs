//! Flows of DFIR. A batch is one item of a channel and one tick; its records borrow from it. `run_tick_sync` runs the tick on
//! the caller's thread, without an executor.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;

use dfir_rs::dfir_syntax;
use dfir_rs::util::unbounded_channel;

use super::by_hand::{self, Views, Window, Words};
use super::text::{event, lines, order, window as window_of, words};
use super::workloads::{Input, PANES, Side, campaign, entry, views, word};

/// A side whose flow takes batches from a channel and leaves its sum in a cell.
macro_rules! side {
    (|$batches:ident: $batch:ty, $out:ident| $flow:expr, $take:expr) => {{
        let (sender, $batches) = unbounded_channel::<$batch>();
        let sum = Rc::new(Cell::new(0u64));
        let $out = Rc::clone(&sum);
        let mut flow = $flow;
        let take: fn(&Input) -> $batch = $take;
        Box::new(move |batch: &Input| {
            sender.send(take(batch)).unwrap();
            flow.run_tick_sync();
            sum.take()
        })
    }};
}

type Records = &'static [(u64, u64)];

fn text(batch: &Input) -> &'static str {
    &batch.text().text
}

fn records(batch: &Input) -> Records {
    batch.pairs()
}

/// `fold_keyed` holds the counts of a tick in a table with a fast hash (Fx), by borrowed words. It begins with an empty table in
/// each tick, which grows again: that is DFIR's way, and what `word_count_fused` does without.
pub fn word_count() -> Side {
    side!(
        |batches: &'static str, out| dfir_syntax! {
            source_stream(batches)
                -> flat_map(|text| lines(text))
                -> flat_map(|line| words(line))
                -> map(|word| (word, ()))
                -> fold_keyed::<'tick, &'static str, u64>(|| 0, |count: &mut u64, ()| *count += 1)
                -> fold::<'tick>(|| 0, |sum: &mut u64, (_, count)| *sum = word(*sum, count))
                -> for_each(|sum| out.set(sum));
        },
        text
    )
}

pub fn word_count_fused() -> Side {
    let mut counts = Words::default();
    side!(
        |batches: &'static str, out| dfir_syntax! {
            source_stream(batches) -> for_each(|text| {
                counts.take(text);
                out.set(counts.sum());
            });
        },
        text
    )
}

/// DFIR has no windows. The batch that leaves enters once more with counts of -1, so that the counts are kept up by one
/// `fold_keyed` for good.
pub fn window() -> Side {
    let mut panes = VecDeque::<Records>::new();
    side!(
        |batches: Records, out| dfir_syntax! {
            source_stream(batches)
                -> flat_map(|batch: Records| {
                    panes.push_back(batch);
                    let oldest = if panes.len() > PANES { panes.pop_front() } else { None };
                    [(1, batch), (-1, oldest.unwrap_or_default())]
                })
                -> flat_map(|(change, batch): (i64, Records)| batch.iter().map(move |(key, _)| (*key, change)))
                -> fold_keyed::<'static, u64, i64>(|| 0, |count: &mut i64, change| *count += change)
                -> filter(|(_, count)| *count > 0)
                -> fold::<'tick>(|| 0, |sum: &mut u64, (key, count)| *sum = entry(*sum, key, count as u64))
                -> for_each(|sum| out.set(sum));
        },
        records
    )
}

pub fn window_fused() -> Side {
    let mut window = Window::default();
    side!(
        |batches: Records, out| dfir_syntax! {
            source_stream(batches) -> for_each(|batch: Records| {
                window.begin(PANES);
                window.enter(batch.iter().map(|(key, _)| *key));
                out.set(window.sum());
            });
        },
        records
    )
}

pub fn csv_sum() -> Side {
    side!(
        |batches: &'static str, out| dfir_syntax! {
            source_stream(batches)
                -> flat_map(|text| lines(text))
                -> filter_map(|line| order(line))
                -> filter(|(price, _)| *price >= 1000)
                -> map(|(price, quantity)| price * quantity)
                -> fold::<'tick>(|| 0, |sum: &mut u64, total| *sum += total)
                -> for_each(|sum| out.set(sum));
        },
        text
    )
}

pub fn csv_sum_fused() -> Side {
    side!(
        |batches: &'static str, out| dfir_syntax! {
            source_stream(batches) -> for_each(|text| out.set(by_hand::csv_sum(text)));
        },
        text
    )
}

pub fn campaigns() -> Side {
    side!(
        |batches: &'static str, out| dfir_syntax! {
            source_stream(batches)
                -> flat_map(|text| lines(text))
                -> filter_map(|line| event(line))
                -> filter(|(_, kind, _)| *kind == "view")
                -> map(|(ad, _, time)| (ad, time))
                -> filter_map(|(ad, time)| Some(((campaign(ad)?, window_of(time)?), ())))
                -> fold_keyed::<'tick, (u32, u64), u64>(|| 0, |count: &mut u64, ()| *count += 1)
                -> fold::<'tick>(|| 0, |sum: &mut u64, (key, count)| *sum = views(*sum, key, count))
                -> for_each(|sum| out.set(sum));
        },
        text
    )
}

pub fn campaigns_fused() -> Side {
    let mut counts = Views::default();
    side!(
        |batches: &'static str, out| dfir_syntax! {
            source_stream(batches) -> for_each(|text| {
                counts.take(text);
                out.set(counts.sum());
            });
        },
        text
    )
}
