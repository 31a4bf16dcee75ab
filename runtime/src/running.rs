//! What a started pipeline is in the hands of the program: on the wall clock, or on manual time.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use crate::as_of::{self, CurrentBatch};
use crate::error::{Error, Result};
use crate::listener::StreamingListener;
use crate::progress::Progress;
use crate::record::Record;
use crate::shared::{Shared, Status, Waited};
use crate::signal::StopHandle;
use crate::state::StateView;
use crate::time::Time;

/// A pipeline that runs on its own threads. Dropping it stops it gracefully.
///
/// When a batch fails for good, nothing runs until somebody decides, and nothing is lost meanwhile:
///
/// ```
/// use std::sync::atomic::{AtomicBool, Ordering};
/// use microbatch::prelude::*;
///
/// static MENDED: AtomicBool = AtomicBool::new(false);
///
/// let out = Collector::default();
/// let pipeline = stream!(every = 1ms, |ssc| {
///     let checked = ssc.queue_stream([vec![1, 2], vec![3]]).inspect(|n| assert!(*n != 2 || MENDED.load(Ordering::Relaxed)));
///     checked.collect_into(&out);
/// });
/// let context = StreamingContext::new(pipeline).batches(2).start()?;
/// let error = context.await_termination().unwrap_err();
/// assert!(error.to_string().contains("queue_stream -> inspect"));
/// MENDED.store(true, Ordering::Relaxed);
/// context.resume();                                                  // the same batch again, with the same records
/// context.await_termination()?;
/// assert_eq!(out.batches().into_iter().flat_map(|(_, batch)| batch).collect::<Vec<i32>>(), [1, 2, 3]);
/// # Ok::<(), microbatch::Error>(())
/// ```
#[must_use = "dropping it stops the pipeline: call `await_termination`"]
pub struct RunningContext {
    shared: Arc<Shared>,
    /// By which the engine's threads are known.
    batch: Arc<CurrentBatch>,
    end: Mutex<End>,
    /// There from the first wait to the end.
    #[cfg_attr(not(all(feature = "signals", unix)), allow(dead_code))]
    signals: Mutex<Option<Signals>>,
}

/// How the engine's thread ends.
struct End {
    /// There until somebody has taken leave of it.
    thread: Option<JoinHandle<Result<()>>>,
    /// What it returned, for those who waited as well.
    error: Option<Error>,
}

#[cfg(all(feature = "signals", unix))]
type Signals = crate::signals::Guard;
#[cfg(not(all(feature = "signals", unix)))]
type Signals = ();

impl RunningContext {
    pub(crate) fn new(shared: Arc<Shared>, batch: Arc<CurrentBatch>, thread: Option<JoinHandle<Result<()>>>) -> Self {
        RunningContext { shared, batch, end: Mutex::new(End { thread, error: None }), signals: Mutex::default() }
    }

    /// Waits until the context has ended. Ctrl-C and SIGTERM end it gracefully, from the first wait on: what was received is
    /// processed first; a second one ends the process.
    ///
    /// # Errors
    /// When a batch failed for good. It is still there: [`resume`](Self::resume) runs it again.
    pub fn await_termination(&self) -> Result<()> {
        self.await_until(None).map(|_| ())
    }

    /// As [`await_termination`](Self::await_termination), at most for `timeout`. Returns whether the context has ended.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let out = Collector::default();
    /// let pipeline = stream!(every = 1ms, |ssc| { ssc.queue_stream([vec![1]]).collect_into(&out); });
    /// let context = StreamingContext::new(pipeline).start()?;
    /// while !context.await_termination_or_timeout(Duration::from_millis(10))? {
    ///     if context.progress().records > 0 {
    ///         context.stop()?;
    ///     }
    /// }
    /// # Ok::<(), microbatch::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`await_termination`](Self::await_termination).
    pub fn await_termination_or_timeout(&self, timeout: Duration) -> Result<bool> {
        self.await_until(Instant::now().checked_add(timeout))
    }

    fn await_until(&self, deadline: Option<Instant>) -> Result<bool> {
        if as_of::works_for(&self.batch) {
            return Err(Error::config(
                "a context cannot wait for its own end",
                "in a listener or a closure stop it with a `StopHandle`, which does not wait",
            ));
        }
        let is_over = self.end().thread.is_none();
        if is_over {
            return Ok(true);
        }
        self.listen_to_signals()?;
        match self.shared.failure.wait(&self.shared.stop, deadline) {
            Waited::Failed(error) => Err(error),
            Waited::Ended => self.join().map(|()| true),
            Waited::InVain => Ok(false),
        }
    }

    fn end(&self) -> MutexGuard<'_, End> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen_to_signals(&self) -> Result<()> {
        #[cfg(all(feature = "signals", unix))]
        if !self.is_finished() {
            let mut signals = self.signals.lock().unwrap_or_else(PoisonError::into_inner);
            if signals.is_none() {
                *signals = Some(crate::signals::stop_on_signals(&self.shared.stop)?);
            }
        }
        Ok(())
    }

    fn is_finished(&self) -> bool {
        self.end().thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Takes leave of the engine's thread. All who waited for it get what it returned, and none before it is gone.
    fn join(&self) -> Result<()> {
        let mut end = self.end();
        self.signals.lock().unwrap_or_else(PoisonError::into_inner).take();
        match end.thread.take() {
            // What belongs to the engine, as a function for bad records does, may hold the context to the last.
            Some(thread) if thread.thread().id() == thread::current().id() => Ok(()),
            Some(thread) => {
                let ended = join(thread);
                end.error = ended.as_ref().err().map(Error::again);
                ended
            }
            None => end.error.as_ref().map_or(Ok(()), |error| Err(error.again())),
        }
    }

    /// Runs a failed batch again, with the same records, and goes on. Returns whether there was one.
    pub fn resume(&self) -> bool {
        self.shared.failure.resume()
    }

    /// Stops gracefully: receivers end, what was received is processed, then the context ends. Stopping again does nothing.
    ///
    /// # Errors
    /// As [`await_termination`](Self::await_termination): also when a batch has failed and nobody has resumed it.
    pub fn stop(&self) -> Result<()> {
        self.shared.stop.request();
        self.await_termination()
    }

    /// A handle with which any thread stops this context, without waiting for its end.
    pub fn stop_handle(&self) -> StopHandle {
        StopHandle::new(Arc::clone(&self.shared.stop))
    }

    /// What the stateful operator of this name remembers, as of the last committed batch: the name of its stream, or the one
    /// that [`name`](crate::dstream::StateDStream::name) gave it. The pipeline runs on; the view stays as it is.
    ///
    /// ```
    /// use microbatch::prelude::*;
    ///
    /// let pipeline = stream!(every = 1s, |ssc| {
    ///     let words = ssc.queue_stream([vec!["to be or not to be".to_string()]]).flat_map(|line| line.split(' '));
    ///     let counts = words.map(|word| (word, 1u64)).update_state_by_key(|ones, count: Option<u64>| {
    ///         Some(count.unwrap_or(0) + ones.len() as u64)
    ///     });
    ///     counts.print();
    /// });
    /// let mut context = StreamingContext::new(pipeline).manual()?;
    /// context.advance(1)?;
    /// let counts = context.state::<String, u64>("counts")?;
    /// assert_eq!((counts.get("be"), counts.get("whether"), counts.len()), (Some(&2), None, 4));
    /// assert_eq!(counts.iter().map(|(_, n)| n).sum::<u64>(), 6);
    /// # Ok::<(), microbatch::Error>(())
    /// ```
    ///
    /// # Errors
    /// When there is no state of this name, or its types are others.
    pub fn state<K: Record, S: Record>(&self, name: &str) -> Result<StateView<K, S>> {
        self.shared.states.view(name)
    }

    /// Where the context is in its life.
    pub fn status(&self) -> Status {
        self.shared.status.get()
    }

    /// How the context is doing.
    pub fn progress(&self) -> Progress {
        self.shared.progress()
    }

    /// Tells `listener` what happens from now on.
    pub fn add_listener(&self, listener: Arc<dyn StreamingListener>) {
        self.shared.listeners.add(listener);
    }

    /// Tells `listener` nothing any more. Returns whether it was there.
    pub fn remove_listener(&self, listener: &Arc<dyn StreamingListener>) -> bool {
        self.shared.listeners.remove(listener)
    }
}

impl fmt::Debug for RunningContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunningContext").field("status", &self.status()).finish_non_exhaustive()
    }
}

impl Drop for RunningContext {
    fn drop(&mut self) {
        self.shared.stop.request();
        if !as_of::works_for(&self.batch) {
            let _ = self.join();
        }
    }
}

/// A pipeline on manual time. Dropping it stops it gracefully.
#[must_use = "it runs no batch before `advance`, and dropping it stops the pipeline"]
pub struct ManualContext {
    pub(crate) shared: Arc<Shared>,
    pub(crate) requests: Sender<u64>,
    pub(crate) replies: Receiver<Result<()>>,
    pub(crate) thread: Option<JoinHandle<Result<()>>>,
}

impl ManualContext {
    /// Runs `batches` batches and returns when they are done.
    ///
    /// # Errors
    /// When a batch failed for good. Then time stands still: the next call begins with the same batch.
    ///
    /// [`Error::Stopped`] when the context ends before it has run so many: somebody has stopped it, or it has run its
    /// [`batches`](crate::StreamingContext::batches).
    pub fn advance(&mut self, batches: u64) -> Result<()> {
        if batches == 0 {
            return Ok(());
        }
        // A send fails only when the engine is gone, which the reply tells better.
        let _ = self.requests.send(batches);
        match self.replies.recv() {
            Ok(reply) => reply,
            Err(_) => self.end().and(Err(Error::Stopped)),
        }
    }

    /// The time of the last batch.
    pub fn time(&self) -> Time {
        self.shared.clock.now()
    }

    /// Stops gracefully: receivers end, what was received is processed in a last batch, then the context ends.
    ///
    /// # Errors
    /// When that last batch fails.
    pub fn stop(mut self) -> Result<()> {
        self.end()
    }

    /// See [`RunningContext::state`].
    ///
    /// # Errors
    /// When there is no state of this name, or its types are others.
    pub fn state<K: Record, S: Record>(&self, name: &str) -> Result<StateView<K, S>> {
        self.shared.states.view(name)
    }

    /// Where the context is in its life.
    pub fn status(&self) -> Status {
        self.shared.status.get()
    }

    /// How the context is doing.
    pub fn progress(&self) -> Progress {
        self.shared.progress()
    }

    /// Tells `listener` what happens from now on.
    pub fn add_listener(&self, listener: Arc<dyn StreamingListener>) {
        self.shared.listeners.add(listener);
    }

    /// Tells `listener` nothing any more. Returns whether it was there.
    pub fn remove_listener(&self, listener: &Arc<dyn StreamingListener>) -> bool {
        self.shared.listeners.remove(listener)
    }

    fn end(&mut self) -> Result<()> {
        self.shared.stop.request();
        let _ = self.requests.send(0);
        self.thread.take().map_or(Ok(()), join)
    }
}

impl fmt::Debug for ManualContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut context = f.debug_struct("ManualContext");
        context.field("status", &self.status()).field("time", &self.time()).finish_non_exhaustive()
    }
}

impl Drop for ManualContext {
    fn drop(&mut self) {
        let _ = self.end();
    }
}

/// What the engine's thread returned.
pub(crate) fn join(thread: JoinHandle<Result<()>>) -> Result<()> {
    thread.join().unwrap_or_else(|_| Err(Error::from("the engine's thread panicked")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_who_waited_get_the_error_and_who_comes_later_does_not() -> Result<()> {
        let thread = thread::spawn(|| Err(Error::from("never works")));
        let shared = Arc::new(Shared::at(Time::ZERO));
        let context = RunningContext::new(shared, Arc::new(CurrentBatch::none()), Some(thread));
        // Three waited, and have met the end.
        for _ in 0..3 {
            assert!(context.join().is_err_and(|error| error.to_string() == "never works"));
        }
        context.await_termination()
    }
}
