//! Receivers that users write.

use std::fmt;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::block::StoredBlock;
use crate::error::Result;
use crate::record::Record;
use crate::signal::{StopSignal, Wake};
use crate::source::inbox::{Feed, Fill, Inbox, inbox, logged_by_inbox};
use crate::source::log::LogBlock;
use crate::source::report::{Receiving, Reporter};
use crate::source::socket::spawn;
use crate::source::{Input, Interval, Source, SourceContext, stored};
use crate::stage::{self, Panicked};
use crate::stored::{Malformed, Shapes};

/// A full block of records.
const BLOCK: usize = 16_384;
/// How long to wait before a receiver starts again, unless it says.
const RESTART_DELAY: Duration = Duration::from_secs(2);
/// How often it is looked whether the engine has let go of a receiver that does not end.
const LOOK_UP: Duration = Duration::from_millis(20);

/// A source that pushes: it stores records when they come, from as many threads as it likes.
/// `ssc.receiver_stream(my_receiver)` makes a stream of what it stores.
///
/// [`start`](Self::start) runs on a thread of its own. It may receive right there, until it returns, or start threads, give
/// each a clone of the [`Intake`] and return at once. The receiver is alive as long as `start` runs or an intake exists; when
/// all are gone it has ended for good, as if it had called [`Intake::stop`]. When the last source of a context that runs on the
/// wall clock has ended and everything is processed, the context ends too.
///
/// When `start` returns an error or panics, or one of the receiver's threads panics while it holds an intake, the error is
/// reported to the listeners and the receiver starts again after [`restart_delay`](Self::restart_delay).
///
/// When the context stops, [`Intake::is_stopped`] becomes true. A `start` that still runs is to return then: nothing
/// interrupts it, and [`stop`](Self::stop) is called after it has returned. What is stored until the last intake is gone is
/// still processed; a context does not wait for that for ever.
///
/// ```
/// use std::sync::mpsc;
/// use microbatch::prelude::*;
///
/// /// Receives from a channel of the standard library.
/// struct FromChannel(mpsc::Receiver<String>);
///
/// impl Receiver for FromChannel {
///     type Item = String;
///
///     fn start(&mut self, intake: Intake<String>) -> microbatch::Result<()> {
///         while !intake.is_stopped() {
///             match self.0.recv_timeout(Duration::from_millis(20)) {
///                 Ok(text) => intake.store(text)?,
///                 Err(mpsc::RecvTimeoutError::Timeout) => {}
///                 Err(mpsc::RecvTimeoutError::Disconnected) => break,
///             }
///         }
///         Ok(())
///     }
/// }
///
/// let (sender, receiver) = mpsc::channel();
/// let out = Collector::default();
/// let pipeline = stream!(every = 10ms, |ssc| {
///     ssc.receiver_stream(FromChannel(receiver)).map(|text| text.len()).collect_into(&out);
/// });
/// let context = StreamingContext::new(pipeline).start()?;
/// for text in ["to", "be", "or not"] {
///     sender.send(text.to_owned()).map_err(|_| "the receiver is gone")?;
/// }
/// drop(sender); // ends the receiver, and with it the context
/// context.await_termination()?;
/// let lengths: Vec<usize> = out.batches().into_iter().flat_map(|(_, batch)| batch).collect();
/// assert_eq!(lengths, [2, 2, 6]);
/// # Ok::<(), microbatch::Error>(())
/// ```
pub trait Receiver: Send + 'static {
    /// What it receives.
    type Item: Record;

    /// Receives, or starts threads that do. Called again for every restart.
    ///
    /// # Errors
    /// What goes wrong is reported to the listeners, and the receiver starts again.
    fn start(&mut self, intake: Intake<Self::Item>) -> Result<()>;

    /// Ends what `start` has left running: closes connections, for example. Called before a restart and at the end, always
    /// after `start` has returned.
    fn stop(&mut self) {}

    /// How long to wait before starting again after an error, unless [`Intake::restart_after`] says. The default is 2 s.
    fn restart_delay(&self) -> Duration {
        RESTART_DELAY
    }
}

/// Where a [`Receiver`] stores what it receives, and speaks to the context. Cheap to clone, and safe to use from many threads.
///
/// A method that stores waits while the engine has more waiting than `buffered_blocks` allows: this pushes back on whoever
/// sends to the receiver.
pub struct Intake<T: Record> {
    feed: Feed<RecordFill<T>>,
    run: Arc<Run>,
    context: SourceContext,
    reporter: Arc<Reporter>,
}

impl<T: Record> Intake<T> {
    fn new(feed: &Feed<RecordFill<T>>, run: &Arc<Run>, context: &SourceContext, reporter: &Arc<Reporter>) -> Self {
        run.lock().intakes += 1;
        Intake { feed: feed.clone(), run: Arc::clone(run), context: context.clone(), reporter: Arc::clone(reporter) }
    }

    /// Stores one record. It belongs to the batch of the interval in which this is called.
    ///
    /// Up to 16,384 records of an interval make one block, and a
    /// [write-ahead log](crate::StreamingContext::write_ahead_log) takes blocks of up to 1 GiB: hand over records of more than
    /// 64 KB on average by [`store_block`](Self::store_block), in smaller blocks.
    ///
    /// # Errors
    /// [`Error::Stopped`](crate::Error::Stopped) when the context has ended, or this receiver was started again meanwhile: the record is not stored.
    pub fn store(&self, record: T) -> Result<()> {
        self.feed.put(|fill| fill.0.push(record))
    }

    /// Stores many records, in order.
    ///
    /// # Errors
    /// As [`store`](Self::store); some of the records may be stored.
    pub fn store_many(&self, records: impl IntoIterator<Item = T>) -> Result<()> {
        let mut records = records.into_iter();
        loop {
            // The iterator is the user's code, so it runs outside of the lock of the current block.
            let mut some: Vec<T> = records.by_ref().take(BLOCK).collect();
            if some.is_empty() {
                return Ok(());
            }
            self.feed.put(|fill| fill.0.append(&mut some))?;
        }
    }

    /// Stores a whole block, all of it or nothing. When it returns `Ok`, the engine has the block and will process it, so a
    /// receiver whose sender can send again acknowledges now. The block is a partition of its own.
    ///
    /// With a [write-ahead log](crate::StreamingContext::write_ahead_log) the block is in the log then, and is processed also if
    /// the process is killed. Records that [`store`](Self::store) takes are in the log when their block is full or its batch
    /// begins, so that a receiver that acknowledges hands over blocks.
    ///
    /// # Errors
    /// As [`store`](Self::store), and when the log cannot be written, for example because the disk is full. Then nothing is
    /// stored.
    pub fn store_block(&self, records: Vec<T>) -> Result<()> {
        if records.is_empty() {
            return self.feed.check();
        }
        let count = records.len() as u64;
        self.feed.put_block(Arc::new(records), count)
    }

    /// Tells the listeners of an error. The receiver goes on.
    pub fn report_error(&self, error: impl fmt::Display) {
        self.reporter.error(error.to_string());
    }

    /// Asks for a restart after the receiver's [`restart_delay`](Receiver::restart_delay): [`Receiver::stop`], the delay, then
    /// [`Receiver::start`] with a new intake. Returns at once.
    pub fn restart(&self, why: impl fmt::Display) {
        self.run.wish(Wish::Restart { why: why.to_string(), after: None });
    }

    /// As [`restart`](Self::restart), after `delay`.
    pub fn restart_after(&self, why: impl fmt::Display, delay: Duration) {
        self.run.wish(Wish::Restart { why: why.to_string(), after: Some(delay) });
    }

    /// Ends the receiver for good. What it has stored is processed. Returns at once.
    pub fn stop(&self, why: impl fmt::Display) {
        self.run.wish(Wish::Stop { why: why.to_string() });
    }

    /// Whether the receiver is to end or to start again: its threads should finish.
    pub fn is_stopped(&self) -> bool {
        self.context.stop.is_requested() || self.feed.is_closed() || self.run.lock().wish.is_some()
    }

    /// Waits, at most for `timeout`, until the receiver is to end or to start again. Returns whether it is.
    pub fn wait_for_stop(&self, timeout: Duration) -> bool {
        // A feed is closed when the context has ended, which requests a stop as well.
        self.run.wait_for_wish(&self.context.stop, timeout);
        self.is_stopped()
    }

    /// The name of the stream that the receiver feeds.
    pub fn stream(&self) -> &str {
        self.context.stream()
    }
}

impl<T: Record> Clone for Intake<T> {
    fn clone(&self) -> Self {
        Intake::new(&self.feed, &self.run, &self.context, &self.reporter)
    }
}

impl<T: Record> Drop for Intake<T> {
    fn drop(&mut self) {
        if thread::panicking() {
            let name = thread::current().name().unwrap_or("without a name").to_owned();
            self.run.wish(Wish::Restart { why: format!("the receiver's thread `{name}` panicked"), after: None });
        }
        self.run.lock().intakes -= 1;
        self.run.changed.notify_all();
    }
}

impl<T: Record> fmt::Debug for Intake<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intake").field("stream", &self.context.stream).finish_non_exhaustive()
    }
}

/// The time between a start of a receiver and its next one.
#[derive(Default)]
struct Run {
    state: Mutex<RunState>,
    changed: Condvar,
}

#[derive(Default)]
struct RunState {
    intakes: usize,
    /// The first one counts.
    wish: Option<Wish>,
}

#[derive(Clone)]
enum Wish {
    Restart { why: String, after: Option<Duration> },
    Stop { why: String },
}

impl Run {
    fn lock(&self) -> MutexGuard<'_, RunState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wish(&self, wish: Wish) {
        self.lock().wish.get_or_insert(wish);
        self.changed.notify_all();
    }

    /// A panic of `start` itself: its place and words are known here, and were not when its intake was dropped.
    fn panicked(&self, why: String) {
        let mut state = self.lock();
        if !matches!(state.wish, Some(Wish::Stop { .. })) {
            state.wish = Some(Wish::Restart { why, after: None });
        }
    }

    /// Waits until the receiver wants something, its intakes are gone, or the context stops, which is to wake this run.
    fn wait(&self, stop: &StopSignal) -> Option<Wish> {
        let mut state = self.lock();
        while state.wish.is_none() && state.intakes > 0 && !stop.is_requested() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.wish.clone()
    }

    /// Waits until the receiver wants something or the context stops, at most for `timeout`.
    fn wait_for_wish(&self, stop: &StopSignal, timeout: Duration) {
        let waits = |state: &mut RunState| state.wish.is_none() && !stop.is_requested();
        drop(self.changed.wait_timeout_while(self.lock(), timeout, waits));
    }

    /// Waits until all intakes are gone, as long as there is `patience`.
    fn wait_for_intakes(&self, patience: impl Fn() -> bool) {
        let mut state = self.lock();
        while state.intakes > 0 && patience() {
            state = self.changed.wait_timeout(state, LOOK_UP).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Wake for Run {
    fn wake(&self) {
        let _state = self.lock();
        self.changed.notify_all();
    }
}

/// The current block of a receiver's records.
pub(crate) struct RecordFill<T>(Vec<T>);

impl<T: Record> Fill for RecordFill<T> {
    type Sealed = Arc<Vec<T>>;

    fn records(&self) -> u64 {
        self.0.len() as u64
    }

    fn is_full(&self) -> bool {
        self.0.len() >= BLOCK
    }

    fn seal(&mut self) -> Option<Arc<Vec<T>>> {
        (!self.0.is_empty()).then(|| Arc::new(std::mem::take(&mut self.0)))
    }

    fn bytes(block: &Arc<Vec<T>>) -> u64 {
        size_of_val(block.as_slice()) as u64
    }
}

impl<T: Record> LogBlock for Arc<Vec<T>> {
    fn store(&self, out: &mut Vec<u8>) {
        self.store_block(out);
    }

    fn load(from: &mut &[u8], _: u64) -> Result<Self, Malformed> {
        Vec::load_block(from).map(Arc::new)
    }

    fn shape() -> Vec<u8> {
        stored(&Vec::<T>::block_shape(&mut Shapes::default()))
    }
}

/// Runs a [`Receiver`]: see [`receiver_stream`](crate::dstream::Sources::receiver_stream).
pub struct ReceiverSource<R: Receiver> {
    receiver: Option<R>,
    inbox: Option<Inbox<RecordFill<R::Item>>>,
}

impl<R: Receiver> ReceiverSource<R> {
    pub(crate) fn new(receiver: R) -> Self {
        ReceiverSource { receiver: Some(receiver), inbox: None }
    }
}

impl<R: Receiver> Source for ReceiverSource<R> {
    type Block = Vec<R::Item>;

    fn start(&mut self, context: &SourceContext) -> Result<()> {
        let Some(receiver) = self.receiver.take() else { return Ok(()) };
        let reporter = Arc::new(Reporter::new(context));
        let (feed, inbox) = inbox(context, RecordFill(Vec::new()), &reporter)?;
        self.inbox = Some(inbox);
        let ending = Ending {
            reporter: Arc::clone(&reporter),
            input: Arc::clone(&context.input),
            why: Some("its thread panicked".to_owned()),
            _receiving: Receiving::new(&context.input),
        };
        let supervisor = Supervisor { receiver, feed, reporter, context: context.clone() };
        spawn(context, move || {
            let mut ending = ending;
            ending.why = supervisor.run();
        })
    }

    fn batch(&mut self, interval: &Interval) -> Result<Vec<Arc<Vec<R::Item>>>> {
        let Some(inbox) = &mut self.inbox else { return Ok(Vec::new()) };
        let blocks = inbox.hold(interval)?.to_vec();
        inbox.delivered();
        Ok(blocks)
    }

    fn batch_again(&mut self, interval: &Interval, extent: &[u8]) -> Result<Vec<Arc<Vec<R::Item>>>> {
        self.inbox.as_mut().map_or_else(|| Ok(Vec::new()), |inbox| inbox.again(interval, extent))
    }

    logged_by_inbox!();
}

/// Says that a receiver is over when its thread is, however it ends: else a context would wait for it for ever.
struct Ending {
    reporter: Arc<Reporter>,
    input: Arc<Input>,
    why: Option<String>,
    _receiving: Receiving,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.reporter.stopped(self.why.take());
        self.input.ended.store(true, Ordering::Release);
    }
}

/// Starts a receiver, and starts it again, on the receiver's thread. What the receiver does may panic.
struct Supervisor<R: Receiver> {
    receiver: R,
    feed: Feed<RecordFill<R::Item>>,
    reporter: Arc<Reporter>,
    context: SourceContext,
}

impl<R: Receiver> Supervisor<R> {
    /// Runs the receiver until it is over. Returns why, if it was of its own accord.
    fn run(mut self) -> Option<String> {
        let (run, why) = loop {
            let (run, feed) = (Arc::new(Run::default()), self.feed.for_a_run());
            self.context.stop.will_wake(&run);
            self.start(&run, &feed);
            let wish = run.wait(&self.context.stop);
            self.stop();
            match wish {
                Some(Wish::Restart { why, after }) if !self.is_over() => {
                    let delay = after.unwrap_or_else(|| self.restart_delay());
                    self.reporter.lost(format!("{why}; the receiver starts again in {delay:?}"));
                    if self.context.stop.wait(delay) || self.is_over() {
                        break (run, None);
                    }
                    // Whoever has not ended by now would store beside the new run.
                    feed.replace();
                }
                Some(Wish::Stop { why }) => break (run, Some(why)),
                _ => break (run, None),
            }
        };
        let Supervisor { receiver, feed, reporter, .. } = self;
        // With it go the intakes that it may keep.
        if let Err(panicked) = stage::caught(|| drop(receiver)) {
            reporter.error(words("it panicked when it was dropped,", &panicked));
        }
        // How long that may take at a stop is the engine's to decide: it closes the feed then.
        run.wait_for_intakes(|| !feed.is_closed());
        why
    }

    fn is_over(&self) -> bool {
        self.context.stop.is_requested() || self.feed.is_closed()
    }

    fn start(&mut self, run: &Arc<Run>, feed: &Feed<RecordFill<R::Item>>) {
        let Supervisor { receiver, reporter, context, .. } = self;
        let intake = Intake::new(feed, run, context, reporter);
        reporter.started();
        // The words of an error are the user's as well.
        match stage::caught(|| receiver.start(intake).map_err(|error| error.to_string())) {
            Ok(Ok(())) => {}
            Ok(Err(why)) => run.wish(Wish::Restart { why, after: None }),
            Err(panicked) => run.panicked(words("it panicked", &panicked)),
        }
    }

    fn stop(&mut self) {
        if let Err(panicked) = stage::caught(|| self.receiver.stop()) {
            self.reporter.error(words("its `stop` panicked", &panicked));
        }
    }

    fn restart_delay(&self) -> Duration {
        stage::caught(|| self.receiver.restart_delay()).unwrap_or_else(|panicked| {
            self.reporter.error(words("its `restart_delay` panicked", &panicked));
            RESTART_DELAY
        })
    }
}

fn words(what: &str, Panicked { place, message }: &Panicked) -> String {
    format!("{what} at {place}: {message}")
}
