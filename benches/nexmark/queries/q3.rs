//! Query 3: who in Oregon, Idaho and California sells in category 10? A join of all persons with all auctions, whoever comes
//! first, so everything is remembered, as in the SQL of the benchmark. Beam's version forgets an auction that has waited for its
//! person for ten minutes; `timeout` would do that.

use microbatch::prelude::*;

use super::Events;
use crate::generator::Event;

/// Name, city, state and auction.
type Row = (String, String, String, u64);

/// What is known of a person: name, city and state; and the auctions that wait for them.
type Known = (Option<(String, String, String)>, Vec<u64>);

/// By the person's number: who they are, or an auction of theirs.
type Side<'a> = (Option<(&'a str, &'a str, &'a str)>, u64);

fn side(event: &Event) -> Option<(u64, Side<'_>)> {
    match event {
        Event::Person(person) if matches!(&*person.state, "OR" | "ID" | "CA") => {
            Some((person.id, (Some((&person.name, &person.city, &person.state)), 0)))
        }
        Event::Auction(auction) if auction.category == 10 => Some((auction.seller, (None, auction.id))),
        _ => None,
    }
}

fn rows(side: Side<'_>, known: &mut Known) -> Vec<Row> {
    let (person, waiting) = known;
    let auctions = match side {
        (Some((name, city, state)), _) => {
            *person = Some((name.to_owned(), city.to_owned(), state.to_owned()));
            std::mem::take(waiting)
        }
        (None, auction) if person.is_some() => vec![auction],
        (None, auction) => {
            waiting.push(auction);
            return Vec::new();
        }
    };
    let row = |auction| person.clone().map(|(name, city, state)| (name, city, state, auction));
    auctions.into_iter().filter_map(row).collect()
}

pub fn pipeline(events: Events, out: Collector<Row>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let sides = ssc.source(events).filter_map(side);
        let matches = sides.map_with_state(|_, _, side, known: &mut State<Known>| match side {
            Some(side) => rows(side, known.get_or_insert_with(Known::default)),
            None => Vec::new(),
        });
        let rows = matches.name("persons").flat_map(|rows| rows.to_vec());
        rows.collect_into(&out);
    })
}
