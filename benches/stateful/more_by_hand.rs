//! Programs for lists, texts, and windows over all records, as one would write them first: tables of lists, and of strings.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;

use super::by_hand::Job;
use super::workloads::entry;

/// The values of each key in the window, and the keys of each pane.
pub struct Groups {
    groups: HashMap<u64, VecDeque<u64>, FixedState>,
    panes: VecDeque<Vec<u64>>,
    length: usize,
}

impl Groups {
    pub fn new(length: usize) -> Self {
        Groups { groups: HashMap::default(), panes: VecDeque::new(), length }
    }
}

impl Job for Groups {
    fn batch(&mut self, records: &[(u64, u64)]) -> u64 {
        if self.panes.len() == self.length {
            for key in self.panes.pop_front().unwrap_or_default() {
                let values = self.groups.get_mut(&key).unwrap();
                values.pop_front();
                if values.is_empty() {
                    self.groups.remove(&key);
                }
            }
        }
        for (key, value) in records {
            self.groups.entry(*key).or_default().push_back(*value);
        }
        self.panes.push_back(records.iter().map(|(key, _)| *key).collect());
        self.groups.iter().fold(0, |sum, (key, values)| entry(sum, *key, values[0] ^ values.len() as u64))
    }
}

/// The batches of the window, and their sum.
pub struct Whole {
    panes: VecDeque<Vec<(u64, u64)>>,
    length: usize,
}

impl Whole {
    pub fn new(length: usize) -> Self {
        Whole { panes: VecDeque::new(), length }
    }
}

impl Job for Whole {
    fn batch(&mut self, records: &[(u64, u64)]) -> u64 {
        if self.panes.len() == self.length {
            self.panes.pop_front();
        }
        self.panes.push_back(records.to_vec());
        self.panes.iter().flatten().fold(0, |sum, (key, value)| entry(sum, *key, *value))
    }
}

/// Sums of keys that are texts.
#[derive(Default)]
pub struct Texts {
    sums: HashMap<String, u64, FixedState>,
}

impl Job for Texts {
    fn batch(&mut self, records: &[(u64, u64)]) -> u64 {
        records.iter().fold(0, |sum, (key, value)| {
            let text = key.to_string();
            let total = self.sums.entry(text).or_default();
            *total += value;
            entry(sum, *key % 1000, *total)
        })
    }
}

/// How often each key is in the window.
struct Occurrences<K> {
    counts: HashMap<K, u64, FixedState>,
    panes: VecDeque<Vec<K>>,
    length: usize,
}

impl<K: Hash + Eq + Clone> Occurrences<K> {
    fn new(length: usize) -> Self {
        Occurrences { counts: HashMap::default(), panes: VecDeque::new(), length }
    }

    fn slide(&mut self, pane: Vec<K>) {
        if self.panes.len() == self.length {
            for key in self.panes.pop_front().unwrap_or_default() {
                let count = self.counts.get_mut(&key).unwrap();
                *count -= 1;
                if *count == 0 {
                    self.counts.remove(&key);
                }
            }
        }
        for key in &pane {
            *self.counts.entry(key.clone()).or_default() += 1;
        }
        self.panes.push_back(pane);
    }
}

/// Counts of texts.
pub struct TextCounts(Occurrences<String>);

impl TextCounts {
    pub fn new(length: usize) -> Self {
        TextCounts(Occurrences::new(length))
    }
}

impl Job for TextCounts {
    fn batch(&mut self, records: &[(u64, u64)]) -> u64 {
        self.0.slide(records.iter().map(|(key, _)| key.to_string()).collect());
        let counts = self.0.counts.iter();
        counts.fold(0, |sum, (key, count)| entry(sum, FixedState::with_seed(7).hash_one(key.len()), *count))
    }
}

/// How many different keys there are.
pub struct Distincts(Occurrences<u64>);

impl Distincts {
    pub fn new(length: usize) -> Self {
        Distincts(Occurrences::new(length))
    }
}

impl Job for Distincts {
    fn batch(&mut self, records: &[(u64, u64)]) -> u64 {
        self.0.slide(records.iter().map(|(key, _)| *key).collect());
        self.0.counts.len() as u64
    }
}
