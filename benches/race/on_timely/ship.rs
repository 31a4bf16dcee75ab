//! An exchange of whole buffers. Timely's own looks at every record once more, and copies it.

use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;

use timely::Accountable;
use timely::bytes::arc::Bytes;
use timely::communication::Push;
use timely::dataflow::channels::pact::DistributorPact;
use timely::dataflow::channels::pushers::exchange::Distributor;
use timely::dataflow::channels::{ContainerBytes, Message};
use timely::progress::Stamp;

/// Records for one worker. They stay where they are when they are sent, because all workers are in one process.
pub struct Shipment<T> {
    pub to: usize,
    pub records: Vec<T>,
}

impl<T> Default for Shipment<T> {
    fn default() -> Self {
        Shipment { to: 0, records: Vec::new() }
    }
}

impl<T> Accountable for Shipment<T> {
    fn record_count(&self) -> i64 {
        self.records.len() as i64
    }
}

/// Never called within one process.
impl<T> ContainerBytes for Shipment<T> {
    fn from_bytes(_: Bytes) -> Self {
        unreachable!("timely writes nothing to bytes within one process")
    }
    fn length_in_bytes(&self) -> usize {
        unreachable!("timely writes nothing to bytes within one process")
    }
    fn into_bytes<W: Write>(&self, _: &mut W) {
        unreachable!("timely writes nothing to bytes within one process")
    }
}

pub struct ByAddress;

impl<C: Default> Distributor<C> for ByAddress
where
    C: Addressed,
{
    fn partition<T: Clone, P: Push<Message<T, C>>>(&mut self, shipment: &mut C, stamp: &Stamp<T>, pushers: &mut [P]) {
        let to = shipment.to();
        Message::push_at(shipment, stamp.clone(), &mut pushers[to]);
    }
    fn flush<T: Clone, P: Push<Message<T, C>>>(&mut self, _: &Stamp<T>, _: &mut [P]) {}
}

pub trait Addressed {
    fn to(&self) -> usize;
}

impl<T> Addressed for Shipment<T> {
    fn to(&self) -> usize {
        self.to
    }
}

pub fn by_address() -> DistributorPact<fn(usize) -> ByAddress> {
    DistributorPact(|_| ByAddress)
}

/// The worker that owns a hash, by bits that tables look at neither first nor last: a table of one worker's keys is as good as
/// one of all keys.
#[inline(always)]
pub fn owner(hash: u64, peers: usize) -> usize {
    ((((hash >> 24) & 0xffff_ffff) * peers as u64) >> 32) as usize
}

/// Empty buffers of a worker. It gets about as many as it sends, so none is made in the long run.
pub struct Buffers<T>(Rc<RefCell<Vec<Vec<T>>>>);

impl<T> Clone for Buffers<T> {
    fn clone(&self) -> Self {
        Buffers(Rc::clone(&self.0))
    }
}

impl<T> Default for Buffers<T> {
    fn default() -> Self {
        Buffers(Rc::default())
    }
}

impl<T> Buffers<T> {
    pub fn take(&self) -> Vec<T> {
        self.0.borrow_mut().pop().unwrap_or_default()
    }

    pub fn give_back(&self, mut buffer: Vec<T>) {
        buffer.clear();
        self.0.borrow_mut().push(buffer);
    }
}
