#![allow(clippy::unwrap_used)]

use std::fs;
use std::sync::Mutex;
use std::time::SystemTime;

use super::*;
use crate::listener::{ReceiverInfo, StreamingListener};
use crate::source::testing::context;

/// Writes down what is told.
#[derive(Default)]
struct Told(Mutex<Vec<String>>);

impl StreamingListener for Told {
    fn on_receiver_error(&self, receiver: &ReceiverInfo) {
        self.0.lock().unwrap().extend(receiver.last_error.clone());
    }
}

impl Told {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// A context whose clock shows this time, and what is told in it.
fn listened(start: Time) -> (SourceContext, Arc<Told>) {
    let (context, told) = (context(start), Arc::<Told>::default());
    context.listeners.add(Arc::clone(&told) as Arc<dyn StreamingListener>);
    (context, told)
}

#[test]
fn binary_records_of_a_file_that_becomes_shorter_are_not_cut() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("samples");
    let mut reader = Reader::new(&context(Time::ZERO));
    let mut read = |bytes: &[u8], length| {
        fs::write(&path, bytes).unwrap();
        let mut blocks = Vec::new();
        let file = File::open(&path).unwrap().take(length);
        let read = reader.read(&FixedLength(2), &path, file, &mut blocks);
        read.map(|_| blocks.iter().map(|block| block.records()).sum::<u64>()).map_err(|error| error.to_string())
    };
    assert_eq!(read(&[1, 2, 3, 4], 4), Ok(2));
    assert_eq!(read(&[1, 2, 3, 4, 5, 6], 4), Ok(2), "what is appended meanwhile is left");
    for bytes in [&[1, 2][..], &[1, 2, 3], &[]] {
        let words = read(bytes, 4).unwrap_err();
        assert!(words.contains("samples") && words.contains("became shorter while it was read"), "{words}");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_file_is_not_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let error = open(&path).unwrap_err();
    assert!(error.to_string().contains("taken the place of the file"), "{error}");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    assert!(open(&path).is_err());
    fs::remove_dir(&path).unwrap();
    assert_eq!(open(&path).unwrap_err().kind(), ErrorKind::NotFound);
    fs::write(&path, "four").unwrap();
    assert_eq!(open(&path).unwrap().0, 4);
}

/// Goes on after a batch of `last`, with a file that bears a time long before it, and tells what is told of it.
#[cfg(unix)]
fn told_of_an_old_file(folder: &Path, start: Time, last: Time, taken: &[PathBuf]) -> Vec<String> {
    let (context, told) = listened(start);
    let mut selection = Selection::new(folder.to_owned(), FileOptions::default(), &context).unwrap();
    let reporter = Reporter::new(&context);
    let taken = taken.iter().map(|path| (path.clone(), last)).collect();
    selection.seek((Some(last - Duration::from_secs(9_000)), last, taken), &reporter).unwrap();
    for second in 1..4 {
        let files = selection.select(start + Duration::from_secs(second), &reporter).unwrap();
        assert!(files.is_empty(), "{files:?}");
    }
    told.take()
}

#[cfg(unix)]
#[test]
fn an_old_file_that_came_while_the_program_was_down_is_told_of() {
    let (folder, hour) = (tempfile::tempdir().unwrap(), Duration::from_secs(3600));
    let path = folder.path().join("moved in");
    fs::write(&path, "old").unwrap();
    let now = Time::from(SystemTime::now());
    let touch = |time| File::options().append(true).open(&path).unwrap().set_modified(time).unwrap();
    touch(SystemTime::now() - 3 * hour);
    let down = now - hour;
    let told = told_of_an_old_file(folder.path(), now, down, &[]);
    assert_eq!(told.len(), 1, "once: {told:?}");
    for words in ["moved in` is not read: last modified more than", "`FileOptions::remember`", "run before has read it"]
    {
        assert!(told[0].contains(words), "`{words}` is not in: {told:?}");
    }
    let nothing = Vec::<String>::new();
    assert_eq!(told_of_an_old_file(folder.path(), now, down, std::slice::from_ref(&path)), nothing, "it was taken");
    let ten = Duration::from_secs(10);
    assert_eq!(told_of_an_old_file(folder.path(), now + 2 * ten, now + ten, &[]), nothing, "it was there before");
    touch(SystemTime::UNIX_EPOCH);
    let manual = Time::from_millis(50_000_000);
    assert_eq!(told_of_an_old_file(folder.path(), manual + hour, manual, &[]), nothing, "by another clock");
}

#[test]
fn an_old_file_is_told_of_each_time_it_comes() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str| {
        let path = folder.path().join(name);
        fs::write(&path, "old").unwrap();
        File::options().append(true).open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    };
    put("there before");
    let start = Time::from_millis(50_000_000);
    let (context, told) = listened(start);
    let mut selection = Selection::new(folder.path().to_owned(), FileOptions::default(), &context).unwrap();
    let reporter = Reporter::new(&context);
    let mut told_in = |second| {
        assert_eq!(selection.select(start + Duration::from_secs(second), &reporter).unwrap(), Vec::<PathBuf>::new());
        told.take().len()
    };
    assert_eq!(told_in(1), 0, "what was there before is known");
    for second in [2, 5] {
        put("comes");
        assert_eq!((told_in(second), told_in(second + 1)), (1, 0));
        fs::remove_file(folder.path().join("comes")).unwrap();
        assert_eq!(told_in(second + 2), 0);
    }
}
