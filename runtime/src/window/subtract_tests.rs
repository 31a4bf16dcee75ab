//! Sums of floating-point numbers from which what leaves is subtracted, beside sums of what is in the window.
#![allow(clippy::unwrap_used)]

use std::fmt::Debug;
use std::time::Duration;

use super::algorithm::{Merge, Unmerge};
use super::{KeyedWindow, Shape, Subtract};
use crate::dataset::Dataset;
use crate::key_hash::hash_of;
use crate::record::Record;
use crate::stage::Workers;
use crate::table::Table;
use crate::time::Time;

#[derive(Clone)]
struct Sum;

/// A number, or several.
trait Number: Record + Copy + Debug {
    fn of(value: f64) -> Self;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    /// The numbers in it.
    fn floats(self) -> Vec<f64>;
}

impl Number for f64 {
    fn of(value: f64) -> f64 {
        value
    }
    fn plus(self, other: f64) -> f64 {
        self + other
    }
    fn minus(self, other: f64) -> f64 {
        self - other
    }
    fn floats(self) -> Vec<f64> {
        vec![self]
    }
}

/// A mean.
impl Number for (f64, u64) {
    fn of(value: f64) -> Self {
        (value, 1)
    }
    fn plus(self, other: Self) -> Self {
        (self.0 + other.0, self.1 + other.1)
    }
    fn minus(self, other: Self) -> Self {
        (self.0 - other.0, self.1 - other.1)
    }
    fn floats(self) -> Vec<f64> {
        vec![self.0, self.1 as f64]
    }
}

/// Values and their squares.
impl Number for (u64, f64, f64) {
    fn of(value: f64) -> Self {
        (1, value, value * value)
    }
    fn plus(self, other: Self) -> Self {
        (self.0 + other.0, self.1 + other.1, self.2 + other.2)
    }
    fn minus(self, other: Self) -> Self {
        (self.0 - other.0, self.1 - other.1, self.2 - other.2)
    }
    fn floats(self) -> Vec<f64> {
        vec![self.0 as f64, self.1, self.2]
    }
}

impl<N: Number> Merge<N> for Sum {
    fn merge(&self, older: N, newer: N) -> N {
        older.plus(newer)
    }
}

impl<N: Number> Unmerge<N> for Sum {
    fn unmerge(&self, total: N, left: N) -> N {
        total.minus(left)
    }
}

type Window<N> = KeyedWindow<u64, N, Sum, Subtract>;

/// A batch: its second, and pairs of a key and a value.
type Batch<N> = (u64, Vec<(u64, N)>);

fn advance<N: Number>(window: &mut Window<N>, workers: &Workers, (second, pairs): &Batch<N>) {
    let mut table = Table::default();
    for (key, value) in pairs {
        table.fold(hash_of(key), *key, *value, |value| value, N::plus);
    }
    window.advance(workers, Time::from_millis(second * 1000), table, Some(Sum));
}

fn total<N: for<'a> Number<View<'a> = N>>(window: &mut Window<N>, workers: &Workers, key: u64) -> Option<N> {
    let window = window.read(workers);
    (0..window.partitions()).find_map(|shard| {
        window.views(shard, 0..window.weight(shard)).find(|(other, _)| *other == key).map(|(_, total)| total)
    })
}

/// The values of a key in the window that ends with the last batch.
fn values<N: Number>(history: &[Batch<N>], length: u64, key: u64) -> Vec<N> {
    let last = history.last().map_or(0, |batch| batch.0);
    let in_window = history.iter().filter(|batch| batch.0 + length > last);
    in_window.flat_map(|batch| &batch.1).filter(|pair| pair.0 == key).map(|pair| pair.1).collect()
}

/// The total is what the values add up to, but for an error that is small beside the largest of them.
fn assert_close<N: Number>(found: Option<N>, values: &[N], context: &str) {
    let expected = values.iter().copied().reduce(N::plus);
    assert_eq!(found.is_some(), expected.is_some(), "{context}");
    let (Some(found), Some(expected)) = (found.map(N::floats), expected.map(N::floats)) else { return };
    for (at, (found, expected)) in found.iter().zip(&expected).enumerate() {
        let largest = values.iter().map(|value| value.floats()[at].abs()).fold(0.0, f64::max);
        let is_equal = found == expected || found.is_nan() && expected.is_nan();
        assert!(
            is_equal || (found - expected).abs() <= 1e-6 * largest,
            "{context}: {found} for {expected} of {values:?}"
        );
    }
}

/// Runs batches, each after an attempt that is rolled back now and then.
fn check<N: for<'a> Number<View<'a> = N>>(length: u64, slide: u64, batches: &[Batch<N>], keys: u64) {
    let workers = Workers::new(1, None).unwrap();
    let mut window = Window::<N>::new(Shape::new(Duration::from_secs(length), Duration::from_secs(slide)));
    for (number, batch) in batches.iter().enumerate() {
        if number % 7 == 3 {
            advance(&mut window, &workers, batch);
            window.rollback();
        }
        advance(&mut window, &workers, batch);
        if batch.0 % slide == 0 {
            for key in 0..keys {
                let values = values(&batches[..=number], length, key);
                assert_close(total(&mut window, &workers, key), &values, &format!("key {key} at {}", batch.0));
            }
        }
        window.commit(&workers);
    }
}

/// Numbers by a fixed rule.
fn random(number: u64) -> u64 {
    number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 33
}

fn with_outlier(outlier: impl Fn(u64) -> f64) -> Vec<f64> {
    (0..120)
        .map(|number| if number % 40 == 17 { outlier(number) } else { (random(number) % 1000) as f64 / 7.0 })
        .collect()
}

/// A key that has a value in each batch, beside one that has none of the large ones.
fn batches<N: Number>(values: &[f64]) -> Vec<Batch<N>> {
    let pairs = |number: u64, value: f64| vec![(0, N::of(value)), (1, N::of((number % 9) as f64 / 3.0))];
    (1..).zip(values).map(|(second, value)| (second, pairs(second, *value))).collect()
}

fn check_all(values: &[f64]) {
    for (length, slide) in [(10, 1), (12, 4), (30, 1)] {
        check::<f64>(length, slide, &batches(values), 2);
        check::<(f64, u64)>(length, slide, &batches(values), 2);
        check::<(u64, f64, f64)>(length, slide, &batches(values), 2);
    }
}

#[test]
fn what_is_no_number_leaves_nothing_behind() {
    for outlier in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        check_all(&with_outlier(|_| outlier));
    }
    check_all(&with_outlier(|number| if number % 80 == 17 { f64::INFINITY } else { f64::NEG_INFINITY }));
}

#[test]
fn a_large_value_leaves_nothing_behind() {
    for outlier in [1e300, -1e300, 1e17, 1e12, f64::MAX] {
        check_all(&with_outlier(|_| outlier));
    }
}

#[test]
fn values_of_any_size_leave_nothing_behind() {
    for seed in 0..8 {
        let value = |number: u64| {
            let (kind, size) = (random(number + 1000 * seed), random(number * 31 + seed));
            let value = (size % 1000) as f64 / 7.0 * if size % 2 == 0 { 1.0 } else { -1.0 };
            match kind % 40 {
                0 => f64::NAN,
                1 => f64::INFINITY,
                2 => f64::NEG_INFINITY,
                3 => value * 1e300,
                4..8 => value * 1e17,
                8..12 => value * 1e12,
                12..16 => value * 1e7,
                _ => value,
            }
        };
        check_all(&(0..300).map(value).collect::<Vec<_>>());
    }
}

#[test]
fn values_that_get_smaller_and_smaller_are_not_lost() {
    let values: Vec<f64> = (0..60).map(|number| 1.3e17 / 50f64.powi(number % 20)).collect();
    check_all(&values);
}

/// Products: what leaves is divided out, and nothing divides a zero out.
#[derive(Clone)]
struct Product;

impl Merge<f64> for Product {
    fn merge(&self, older: f64, newer: f64) -> f64 {
        older * newer
    }
}

impl Unmerge<f64> for Product {
    fn unmerge(&self, total: f64, left: f64) -> f64 {
        total / left
    }
}

#[test]
fn a_zero_leaves_a_product() {
    let workers = Workers::new(1, None).unwrap();
    let mut window =
        KeyedWindow::<u64, f64, Product, Subtract>::new(Shape::new(Duration::from_secs(3), Duration::from_secs(1)));
    let mut found = Vec::new();
    for (second, value) in (1..).zip([2.0, 0.0, 0.0, 3.0, 5.0, 7.0]) {
        let mut table = Table::default();
        table.fold(hash_of(&1u64), 1u64, value, |value| value, |_, value| value);
        window.advance(&workers, Time::from_millis(second * 1000), table, Some(Product));
        window.commit(&workers);
        let window = window.read(&workers);
        found.extend(
            (0..window.partitions()).flat_map(|shard| {
                window.views(shard, 0..window.weight(shard)).map(|pair| pair.1).collect::<Vec<f64>>()
            }),
        );
    }
    assert_eq!(found, [2.0, 0.0, 0.0, 0.0, 0.0, 105.0]);
}
