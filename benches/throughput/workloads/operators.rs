//! Operators that the other workloads do not have.

use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::sync::Arc;

use microbatch::prelude::*;
use microbatch::text::{self, Lines};

use super::shapes::{sums, sums_by_hand};
use super::{Repeated, Sides, Workload, side, sides_of_records, sides_of_text, sum_up, workload};
use crate::data;
use crate::random::Random;
use crate::threads::{Table, merge, on_threads, on_threads_of};

const RECORDS: usize = 1_000_000;
const KEYS: u64 = 100_000;
const FEWER_KEYS: u64 = KEYS / 10;

pub const WORKLOADS: &[Workload] = &[
    workload("sum_by_number", "record", RECORDS, |workers| sides_of_records(pairs(KEYS), workers, sums, sums_by_hand)),
    workload("mean_by_two", "record", RECORDS, |workers| sides_of_records(pairs(KEYS), workers, means, means_by_hand)),
    workload("owned_keys", "word", RECORDS, |workers| {
        sides_of_text(data::words(RECORDS / 10, KEYS as usize), workers, owned, owned_by_hand)
    }),
    workload("distinct", "word", RECORDS, |workers| {
        sides_of_text(data::words(RECORDS / 10, KEYS as usize), workers, distinct, distinct_by_hand)
    }),
    workload("group_by_key", "record", RECORDS, |workers| {
        sides_of_records(pairs(KEYS), workers, grouped, grouped_by_hand)
    }),
    workload("of_fewer_keys", "record", RECORDS, |workers| {
        sides_of_records(pairs(FEWER_KEYS), workers, grouped, grouped_by_hand)
    }),
    workload("join", "record", RECORDS, join),
    workload("union", "record", RECORDS, |workers| sides_of_records(pairs(KEYS), workers, union, union_by_hand)),
    workload("sort_by_key", "record", RECORDS, |workers| {
        sides_of_records(pairs(u64::MAX), workers, sorted, sorted_by_hand)
    }),
    workload("top", "record", RECORDS, |workers| sides_of_records(pairs(u64::MAX), workers, top, top_by_hand)),
    workload("transform", "record", RECORDS, |workers| {
        sides_of_records(pairs(KEYS), workers, transformed, transformed_by_hand)
    }),
    workload("collect_into", "record", RECORDS, |workers| {
        sides_of_records(pairs(KEYS), workers, collected, collected_by_hand)
    }),
    workload("save", "record", RECORDS, save),
];

/// The numbers from 0 on, with keys that are spread over all numbers.
fn pairs(keys: u64) -> Vec<(u64, u64)> {
    let mut random = Random(8);
    (0..RECORDS as u64).map(|n| ((random.next() % keys).wrapping_mul(0x9e37_79b9_7f4a_7c15), n)).collect()
}

fn mixed(key: u64, value: u64) -> u64 {
    (key + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_mul(value + 1)
}

/// The first of several parts with the others behind it.
fn joined<T>(parts: Vec<Vec<T>>) -> Vec<T> {
    let mut parts = parts.into_iter();
    let mut all = parts.next().unwrap_or_default();
    parts.for_each(|part| all.extend(part));
    all
}

fn two(key: u64) -> (u32, u32) {
    ((key >> 32) as u32, key as u32)
}

fn means(source: Repeated<Vec<(u64, u64)>>, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let samples = ssc.source(source).map(|(key, value)| (two(key), value as f64));
        let sums =
            samples.aggregate_by_key((0.0, 0.0), |(sum, n), x| (sum + x, n + 1.0), |(a, n), (b, m)| (a + b, n + m));
        let means = sums.map(|((a, b), (sum, n))| mixed(u64::from(a ^ b), (sum / n) as u64));
        means.reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

fn means_by_hand(records: &[(u64, u64)], workers: usize) -> u64 {
    let tables = on_threads_of(records, workers, |part| {
        let mut sums = Table::<(u32, u32), (f64, f64)>::default();
        for (key, value) in part {
            let (sum, n) = sums.entry(two(*key)).or_default();
            *sum += *value as f64;
            *n += 1.0;
        }
        sums
    });
    let mut tables = tables.into_iter();
    let mut all = tables.next().unwrap_or_default();
    for (key, (more, count)) in tables.flatten() {
        let (sum, n) = all.entry(key).or_default();
        *sum += more;
        *n += count;
    }
    all.iter().map(|((a, b), (sum, n))| mixed(u64::from(a ^ b), (sum / n) as u64)).fold(0, u64::wrapping_add)
}

/// Keys that lie on the heap.
fn owned(source: Repeated, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let words = ssc.source(source).flat_map(text::words).map(|word| word.to_ascii_uppercase());
        let counts = words.count_by_value();
        let totals = counts.map(|(_, n)| (1u64, n)).reduce(|(keys, a), (more, b)| (keys + more, a.max(b)));
        totals.map(|(keys, greatest)| sum_up(keys, greatest)).collect_into(&out);
    })
}

fn owned_by_hand(text: &str, workers: usize) -> u64 {
    let counts = merge(on_threads(text, workers, |part| {
        let mut counts = Table::<String, u64>::default();
        for word in Lines::new(part).flat_map(text::words) {
            *counts.entry(word.to_ascii_uppercase()).or_default() += 1;
        }
        counts
    }));
    sum_up(counts.len() as u64, counts.values().copied().max().unwrap_or(0))
}

fn distinct(source: Repeated, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let words = ssc.source(source).flat_map(text::words).distinct();
        words.map(|word| word.len() as u64).reduce(|a, b| a + b).collect_into(&out);
    })
}

fn distinct_by_hand(text: &str, workers: usize) -> u64 {
    let tables = on_threads(text, workers, |part| {
        let mut words = Table::<&str, ()>::default();
        for word in Lines::new(part).flat_map(text::words) {
            words.entry(word).or_default();
        }
        words
    });
    let mut tables = tables.into_iter();
    let mut all = tables.next().unwrap_or_default();
    all.extend(tables.flatten());
    all.keys().map(|word| word.len() as u64).sum()
}

fn of_group(key: u64, values: &[u64]) -> u64 {
    mixed(key, values[0] ^ values[values.len() - 1] ^ values.len() as u64)
}

fn grouped(source: Repeated<Vec<(u64, u64)>>, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let groups = ssc.source(source).group_by_key();
        groups.map(|(key, values)| of_group(key, values)).reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

fn grouped_by_hand(records: &[(u64, u64)], workers: usize) -> u64 {
    let tables = on_threads_of(records, workers, |part| {
        let mut groups = Table::<u64, Vec<u64>>::default();
        for (key, value) in part {
            groups.entry(*key).or_default().push(*value);
        }
        groups
    });
    let mut tables = tables.into_iter();
    let mut all = tables.next().unwrap_or_default();
    for (key, values) in tables.flatten() {
        all.entry(key).or_default().extend(values);
    }
    all.iter().map(|(key, values)| of_group(*key, values)).fold(0, u64::wrapping_add)
}

/// Clicks of users, of whom one of two is known.
fn join(workers: usize) -> Sides {
    let clicks = pairs(KEYS);
    let users: Vec<(u64, u64)> =
        (0..KEYS / 2).map(|user| (user.wrapping_mul(0x9e37_79b9_7f4a_7c15), user % 100)).collect();
    let blocks = |records: &[(u64, u64)]| {
        let blocks = records.chunks(1 << 16).map(|block| Arc::new(block.to_vec()));
        Repeated(blocks.collect())
    };
    let (our_clicks, our_users) = (blocks(&clicks), blocks(&users));
    Sides {
        ours: side(workers, 1, |out| joined_with_users(our_clicks, our_users, out)),
        by_hand: Box::new(move || joined_by_hand(&clicks, &users, workers)),
    }
}

fn joined_with_users(
    clicks: Repeated<Vec<(u64, u64)>>,
    users: Repeated<Vec<(u64, u64)>>,
    out: Collector<u64>,
) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let users = ssc.source(users);
        let joined = ssc.source(clicks).join(users).map(|(user, (click, age))| mixed(user, click ^ age));
        joined.reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

/// A user may be listed twice, so those of a key are a chain through the list.
fn joined_by_hand(clicks: &[(u64, u64)], users: &[(u64, u64)], workers: usize) -> u64 {
    let mut latest = Table::<u64, usize>::default();
    let before: Vec<Option<usize>> = users.iter().enumerate().map(|(n, user)| latest.insert(user.0, n)).collect();
    let sums = on_threads_of(clicks, workers, |part| {
        let mut sum = 0u64;
        for (user, click) in part {
            let mut found = latest.get(user).copied();
            while let Some(n) = found {
                sum = sum.wrapping_add(mixed(*user, click ^ users[n].1));
                found = before[n];
            }
        }
        sum
    });
    sums.into_iter().fold(0, u64::wrapping_add)
}

fn union(source: Repeated<Vec<(u64, u64)>>, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let all = ssc.source(source);
        let some = all.filter(|(_, n)| n % 3 == 0).map(|(key, n)| (key ^ 1, n));
        let sums = some.union(all.filter(|(_, n)| n % 3 > 0)).reduce_by_key(|a, b| a + b);
        sums.map(|(key, n)| mixed(key, n)).reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

fn union_by_hand(records: &[(u64, u64)], workers: usize) -> u64 {
    let sums = merge(on_threads_of(records, workers, |part| {
        let mut sums = Table::<u64, u64>::default();
        for (key, n) in part {
            *sums.entry(if n % 3 == 0 { key ^ 1 } else { *key }).or_default() += n;
        }
        sums
    }));
    sums.iter().map(|(key, n)| mixed(*key, *n)).fold(0, u64::wrapping_add)
}

/// Depends on the order.
fn of_sorted(records: &[(u64, u64)]) -> u64 {
    records.iter().step_by(1000).fold(0, |sum, (key, n)| mixed(sum, key ^ n))
}

fn sorted(source: Repeated<Vec<(u64, u64)>>, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        ssc.source(source).sort_by_key().transform(|batch, _| [of_sorted(&batch)]).collect_into(&out);
    })
}

fn sorted_by_hand(records: &[(u64, u64)], workers: usize) -> u64 {
    let parts = on_threads_of(records, workers, |part| {
        let mut part = part.to_vec();
        part.sort_by_key(|(key, _)| *key);
        part
    });
    let mut all = joined(parts);
    if workers > 1 {
        all.sort_by_key(|(key, _)| *key); // merges what is sorted
    }
    of_sorted(&all)
}

fn top(source: Repeated<Vec<(u64, u64)>>, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let top = ssc.source(source).top(100).map(|(key, value)| mixed(key, value));
        top.reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

fn top_by_hand(records: &[(u64, u64)], workers: usize) -> u64 {
    let greatest = |records: &mut dyn Iterator<Item = (u64, u64)>| {
        let mut heap = BinaryHeap::new();
        records.take(100).for_each(|record| heap.push(std::cmp::Reverse(record)));
        for record in records {
            if heap.peek().is_some_and(|least| least.0 < record) {
                heap.pop();
                heap.push(std::cmp::Reverse(record));
            }
        }
        heap.into_vec()
    };
    let parts = on_threads_of(records, workers, |part| greatest(&mut part.iter().copied()));
    let all = greatest(&mut parts.into_iter().flatten().map(|record| record.0));
    all.into_iter().map(|record| mixed(record.0.0, record.0.1)).fold(0, u64::wrapping_add)
}

fn transformed(source: Repeated<Vec<(u64, u64)>>, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let odd = ssc.source(source).filter(|(key, _)| key % 2 == 1);
        let others = odd.transform(|batch, _| batch.into_iter().skip(1).map(|(key, value)| mixed(key, value)));
        others.reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

fn transformed_by_hand(records: &[(u64, u64)], workers: usize) -> u64 {
    let odd =
        joined(on_threads_of(records, workers, |part| part.iter().copied().filter(|(key, _)| key % 2 == 1).collect()));
    odd.into_iter().skip(1).map(|(key, value)| mixed(key, value)).fold(0, u64::wrapping_add)
}

fn collected(source: Repeated<Vec<(u64, u64)>>, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        ssc.source(source).map(|(key, n)| mixed(key, n)).collect_into(&out);
    })
}

fn collected_by_hand(records: &[(u64, u64)], workers: usize) -> u64 {
    let all = joined(on_threads_of(records, workers, |part| part.iter().map(|(key, n)| mixed(*key, *n)).collect()));
    all.into_iter().fold(0, u64::wrapping_add)
}

/// A file for each turn, which is safe on disk at its end.
fn save(workers: usize) -> Sides {
    let records = pairs(KEYS);
    let blocks = records.chunks(1 << 16).map(|block| Arc::new(block.to_vec())).collect();
    let (ours, by_hand) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut turn = 0;
    Sides {
        ours: side(workers, 1, |out| {
            stream!(every = 1s, |ssc| {
                let all = ssc.source(Repeated(blocks));
                all.save_as_text_files(ours.path().join("turn"));
                all.count().collect_into(&out);
            })
        }),
        by_hand: Box::new(move || {
            turn += 1;
            let file = File::create(by_hand.path().join(turn.to_string())).unwrap();
            let mut file = BufWriter::with_capacity(1 << 16, file);
            for (key, n) in &records {
                writeln!(file, "({key},{n})").unwrap();
            }
            file.into_inner().unwrap().sync_all().unwrap();
            records.len() as u64
        }),
    }
}
