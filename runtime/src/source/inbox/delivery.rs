//! The engine's end: the blocks of a batch.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crossbeam_channel::Receiver;

use super::{Common, Fill, SetAside, Stamped};
use crate::error::Result;
use crate::source::Interval;
use crate::source::log::{self, LogCursor, Place, Position, Run};
use crate::time::Time;

/// The blocks of a batch.
struct Held<B> {
    blocks: Vec<B>,
    /// Those that are in the log.
    runs: Vec<Run>,
    /// The last one that is in the log.
    last: Option<Place>,
}

impl<B> Default for Held<B> {
    fn default() -> Self {
        Held { blocks: Vec::new(), runs: Vec::new(), last: None }
    }
}

impl<B> Held<B> {
    fn push(&mut self, block: B, place: Option<Place>) {
        self.blocks.push(block);
        if let Some(place) = place {
            log::add(&mut self.runs, place);
            self.last = Some(place);
        }
    }
}

/// The engine's end.
pub(crate) struct Inbox<F: Fill> {
    common: Arc<Common<F>>,
    blocks: Receiver<Stamped<F::Sealed>>,
    /// The first block of a later batch.
    next: Option<Stamped<F::Sealed>>,
    /// The blocks of the batch that was asked for last, until it is delivered.
    held: Held<F::Sealed>,
    held_for: Option<Time>,
    cursor: Option<LogCursor>,
}

impl<F: Fill> Inbox<F> {
    pub(super) fn new(common: Arc<Common<F>>, blocks: Receiver<Stamped<F::Sealed>>, cursor: Option<LogCursor>) -> Self {
        Inbox { common, blocks, next: None, held: Held::default(), held_for: None, cursor }
    }

    /// The blocks of the batch of `interval`. What of them is in the log is on its way to the disk: `Input::settle` waits for it. Asked again for a batch that was not delivered, it gives the same ones. What an
    /// earlier run has logged and not given to a batch comes first; of that a batch gets no more than may wait for one otherwise.
    ///
    /// # Errors
    /// When the log cannot be read, or not be written. Then nothing is lost, and the batch can be asked for again.
    pub fn hold(&mut self, interval: &Interval) -> Result<&[F::Sealed]> {
        if self.held_for != Some(interval.end) {
            self.log_until(interval.end)?;
            let options = &self.common.context.options;
            let most = (options.buffered_blocks, options.buffered_bytes());
            let rest = self.cursor.as_mut().map_or_else(|| Ok(Vec::new()), |cursor| cursor.rest(most))?;
            self.give_up();
            self.held_for = Some(interval.end);
            rest.into_iter().for_each(|(place, block)| self.held.push(block, Some(place)));
            // What has come since is behind all of that in the log.
            if !self.cursor.as_ref().is_some_and(LogCursor::has_unread) {
                self.take(interval.end);
            }
        }
        if let Some((log, last)) = self.common.log.as_ref().zip(self.held.last) {
            log.give(last);
        }
        Ok(&self.held.blocks)
    }

    /// Another batch is asked for although the last one was not delivered: that was given up. What it had of the log does not come
    /// again.
    fn give_up(&mut self) {
        if self.held.last.is_some() {
            self.held.runs.clear();
            self.delivered();
        }
        self.held = Held::default();
    }

    /// The batch that was asked for last is delivered.
    pub fn delivered(&mut self) {
        let Held { runs, last, .. } = std::mem::take(&mut self.held);
        let end = last.map(|place| Position { segment: place.segment, offset: place.end });
        if let (Some(cursor), Some(time)) = (&mut self.cursor, self.held_for) {
            cursor.give(time, runs, end);
        }
    }

    /// The blocks of a batch of an earlier run.
    pub fn again(&mut self, interval: &Interval, extent: &[u8]) -> Result<Vec<F::Sealed>> {
        self.cursor.as_mut().map_or_else(|| Ok(Vec::new()), |cursor| cursor.again(interval.end, extent))
    }

    pub fn cursor(&self) -> Option<&LogCursor> {
        self.cursor.as_ref()
    }

    pub fn cursor_mut(&mut self) -> Option<&mut LogCursor> {
        self.cursor.as_mut()
    }

    /// With a log: what belongs to a batch goes into it.
    fn log_until(&mut self, end: Time) -> Result<()> {
        if self.common.log.is_none() {
            return Ok(());
        }
        let mut shelf = self.common.lock();
        if shelf.interval < end {
            self.common.seal(&mut shelf);
        }
        drop(shelf);
        let logged = self.common.log_out(None);
        // Blocks of later batches can wait.
        let is_short = self.common.lock().aside.iter().any(|SetAside { block, .. }| block.interval < end);
        if is_short { logged } else { Ok(()) }
    }

    fn take(&mut self, end: Time) {
        let input = &self.common.context.input;
        let mut given = 0;
        let mut shelf = self.common.lock();
        self.next = loop {
            let next = self.next.take().or_else(|| self.blocks.try_recv().ok()).or_else(|| shelf.take_waiting());
            match next {
                Some(Stamped { interval, records, bytes, block, place }) if interval < end => {
                    given += records;
                    shelf.ready = shelf.ready.saturating_sub(bytes);
                    self.held.push(block, place);
                }
                next => break next,
            }
        };
        if self.common.log.is_none() && self.next.is_none() && shelf.interval < end {
            given += shelf.fill.records();
            self.held.blocks.extend(shelf.fill.seal());
        }
        input.pending.fetch_sub(given, Ordering::AcqRel);
        drop(shelf);
        self.common.room.notify_all();
    }
}

impl<F: Fill> Drop for Inbox<F> {
    fn drop(&mut self) {
        self.common.closed.store(true, Ordering::Release);
        // Whoever writes to the log now is done before another run can open it.
        drop(self.common.lock_log());
        self.common.room.notify_all();
    }
}

/// What a source that has an inbox leaves to it.
macro_rules! logged_by_inbox {
    () => {
        fn is_replayable(&self) -> bool {
            self.inbox.as_ref().and_then(|inbox| inbox.cursor()).is_some_and(|cursor| cursor.is_written())
        }

        fn position(&self) -> Vec<u8> {
            self.inbox.as_ref().and_then(|inbox| inbox.cursor()).map_or_else(Vec::new, |cursor| cursor.position())
        }

        fn seek(&mut self, position: &[u8]) -> $crate::error::Result<()> {
            let cursor = self.inbox.as_mut().and_then(|inbox| inbox.cursor_mut());
            cursor.map_or(Ok(()), |cursor| cursor.seek(position))
        }

        fn extent(&self) -> Vec<u8> {
            self.inbox.as_ref().and_then(|inbox| inbox.cursor()).map_or_else(Vec::new, |cursor| cursor.extent())
        }

        fn checkpointed(&mut self, time: $crate::time::Time) {
            self.inbox
                .as_mut()
                .and_then(|inbox| inbox.cursor_mut())
                .iter_mut()
                .for_each(|cursor| cursor.checkpointed(time));
        }
    };
}
pub(crate) use logged_by_inbox;
