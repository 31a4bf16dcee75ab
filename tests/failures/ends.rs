//! A context that is to end, or to go on, while something fails.

use std::fmt;
use std::sync::OnceLock;
use std::time::Instant;

use super::*;
use microbatch::{BatchInfo, RunningContext, StreamingListener};

/// Resumes the context from the listener that hears of the failure.
struct Resumes {
    context: Arc<OnceLock<RunningContext>>,
    mended: Mended,
    has_resumed: Arc<AtomicBool>,
}

impl StreamingListener for Resumes {
    fn on_batch_completed(&self, batch: &BatchInfo) {
        if batch.failure.is_some() {
            self.mended.mend();
            self.has_resumed.store(self.context.wait().resume(), Ordering::SeqCst);
        }
    }
}

#[test]
fn a_listener_that_hears_of_a_failure_can_resume() -> microbatch::Result<()> {
    let (context, mended, has_resumed) = (Arc::new(OnceLock::new()), Mended::default(), Arc::default());
    let check = mended.clone();
    let pipeline = stream!(every = 1ms, |ssc| {
        let numbers = ssc.queue_stream([vec![1], vec![2], vec![3]]);
        numbers.inspect(|n| assert!(*n != 2 || check.is_mended(), "not yet")).count().foreach_batch(|_, _| ());
    });
    let listener = Resumes { context: Arc::clone(&context), mended, has_resumed: Arc::clone(&has_resumed) };
    let running = StreamingContext::new(pipeline).batches(3).listener(Arc::new(listener)).start()?;
    let running = context.get_or_init(|| running);
    running.await_termination()?;
    assert!(has_resumed.load(Ordering::SeqCst));
    Ok(())
}

#[test]
fn retries_end_when_the_context_is_to_stop() -> microbatch::Result<()> {
    let attempts = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&attempts);
    let pipeline = stream!(every = 1ms, |ssc| {
        ssc.queue_stream([vec![1]]).foreach_batch(|_, _| {
            count.fetch_add(1, Ordering::SeqCst);
            Err::<(), _>("the database is away")
        });
    });
    let context = StreamingContext::new(pipeline).on_failure(OnFailure::Retry(u32::MAX));
    let running = context.stop_timeout(Duration::from_millis(1)).start()?;
    while attempts.load(Ordering::SeqCst) < 3 {
        thread::yield_now();
    }
    let error = running.stop().unwrap_err();
    assert!(error.to_string().contains("the database is away"), "{error}");
    Ok(())
}

/// An error that cannot be shown.
#[derive(Debug)]
struct Unspeakable;

impl fmt::Display for Unspeakable {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("no words")
    }
}

impl std::error::Error for Unspeakable {}

#[test]
fn an_error_without_words_is_a_failure_like_others() -> microbatch::Result<()> {
    for panics in [false, true] {
        let pipeline = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream([vec![1], vec![2]]);
            numbers.foreach_batch(|batch, _| match batch[..] {
                [1] if panics => std::panic::panic_any(Box::<dyn std::error::Error + Send + Sync>::from(Unspeakable)),
                [1] => Err(Unspeakable),
                _ => Ok(()),
            });
        });
        let mut manual = context(pipeline, 1).on_failure(OnFailure::Skip).manual()?;
        manual.advance(2)?;
        assert_eq!((manual.progress().batches, manual.progress().skipped), (1, 1));
    }
    Ok(())
}

#[test]
fn a_closure_on_a_worker_cannot_wait_for_the_end() -> microbatch::Result<()> {
    let (running, said) = (Arc::new(OnceLock::<RunningContext>::new()), Arc::new(Mutex::new(Vec::new())));
    let (context, told) = (Arc::clone(&running), Arc::clone(&said));
    let pipeline = stream!(every = 1ms, |ssc| {
        let numbers = ssc.queue_stream([(0..1000u64).collect::<Vec<_>>()]);
        let stopping = numbers.inspect(|_| {
            let is_worker = thread::current().name().is_some_and(|name| name.starts_with("microbatch-worker"));
            let until = Instant::now() + Duration::from_millis(10);
            while !is_worker && told.lock().unwrap().is_empty() && Instant::now() < until {
                thread::yield_now(); // the workers' turn
            }
            if is_worker && told.lock().unwrap().is_empty() {
                let said = context.wait().stop().map_err(|error| error.to_string());
                told.lock().unwrap().push(said);
            }
        });
        stopping.count().foreach_batch(|_, _| ());
    });
    let started = StreamingContext::new(pipeline).workers(4).parallel_grain(1).batches(1).start()?;
    let running = running.get_or_init(|| started);
    running.await_termination()?;
    let said = said.lock().unwrap();
    assert!(said[..].iter().all(|said| said.as_ref().is_err_and(|error| error.contains("its own end"))), "{said:?}");
    assert!(!said.is_empty());
    Ok(())
}
