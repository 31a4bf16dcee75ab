//! A stateless chain: parse numbers from CSV, filter, map, sum. With the text helpers, and with the standard library's `split`
//! and `parse`.

use microbatch::prelude::*;
use microbatch::text::{self, Lines};

use super::{Repeated, Workload, sides_of_text, workload};
use crate::data;
use crate::threads::{lines, on_threads};

const LINES: usize = 1_000_000;

pub const WORKLOADS: &[Workload] = &[
    workload("csv_sum", "line", LINES, |workers| sides_of_text(data::csv(LINES), workers, csv_sum, sum_by_hand)),
    workload("csv_text", "line", LINES, |workers| sides_of_text(data::csv(LINES), workers, csv_text, sum_text_by_hand)),
];

fn csv_sum(source: Repeated, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let lines = ssc.source(source);
        let orders = lines.filter_map(|line| {
            let mut fields = line.split(',').skip(2);
            Some((fields.next()?.parse::<u64>().ok()?, fields.next()?.parse::<u64>().ok()?))
        });
        orders
            .filter(|(price, _)| *price >= 1000)
            .map(|(price, quantity)| price * quantity)
            .reduce(|a, b| a + b)
            .collect_into(&out);
    })
}

pub fn csv_text(source: Repeated, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let lines = ssc.source(source);
        let orders = lines.filter_map(|line| {
            let [_, _, price, quantity] = text::fields_of(line, ',')?;
            Some((text::parse::<u64>(price)?, text::parse::<u64>(quantity)?))
        });
        orders
            .filter(|(price, _)| *price >= 1000)
            .map(|(price, quantity)| price * quantity)
            .reduce(|a, b| a + b)
            .collect_into(&out);
    })
}

fn sum_by_hand(text: &str, workers: usize) -> u64 {
    let sums = on_threads(text, workers, |part| {
        let mut sum = 0;
        for line in lines(part) {
            let mut fields = line.split(',').skip(2);
            if let (Some(price), Some(quantity)) = (fields.next(), fields.next())
                && let (Ok(price), Ok(quantity)) = (price.parse::<u64>(), quantity.parse::<u64>())
                && price >= 1000
            {
                sum += price * quantity;
            }
        }
        sum
    });
    sums.into_iter().sum()
}

/// With the same splitter and parser.
fn sum_text_by_hand(text: &str, workers: usize) -> u64 {
    let sums = on_threads(text, workers, |part| {
        let mut sum = 0;
        for line in Lines::new(part) {
            if let Some([_, _, price, quantity]) = text::fields_of(line, ',')
                && let (Some(price), Some(quantity)) = (text::parse::<u64>(price), text::parse::<u64>(quantity))
                && price >= 1000
            {
                sum += price * quantity;
            }
        }
        sum
    });
    sums.into_iter().sum()
}
