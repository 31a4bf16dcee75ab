//! Query 5: the auction with most bids in the last ten seconds, every five. Of auctions with as many bids the last one is given,
//! not all of them.

use microbatch::prelude::*;

use super::Events;

/// The number of bids, and the auction.
pub fn pipeline(events: Events, out: Collector<(u64, u64)>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let bids = ssc.source(events).filter_map(|event| event.bid()).map(|bid| (bid.auction, 1u64));
        let counts = bids.reduce_by_key_and_window(|a, b| a + b, |sum, left| sum - left, 10s, 5s);
        counts.map(|(auction, n)| (n, auction)).reduce(|a, b| a.max(b)).collect_into(&out);
    })
}
