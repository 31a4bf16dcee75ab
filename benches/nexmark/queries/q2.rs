//! Query 2: bids for every 123rd auction, with their prices.

use microbatch::prelude::*;

use super::Events;

pub fn pipeline(events: Events, out: Collector<(u64, u64)>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let bids = ssc.source(events).filter_map(|event| event.bid());
        bids.filter(|bid| bid.auction % 123 == 0).map(|bid| (bid.auction, bid.price)).collect_into(&out);
    })
}
