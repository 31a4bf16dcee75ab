//! What outlives a batch.

use std::any::Any;
use std::sync::Arc;

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

    /// What other threads can ask for the contents, if they can.
    fn queries(&mut self) -> Option<Arc<dyn Any + Send + Sync>> {
        None
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
