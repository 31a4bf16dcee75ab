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

/// `Transaction` for what outlives a batch by means of a member that does. Not a trait with a blanket implementation: rustc
/// would then not find out which one is meant, and report what is wrong with a key or a value once more.
macro_rules! delegate_transaction {
    ($member:tt) => {
        fn commit(&mut self, time: Time, workers: &Workers) {
            Transaction::commit(&mut self.$member, time, workers);
        }
        fn rollback(&mut self) {
            Transaction::rollback(&mut self.$member);
        }
        fn size(&self) -> StateSize {
            self.$member.size()
        }
        fn describe(&self, other: Option<DescribeValue>) -> Description {
            self.$member.describe(other)
        }
        fn track(&mut self) {
            Transaction::track(&mut self.$member);
        }
        fn capture(&mut self, time: Time, everything: bool, workers: &Workers) -> Captured {
            Transaction::capture(&mut self.$member, time, everything, workers)
        }
        fn restore(&mut self, saved: &Saved<'_>, workers: &Workers) -> Result<()> {
            Transaction::restore(&mut self.$member, saved, workers)
        }
        fn wants_functions(&self) -> bool {
            Transaction::wants_functions(&self.$member)
        }
    };
}
pub(crate) use delegate_transaction;

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
