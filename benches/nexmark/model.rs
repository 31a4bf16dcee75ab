//! The results of the queries by the times of the events alone: nothing here knows of batches, and nothing of microbatch is used.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;

use crate::generator::{Event, Person};
use crate::{Input, Rows};

/// The numbers of an event.
pub fn digest(event: &Event) -> u64 {
    match event {
        Event::Person(person) => person.id ^ person.name.len() as u64,
        Event::Auction(auction) => auction.id ^ auction.seller ^ auction.expires,
        Event::Bid(bid) => bid.auction ^ bid.bidder ^ bid.price,
    }
}

/// Dollars to euros, as the benchmark has it.
pub fn converted(price: u64) -> u64 {
    price * 89 / 100
}

/// The end of the period that a time is in, in seconds.
fn end(time: u64, seconds: u64) -> u64 {
    (time / (seconds * 1000) + 1) * seconds
}

fn rows<T: Debug>(rows: impl IntoIterator<Item = (u64, T)>) -> Rows {
    let mut rows: Rows = rows.into_iter().map(|(second, row)| (second, format!("{row:?}"))).collect();
    rows.sort();
    rows
}

/// How many there are in each second, and the sum.
fn sums(numbers: impl Iterator<Item = (u64, u64)>) -> Rows {
    let mut sums = BTreeMap::<u64, (u64, u64)>::new();
    for (time, number) in numbers {
        let (n, sum) = sums.entry(end(time, 1)).or_default();
        (*n, *sum) = (*n + 1, sum.wrapping_add(number));
    }
    rows(sums)
}

pub fn q0(input: &Input) -> Rows {
    sums(input.events().map(|event| (event.time(), digest(event))))
}

pub fn q1(input: &Input) -> Rows {
    let bids = input.events().filter_map(Event::bid);
    sums(bids.map(|bid| (bid.time, bid.auction ^ bid.bidder ^ converted(bid.price) ^ bid.time)))
}

pub fn q2(input: &Input) -> Rows {
    let bids = input.events().filter_map(Event::bid).filter(|bid| bid.auction % 123 == 0);
    rows(bids.map(|bid| (end(bid.time, 1), (bid.auction, bid.price))))
}

fn persons(input: &Input) -> HashMap<u64, &Person> {
    input.events().filter_map(Event::person).map(|person| (person.id, person)).collect()
}

/// A row is there as soon as both of its sides are.
pub fn q3(input: &Input) -> Rows {
    let persons = persons(input);
    let auctions = input.events().filter_map(Event::auction).filter(|auction| auction.category == 10);
    rows(auctions.filter_map(|auction| {
        let person = persons.get(&auction.seller)?;
        let row = (person.name.clone(), person.city.clone(), person.state.clone(), auction.id);
        let is_wanted = ["OR", "ID", "CA"].contains(&&*person.state);
        is_wanted.then_some((end(auction.time.max(person.time), 1), row))
    }))
}

/// At the end of each second, from all events until then; only of categories in which something has changed.
pub fn q4(input: &Input) -> Rows {
    let auctions: HashMap<u64, _> =
        input.events().filter_map(Event::auction).map(|auction| (auction.id, auction)).collect();
    let mut seconds = BTreeMap::<u64, Vec<_>>::new();
    for bid in input.events().filter_map(Event::bid) {
        if let Some(auction) = auctions.get(&bid.auction)
            && (auction.time..=auction.expires).contains(&bid.time)
        {
            seconds.entry(end(bid.time, 1)).or_default().push((auction, bid.price));
        }
    }
    let (mut highest, mut all) = (BTreeMap::<(u64, u64), u64>::new(), Vec::new());
    for (second, bids) in seconds {
        let mut changed = BTreeSet::new();
        for (auction, price) in bids {
            let before = highest.entry((auction.category, auction.id)).or_default();
            if price > *before {
                *before = price;
                changed.insert(auction.category);
            }
        }
        for category in changed {
            let prices: Vec<u64> = highest.range((category, 0)..(category + 1, 0)).map(|(_, price)| *price).collect();
            all.push((second, (category, prices.iter().sum::<u64>() / prices.len() as u64)));
        }
    }
    rows(all)
}

pub fn q5(input: &Input) -> Rows {
    let mut windows = BTreeMap::<u64, HashMap<u64, u64>>::new();
    for bid in input.events().filter_map(Event::bid) {
        let first = end(bid.time, 5);
        for end in [first, first + 5] {
            *windows.entry(end).or_default().entry(bid.auction).or_default() += 1;
        }
    }
    let seconds = input.seconds.len() as u64;
    let windows = windows.into_iter().filter(|(end, _)| *end <= seconds);
    rows(windows.filter_map(|(end, counts)| Some((end, counts.into_iter().map(|(auction, n)| (n, auction)).max()?))))
}

pub fn q7(input: &Input) -> Rows {
    let mut highest = BTreeMap::<u64, (u64, u64, u64, u64)>::new();
    for bid in input.events().filter_map(Event::bid) {
        let highest = highest.entry(end(bid.time, 10)).or_default();
        *highest = (*highest).max((bid.price, bid.auction, bid.bidder, bid.time));
    }
    rows(highest)
}

pub fn q8(input: &Input) -> Rows {
    let persons = persons(input);
    let auctions = input.events().filter_map(Event::auction);
    let new: BTreeSet<(u64, u64)> = auctions
        .filter_map(|auction| {
            let person = persons.get(&auction.seller)?;
            let window = end(auction.time, 10);
            (end(person.time, 10) == window).then_some((window, person.id))
        })
        .collect();
    rows(new.into_iter().map(|(window, id)| (window, (id, persons[&id].name.clone()))))
}
