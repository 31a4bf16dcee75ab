//! CSV chain: parse, filter, map, sum.

use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::Operator;
use timely::dataflow::operators::vec::{Filter, Map};
use timely::dataflow::{InputHandleVec, StreamVec};
use timely::worker::Worker;

use super::{Program, feed_text, side};
use crate::by_hand::csv_sum;
use crate::text::{lines, order};
use crate::workloads::Side;

/// An operator for each step, of timely's own. What flows between them are buffers of a few kilobytes, which `filter` changes
/// in place.
pub fn chain(workers: usize) -> Side {
    side(workers, |worker| {
        program(worker, |text| {
            let orders = text.flat_map(|text| lines(text).filter_map(|line| order(line)));
            let totals = orders.filter(|(price, _)| *price >= 1000).map(|(price, quantity)| price * quantity);
            added_up(totals, |totals| totals.iter().sum())
        })
    })
}

/// All in one operator.
pub fn fused(workers: usize) -> Side {
    side(workers, |worker| program(worker, |text| added_up(text, |texts| texts.iter().map(|text| csv_sum(text)).sum())))
}

fn program(
    worker: &mut Worker,
    dataflow: impl for<'s> FnOnce(StreamVec<'s, u64, &'static str>) -> StreamVec<'s, u64, u64>,
) -> Program {
    let mut input = InputHandleVec::new();
    worker.dataflow(|scope| {
        let sums = dataflow(input.to_stream(scope));
        let program = Program::new(feed_text(input));
        program.ends_in(sums);
        program
    })
}

/// One sum for all buffers that are there.
fn added_up<'s, D: 'static>(
    stream: StreamVec<'s, u64, D>,
    sum: impl Fn(&[D]) -> u64 + 'static,
) -> StreamVec<'s, u64, u64> {
    stream.unary::<CapacityContainerBuilder<Vec<u64>>, _, _, _>(Pipeline, "Sum", |_, _| {
        move |input, output| {
            input.for_each_stamp(|capability, buffers| {
                output.session(&capability).give(buffers.map(|buffer| sum(buffer)).sum::<u64>());
            });
        }
    })
}
