//! The input streams of a running pipeline, as the engine sees them.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::source::Input;

/// Name and state of each input stream, in the order in which they were opened.
#[derive(Default)]
pub(crate) struct Inputs(Vec<(Arc<str>, Arc<Input>)>);

impl Inputs {
    /// Adds a stream and returns its number.
    pub fn add(&mut self, stream: Arc<str>, input: Arc<Input>) -> usize {
        self.0.push((stream, input));
        self.0.len() - 1
    }

    pub fn name(&self, number: usize) -> Arc<str> {
        Arc::clone(&self.0[number].0)
    }

    /// The first stream whose receiver may still receive.
    pub fn receiving(&self) -> Option<&str> {
        self.0.iter().find(|(_, input)| input.is_receiving()).map(|(stream, _)| &**stream)
    }

    /// How much waits for a batch: records that were received, and bytes of logs.
    pub fn pending(&self) -> u64 {
        let of = |input: &Input| {
            let is_unread = input.unread.load(Ordering::Acquire);
            let unread = if is_unread { input.backlog.left.load(Ordering::Relaxed) } else { 0 };
            input.pending.load(Ordering::Acquire) + unread
        };
        self.0.iter().map(|(_, input)| of(input)).sum()
    }

    /// Everything that is left belongs to the next batch, whenever it arrived.
    pub fn close(&self) {
        self.0.iter().for_each(|(_, input)| input.closing.store(true, Ordering::Release));
    }

    /// All streams have come to their end, and everything is processed.
    pub fn have_ended(&self) -> bool {
        !self.0.is_empty() && self.0.iter().all(|(_, input)| input.is_drained())
    }
}
