//! Query 7: the highest bid of each ten seconds. Of several bids of that price one is given, the greatest by auction and bidder.

use microbatch::prelude::*;

use super::Events;

/// Price, auction, bidder and time.
pub fn pipeline(events: Events, out: Collector<(u64, u64, u64, u64)>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let bids = ssc.source(events).filter_map(|event| event.bid());
        let highest = bids.map(|bid| (bid.price, bid.auction, bid.bidder, bid.time));
        highest.reduce_by_window(|a, b| a.max(b), 10s, 10s).collect_into(&out);
    })
}
