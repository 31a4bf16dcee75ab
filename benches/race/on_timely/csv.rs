//! CSV chain: parse, filter, map, sum.

use timely::container::CapacityContainerBuilder;
use timely::dataflow::StreamVec;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::Operator;
use timely::dataflow::operators::vec::{Filter, Map};

use super::{feed_text, program, side};
use crate::by_hand::csv_sum;
use crate::text::{lines, order};
use crate::workloads::Side;

/// An operator for each step, of timely's own. What flows between them are buffers of a few kilobytes, which `filter` changes
/// in place.
pub fn chain(workers: usize) -> Side {
    side(workers, |worker| {
        program(worker, feed_text, |text| {
            let orders = text.flat_map(|text| lines(text).filter_map(|line| order(line)));
            let totals = orders.filter(|(price, _)| *price >= 1000).map(|(price, quantity)| price * quantity);
            added_up(totals, |totals| totals.iter().sum())
        })
    })
}

/// All in one operator.
pub fn fused(workers: usize) -> Side {
    side(workers, |worker| {
        program(worker, feed_text, |text| added_up(text, |texts| texts.iter().map(|text| csv_sum(text)).sum()))
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
