//! Views of campaigns. Each worker counts those of its share of the events, and its hundred counts go into the sum as they are:
//! nothing is exchanged.

use std::collections::HashMap;

use foldhash::fast::FixedState;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::vec::{Filter, Map};

use super::{batchwise, feed_text, program, side};
use crate::by_hand::Views;
use crate::text::{event, lines, window};
use crate::workloads::{Side, campaign, views};

/// The counts of a batch by campaign and window.
type Counts = HashMap<(u32, u64), u64, FixedState>;

/// An operator for each step. What flows between them are buffers of a few kilobytes.
pub fn chain(workers: usize) -> Side {
    side(workers, |worker| {
        program(worker, feed_text, |text| {
            let events = text.flat_map(|text| lines(text).filter_map(|line| event(line)));
            let viewed = events.filter(|(_, kind, _)| *kind == "view").map(|(ad, _, time)| (ad, time));
            let keys = viewed.flat_map(|(ad, time)| Some((campaign(ad)?, window(time)?)));
            batchwise(keys, Pipeline, Counts::default(), summed_up, |counts, keys: &mut Vec<_>| {
                keys.drain(..).for_each(|key| *counts.entry(key).or_default() += 1);
            })
        })
    })
}

fn summed_up(counts: &mut Counts) -> u64 {
    counts.drain().fold(0, |sum, (key, count)| views(sum, key, count))
}

/// All in one operator.
pub fn fused(workers: usize) -> Side {
    side(workers, |worker| {
        program(worker, feed_text, |text| {
            batchwise(text, Pipeline, Views::default(), Views::sum, |counts, texts: &mut Vec<_>| {
                texts.drain(..).for_each(|text| counts.take(text));
            })
        })
    })
}
