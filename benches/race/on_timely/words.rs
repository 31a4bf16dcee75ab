//! Word count.

use std::collections::HashMap;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};

use foldhash::fast::FixedState;
use timely::container::{CapacityContainerBuilder, NoopBuilder};
use timely::dataflow::channels::pact::{Exchange, Pipeline};
use timely::dataflow::operators::vec::Map;
use timely::dataflow::operators::{Capability, Operator};
use timely::dataflow::{InputHandleVec, Stream, StreamVec};

use super::ship::{Buffers, Shipment, by_address, owner};
use super::{Feed, batchwise, feed_text, program, share, side};
use crate::by_hand::Words;
use crate::text::{lines, words};
use crate::workloads::{Side, word};

/// A word with its hash.
#[derive(Clone, Copy)]
struct Hashed {
    hash: u64,
    word: &'static str,
}

impl PartialEq for Hashed {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.word == other.word
    }
}

impl Eq for Hashed {}

impl Hash for Hashed {
    #[inline]
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// Takes the hash as it is.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, _: &[u8]) {
        unreachable!("only words with their hashes are in these tables")
    }
    #[inline]
    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
    #[inline]
    fn finish(&self) -> u64 {
        self.0
    }
}

/// Counts of words by hashes that were made before.
type Table = HashMap<Hashed, u64, BuildHasherDefault<AsItIs>>;

fn summed_up(table: &mut Table) -> u64 {
    table.drain().fold(0, |sum, (_, count)| word(sum, count))
}

/// Each worker splits its share of the text and hashes the words. They go to their owners, who count them.
pub fn sent_then_counted(workers: usize) -> Side {
    side(workers, |worker| {
        program(worker, feed_text, |text| {
            let buffers = Buffers::default();
            let words = sent(text, buffers.clone());
            batchwise(
                words,
                by_address(),
                Table::default(),
                summed_up,
                move |counts, shipment: &mut Shipment<Hashed>| {
                    for word in &shipment.records {
                        *counts.entry(*word).or_default() += 1;
                    }
                    buffers.give_back(std::mem::take(&mut shipment.records));
                },
            )
        })
    })
}

/// Each worker splits its share of the text and counts the words in one operator. If there are others, the counts go to the
/// words' owners when the batch is complete.
pub fn counted_then_sent(workers: usize) -> Side {
    side(workers, |worker| {
        program(worker, feed_text, |text| {
            if text.scope().peers() == 1 {
                return batchwise(text, Pipeline, Words::default(), Words::sum, take_all);
            }
            let buffers = Buffers::default();
            let counts = counted(text, buffers.clone());
            batchwise(counts, by_address(), Table::default(), summed_up, move |all, shipment: &mut Shipment<_>| {
                for (word, count) in &shipment.records {
                    *all.entry(*word).or_default() += count;
                }
                buffers.give_back(std::mem::take(&mut shipment.records));
            })
        })
    })
}

fn take_all(counts: &mut Words, texts: &mut Vec<&'static str>) {
    texts.drain(..).for_each(|text| counts.take(text));
}

fn sent<'s>(text: StreamVec<'s, u64, &'static str>, buffers: Buffers<Hashed>) -> Stream<'s, u64, Shipment<Hashed>> {
    let (peers, hasher) = (text.scope().peers(), FixedState::default());
    let mut hashed: Vec<Vec<Hashed>> = (0..peers).map(|_| buffers.take()).collect();
    text.unary::<NoopBuilder<_>, _, _, _>(Pipeline, "Split", move |_, _| {
        move |input, output| {
            input.for_each_stamp(|capability, texts| {
                for line in texts.flat_map(|texts| texts.drain(..)).flat_map(lines) {
                    for word in words(line) {
                        let hash = hasher.hash_one(word);
                        hashed[owner(hash, peers)].push(Hashed { hash, word });
                    }
                }
                let mut session = output.session_with_builder(&capability);
                for (to, hashed) in hashed.iter_mut().enumerate() {
                    let records = std::mem::replace(hashed, buffers.take());
                    session.give_container(&mut Shipment { to, records });
                }
            });
        }
    })
}

/// A worker's own counts, as one buffer for each owner.
fn counted<'s>(
    text: StreamVec<'s, u64, &'static str>,
    buffers: Buffers<(Hashed, u64)>,
) -> Stream<'s, u64, Shipment<(Hashed, u64)>> {
    let peers = text.scope().peers();
    let (mut own, mut batch) = (Words::default(), None::<Capability<u64>>);
    text.unary_frontier::<NoopBuilder<_>, _, _, _>(Pipeline, "Split and count", move |_, _| {
        move |(input, frontier), output| {
            input.for_each(|capability, texts| {
                if batch.is_none() {
                    batch = capability.retain_least(0);
                }
                take_all(&mut own, texts);
            });
            let Some(complete) = batch.take_if(|batch| !frontier.less_equal(batch.time())) else { return };
            let mut parts: Vec<_> = (0..peers).map(|_| buffers.take()).collect();
            let hasher = own.counts.hasher().clone();
            for (word, count) in own.counts.drain() {
                let hash = hasher.hash_one(word);
                parts[owner(hash, peers)].push((Hashed { hash, word }, count));
            }
            let mut session = output.session_with_builder(&complete);
            for (to, records) in parts.into_iter().enumerate() {
                session.give_container(&mut Shipment { to, records });
            }
        }
    })
}

/// As in timely's book, but for counts that begin anew in each batch, and lines that need not be copied: owned words, sent to
/// their owners one by one, kept until the batch is complete, and counted in a table of the standard library.
pub fn of_the_book(workers: usize) -> Side {
    side(workers, |worker| {
        program(worker, feed_lines, |lines| {
            counted_as_in_the_book(lines.flat_map(|(line, diff): (&'static str, i64)| {
                words(line).map(move |word| (word.to_owned(), diff)).collect::<Vec<_>>()
            }))
        })
    })
}

fn feed_lines(mut input: InputHandleVec<u64, (&'static str, i64)>) -> Feed {
    Box::new(move |worker, batch| {
        lines(share(worker, batch)).for_each(|line| input.send((line, 1)));
        input.advance_to(input.time() + 1);
    })
}

fn counted_as_in_the_book<'s>(pairs: StreamVec<'s, u64, (String, i64)>) -> StreamVec<'s, u64, u64> {
    let hasher = FixedState::default();
    let exchange = Exchange::new(move |pair: &(String, i64)| hasher.hash_one(&pair.0));
    pairs.unary_frontier::<CapacityContainerBuilder<Vec<u64>>, _, _, _>(exchange, "WordCount", |_, _| {
        #[allow(clippy::mutable_key_type)] // as the book has it; the order of capabilities does not change
        let mut queues = HashMap::new();
        move |(input, frontier), output| {
            input.for_each_stamp(|capability, data| {
                if let Some(capability) = capability.retain_least(output.output_index()) {
                    queues.entry(capability).or_insert(Vec::new()).extend(data.map(std::mem::take));
                }
            });
            for (key, val) in queues.iter_mut() {
                if !frontier.less_equal(key.time()) {
                    let mut counts = HashMap::new();
                    for mut batch in val.drain(..) {
                        for (word, diff) in batch.drain(..) {
                            *counts.entry(word).or_insert(0i64) += diff;
                        }
                    }
                    let sum = counts.values().fold(0, |sum, count| word(sum, *count as u64));
                    output.session(key).give(sum);
                }
            }
            queues.retain(|_, val| !val.is_empty());
        }
    })
}
