//! From a receiver to the engine: records are put together to blocks, and the blocks wait for their batch.
//!
//! A [`Feed`] fills the current block and sends full ones through a bounded channel; an [`Inbox`] takes what belongs to a batch.
//! Each block carries the interval in which its records arrived, so that the batch of time t holds exactly what arrived in
//! [t − T, t), however late the batch runs.
//!
//! One lock guards the current block. Nobody waits for room in the channel while holding it: a block that finds the channel full
//! stays beside the current block, and the next record is only accepted when that block is in the channel. This is what pushes
//! back. When the context stops nobody waits any more, so that what was received can be handed over.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, TrySendError};

use crate::error::{Error, Result};
use crate::source::limit::Allowance;
use crate::source::{Interval, SourceContext};
use crate::time::Time;

/// How often somebody who waits for room looks whether the context stops.
const LOOK_UP: Duration = Duration::from_millis(20);

/// The current block: records of one kind on their way to a block.
pub(crate) trait Fill: Send + 'static {
    /// A block that is ready, cheap to clone.
    type Sealed: Clone + Send + 'static;

    /// How many whole records there are.
    fn records(&self) -> u64;

    /// Whether it is time to begin a new block.
    fn is_full(&self) -> bool;

    /// Takes the whole records out; the beginning of another one stays. `None` if there is no whole record.
    fn seal(&mut self) -> Option<Self::Sealed>;
}

/// A block, with the beginning of the interval in which it arrived.
struct Stamped<B> {
    interval: Time,
    records: u64,
    block: B,
}

struct Shelf<F: Fill> {
    fill: F,
    /// The interval of `fill`.
    interval: Time,
    allowance: Allowance,
    /// Blocks that found the channel full, in order; they come after everything in the channel.
    waiting: VecDeque<Stamped<F::Sealed>>,
}

struct Common<F: Fill> {
    context: SourceContext,
    shelf: Mutex<Shelf<F>>,
    room: Condvar,
    /// The engine has let go of the source.
    closed: AtomicBool,
}

impl<F: Fill> Common<F> {
    fn lock(&self) -> MutexGuard<'_, Shelf<F>> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The two ends of the way from a receiver to the engine.
pub(crate) fn inbox<F: Fill>(context: &SourceContext, fill: F) -> (Feed<F>, Inbox<F>) {
    let (sender, receiver) = crossbeam_channel::bounded(context.options.buffered_blocks);
    let shelf = Shelf { fill, interval: Time::ZERO, allowance: Allowance::default(), waiting: VecDeque::new() };
    let common = Arc::new(Common {
        context: context.clone(),
        shelf: Mutex::new(shelf),
        room: Condvar::new(),
        closed: AtomicBool::new(false),
    });
    let feed = Feed { common: Arc::clone(&common), blocks: sender };
    (feed, Inbox { common, blocks: receiver, next: None, held: Vec::new(), held_for: None })
}

/// The receiver's end. Clones feed the same blocks.
pub(crate) struct Feed<F: Fill> {
    common: Arc<Common<F>>,
    blocks: Sender<Stamped<F::Sealed>>,
}

impl<F: Fill> Clone for Feed<F> {
    fn clone(&self) -> Self {
        Feed { common: Arc::clone(&self.common), blocks: self.blocks.clone() }
    }
}

impl<F: Fill> Feed<F> {
    /// Whether the engine has let go of the source.
    pub fn is_closed(&self) -> bool {
        self.common.closed.load(Ordering::Acquire)
    }

    /// Lets `put` add to the current block; waits first until there is room. `put` must not wait for anything.
    pub fn put<R>(&self, put: impl FnOnce(&mut F) -> R) -> Result<R> {
        let mut shelf = self.open_shelf()?;
        let before = shelf.fill.records();
        let result = put(&mut shelf.fill);
        let records = shelf.fill.records() - before;
        self.count(&mut shelf, records);
        if shelf.fill.is_full() {
            self.seal(&mut shelf);
        }
        Ok(result)
    }

    /// Adds a block that was made elsewhere, behind what was put before.
    pub fn put_block(&self, block: F::Sealed, records: u64) -> Result<()> {
        let mut shelf = self.open_shelf()?;
        self.seal(&mut shelf);
        self.count(&mut shelf, records);
        let interval = shelf.interval;
        self.send(&mut shelf, Stamped { interval, records, block });
        Ok(())
    }

    fn count(&self, shelf: &mut Shelf<F>, records: u64) {
        let SourceContext { input, clock, .. } = &self.common.context;
        shelf.allowance.spend(records, &input.limit, || clock.now());
        input.received.fetch_add(records, Ordering::AcqRel);
        input.pending.fetch_add(records, Ordering::AcqRel);
    }

    /// The current block, of the current interval.
    fn open_shelf(&self) -> Result<MutexGuard<'_, Shelf<F>>> {
        let mut shelf = self.wait_for_room()?;
        let context = &self.common.context;
        let interval = context.clock.now().floor(context.every);
        if shelf.interval != interval {
            self.seal(&mut shelf);
            shelf.interval = interval;
        }
        Ok(shelf)
    }

    fn wait_for_room(&self) -> Result<MutexGuard<'_, Shelf<F>>> {
        let SourceContext { stop, options, .. } = &self.common.context;
        let mut shelf = self.common.lock();
        loop {
            self.flush(&mut shelf);
            if self.is_closed() {
                return Err(Error::Stopped);
            }
            // While stopping, a receiver may hand over what it holds; one that does not end is refused at some point.
            let stopping = !shelf.waiting.is_empty() && stop.is_requested();
            let pause = self.pause(&shelf).filter(|_| !stop.is_requested());
            if shelf.waiting.is_empty() && pause.is_none()
                || stopping && shelf.waiting.len() < options.buffered_blocks.max(16)
            {
                return Ok(shelf);
            }
            if stopping {
                return Err(Error::Stopped);
            }
            let wait = pause.map_or(LOOK_UP, |pause| pause.min(LOOK_UP));
            shelf = self.common.room.wait_timeout(shelf, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// How long the limit of the rate keeps records back.
    fn pause(&self, shelf: &Shelf<F>) -> Option<Duration> {
        let SourceContext { input, clock, .. } = &self.common.context;
        shelf.allowance.wait(&input.limit, || clock.now())
    }

    fn seal(&self, shelf: &mut Shelf<F>) {
        let (interval, records) = (shelf.interval, shelf.fill.records());
        if let Some(block) = shelf.fill.seal() {
            self.send(shelf, Stamped { interval, records, block });
        }
    }

    fn send(&self, shelf: &mut Shelf<F>, block: Stamped<F::Sealed>) {
        shelf.waiting.push_back(block);
        self.flush(shelf);
    }

    /// Moves blocks into the channel as far as there is room.
    fn flush(&self, shelf: &mut Shelf<F>) {
        while let Some(block) = shelf.waiting.pop_front() {
            match self.blocks.try_send(block) {
                Ok(()) => {}
                Err(TrySendError::Full(block) | TrySendError::Disconnected(block)) => {
                    return shelf.waiting.push_front(block);
                }
            }
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
    held: Vec<F::Sealed>,
    held_for: Option<Time>,
}

impl<F: Fill> Inbox<F> {
    /// The blocks of the batch of `interval`. Asked again for a batch that was not delivered, it gives the same ones.
    pub fn hold(&mut self, interval: &Interval) -> &[F::Sealed] {
        if self.held_for != Some(interval.end) {
            self.held_for = Some(interval.end);
            self.held.clear(); // of a batch that was given up
            self.take(interval.end);
        }
        &self.held
    }

    /// The batch that was asked for last is delivered.
    pub fn delivered(&mut self) {
        self.held.clear();
    }

    fn take(&mut self, end: Time) {
        let input = &self.common.context.input;
        let mut given = 0;
        let mut shelf = self.common.lock();
        self.next = loop {
            let next = self.next.take().or_else(|| self.blocks.try_recv().ok()).or_else(|| shelf.waiting.pop_front());
            match next {
                Some(Stamped { interval, records, block }) if interval < end => {
                    given += records;
                    self.held.push(block);
                }
                next => break next,
            }
        };
        if self.next.is_none() && shelf.interval < end {
            given += shelf.fill.records();
            self.held.extend(shelf.fill.seal());
        }
        input.pending.fetch_sub(given, Ordering::AcqRel);
        drop(shelf);
        self.common.room.notify_all();
    }
}

impl<F: Fill> Drop for Inbox<F> {
    fn drop(&mut self) {
        self.common.closed.store(true, Ordering::Release);
        self.common.room.notify_all();
    }
}
