//! Query 0: pass everything through. What comes out is counted, and its numbers summed up, because nobody would look at it.

use microbatch::prelude::*;

use super::Events;
use crate::model::digest;

pub fn pipeline(events: Events, out: Collector<(u64, u64)>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let events = ssc.source(events).map(|event| (1u64, digest(event)));
        events.reduce(|(n, a), (m, b)| (n + m, a.wrapping_add(b))).collect_into(&out);
    })
}
