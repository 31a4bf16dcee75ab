//! What is raced for, and by whom.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use foldhash::fast::FixedState;

use super::data::{self, Text};
use super::random::Random;
use super::{on_dfir, on_microbatch, on_timely};

/// Pairs of a key and a value.
pub type Pairs = Arc<Vec<(u64, u64)>>;

/// A batch. It stays for as long as the process, so that everybody may borrow from it for as long.
#[derive(Clone, Copy)]
pub enum Input {
    Text(&'static Text),
    Pairs(&'static Pairs),
}

impl Input {
    pub fn text(&self) -> &'static Text {
        match self {
            Input::Text(text) => text,
            Input::Pairs(_) => panic!("this workload is of pairs"),
        }
    }

    pub fn pairs(&self) -> &'static Pairs {
        match self {
            Input::Pairs(pairs) => pairs,
            Input::Text(_) => panic!("this workload is of text"),
        }
    }
}

/// Runs a batch and sums up its result.
pub type Side = Box<dyn FnMut(&Input) -> u64>;

/// Gives one batch after the other.
type Inputs = Box<dyn FnMut() -> Input>;

pub struct Contestant {
    pub name: &'static str,
    /// The most workers that it can have.
    pub workers: usize,
    pub side: fn(usize) -> Side,
}

pub struct Workload {
    pub name: &'static str,
    /// Records a batch.
    pub records: usize,
    pub inputs: fn() -> Inputs,
    /// Batches a turn: several if they are short, because what a side keeps is no longer in the caches when its turn comes.
    pub batches: usize,
    /// Turns until everything has its full size.
    pub warm_up: usize,
    /// The first one is microbatch.
    pub contestants: &'static [Contestant],
}

const fn contestant(name: &'static str, workers: usize, side: fn(usize) -> Side) -> Contestant {
    Contestant { name, workers, side }
}

const MANY: usize = usize::MAX;
const LINES: usize = 100_000;
const KEYS: usize = 100_000;

/// How many batches are in a window.
pub const PANES: usize = 60;

pub const WORKLOADS: &[Workload] = &[
    Workload {
        name: "word_count",
        records: LINES * 10,
        inputs: || repeated(data::words(LINES, 100_000)),
        batches: 1,
        warm_up: 3,
        contestants: &[
            contestant("microbatch", MANY, on_microbatch::word_count),
            contestant("dfir", 1, |_| on_dfir::word_count()),
            contestant("dfir_fused", 1, |_| on_dfir::word_count_fused()),
            contestant("timely", MANY, on_timely::words::sent_then_counted),
            contestant("timely_fused", MANY, on_timely::words::counted_then_sent),
            contestant("timely_book", MANY, on_timely::words::of_the_book),
        ],
    },
    Workload {
        name: "window",
        records: KEYS,
        inputs: pairs,
        batches: 10,
        warm_up: PANES / 10 + 1,
        contestants: &[
            contestant("microbatch", MANY, on_microbatch::window),
            contestant("dfir", 1, |_| on_dfir::window()),
            contestant("dfir_fused", 1, |_| on_dfir::window_fused()),
            contestant("timely", MANY, on_timely::window::sent_then_counted),
            contestant("timely_fused", 1, on_timely::window::counted_in_place),
        ],
    },
    Workload {
        name: "csv_sum",
        records: LINES * 10,
        inputs: || repeated(data::csv(LINES * 10)),
        batches: 1,
        warm_up: 3,
        contestants: &[
            contestant("microbatch", MANY, on_microbatch::csv_sum),
            contestant("dfir", 1, |_| on_dfir::csv_sum()),
            contestant("dfir_fused", 1, |_| on_dfir::csv_sum_fused()),
            contestant("timely", MANY, on_timely::csv::chain),
            contestant("timely_fused", MANY, on_timely::csv::fused),
        ],
    },
    Workload {
        name: "campaigns",
        records: LINES,
        inputs: || repeated(data::events(LINES as u64, 0, &mut Random(4))),
        batches: 5,
        warm_up: 3,
        contestants: &[
            contestant("microbatch", MANY, on_microbatch::campaigns),
            contestant("dfir", 1, |_| on_dfir::campaigns()),
            contestant("dfir_fused", 1, |_| on_dfir::campaigns_fused()),
            contestant("timely", MANY, on_timely::campaigns::chain),
            contestant("timely_fused", MANY, on_timely::campaigns::fused),
        ],
    },
];

static CAMPAIGNS: LazyLock<HashMap<String, u32, FixedState>> = LazyLock::new(|| data::campaigns().collect());

/// The campaign of an ad.
#[inline(always)]
pub fn campaign(ad: &str) -> Option<u32> {
    CAMPAIGNS.get(ad).copied()
}

/// Takes the count of a campaign in a window into the sum. Parts of a count may be taken one by one.
#[inline(always)]
pub fn views(sum: u64, (campaign, window): (u32, u64), count: u64) -> u64 {
    sum.wrapping_add((u64::from(campaign) + 1).wrapping_mul(window).wrapping_mul(count))
}

/// The same text again and again.
fn repeated(text: Text) -> Inputs {
    let text = Box::leak(Box::new(text));
    Box::new(|| Input::Text(text))
}

/// Keys of `KEYS`, spread over all numbers; the first batch has all of them. More batches than are in a window, again and again.
fn pairs() -> Inputs {
    let mut random = Random(3);
    let mut batch = |nth: usize| -> &'static Pairs {
        let mut pick = |n| if nth == 0 { n } else { random.next() % KEYS as u64 };
        let pairs = (0..KEYS as u64).map(|n| (pick(n).wrapping_mul(0x9e37_79b9_7f4a_7c15), n)).collect();
        Box::leak(Box::new(Arc::new(pairs)))
    };
    let batches: Vec<_> = (0..PANES + 7).map(&mut batch).collect();
    let mut next = batches.into_iter().cycle();
    Box::new(move || Input::Pairs(next.next().unwrap()))
}

/// Takes a word's count into the sum over all of a side's words, which says how many there are and how their counts differ.
#[inline(always)]
pub fn word(sum: u64, count: u64) -> u64 {
    sum.wrapping_add((1 << 40) + count * count)
}

/// Takes a key's count into the sum over all of a side's keys, which says how many there are and what they hold.
#[inline(always)]
pub fn entry(sum: u64, key: u64, count: u64) -> u64 {
    sum.wrapping_add(key.wrapping_mul(count) ^ count).wrapping_add(1 << 60)
}
