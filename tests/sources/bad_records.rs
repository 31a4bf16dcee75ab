//! Records that cannot be decoded, in batches that are read more than once.

use super::files::{meddled, put};
use super::*;

/// What a function has had that panics once at a record, and the function.
fn rejecting(panics_at: &'static [u8]) -> (Arc<Mutex<Vec<Vec<u8>>>>, BadRecords) {
    let rejected = Arc::new(Mutex::new(Vec::new()));
    let (keep, once) = (Arc::clone(&rejected), AtomicBool::new(true));
    let reject = move |record: &BadRecord<'_>| {
        assert!(record.bytes != panics_at || !once.swap(false, Ordering::AcqRel), "not yet");
        keep.lock().unwrap().push(record.bytes.to_vec());
    };
    (rejected, BadRecords::Reject(Arc::new(reject)))
}

#[test]
fn files_that_are_read_again_have_their_bad_records_counted_once() {
    let dir = tempfile::tempdir().unwrap();
    let (rejected, policy) = rejecting(b"\xffb");
    let (out, path) = (Collector::default(), dir.path().to_path_buf());
    let pipeline = stream!(every = 2s, |ssc| {
        ssc.text_file_stream(path).collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).on_bad_record(policy).on_failure(OnFailure::Retry(1));
    let mut context = context.manual_from(Time::from_millis(100_000)).unwrap();
    put(dir.path().join("a"), b"fine\n\xffa\n", 101_000);
    put(dir.path().join("b"), b"\xffb\n\xffc\n", 101_000);
    put(dir.path().join("later"), b"\xffd\n", 103_000);
    context.advance(1).unwrap();
    assert_eq!((rejected.lock().unwrap().len(), bad(&context)), (3, 3));
    context.advance(1).unwrap();
    assert_eq!(*rejected.lock().unwrap(), [b"\xffa", b"\xffb", b"\xffc", b"\xffd"]);
    assert_eq!((all(&out), bad(&context)), (vec!["fine".to_owned()], 4));
}

#[test]
fn bad_records_do_not_count_before_their_batch_could_be_read() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("later");
    let (mut context, out, _) = meddled(dir.path(), "later", |path| {
        fs::remove_file(path).unwrap();
        fs::create_dir(path).unwrap();
    });
    put(dir.path().join("before"), b"\xff\n", 100_500);
    put(&path, "fine", 101_000);
    assert!(context.advance(1).is_err());
    assert_eq!(bad(&context), 0);
    fs::remove_dir(&path).unwrap();
    put(&path, "fine", 101_000);
    context.advance(1).unwrap();
    assert_eq!((all(&out), bad(&context)), (vec!["\u{FFFD}".to_owned(), "fine".to_owned()], 1));
}

#[test]
fn lines_of_a_socket_that_are_bad_are_counted_once() {
    let (server, port) = Server::new();
    let (rejected, policy) = rejecting(b"b\xc3");
    let (mut context, out, _) = socket_lines(port, policy);
    server.accept().write_all(BAD_LINES).unwrap();
    eventually("five lines arrive", || received(&context) == 5);
    assert!(context.advance(1).is_err());
    context.advance(1).unwrap();
    assert_eq!(*rejected.lock().unwrap(), [&b"\xff bad"[..], b"b\xc3"]);
    assert_eq!((all(&out).len(), bad(&context)), (3, 2));
}
