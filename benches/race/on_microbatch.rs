//! The pipelines as a user writes them.

use std::sync::{Arc, Mutex};

use microbatch::TextBlock;
use microbatch::prelude::*;
use microbatch::source::{Interval, Source};

use super::text::{event, order, window as window_of, words};
use super::workloads::{Input, PANES, Side, campaign, entry, views, word};

/// A source that gives what was put into it.
struct Feed<B>(Arc<Mutex<Vec<Arc<B>>>>);

impl Source for Feed<TextBlock> {
    type Block = TextBlock;
    fn batch(&mut self, _: &Interval) -> microbatch::Result<Vec<Arc<TextBlock>>> {
        Ok(std::mem::take(&mut *self.0.lock().unwrap()))
    }
}

impl Source for Feed<Vec<(u64, u64)>> {
    type Block = Vec<(u64, u64)>;
    fn batch(&mut self, _: &Interval) -> microbatch::Result<Vec<Arc<Self::Block>>> {
        Ok(std::mem::take(&mut *self.0.lock().unwrap()))
    }
}

fn side<B: Send + Sync + 'static, P: Pipeline + Send + 'static>(
    workers: usize,
    pipeline: fn(Feed<B>, Collector<u64>) -> P,
    blocks: fn(&Input) -> Vec<Arc<B>>,
) -> Side {
    let (feed, out) = (Arc::default(), Collector::default());
    let pipeline = pipeline(Feed(Arc::clone(&feed)), out.clone());
    let mut context = StreamingContext::new(pipeline).workers(workers).manual().unwrap();
    Box::new(move |batch| {
        *feed.lock().unwrap() = blocks(batch);
        context.advance(1).unwrap();
        out.take().into_iter().flat_map(|(_, sums)| sums).fold(0, u64::wrapping_add)
    })
}

pub fn word_count(workers: usize) -> Side {
    side(workers, count_words, |batch| batch.text().blocks.clone())
}

fn count_words(feed: Feed<TextBlock>, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let counts = ssc.source(feed).flat_map(|line| words(line)).map(|word| (word, 1u64)).reduce_by_key(|a, b| a + b);
        counts.map(|(_, count)| word(0, count)).reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

pub fn window(workers: usize) -> Side {
    side(workers, count_in_window, |batch| vec![Arc::clone(batch.pairs())])
}

fn count_in_window(feed: Feed<Vec<(u64, u64)>>, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let clicks = ssc.source(feed).map(|(user, _)| (user, 1u64));
        let length = Duration::from_secs(PANES as u64);
        let counts = clicks.reduce_by_key_and_window(|a, b| a + b, |sum, left| sum - left, length, 1s);
        counts.map(|(user, count)| entry(0, user, count)).reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}

pub fn csv_sum(workers: usize) -> Side {
    side(workers, sum_orders, |batch| batch.text().blocks.clone())
}

fn sum_orders(feed: Feed<TextBlock>, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let orders = ssc.source(feed).filter_map(|line| order(line)).filter(|(price, _)| *price >= 1000);
        orders.map(|(price, quantity)| price * quantity).reduce(|a, b| a + b).collect_into(&out);
    })
}

pub fn campaigns(workers: usize) -> Side {
    side(workers, count_views, |batch| batch.text().blocks.clone())
}

fn count_views(feed: Feed<TextBlock>, out: Collector<u64>) -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let events = ssc.source(feed).filter_map(|line| event(line));
        let viewed = events.filter(|(_, kind, _)| *kind == "view").map(|(ad, _, time)| (ad, time));
        let pairs = viewed.filter_map(|(ad, time)| Some(((campaign(ad)?, window_of(time)?), 1u64)));
        let counts = pairs.reduce_by_key(|a, b| a + b);
        counts.map(|(key, count)| views(0, key, count)).reduce(|a, b| a.wrapping_add(b)).collect_into(&out);
    })
}
