//! Query 8: who came in the last ten seconds, and sold something in them?

use microbatch::prelude::*;

use super::Events;

/// Number and name.
pub fn pipeline(events: Events, out: Collector<(u64, String)>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let events = ssc.source(events);
        let persons = events.filter_map(|event| event.person()).map(|person| (person.id, person.name.as_str()));
        let sellers = events.filter_map(|event| event.auction()).map(|auction| (auction.seller, 1u64));
        let new = persons.window(10s, 10s);
        let selling = sellers.reduce_by_key_and_window(|a, b| a + b, 10s, 10s);
        new.join(selling).map(|(id, (name, _))| (id, name)).collect_into(&out);
    })
}
