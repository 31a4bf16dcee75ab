//! The obvious program: each operator over a `Vec`, with a `HashMap` where keys are looked up.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;

/// What a pipeline must give for one batch of one output.
pub enum Expected {
    /// These records in this order.
    InOrder(Vec<String>),
    /// These records.
    AnyOrder(Vec<String>),
}

pub fn in_order<T: Debug>(records: impl IntoIterator<Item = T>) -> Expected {
    Expected::InOrder(shown(records))
}

pub fn any_order<T: Debug>(records: impl IntoIterator<Item = T>) -> Expected {
    Expected::AnyOrder(shown(records))
}

pub fn shown<T: Debug>(records: impl IntoIterator<Item = T>) -> Vec<String> {
    records.into_iter().map(|record| format!("{record:?}")).collect()
}

pub fn words(lines: &[String]) -> Vec<&str> {
    lines.iter().flat_map(|line| line.split(' ')).collect()
}

/// Each key with its values, in the order of the records.
pub fn group<K: Hash + Eq + Clone, V>(pairs: impl IntoIterator<Item = (K, V)>) -> Vec<(K, Vec<V>)> {
    let mut places = HashMap::new();
    let mut groups: Vec<(K, Vec<V>)> = Vec::new();
    for (key, value) in pairs {
        let place = *places.entry(key.clone()).or_insert_with(|| {
            groups.push((key, Vec::new()));
            groups.len() - 1
        });
        groups[place].1.push(value);
    }
    groups
}

pub fn reduce_by_key<K: Hash + Eq + Clone, V>(
    pairs: impl IntoIterator<Item = (K, V)>,
    f: impl Fn(V, V) -> V,
) -> Vec<(K, V)> {
    let groups = group(pairs).into_iter();
    groups.filter_map(|(key, values)| Some((key, values.into_iter().reduce(&f)?))).collect()
}

pub fn count_by_value<T: Hash + Eq + Clone>(records: impl IntoIterator<Item = T>) -> Vec<(T, u64)> {
    reduce_by_key(records.into_iter().map(|record| (record, 1)), |a, b| a + b)
}

pub fn distinct<T: Hash + Eq + Clone>(records: impl IntoIterator<Item = T>) -> Vec<T> {
    count_by_value(records).into_iter().map(|(record, _)| record).collect()
}

pub fn top<T: Ord>(records: impl IntoIterator<Item = T>, n: usize) -> Vec<T> {
    let mut records: Vec<T> = records.into_iter().collect();
    records.sort_by(|a, b| b.cmp(a));
    records.truncate(n);
    records
}

/// `n` runs of equal length, give or take one record.
pub fn repartition<T: Clone>(records: &[T], n: usize) -> Vec<Vec<T>> {
    let end = |run: usize| records.len() * run / n;
    (0..n).map(|run| records[end(run)..end(run + 1)].to_vec()).collect()
}

/// What two sides have for each key.
type Keyed<K, A, B> = Vec<(K, (A, B))>;

pub fn cogroup<K: Hash + Eq + Clone, V, W>(left: Vec<(K, V)>, right: Vec<(K, W)>) -> Keyed<K, Vec<V>, Vec<W>> {
    let left = left.into_iter().map(|(key, value)| (key, (Some(value), None)));
    let right = right.into_iter().map(|(key, value)| (key, (None, Some(value))));
    let groups = group(left.chain(right)).into_iter();
    groups
        .map(|(key, values)| {
            let (left, right): (Vec<Option<V>>, Vec<Option<W>>) = values.into_iter().unzip();
            (key, (left.into_iter().flatten().collect(), right.into_iter().flatten().collect()))
        })
        .collect()
}

/// All pairs of values that a full outer join gives; the other joins are parts of it.
pub fn full_outer_join<K, V, W>(left: Vec<(K, V)>, right: Vec<(K, W)>) -> Keyed<K, Option<V>, Option<W>>
where
    K: Hash + Eq + Clone,
    V: Clone,
    W: Clone,
{
    let mut joined = Vec::new();
    for (key, (left, right)) in cogroup(left, right) {
        for v in some_or_none(&left) {
            for w in some_or_none(&right) {
                joined.push((key.clone(), (v.clone(), w)));
            }
        }
    }
    joined
}

fn some_or_none<T: Clone>(values: &[T]) -> Vec<Option<T>> {
    if values.is_empty() { vec![None] } else { values.iter().cloned().map(Some).collect() }
}

pub fn join<K, V, W>(left: Vec<(K, V)>, right: Vec<(K, W)>) -> Vec<(K, (V, W))>
where
    K: Hash + Eq + Clone,
    V: Clone,
    W: Clone,
{
    let joined = full_outer_join(left, right).into_iter();
    joined.filter_map(|(key, (v, w))| Some((key, (v?, w?)))).collect()
}
