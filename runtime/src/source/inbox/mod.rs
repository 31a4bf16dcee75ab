//! From a receiver to the engine: records are put together to blocks, and the blocks wait for their batch.
//!
//! A [`Feed`] fills the current block and sends full ones through a bounded channel; an [`Inbox`] takes what belongs to a batch.
//! Each block carries the interval in which its records arrived, so that the batch of time t holds exactly what arrived in
//! [t − T, t), however late the batch runs.
//!
//! One lock guards the current block. Nobody waits for room in the channel while holding it: a block that finds the channel full
//! stays beside the current block, and the next record is only accepted when that block is in the channel. This is what pushes
//! back. The channel is full by the number of its blocks, or by their bytes: one line may be as long as hundreds of blocks. When the
//! context stops nobody waits any more, so that what was received can be handed over.
//!
//! With a write-ahead log a full block is set aside first, and goes on when it is in the log. A second lock guards the log; who
//! has it writes the blocks that were set aside, in their order, whoever has filled them. It is taken before the first lock and
//! never while that is held, so that nobody who holds the current block waits for the disk. A block that cannot be logged stays
//! aside and pushes back as one that finds the channel full.

mod delivery;
mod feed;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::source::SourceContext;
use crate::source::limit::Allowance;
use crate::source::log::{self, LogBlock, LogWriter, Place, SharedLog};
use crate::source::report::Reporter;
use crate::stage;
use crate::time::Time;

pub(crate) use delivery::{Inbox, logged_by_inbox};
pub(crate) use feed::Feed;

/// The current block: records of one kind on their way to a block.
pub(crate) trait Fill: Send + 'static {
    /// A block that is ready, cheap to clone.
    type Sealed: LogBlock;

    /// How many whole records there are.
    fn records(&self) -> u64;

    /// Whether it is time to begin a new block.
    fn is_full(&self) -> bool;

    /// Takes the whole records out; the beginning of another one stays. `None` if there is no whole record.
    fn seal(&mut self) -> Option<Self::Sealed>;

    /// The memory of a block.
    fn bytes(block: &Self::Sealed) -> u64;
}

/// A block, with the beginning of the interval in which it arrived, and its place in the log if there is one.
struct Stamped<B> {
    interval: Time,
    records: u64,
    bytes: u64,
    block: B,
    place: Option<Place>,
}

/// A block that is to be logged.
struct SetAside<B> {
    ticket: u64,
    block: Stamped<B>,
}

struct Shelf<F: Fill> {
    fill: F,
    /// The interval of `fill`.
    interval: Time,
    allowance: Allowance,
    /// The bytes of the blocks in the channel, and of the one that the engine holds back for a later batch.
    ready: u64,
    /// Blocks that found the channel full, in order; they come after everything in the channel.
    waiting: VecDeque<Stamped<F::Sealed>>,
    /// Blocks that are not in the log yet, in order; they come after those that wait.
    aside: VecDeque<SetAside<F::Sealed>>,
    /// How many blocks were ever set aside.
    tickets: u64,
}

struct Common<F: Fill> {
    context: SourceContext,
    reporter: Arc<Reporter>,
    log: Option<Arc<SharedLog>>,
    /// The log could not be written the last time.
    is_log_failing: AtomicBool,
    shelf: Mutex<Shelf<F>>,
    room: Condvar,
    /// The engine has let go of the source.
    closed: AtomicBool,
}

impl<F: Fill> Common<F> {
    fn lock(&self) -> MutexGuard<'_, Shelf<F>> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_log(&self) -> Option<MutexGuard<'_, LogWriter>> {
        self.log.as_ref().map(|log| log.lock())
    }

    fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    /// Ends the current block. With a log it is set aside: the caller lets go of the shelf and calls `log_out`.
    fn seal(&self, shelf: &mut Shelf<F>) {
        let (interval, records) = (shelf.interval, shelf.fill.records());
        if let Some(block) = shelf.fill.seal() {
            self.add(shelf, interval, records, block);
        }
    }

    /// Adds a block behind the others. Gives its ticket if it was set aside.
    fn add(&self, shelf: &mut Shelf<F>, interval: Time, records: u64, block: F::Sealed) -> Option<u64> {
        let block = Stamped { interval, records, bytes: F::bytes(&block), block, place: None };
        if self.log.is_none() {
            shelf.waiting.push_back(block);
            return None;
        }
        let ticket = shelf.tickets;
        shelf.tickets += 1;
        shelf.aside.push_back(SetAside { ticket, block });
        Some(ticket)
    }

    /// Writes to the log what was set aside, and lets it go on.
    ///
    /// # Errors
    /// When the log cannot be written; listeners are told. The blocks stay aside, but the one of `ticket` is taken back. If
    /// somebody else has logged that one, there is no error.
    fn log_out(&self, ticket: Option<u64>) -> Result<()> {
        let Some(mut log) = self.lock_log() else { return Ok(()) };
        let mut logged = Ok(());
        while let Some((interval, records, block)) = self.next_aside() {
            match self.log_block(&mut log, interval, records, &block) {
                Ok(place) => self.lock().go_on(place),
                Err(error) => {
                    logged = Err(error);
                    break;
                }
            }
        }
        let is_taken_back = match (&logged, ticket) {
            (Err(_), Some(ticket)) => self.lock().take_back(ticket),
            _ => true,
        };
        self.log.iter().for_each(|shared| shared.appended(&log));
        drop(log); // listeners are the user's code
        self.tell(&logged);
        if is_taken_back { logged } else { Ok(()) }
    }

    fn next_aside(&self) -> Option<(Time, u64, F::Sealed)> {
        self.lock().aside.front().map(|SetAside { block, .. }| (block.interval, block.records, block.block.clone()))
    }

    fn log_block(&self, log: &mut LogWriter, interval: Time, records: u64, block: &F::Sealed) -> Result<Place> {
        if self.is_closed() {
            return Err(Error::Stopped); // perhaps another run reads the log by now
        }
        let now = self.context.clock.now();
        let logged = stage::caught(|| log.append(interval, records, now, &mut |out| block.store(out)));
        logged.unwrap_or_else(|panicked| {
            Err(Error::Source {
                stream: self.context.stream.to_string(),
                what: format!(
                    "a record cannot be written to its log: it panicked at {}: {}",
                    panicked.place, panicked.message
                ),
                remedy: "mend how the record is stored".to_owned(),
                cause: None,
            })
        })
    }

    /// Tells the listeners when the log begins to fail.
    fn tell(&self, logged: &Result<()>) {
        match logged {
            Err(Error::Stopped) => {}
            Err(error) if !self.is_log_failing.swap(true, Ordering::AcqRel) => {
                self.reporter.error(format!("its log cannot be written, and its records wait: {error}"));
            }
            Err(_) => {}
            Ok(()) => self.is_log_failing.store(false, Ordering::Release),
        }
    }
}

impl<F: Fill> Shelf<F> {
    /// The first block that found the channel full, for the engine.
    fn take_waiting(&mut self) -> Option<Stamped<F::Sealed>> {
        let block = self.waiting.pop_front()?;
        self.ready = self.ready.saturating_add(block.bytes);
        Some(block)
    }

    /// The bytes of the blocks that are not in the channel.
    fn kept_back(&self) -> u64 {
        let aside = self.aside.iter().map(|aside| &aside.block);
        self.waiting.iter().chain(aside).map(|block| block.bytes).sum()
    }

    /// The first block that was set aside is in the log.
    fn go_on(&mut self, place: Place) {
        if let Some(SetAside { block, .. }) = self.aside.pop_front() {
            self.waiting.push_back(Stamped { place: Some(place), ..block });
        }
    }

    /// Takes a block back that was set aside. False if it has gone on.
    fn take_back(&mut self, ticket: u64) -> bool {
        let before = self.aside.len();
        self.aside.retain(|aside| aside.ticket != ticket);
        self.aside.len() < before
    }
}

/// The two ends of the way from a receiver to the engine, with a log between them if the context says so.
///
/// # Errors
/// When the log that an earlier run has left cannot be read.
pub(crate) fn inbox<F: Fill>(
    context: &SourceContext,
    fill: F,
    reporter: &Arc<Reporter>,
) -> Result<(Feed<F>, Inbox<F>)> {
    let (sender, receiver) = crossbeam_channel::bounded(context.options.buffered_blocks);
    let (cursor, log) = log::open(context, F::Sealed::shape(), reporter)?.unzip();
    let shelf = Shelf {
        fill,
        interval: Time::ZERO,
        allowance: Allowance::default(),
        ready: 0,
        waiting: VecDeque::new(),
        aside: VecDeque::new(),
        tickets: 0,
    };
    let common = Arc::new(Common {
        context: context.clone(),
        reporter: Arc::clone(reporter),
        log: log.flatten(),
        is_log_failing: AtomicBool::new(false),
        shelf: Mutex::new(shelf),
        room: Condvar::new(),
        closed: AtomicBool::new(false),
    });
    Ok((Feed::new(&common, sender), Inbox::new(common, receiver, cursor)))
}
