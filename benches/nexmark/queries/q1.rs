//! Query 1: bids with prices in another currency. What comes out is counted and summed up, because nobody would look at it.

use microbatch::prelude::*;

use super::Events;
use crate::model::converted;

pub fn pipeline(events: Events, out: Collector<(u64, u64)>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let bids = ssc.source(events).filter_map(|event| event.bid());
        let converted = bids.map(|bid| (bid.auction, bid.bidder, converted(bid.price), bid.time));
        let sums = converted.map(|(auction, bidder, price, time)| (1u64, auction ^ bidder ^ price ^ time));
        sums.reduce(|(n, a), (m, b)| (n + m, a.wrapping_add(b))).collect_into(&out);
    })
}
