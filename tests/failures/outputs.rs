//! Output operations that fail.

use std::time::Instant;

use super::*;

/// Three outputs, of which the second one fails in the second batch until it is mended.
fn three_outputs(mended: Mended, written: Arc<Mutex<Vec<String>>>) -> impl Pipeline + Send + 'static {
    let note = move |output: &str, time: Time| {
        written.lock().unwrap().push(format!("{output} {}", time.as_millis()));
    };
    let (first, second, third) = (note.clone(), note.clone(), note);
    stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1], vec![2], vec![3]]);
        numbers.foreach_batch(|_, time| first("first", time));
        numbers.foreach_batch(|batch, time| {
            if batch == [2] && !mended.is_mended() {
                return Err("the disk is full");
            }
            second("second", time);
            Ok(())
        });
        numbers.foreach_batch(|_, time| third("third", time));
    })
}

#[test]
fn an_error_names_the_output_and_what_is_written_is_not_written_again() -> microbatch::Result<()> {
    for workers in WORKERS {
        let (mended, written) = (Mended::default(), Arc::default());
        let mut manual = context(three_outputs(mended.clone(), Arc::clone(&written)), workers).manual()?;
        manual.advance(1)?;
        written.lock().unwrap().clear();
        for _ in 0..2 {
            let error = manual.advance(1).unwrap_err();
            assert!(matches!(&error, Error::Output { time, output, .. }
                if time.as_millis() == 2000 && output == "numbers.foreach_batch_2"));
            assert!(error.to_string().ends_with("the disk is full"), "{error}");
            let last = manual.progress().last_batch;
            let failures: Vec<bool> = last.output_operations.iter().map(|output| output.failure.is_some()).collect();
            assert_eq!(failures, [false, true], "of each output the last attempt");
        }
        mended.mend();
        manual.advance(1)?;
        assert_eq!(written.lock().unwrap()[..], ["first 2000", "second 2000", "third 2000"]);
    }
    Ok(())
}

#[test]
fn an_error_follows_the_policy() -> microbatch::Result<()> {
    let written = Arc::default();
    let pipeline = three_outputs(Mended::default(), Arc::clone(&written));
    let mut manual = context(pipeline, 1).on_failure(OnFailure::Retry(2)).manual()?;
    assert!(manual.advance(3).is_err());
    assert_eq!(manual.progress().failures, 3);

    let written = Arc::default();
    let pipeline = three_outputs(Mended::default(), Arc::clone(&written));
    let mut manual = context(pipeline, 1).on_failure(OnFailure::Skip).manual()?;
    manual.advance(3)?;
    assert_eq!((manual.progress().batches, manual.progress().skipped), (2, 1));
    let written = written.lock().unwrap();
    assert!(!written.iter().any(|output| output == "second 2000" || output == "third 2000"), "{written:?}");
    assert_eq!(written.last().unwrap(), "third 3000");
    Ok(())
}

#[test]
fn a_panic_is_the_outputs_error_with_its_place() -> microbatch::Result<()> {
    let line = line!() + 4;
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1]]);
        numbers.foreach_batch(|batch, _| {
            assert!(batch.is_empty(), "not empty");
        });
    });
    let (_, stage, place, message) = panic_of(context(pipeline, 4).manual()?.advance(1).unwrap_err());
    assert_eq!((&*stage, &*message), ("numbers.foreach_batch", "not empty"));
    assert!(is_at(file!(), &place, line), "{place} is not line {line}");
    Ok(())
}

#[test]
fn what_is_committed_at_the_end_is_committed_once() -> microbatch::Result<()> {
    let out = Collector::default();
    let failed = AtomicBool::new(false);
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1, 2]]);
        numbers.collect_into(&out);
        numbers.foreach_batch(|_, _| if failed.swap(true, Ordering::SeqCst) { Ok(()) } else { Err("once") });
    });
    let mut manual = context(pipeline, 1).manual()?;
    assert!(manual.advance(1).is_err());
    assert!(out.batches().is_empty(), "the batch is not committed");
    manual.advance(1)?;
    assert_eq!(out.batches(), [(Time::from_millis(1000), vec![1, 2])]);
    Ok(())
}

/// So that what is away for a moment is not asked for again and again in that moment. On manual time nothing waits.
#[test]
fn a_retry_waits_longer_each_time() {
    let attempts = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&attempts);
    let numbers = stream!(every = 1ms, |ssc| {
        let numbers = ssc.queue_stream([vec![1]]);
        numbers.foreach_batch(|_, _| {
            let mut attempts = noted.lock().unwrap();
            attempts.push(Instant::now());
            if attempts.len() < 3 { Err("it is away") } else { Ok(()) }
        });
    });
    StreamingContext::new(numbers).on_failure(OnFailure::Retry(2)).batches(1).run().unwrap();
    let attempts = attempts.lock().unwrap();
    let waits: Vec<Duration> = attempts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert_eq!(waits.len(), 2);
    assert!(waits[0] >= Duration::from_millis(100) && waits[1] >= Duration::from_millis(200), "{waits:?}");
}
