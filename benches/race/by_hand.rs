//! What an operator or a closure of one's own can hold: the loops that one would write by hand for the one job.

use std::collections::{HashMap, VecDeque};

use foldhash::fast::FixedState;

use super::data::CAMPAIGNS;
use super::text::{event, lines, order, window, words};
use super::workloads::{campaign, entry, views, word};

/// The words of a batch and their counts. The table stays as large as it was.
#[derive(Default)]
pub struct Words {
    pub counts: HashMap<&'static str, u64, FixedState>,
}

impl Words {
    pub fn take(&mut self, text: &'static str) {
        for line in lines(text) {
            for word in words(line) {
                *self.counts.entry(word).or_default() += 1;
            }
        }
    }

    /// Empties the table.
    pub fn sum(&mut self) -> u64 {
        self.counts.drain().fold(0, |sum, (_, count)| word(sum, count))
    }
}

pub fn csv_sum(text: &str) -> u64 {
    let mut sum = 0;
    for line in lines(text) {
        if let Some((price, quantity)) = order(line)
            && price >= 1000
        {
            sum += price * quantity;
        }
    }
    sum
}

/// Counts of keys in a window, and the numbers of all records in it: a record leaves without a look at the table.
#[derive(Default)]
pub struct Window {
    /// The number of each key, so that the rest can be kept side by side.
    numbers: HashMap<u64, u32, FixedState>,
    keys: Vec<u64>,
    counts: Vec<u64>,
    /// Numbers of keys that have left.
    free: Vec<u32>,
    panes: VecDeque<Vec<u32>>,
}

impl Window {
    /// Begins a batch. The oldest one leaves if there are `panes` already.
    pub fn begin(&mut self, panes: usize) {
        let mut pane = Vec::new();
        if self.panes.len() == panes {
            pane = self.panes.pop_front().unwrap();
            self.leave(&mut pane);
        }
        self.panes.push_back(pane);
    }

    fn leave(&mut self, pane: &mut Vec<u32>) {
        for number in pane.drain(..) {
            let count = &mut self.counts[number as usize];
            *count -= 1;
            if *count == 0 {
                self.numbers.remove(&self.keys[number as usize]);
                self.free.push(number);
            }
        }
    }

    /// Records of the batch that has begun.
    pub fn enter(&mut self, keys: impl ExactSizeIterator<Item = u64>) {
        let pane = self.panes.back_mut().unwrap();
        pane.reserve(keys.len());
        for key in keys {
            let number = *self.numbers.entry(key).or_insert_with(|| {
                let number = self.free.pop().unwrap_or(self.keys.len() as u32);
                if number as usize == self.keys.len() {
                    self.keys.push(key);
                    self.counts.push(0);
                }
                self.keys[number as usize] = key;
                number
            });
            self.counts[number as usize] += 1;
            pane.push(number);
        }
    }

    pub fn sum(&self) -> u64 {
        let counts = self.keys.iter().zip(&self.counts).filter(|(_, count)| **count > 0);
        counts.fold(0, |sum, (key, count)| entry(sum, *key, *count))
    }
}

/// Views of each campaign in each window. Hardly ever is there more than one window at a time.
#[derive(Default)]
pub struct Views {
    windows: Vec<(u64, [u64; CAMPAIGNS as usize])>,
}

impl Views {
    pub fn take(&mut self, text: &str) {
        for line in lines(text) {
            if let Some((ad, "view", time)) = event(line)
                && let Some(campaign) = campaign(ad)
                && let Some(window) = window(time)
            {
                self.add((campaign, window));
            }
        }
    }

    #[inline(always)]
    pub fn add(&mut self, (campaign, window): (u32, u64)) {
        let at = self.windows.iter().rposition(|(number, _)| *number == window).unwrap_or_else(|| {
            self.windows.push((window, [0; CAMPAIGNS as usize]));
            self.windows.len() - 1
        });
        self.windows[at].1[campaign as usize] += 1;
    }

    /// Forgets all windows.
    pub fn sum(&mut self) -> u64 {
        let windows = self.windows.drain(..);
        let counts = windows.flat_map(|(window, counts)| (0..).zip(counts).map(move |(n, count)| ((n, window), count)));
        counts.fold(0, |sum, (key, count)| views(sum, key, count))
    }
}
