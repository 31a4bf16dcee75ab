//! The loops that one would write by hand: borrowed keys, one table, memchr, a fast hash, no framework.

use std::collections::HashMap;

use foldhash::fast::FixedState;

type Counts<'a> = HashMap<&'a str, u64, FixedState>;

/// The two halves of a text, or all of it for one worker.
fn parts(text: &str, workers: usize) -> Vec<&str> {
    super::data::cut(text, text.len() / workers).collect()
}

/// Runs `work` on one part a thread, and gives what they return in the order of the parts.
fn on_threads<'a, T: Send>(text: &'a str, workers: usize, work: impl Fn(&'a str) -> T + Sync) -> Vec<T> {
    let parts = parts(text, workers);
    if workers == 1 {
        return parts.into_iter().map(work).collect();
    }
    std::thread::scope(|scope| {
        let work = &work;
        let threads: Vec<_> = parts.into_iter().map(|part| scope.spawn(move || work(part))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    })
}

fn merge<'a>(tables: Vec<Counts<'a>>) -> Counts<'a> {
    let mut tables = tables.into_iter();
    let mut all = tables.next().unwrap_or_default();
    for (word, count) in tables.flatten() {
        *all.entry(word).or_default() += count;
    }
    all
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = memchr::memchr(b'\n', rest.as_bytes())?;
        let line = &rest[..end];
        rest = &rest[end + 1..];
        Some(line)
    })
}

pub fn word_count(text: &str, workers: usize) -> Counts<'_> {
    merge(on_threads(text, workers, |part| {
        let mut counts = Counts::default();
        for line in lines(part) {
            for word in line.split(' ') {
                *counts.entry(word).or_default() += 1;
            }
        }
        counts
    }))
}

pub fn csv_sum(text: &str, workers: usize) -> u64 {
    on_threads(text, workers, |part| {
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
    })
    .into_iter()
    .sum()
}

/// Counts per word, and the number of characters of the long words.
pub fn two_outputs(text: &str, workers: usize) -> (Counts<'_>, u64) {
    let parts = on_threads(text, workers, |part| {
        let (mut counts, mut long) = (Counts::default(), 0);
        for line in lines(part) {
            for word in line.split(' ') {
                *counts.entry(word).or_default() += 1;
                if word.len() > 7 {
                    long += word.len() as u64;
                }
            }
        }
        (counts, long)
    });
    let (counts, long): (Vec<_>, Vec<u64>) = parts.into_iter().unzip();
    (merge(counts), long.into_iter().sum())
}
