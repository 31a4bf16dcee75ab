//! A diamond: one source, a parsed stream that all share, and four outputs, one of them a join of two of its branches.

use microbatch::prelude::*;
use microbatch::text::{self, Lines};

use super::{Repeated, Workload, sides_of_text, workload};
use crate::data::Text;
use crate::random::Random;
use crate::threads::{Table, merge, on_threads};

const LINES: usize = 500_000;
const USERS: u64 = 10_000;
/// Large orders are a hundredth of all.
const LARGE: u64 = 99_000;

pub const WORKLOADS: &[Workload] =
    &[workload("diamond", "line", LINES, |workers| sides_of_text(orders(), workers, diamond, by_hand))];

/// Lines `id,user,category,amount`.
fn orders() -> Text {
    let mut random = Random(5);
    let mut text = String::new();
    for id in 0..LINES {
        let (user, category, amount) = (random.next() % USERS, random.next() % 50, random.next() % 100_000);
        text.push_str(&format!("{id},{user},{category},{amount}\n"));
    }
    Text::new(text)
}

/// User, category, amount.
fn order(line: &str) -> Option<(u64, u64, u64)> {
    let [_, user, category, amount] = text::fields_of(line, ',')?;
    Some((text::parse(user)?, text::parse(category)?, text::parse(amount)?))
}

fn mixed(key: u64, value: u64) -> u64 {
    (key + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_mul(value)
}

fn diamond(source: Repeated, out: Collector<u64>) -> impl Pipeline {
    let (categories, number, largest, shares) = (out.clone(), out.clone(), out.clone(), out);
    stream!(every = 1s, |ssc| {
        let orders = ssc.source(source).filter_map(order);
        let by_category = orders.map(|(_, category, amount)| (category, amount)).reduce_by_key(|a, b| a + b);
        by_category.map(|(key, sum)| mixed(key, sum)).reduce(|a, b| a.wrapping_add(b)).collect_into(&categories);
        orders.count().collect_into(&number);
        orders.map(|(_, _, amount)| amount).reduce(|a, b| a.max(b)).collect_into(&largest);
        let totals = orders.map(|(user, _, amount)| (user, amount)).reduce_by_key(|a, b| a + b);
        let large = orders.filter(|(_, _, amount)| *amount >= LARGE).map(|(user, _, amount)| (user, amount));
        let of_totals = large.join(totals).map(|(user, (amount, total))| mixed(user, amount * 1000 / total));
        of_totals.reduce(|a, b| a.wrapping_add(b)).collect_into(&shares);
    })
}

#[derive(Default)]
struct Part {
    categories: Table<u64, u64>,
    number: u64,
    largest: u64,
    totals: Table<u64, u64>,
    large: Vec<(u64, u64)>,
}

fn by_hand(text: &str, workers: usize) -> u64 {
    let parts = on_threads(text, workers, |text| {
        let mut part = Part::default();
        for (user, category, amount) in Lines::new(text).filter_map(order) {
            *part.categories.entry(category).or_default() += amount;
            part.number += 1;
            part.largest = part.largest.max(amount);
            *part.totals.entry(user).or_default() += amount;
            if amount >= LARGE {
                part.large.push((user, amount));
            }
        }
        part
    });
    let number: u64 = parts.iter().map(|part| part.number).sum();
    let largest = parts.iter().map(|part| part.largest).max().unwrap_or(0);
    let (mut categories, mut totals, mut large) = (Vec::new(), Vec::new(), Vec::new());
    for part in parts {
        categories.push(part.categories);
        totals.push(part.totals);
        large.push(part.large);
    }
    let totals = merge(totals);
    let categories = merge(categories).into_iter().map(|(key, sum)| mixed(key, sum)).fold(0, u64::wrapping_add);
    let shares = large.iter().flatten().map(|(user, amount)| mixed(*user, amount * 1000 / totals[user]));
    [number, largest, categories].into_iter().chain(shares).fold(0, u64::wrapping_add)
}
