//! Counts of keys in a window.

use std::hash::BuildHasher;

use foldhash::fast::FixedState;
use timely::container::{CapacityContainerBuilder, NoopBuilder};
use timely::dataflow::channels::pact::{ParallelizationContract, Pipeline};
use timely::dataflow::operators::{Capability, Operator};
use timely::dataflow::{InputHandleVec, Stream, StreamVec};
use timely::{Accountable, Container};

use super::ship::{Buffers, Shipment, by_address, owner};
use super::{Feed, program, side};
use crate::by_hand::Window;
use crate::workloads::{PANES, Side};

type Records = &'static [(u64, u64)];

/// How many records enter a dataflow at once.
const PIECE: usize = 1 << 14;

/// Each worker sends the keys of its share of the records to their owners, who count them.
pub fn sent_then_counted(workers: usize) -> Side {
    side(workers, |worker| {
        program(worker, feed, |records| {
            let buffers = Buffers::default();
            let keys = sent(records, buffers.clone());
            counted(keys, by_address(), move |window, shipment: &mut Shipment<u64>| {
                window.enter(shipment.records.iter().copied());
                buffers.give_back(std::mem::take(&mut shipment.records));
            })
        })
    })
}

/// For one worker, which has all records anyway.
pub fn counted_in_place(workers: usize) -> Side {
    side(workers, |worker| {
        program(worker, feed, |records| {
            counted(records, Pipeline, |window, batches: &mut Vec<Records>| {
                for batch in batches.drain(..) {
                    window.enter(batch.iter().map(|(key, _)| *key));
                }
            })
        })
    })
}

fn feed(mut input: InputHandleVec<u64, Records>) -> Feed {
    Box::new(move |worker, batch| {
        let records: Records = batch.pairs();
        let share = records.len().div_ceil(worker.peers());
        // Some records at once, so that what is sent is received while it is in the caches.
        for piece in records.chunks(share).nth(worker.index()).unwrap_or_default().chunks(PIECE) {
            input.send(piece);
            input.flush();
            worker.step();
        }
        input.advance_to(input.time() + 1);
    })
}

fn sent<'s>(records: StreamVec<'s, u64, Records>, buffers: Buffers<u64>) -> Stream<'s, u64, Shipment<u64>> {
    let (peers, hasher) = (records.scope().peers(), FixedState::with_seed(1));
    let mut keys: Vec<Vec<u64>> = (0..peers).map(|_| buffers.take()).collect();
    records.unary::<NoopBuilder<_>, _, _, _>(Pipeline, "Send", move |_, _| {
        move |input, output| {
            input.for_each_stamp(|capability, batches| {
                for batch in batches.flat_map(|batches| batches.drain(..)) {
                    if peers == 1 {
                        keys[0].extend(batch.iter().map(|(key, _)| *key));
                    } else {
                        batch.iter().for_each(|(key, _)| keys[owner(hasher.hash_one(key), peers)].push(*key));
                    }
                }
                let mut session = output.session_with_builder(&capability);
                for (to, keys) in keys.iter_mut().enumerate() {
                    let records = std::mem::replace(keys, buffers.take());
                    session.give_container(&mut Shipment { to, records });
                }
            });
        }
    })
}

/// Keys enter the window when they come. When the batch is complete, its window is summed up.
fn counted<'s, C: Container + Accountable, P: ParallelizationContract<u64, C>>(
    records: Stream<'s, u64, C>,
    pact: P,
    enter: impl Fn(&mut Window, &mut C) + 'static,
) -> StreamVec<'s, u64, u64> {
    let (mut window, mut batch) = (Window::default(), None::<Capability<u64>>);
    records.unary_frontier::<CapacityContainerBuilder<Vec<u64>>, _, _, _>(pact, "Count", move |_, _| {
        move |(input, frontier), output| {
            input.for_each(|capability, records| {
                if batch.is_none() {
                    batch = capability.retain_least(0);
                    window.begin(PANES);
                }
                enter(&mut window, records);
            });
            if let Some(complete) = batch.take_if(|batch| !frontier.less_equal(batch.time())) {
                output.session(&complete).give(window.sum());
            }
        }
    })
}
