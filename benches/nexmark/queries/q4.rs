//! Query 4: the average of the winning bids of a category. A bid counts while its auction runs; as in the SQL of the benchmark, the
//! highest one until now wins, and averages change with it. Beam's version waits until an auction is over.
//!
//! Bids for an auction that has not begun come before it, so they are not remembered. An auction lasts some milliseconds, so ten
//! seconds after its last bid it is forgotten.

use microbatch::prelude::*;

use super::Events;
use crate::generator::Event;

/// Of an auction: category and times; of a bid: price and time.
type Side = (Option<(u64, u64, u64)>, u64, u64);

/// Category, times, and the highest bid.
type Known = (u64, u64, u64, u64);

fn side(event: &Event) -> Option<(u64, Side)> {
    match event {
        Event::Person(_) => None,
        Event::Auction(auction) => Some((auction.id, (Some((auction.category, auction.time, auction.expires)), 0, 0))),
        Event::Bid(bid) => Some((bid.auction, (None, bid.price, bid.time))),
    }
}

/// By how much a bid changes the sum and the number of the winning bids of a category.
fn change((auction, price, time): Side, known: &mut State<Known>) -> Option<(u64, (u64, u64))> {
    if let Some((category, begins, expires)) = auction {
        known.update((category, begins, expires, 0));
        return None;
    }
    let &(category, begins, expires, highest) = known.get_option()?;
    if time < begins || time > expires || price <= highest {
        return None;
    }
    known.update((category, begins, expires, price));
    Some((category, (price - highest, u64::from(highest == 0))))
}

pub fn pipeline(events: Events, out: Collector<(u64, u64)>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let sides = ssc.source(events).filter_map(side);
        let changes = sides.map_with_state(|_, _, side, known: &mut State<Known>| change(side?, known));
        let some = changes.timeout(10s).name("auctions").flat_map(|change| change);
        let of_categories = some.reduce_by_key(|(sum, n), (more, m)| (sum + more, n + m));
        let averages =
            of_categories.map_with_state(|_, category, change: Option<(u64, u64)>, known: &mut State<(u64, u64)>| {
                let ((sum, n), (more, m)) =
                    (known.get_option().copied().unwrap_or_default(), change.unwrap_or_default());
                known.update((sum + more, n + m));
                (category, (sum + more) / (n + m))
            });
        averages.name("categories").collect_into(&out);
    })
}
