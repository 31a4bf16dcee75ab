//! What outlives a batch.

use std::any::Any;
use std::sync::Arc;

use crate::error::Result;
use crate::saved::{Captured, DescribeValue, Description, Saved};
use crate::stage::Workers;
use crate::time::Time;

/// Windows and states: they change with a batch, and must be as before when it fails.
pub trait Transaction {
    /// The batch of this time is done: what it changed stays.
    fn commit(&mut self, time: Time, workers: &Workers);

    /// The batch has failed: back to what the last commit left. Calls no function of the user.
    fn rollback(&mut self);

    /// How much is remembered.
    fn size(&self) -> StateSize;

    /// What a checkpoint says of it; with `other`, as if its values were of another type.
    fn describe(&self, other: Option<DescribeValue>) -> Description;

    /// There will be checkpoints: what changes between two of them is to be noted.
    fn track(&mut self) {}

    /// What a checkpoint after the batch of `time` writes: what changed since the last one, or everything.
    fn capture(&mut self, time: Time, everything: bool, workers: &Workers) -> Captured;

    /// Takes in what an earlier run has captured, in place of what there is.
    ///
    /// # Errors
    /// When it cannot be read.
    fn restore(&mut self, saved: &Saved<'_>, workers: &Workers) -> Result<()>;

    /// Whether it was restored and waits for the functions of its operator, which come with a batch.
    fn wants_functions(&self) -> bool {
        false
    }

    /// What other threads can ask for the contents, if they can.
    fn queries(&mut self) -> Option<Arc<dyn Any + Send + Sync>> {
        None
    }
}

/// What outlives a batch by means of something else that does.
pub trait Delegates {
    /// What it consists of.
    type Inner: Transaction;
    /// To be asked.
    fn inner(&self) -> &Self::Inner;
    /// To be changed.
    fn inner_mut(&mut self) -> &mut Self::Inner;
}

impl<T: Delegates> Transaction for T {
    fn commit(&mut self, time: Time, workers: &Workers) {
        self.inner_mut().commit(time, workers);
    }
    fn rollback(&mut self) {
        self.inner_mut().rollback();
    }
    fn size(&self) -> StateSize {
        self.inner().size()
    }
    fn describe(&self, other: Option<DescribeValue>) -> Description {
        self.inner().describe(other)
    }
    fn track(&mut self) {
        self.inner_mut().track();
    }
    fn capture(&mut self, time: Time, everything: bool, workers: &Workers) -> Captured {
        self.inner_mut().capture(time, everything, workers)
    }
    fn restore(&mut self, saved: &Saved<'_>, workers: &Workers) -> Result<()> {
        self.inner_mut().restore(saved, workers)
    }
    fn wants_functions(&self) -> bool {
        self.inner().wants_functions()
    }
    fn queries(&mut self) -> Option<Arc<dyn Any + Send + Sync>> {
        self.inner_mut().queries()
    }
}

/// How much a window or a stateful operator remembers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateSize {
    /// How many keys, or records of a window without keys.
    pub entries: u64,
    /// The memory of the tables, without what keys and values hold elsewhere, such as the text of strings.
    pub bytes: u64,
    /// The time of the oldest entry, where times are kept.
    pub oldest: Option<Time>,
}
