//! Programs of Timely Dataflow. Their workers are threads that live as long as the side; a batch is one time.

pub mod campaigns;
pub mod csv;
mod ship;
pub mod window;
pub mod words;

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use timely::communication::WorkerGuards;
use timely::container::CapacityContainerBuilder;
use timely::dataflow::channels::pact::ParallelizationContract;
use timely::dataflow::operators::{Capability, Inspect, Operator, Probe};
use timely::dataflow::{InputHandleVec, ProbeHandle, Stream, StreamVec};
use timely::worker::Worker;
use timely::{Config, Container};

use super::data;
use super::workloads::{Input, Side};

/// Hands a worker's share of a batch to its dataflow, and closes the batch's time.
type Feed = Box<dyn FnMut(&mut Worker, &Input)>;

/// A worker's dataflow. What it finds of a batch's result is added up in `sum`.
pub struct Program {
    feed: Feed,
    probe: ProbeHandle<u64>,
    sum: Rc<Cell<u64>>,
}

impl Program {
    fn new(feed: Feed) -> Self {
        Program { feed, probe: ProbeHandle::new(), sum: Rc::default() }
    }

    /// The end of the dataflow: parts of the batch's sum.
    fn ends_in(&self, sums: StreamVec<'_, u64, u64>) {
        let all = Rc::clone(&self.sum);
        sums.inspect(move |sum| all.set(all.get().wrapping_add(*sum))).probe_with(&self.probe);
    }

    /// Steps until all workers are done with the batch. Who has to wait for another spins for a while, and then gives way to
    /// what else is on the machine, but does not sleep.
    fn run(&mut self, worker: &mut Worker, time: u64, batch: &Input) -> u64 {
        (self.feed)(worker, batch);
        let mut steps = 0;
        while self.probe.less_than(&(time + 1)) {
            worker.step();
            steps += 1;
            if steps > SPINS {
                thread::yield_now();
            }
        }
        self.sum.take()
    }
}

/// Steps after the last piece of a batch until a worker gives way: some tens of microseconds.
const SPINS: usize = 1000;

/// Channels to the workers. Without them they end, which dropping the guards waits for.
struct Workers {
    inputs: Vec<Sender<Input>>,
    sums: Receiver<u64>,
    _guards: WorkerGuards<()>,
}

/// The program on so many workers. Between batches they sleep.
pub fn side(workers: usize, build: fn(&mut Worker) -> Program) -> Side {
    let (inputs, receivers): (Vec<_>, Vec<_>) = (0..workers).map(|_| channel::<Input>()).unzip();
    let receivers = Mutex::new(receivers.into_iter().map(Some).collect::<Vec<_>>());
    let (results, sums) = channel();
    let config = if workers == 1 { Config::thread() } else { Config::process(workers) };
    let guards = timely::execute(config, move |worker| {
        let batches = receivers.lock().unwrap()[worker.index()].take().unwrap();
        let mut program = build(worker);
        for (time, batch) in batches.iter().enumerate() {
            results.send(program.run(worker, time as u64, &batch)).unwrap();
        }
    });
    let all = Workers { inputs, sums, _guards: guards.unwrap() };
    Box::new(move |batch| {
        let all = &all;
        all.inputs.iter().for_each(|input| input.send(*batch).unwrap());
        all.inputs.iter().fold(0, |sum, _| all.sums.recv().unwrap().wrapping_add(sum))
    })
}

/// A worker's program of one input, with what feeds it.
fn program<D: Clone + 'static>(
    worker: &mut Worker,
    feed: fn(InputHandleVec<u64, D>) -> Feed,
    dataflow: impl for<'s> FnOnce(StreamVec<'s, u64, D>) -> StreamVec<'s, u64, u64>,
) -> Program {
    let mut input = InputHandleVec::new();
    worker.dataflow(|scope| {
        let sums = dataflow(input.to_stream(scope));
        let program = Program::new(feed(input));
        program.ends_in(sums);
        program
    })
}

/// A worker's share of a text.
fn share(worker: &Worker, batch: &Input) -> &'static str {
    let text = &batch.text().text;
    data::cut(text, text.len().div_ceil(worker.peers())).nth(worker.index()).unwrap_or_default()
}

/// Bytes of text that enter a dataflow at once.
const PIECE: usize = 1 << 15;

/// Feeds text in small pieces, with a step after each, so that what flows between operators stays in the processor's caches.
fn feed_text(mut input: InputHandleVec<u64, &'static str>) -> Feed {
    Box::new(move |worker, batch| {
        for piece in data::cut(share(worker, batch), PIECE) {
            input.send(piece);
            input.flush();
            worker.step();
        }
        input.advance_to(input.time() + 1);
    })
}

/// What comes is taken into `state`. When the batch is complete, `sum` gives what is handed on of it, and empties it.
pub fn batchwise<'s, S: 'static, C: Container, P: ParallelizationContract<u64, C>>(
    stream: Stream<'s, u64, C>,
    pact: P,
    mut state: S,
    sum: fn(&mut S) -> u64,
    take: impl Fn(&mut S, &mut C) + 'static,
) -> StreamVec<'s, u64, u64> {
    let mut batch = None::<Capability<u64>>;
    stream.unary_frontier::<CapacityContainerBuilder<Vec<u64>>, _, _, _>(pact, "Count", move |_, _| {
        move |(input, frontier), output| {
            input.for_each(|capability, records| {
                if batch.is_none() {
                    batch = capability.retain_least(0);
                }
                take(&mut state, records);
            });
            if let Some(complete) = batch.take_if(|batch| !frontier.less_equal(batch.time())) {
                output.session(&complete).give(sum(&mut state));
            }
        }
    })
}
