//! The receiver's end: filling blocks, and waiting for room.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Sender, TrySendError};

use super::{Common, Fill, Shelf, Stamped};
use crate::error::{Error, Result};
use crate::source::SourceContext;

/// How often somebody who waits for room looks whether the context stops.
const LOOK_UP: Duration = Duration::from_millis(20);

/// The receiver's end. Clones feed the same blocks.
pub(crate) struct Feed<F: Fill> {
    pub(super) common: Arc<Common<F>>,
    blocks: Sender<Stamped<F::Sealed>>,
    /// Somebody else feeds by now. It is set and looked at with the shelf.
    replaced: Arc<AtomicBool>,
}

impl<F: Fill> Clone for Feed<F> {
    fn clone(&self) -> Self {
        let Feed { common, blocks, replaced } = self;
        Feed { common: Arc::clone(common), blocks: blocks.clone(), replaced: Arc::clone(replaced) }
    }
}

impl<F: Fill> Feed<F> {
    pub(super) fn new(common: &Arc<Common<F>>, blocks: Sender<Stamped<F::Sealed>>) -> Self {
        Feed { common: Arc::clone(common), blocks, replaced: Arc::default() }
    }

    /// A feed of the same blocks that can be replaced without this one.
    pub fn for_a_run(&self) -> Self {
        Feed { replaced: Arc::default(), ..self.clone() }
    }

    /// From now on nothing more comes by this feed and its clones: who waits for room is refused as well. What was put before is in
    /// the log if there is one, unless that fails.
    pub fn replace(&self) {
        let (shelf, _) = self.log_first(self.common.lock());
        self.replaced.store(true, Ordering::Release);
        drop(shelf);
        self.common.room.notify_all();
    }

    /// Whether the engine has let go of the source.
    pub fn is_closed(&self) -> bool {
        self.common.is_closed()
    }

    /// Whether it may be fed.
    ///
    /// # Errors
    /// When the context has ended, or the feed was replaced.
    pub fn check(&self) -> Result<()> {
        let is_over = self.is_closed() || self.replaced.load(Ordering::Acquire);
        if is_over { Err(Error::Stopped) } else { Ok(()) }
    }

    /// Lets `put` add to the current block; waits first until there is room. `put` must not wait for anything.
    ///
    /// # Errors
    /// When the context has ended, or the feed was replaced. Then `put` is not called.
    pub fn put<R>(&self, put: impl FnOnce(&mut F) -> R) -> Result<R> {
        let mut shelf = self.open_shelf(false)?;
        let before = shelf.fill.records();
        let result = put(&mut shelf.fill);
        let records = shelf.fill.records() - before;
        self.count(&mut shelf, records);
        if shelf.fill.is_full() {
            self.common.seal(&mut shelf);
            self.flush(&mut shelf);
        }
        let is_aside = !shelf.aside.is_empty();
        drop(shelf);
        if is_aside {
            // What cannot be logged stays aside; who puts next waits for it.
            let _ = self.common.log_out(None);
        }
        Ok(result)
    }

    /// Adds a block that was made elsewhere, behind what was put before. With a log the block is in it then.
    ///
    /// # Errors
    /// When the context has ended, the feed was replaced or the log cannot be written. Then the block is not added.
    pub fn put_block(&self, block: F::Sealed, records: u64) -> Result<()> {
        let mut shelf = self.open_shelf(true)?;
        self.common.seal(&mut shelf);
        self.count(&mut shelf, records);
        let interval = shelf.interval;
        let ticket = self.common.add(&mut shelf, interval, records, block);
        self.flush(&mut shelf);
        drop(shelf);
        let logged = self.common.log_out(ticket);
        if logged.is_err() {
            let input = &self.common.context.input;
            input.received.fetch_sub(records, Ordering::AcqRel);
            input.pending.fetch_sub(records, Ordering::AcqRel);
        }
        logged
    }

    fn count(&self, shelf: &mut Shelf<F>, records: u64) {
        let SourceContext { input, clock, .. } = &self.common.context;
        shelf.allowance.spend(records, &input.limit, || clock.now());
        input.received.fetch_add(records, Ordering::AcqRel);
        input.pending.fetch_add(records, Ordering::AcqRel);
    }

    /// The current block, of the current interval.
    fn open_shelf(&self, is_acknowledged: bool) -> Result<MutexGuard<'_, Shelf<F>>> {
        let mut shelf = self.wait_for_room(is_acknowledged)?;
        let context = &self.common.context;
        let interval = context.clock.now().floor(context.every);
        if shelf.interval != interval {
            self.common.seal(&mut shelf);
            self.flush(&mut shelf);
            shelf.interval = interval;
        }
        Ok(shelf)
    }

    /// Waits until nothing is on its way. Who acknowledges what it puts does not wait for a log that fails.
    fn wait_for_room(&self, is_acknowledged: bool) -> Result<MutexGuard<'_, Shelf<F>>> {
        let SourceContext { stop, options, .. } = &self.common.context;
        let mut shelf = self.common.lock();
        loop {
            let logged;
            (shelf, logged) = self.log_first(shelf);
            self.flush(&mut shelf);
            self.check()?;
            if is_acknowledged {
                logged?;
            }
            // While stopping, a receiver may hand over what it holds; one that does not end is refused at some point.
            let blocks = shelf.waiting.len() + shelf.aside.len();
            let stopping = blocks > 0 && stop.is_requested();
            let pause = self.pause(&mut shelf).filter(|_| !stop.is_requested());
            let may_keep = || blocks < options.buffered_blocks.max(16) && shelf.kept_back() < options.buffered_bytes();
            if blocks == 0 && pause.is_none() || stopping && may_keep() {
                return Ok(shelf);
            }
            if stopping {
                return Err(Error::Stopped);
            }
            let wait = pause.map_or(LOOK_UP, |pause| pause.min(LOOK_UP));
            shelf = self.common.room.wait_timeout(shelf, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Nobody puts anything beside what is not logged yet.
    fn log_first<'a>(&'a self, mut shelf: MutexGuard<'a, Shelf<F>>) -> (MutexGuard<'a, Shelf<F>>, Result<()>) {
        while !shelf.aside.is_empty() {
            drop(shelf);
            let logged = self.common.log_out(None);
            shelf = self.common.lock();
            if logged.is_err() {
                return (shelf, logged);
            }
        }
        (shelf, Ok(()))
    }

    /// How long the limit of the rate keeps records back.
    fn pause(&self, shelf: &mut Shelf<F>) -> Option<Duration> {
        let SourceContext { input, clock, .. } = &self.common.context;
        shelf.allowance.wait(&input.limit, || clock.now())
    }

    /// Moves blocks into the channel as far as there is room: for one there always is.
    fn flush(&self, shelf: &mut Shelf<F>) {
        let most = self.common.context.options.buffered_bytes();
        while let Some(block) = shelf.waiting.pop_front() {
            let ready = shelf.ready.saturating_add(block.bytes);
            if shelf.ready > 0 && ready > most {
                return shelf.waiting.push_front(block);
            }
            match self.blocks.try_send(block) {
                Ok(()) => shelf.ready = ready,
                Err(TrySendError::Full(block) | TrySendError::Disconnected(block)) => {
                    return shelf.waiting.push_front(block);
                }
            }
        }
    }
}
