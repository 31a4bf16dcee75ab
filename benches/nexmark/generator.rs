//! The benchmark's events: of fifty, one is a new person, three are new auctions, and the rest are bids.
//!
//! Constants and distributions are those of the generators of Apache Beam and Flink with their defaults, with one generator and all
//! events in the order of their time. The random numbers are others than Java's, so single events differ.

use microbatch::prelude::*;

use crate::random::Random;

/// Events a second. The benchmark leaves it open.
pub const RATE: u64 = 50_000;

const PROPORTIONS: (u64, u64, u64) = (1, 3, 50); // persons, auctions, all
const FIRST_PERSON: u64 = 1000;
const FIRST_AUCTION: u64 = 1000;
const FIRST_CATEGORY: u64 = 10;
const CATEGORIES: u64 = 5;
/// Identifiers that are used before their person or auction comes.
const PERSON_LEAD: u64 = 10;
const AUCTION_LEAD: u64 = 10;
/// All but one of so many sellers, auctions and bidders are the hot one of the last hundred.
const HOT_SELLERS: u64 = 4;
const HOT_AUCTIONS: u64 = 2;
const HOT_BIDDERS: u64 = 4;
const HOT_OF: u64 = 100;
const ACTIVE_PERSONS: u64 = 1000;
const AUCTIONS_IN_FLIGHT: u64 = 100;
/// Average sizes, in bytes.
const PERSON_SIZE: usize = 200;
const AUCTION_SIZE: usize = 500;
const BID_SIZE: usize = 100;

const STATES: [&str; 6] = ["AZ", "CA", "ID", "OR", "WA", "WY"];
const CITIES: [&str; 10] =
    ["Phoenix", "Los Angeles", "San Francisco", "Boise", "Portland", "Bend", "Redmond", "Seattle", "Kent", "Cheyenne"];
const FIRST_NAMES: [&str; 11] =
    ["Peter", "Paul", "Luke", "John", "Saul", "Vicky", "Kate", "Julie", "Sarah", "Deiter", "Walter"];
const LAST_NAMES: [&str; 9] = ["Shultz", "Abrams", "Spencer", "White", "Bartels", "Walton", "Smith", "Jones", "Noris"];

// Times are in milliseconds since the beginning, prices in cents. Not every query looks at every field.
#[derive(Clone, Debug, Record)]
#[allow(dead_code)]
pub struct Person {
    pub id: u64,
    pub name: String,
    pub email: String,
    pub credit_card: String,
    pub city: String,
    pub state: String,
    pub time: u64,
    pub extra: String,
}

#[derive(Clone, Debug, Record)]
#[allow(dead_code)]
pub struct Auction {
    pub id: u64,
    pub name: String,
    pub description: String,
    pub initial_bid: u64,
    pub reserve: u64,
    pub time: u64,
    pub expires: u64,
    pub seller: u64,
    pub category: u64,
    pub extra: String,
}

#[derive(Clone, Debug, Record)]
#[allow(dead_code)]
pub struct Bid {
    pub auction: u64,
    pub bidder: u64,
    pub price: u64,
    pub time: u64,
    pub extra: String,
}

#[derive(Clone, Debug, Record)]
pub enum Event {
    Person(Person),
    Auction(Auction),
    Bid(Bid),
}

impl Event {
    pub fn person(&self) -> Option<&Person> {
        if let Event::Person(person) = self { Some(person) } else { None }
    }

    pub fn auction(&self) -> Option<&Auction> {
        if let Event::Auction(auction) = self { Some(auction) } else { None }
    }

    pub fn bid(&self) -> Option<&Bid> {
        if let Event::Bid(bid) = self { Some(bid) } else { None }
    }

    pub fn time(&self) -> u64 {
        match self {
            Event::Person(person) => person.time,
            Event::Auction(auction) => auction.time,
            Event::Bid(bid) => bid.time,
        }
    }
}

/// The n-th event.
pub fn event(n: u64) -> Event {
    let mut random = Random(n);
    let (persons, auctions, all) = PROPORTIONS;
    match n % all {
        offset if offset < persons => Event::Person(person(n, &mut random)),
        offset if offset < persons + auctions => Event::Auction(auction(n, &mut random)),
        _ => Event::Bid(bid(n, &mut random)),
    }
}

fn time_of(n: u64) -> u64 {
    n * 1000 / RATE
}

fn person(n: u64, random: &mut Random) -> Person {
    let name = format!("{} {}", pick(&FIRST_NAMES, random), pick(&LAST_NAMES, random));
    let email = format!("{}@{}.com", text(random, 7), text(random, 5));
    let credit_card = [(); 4].map(|()| format!("{:04}", below(random, 10_000))).join(" ");
    let (city, state) = (pick(&CITIES, random).to_owned(), pick(&STATES, random).to_owned());
    let size = 8 + name.len() + email.len() + credit_card.len() + city.len() + state.len();
    let extra = extra(random, size, PERSON_SIZE);
    Person { id: FIRST_PERSON + last_person(n), name, email, credit_card, city, state, time: time_of(n), extra }
}

fn auction(n: u64, random: &mut Random) -> Auction {
    let seller = match below(random, HOT_SELLERS) {
        0 => any_person(n, random),
        _ => last_person(n) / HOT_OF * HOT_OF,
    };
    let category = FIRST_CATEGORY + below(random, CATEGORIES);
    let initial_bid = price(random);
    let time = time_of(n);
    let expires = time + length(n, random);
    let (name, description) = (text(random, 20), text(random, 100));
    let reserve = initial_bid + price(random);
    let extra = extra(random, 8 + name.len() + description.len() + 8 * 5, AUCTION_SIZE);
    let (id, seller) = (FIRST_AUCTION + last_auction(n), FIRST_PERSON + seller);
    Auction { id, name, description, initial_bid, reserve, time, expires, seller, category, extra }
}

fn bid(n: u64, random: &mut Random) -> Bid {
    let auction = match below(random, HOT_AUCTIONS) {
        0 => any_auction(n, random),
        _ => last_auction(n) / HOT_OF * HOT_OF,
    };
    let bidder = match below(random, HOT_BIDDERS) {
        0 => any_person(n, random),
        // The second one of them, so that hot bidders are no hot sellers.
        _ => last_person(n) / HOT_OF * HOT_OF + 1,
    };
    let price = price(random);
    let extra = extra(random, 8 * 4, BID_SIZE);
    Bid { auction: FIRST_AUCTION + auction, bidder: FIRST_PERSON + bidder, price, time: time_of(n), extra }
}

/// The last person until the n-th event, counted from 0.
fn last_person(n: u64) -> u64 {
    let (persons, _, all) = PROPORTIONS;
    n / all * persons + (n % all).min(persons - 1)
}

/// The last auction until the n-th event, counted from 0.
fn last_auction(n: u64) -> u64 {
    let (persons, auctions, all) = PROPORTIONS;
    let in_this_round = (n % all + 1).saturating_sub(persons).min(auctions);
    (n / all * auctions + in_this_round).saturating_sub(1)
}

/// One of those who are active, or who will come soon.
fn any_person(n: u64, random: &mut Random) -> u64 {
    let persons = last_person(n) + 1;
    let active = persons.min(ACTIVE_PERSONS);
    persons - active + below(random, active + PERSON_LEAD)
}

/// One of those that are likely to be in flight, or that will come soon.
fn any_auction(n: u64, random: &mut Random) -> u64 {
    let last = last_auction(n);
    let first = last.saturating_sub(AUCTIONS_IN_FLIGHT);
    first + below(random, last - first + 1 + AUCTION_LEAD)
}

/// How long an auction is: on average until as many others have begun as may be in flight.
fn length(n: u64, random: &mut Random) -> u64 {
    let (_, auctions, all) = PROPORTIONS;
    let horizon = time_of(n + AUCTIONS_IN_FLIGHT * all / auctions) - time_of(n);
    1 + below(random, (horizon * 2).max(1))
}

fn price(random: &mut Random) -> u64 {
    let unit = (random.next() >> 11) as f64 / (1u64 << 53) as f64;
    (10f64.powf(unit * 6.0) * 100.0).round() as u64
}

fn below(random: &mut Random, end: u64) -> u64 {
    random.next() % end
}

fn pick(names: &[&'static str], random: &mut Random) -> &'static str {
    names[below(random, names.len() as u64) as usize]
}

fn letter(random: &mut Random) -> char {
    char::from(b'a' + below(random, 26) as u8)
}

/// Three letters or spaces, or more.
fn text(random: &mut Random, longest: u64) -> String {
    let length = 3 + below(random, longest - 3);
    let text: String = (0..length).map(|_| if below(random, 13) == 0 { ' ' } else { letter(random) }).collect();
    text.trim().to_owned()
}

/// Fills an event up, so that it has its size on average.
fn extra(random: &mut Random, size: usize, average: usize) -> String {
    let Some(missing) = average.checked_sub(size) else { return String::new() };
    let delta = (missing as f64 * 0.2).round() as u64;
    let more = if delta == 0 { 0 } else { below(random, 2 * delta) };
    (0..missing as u64 - delta + more).map(|_| letter(random)).collect()
}
