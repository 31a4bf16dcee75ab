//! Files as sources: what is read of them.

use super::*;

#[test]
fn files_of_many_blocks_are_whole_in_memory_that_others_had() {
    let dir = tempfile::tempdir().unwrap();
    let (mut context, out) = files(dir.path(), FileOptions::default(), 10_000);
    for turn in 0..5u64 {
        let lines =
            (0..200_000 + turn * 1_000).map(|line| format!("{turn} {} {line}", "ä".repeat((line % 9) as usize)));
        let mut lines: Vec<String> = lines.collect();
        lines.insert(1_000, "x".repeat(turn as usize * 700_000));
        put(dir.path().join(turn.to_string()), lines.join("\n"), 11_000 + 2_000 * turn);
        context.advance(1).unwrap();
        let batch = out.take().into_iter().flat_map(|(_, lines)| lines);
        assert!(batch.eq(lines), "the lines of turn {turn} differ");
    }
}

/// Writes a file under another name, dates it and renames it into place.
pub fn put(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>, modified_ms: u64) {
    let path = path.as_ref();
    let hidden = path.with_file_name(".being-written");
    fs::write(&hidden, bytes).unwrap();
    touch(&hidden, modified_ms);
    fs::rename(hidden, path).unwrap();
}

pub fn touch(path: &Path, modified_ms: u64) {
    let time = SystemTime::UNIX_EPOCH + Duration::from_millis(modified_ms);
    File::options().append(true).open(path).unwrap().set_modified(time).unwrap();
}

/// Text files in `dir` every two seconds, from a manual time.
pub fn files(dir: &Path, options: FileOptions, start_ms: u64) -> (ManualContext, Collector<String>) {
    let out = Collector::default();
    let dir = dir.to_path_buf();
    let pipeline = stream!(every = 2s, |ssc| {
        ssc.text_file_stream(dir, options).collect_into(&out);
    });
    (StreamingContext::new(pipeline).manual_from(Time::from_millis(start_ms)).unwrap(), out)
}

#[test]
fn a_large_file_is_cut_into_partitions_at_the_ends_of_lines() {
    let dir = tempfile::tempdir().unwrap();
    let (lines, partitions) = (Collector::default(), Collector::default());
    let path = dir.path().to_path_buf();
    let pipeline = stream!(every = 2s, |ssc| {
        let text = ssc.text_file_stream(path);
        text.collect_into(&lines);
        text.map(|line| line.len() as u64).glom().map(|sizes| sizes.len() as u64).collect_into(&partitions);
    });
    let mut context = StreamingContext::new(pipeline).workers(2).manual_from(Time::from_millis(100_000)).unwrap();
    let expected: Vec<String> = (0..200_000).map(|n| format!("line {n:06} {}", "x".repeat(n % 13))).collect();
    let giant = "giant ".repeat(500_000);
    put(dir.path().join("large"), expected.join("\n"), 101_000);
    put(dir.path().join("long"), format!("{giant}\nshort"), 101_001);
    put(dir.path().join("empty"), "", 101_002);
    context.advance(1).unwrap();
    let got = all(&lines);
    assert!(got[..200_000] == expected, "the lines of a large file in order");
    assert!(got[200_000] == giant && got[200_001..] == ["short"]);
    let sizes = all(&partitions);
    assert!(sizes.len() > 4 && sizes.iter().sum::<u64>() == 200_002, "{sizes:?}");
}

/// Text files in `dir`, where `meddle` is called once between the listing and the reading of the file `name`.
pub fn meddled(dir: &Path, name: &'static str, meddle: fn(&Path)) -> (ManualContext, Collector<String>, Arc<Troubles>) {
    let (out, troubles) = (Collector::default(), Arc::new(Troubles::default()));
    let once = Mutex::new(true);
    let options = FileOptions::default().filter(move |path| {
        if path.ends_with(name) && std::mem::take(&mut *once.lock().unwrap()) {
            meddle(path);
        }
        true
    });
    let dir = dir.to_path_buf();
    let pipeline = stream!(every = 2s, |ssc| {
        ssc.text_file_stream(dir, options).collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).listener(troubles.clone());
    (context.manual_from(Time::from_millis(100_000)).unwrap(), out, troubles)
}

#[test]
fn a_file_that_cannot_be_read_fails_the_batch_and_is_read_again() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    // Permissions would not stop a superuser, but nobody reads a directory.
    let (mut context, out, _) = meddled(dir.path(), "file", |path| {
        fs::remove_file(path).unwrap();
        fs::create_dir(path).unwrap();
    });
    put(dir.path().join("before"), "before", 100_500);
    put(&path, "file", 101_000);
    let error = context.advance(1).unwrap_err();
    assert!(matches!(&error, Error::File { path: failed, .. } if *failed == path), "{error}");
    assert_eq!(all(&out), Vec::<String>::new());
    fs::remove_dir(&path).unwrap();
    put(&path, "mended", 101_000);
    context.advance(1).unwrap();
    assert_eq!(by_time(&out), [(102_000, vec!["before".to_owned(), "mended".to_owned()])]);
    context.advance(1).unwrap();
    assert_eq!(all(&out).len(), 2);
}

#[test]
fn a_file_that_vanishes_before_it_is_read_is_left_out_and_reported() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    let (mut context, out, troubles) = meddled(dir.path(), "file", |path| fs::remove_file(path).unwrap());
    put(dir.path().join("other"), "other", 101_000);
    put(&path, "file", 101_000);
    context.advance(1).unwrap();
    assert_eq!(all(&out), ["other"]);
    assert_eq!(troubles.seen(), [format!("the file `{}` was removed before it could be read", path.display())]);
    put(&path, "back again", 101_000);
    context.advance(1).unwrap();
    assert_eq!(all(&out), ["other", "back again"]);
}

#[test]
fn a_file_with_a_bad_line_is_read_again_once_it_is_mended() {
    let dir = tempfile::tempdir().unwrap();
    let (out, path) = (Collector::default(), dir.path().to_path_buf());
    let pipeline = stream!(every = 2s, |ssc| {
        ssc.text_file_stream(path).collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).on_bad_record(BadRecords::Fail);
    let mut context = context.manual_from(Time::from_millis(100_000)).unwrap();
    put(dir.path().join("good"), "good", 101_000);
    let bad = dir.path().join("the bad");
    put(&bad, b"fine\n\xff\n", 101_000);
    let error = context.advance(1).unwrap_err();
    assert!(matches!(&error, Error::BadRecord { .. }), "{error}");
    assert!(error.to_string().contains("the bad"), "{error}");
    put(&bad, "mended\n", 101_000);
    context.advance(1).unwrap();
    assert_eq!(by_time(&out), [(102_000, vec!["good".to_owned(), "mended".to_owned()])]);
}

#[test]
fn bad_lines_of_files_follow_the_policy() {
    let dir = tempfile::tempdir().unwrap();
    let (mut context, out) = files(dir.path(), FileOptions::default(), 100_000);
    put(dir.path().join("file"), BAD_LINES, 101_000);
    context.advance(1).unwrap();
    assert_eq!(all(&out), ["good", "\u{FFFD} bad", "better", "b\u{FFFD}", "best"]);
    assert_eq!(bad(&context), 2);
}

#[test]
fn binary_records() {
    // The conformance case `I.binary`.
    let dir = tempfile::tempdir().unwrap();
    put(dir.path().join("existing"), [0], 9_000);
    let out = Collector::default();
    let path = dir.path().to_path_buf();
    let pipeline = stream!(every = 2s, |ssc| {
        ssc.binary_records_stream(path, 1).collect_into(&out);
    });
    let mut context = StreamingContext::new(pipeline).manual_from(Time::from_millis(10_000)).unwrap();
    for file in 0..3u8 {
        put(
            dir.path().join(file.to_string()),
            [1 + file, 2 + file, 3 + file, 4 + file, 5 + file],
            11_000 + 2_000 * u64::from(file),
        );
        context.advance(1).unwrap();
    }
    let batches: Vec<Vec<u8>> = out.batches().into_iter().map(|(_, batch)| batch.concat()).collect();
    assert_eq!(batches, [[1, 2, 3, 4, 5], [2, 3, 4, 5, 6], [3, 4, 5, 6, 7]]);
}

#[test]
fn an_incomplete_binary_record_follows_the_policy() {
    let run = |policy: BadRecords| {
        let dir = tempfile::tempdir().unwrap();
        let out = Collector::default();
        let path = dir.path().to_path_buf();
        let pipeline = stream!(every = 2s, |ssc| {
            ssc.binary_records_stream(path, 3).map(|record| (record[0], record.len())).collect_into(&out);
        });
        let context = StreamingContext::new(pipeline).on_bad_record(policy);
        let mut context = context.manual_from(Time::from_millis(10_000)).unwrap();
        let many: Vec<u8> = (0..3 * (1 << 20)).map(|byte| (byte / 3 % 251) as u8).collect();
        put(dir.path().join("a"), b"abcdef\x01\x02", 11_000);
        put(dir.path().join("b"), &many, 11_000);
        (context.advance(1), all(&out), bad(&context))
    };
    let rejected = Arc::new(Mutex::new(Vec::new()));
    let keep = {
        let rejected = Arc::clone(&rejected);
        Arc::new(move |record: &BadRecord<'_>| rejected.lock().unwrap().push(record.bytes.to_vec()))
    };
    for policy in [BadRecords::Replace, BadRecords::Skip, BadRecords::Reject(keep)] {
        let (result, records, bad) = run(policy);
        result.unwrap();
        assert_eq!((records.len(), bad), (2 + (1 << 20), 1));
        let expected = [b'a', b'd'].into_iter().chain((0..1 << 20).map(|n| (n % 251) as u8)).map(|byte| (byte, 3));
        assert!(records.into_iter().eq(expected));
    }
    assert_eq!(*rejected.lock().unwrap(), [[1, 2]]);
    let (result, records, bad) = run(BadRecords::Fail);
    let error = result.unwrap_err();
    assert!(error.to_string().contains("the file ends with 2 bytes of a record of 3"), "{error}");
    assert_eq!((records.len(), bad), (0, 1));
}

#[test]
fn records_of_no_bytes_are_refused() {
    let out = Collector::default();
    let pipeline = stream!(every = 2s, |ssc| {
        ssc.binary_records_stream("/tmp", 0).collect_into(&out);
    });
    let error = StreamingContext::new(pipeline).manual().err().unwrap();
    assert!(matches!(error, Error::Config { .. }), "{error}");
}

#[test]
fn files_are_taken_on_the_wall_clock_from_the_first_moment() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("existing"), "existing\n").unwrap();
    let out = Collector::default();
    let path = dir.path().to_path_buf();
    let ready = Arc::new(Mutex::new(false));
    let pipeline = {
        let ready = Arc::clone(&ready);
        stream!(every = 10ms, |ssc| {
            let lines = ssc.text_file_stream(path);
            *ready.lock().unwrap() = true;
            lines.collect_into(&out);
        })
    };
    let context = StreamingContext::new(pipeline).start().unwrap();
    eventually("the source has started", || *ready.lock().unwrap());
    for number in 0..20 {
        let hidden = dir.path().join(".being-written");
        fs::write(&hidden, format!("{number}\n")).unwrap();
        fs::rename(hidden, dir.path().join(number.to_string())).unwrap();
    }
    eventually("all files are read", || all(&out).len() >= 20);
    context.stop().unwrap();
    let mut numbers: Vec<u64> = all(&out).iter().map(|line| line.parse().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..20).collect::<Vec<_>>());
}
