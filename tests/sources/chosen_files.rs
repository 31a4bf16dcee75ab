//! Which files of a directory are read, and when.

use super::files::{files, put, touch};
use super::*;

/// The conformance cases `I.file.True` and `I.file.False`.
fn new_files(existing: bool) -> Vec<String> {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path().join("0"), "0\n", 10_000);
    let (mut context, out) = files(dir.path(), FileOptions::default().existing_files(existing), 12_000);
    for number in 1..=5u64 {
        let clock = 12_000 + 2_000 * (number - 1) + 1_000;
        put(dir.path().join(number.to_string()), format!("{number}\n"), clock);
        context.advance(1).unwrap();
    }
    all(&out)
}

#[test]
fn new_files_are_taken() {
    assert_eq!(new_files(false), ["1", "2", "3", "4", "5"]);
}

#[test]
fn existing_files_are_taken_on_demand() {
    assert_eq!(new_files(true), ["0", "1", "2", "3", "4", "5"]);
}

#[test]
fn existing_files_are_taken_however_old() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path().join("old"), "old", 1_000);
    let (mut context, out) = files(dir.path(), FileOptions::default().existing_files(true), 1_000_000);
    context.advance(1).unwrap();
    put(dir.path().join("also old"), "also old", 2_000);
    context.advance(40).unwrap();
    assert_eq!(all(&out), ["old"]);
}

#[test]
fn files_are_selected_by_their_time_and_ordered_by_time_and_name() {
    let dir = tempfile::tempdir().unwrap();
    let (mut context, out) = files(dir.path(), FileOptions::default(), 100_000);
    let path = |name: &str| dir.path().join(name);
    for (name, time) in [
        ("b", 101_000),
        ("a", 101_000),
        ("z", 100_500),
        ("at the end", 102_000),
        ("after the end", 102_001),
        ("at the start", 100_000),
        ("before the start", 99_000),
        (".hidden", 101_000),
    ] {
        put(path(name), name, time);
    }
    fs::create_dir(path("below")).unwrap();
    put(path("below").join("deeper"), "deeper", 101_000);
    context.advance(1).unwrap();
    assert_eq!(all(&out), ["z", "a", "b", "at the end"]);
    // A file that turns up late is taken as long as it is not older than a minute, even if older than one that was taken.
    put(path("late"), "late", 100_700);
    context.advance(1).unwrap();
    assert_eq!(by_time(&out)[1].1, ["late", "after the end"]);
    put(path("too late"), "too late", 101_999);
    put(path("just in time"), "just in time", 106_001);
    // 166 s - 60 s: what was modified after 106 s.
    let (mut later, lines) = (context, out);
    later.advance(31).unwrap();
    assert_eq!(lines.batches().last().unwrap().0.as_millis(), 166_000);
    assert_eq!(all(&lines)[6..], ["too late", "just in time"]);
}

/// The batch after so many others, which begin at 100 s, overlooks what was modified at `limit`, and takes what was a millisecond later.
fn overlooks_until(limit: u64, batches: u64, options: FileOptions) {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path().join("before the first batch"), "old", 10_000);
    put(dir.path().join("read"), "read", 101_000);
    let (mut context, out) = files(dir.path(), options, 100_000);
    context.advance(batches).unwrap();
    put(dir.path().join("at the limit"), "at the limit", limit);
    put(dir.path().join("within"), "within", limit + 1);
    context.advance(1).unwrap();
    assert_eq!(all(&out), ["read", "within"]);
    let told = context.progress().streams[0].last_error.clone().unwrap();
    assert!(told.contains("at the limit` is not read: last modified more than "), "{told}");
    // Once only, and nothing of files that were read and have become too old since.
    let at = context.progress().streams[0].last_error_time;
    context.advance(batches + 40).unwrap();
    assert_eq!(context.progress().streams[0].last_error_time, at);
}

#[test]
fn a_file_older_than_a_minute_is_overlooked() {
    overlooks_until(142_000, 50, FileOptions::default()); // 202 s - 60 s
}

#[test]
fn the_span_to_remember_is_rounded_up_to_whole_batches() {
    let options = FileOptions::default().remember(Duration::from_millis(3_001));
    overlooks_until(108_000, 5, options); // 112 s - 4 s
}

#[test]
fn a_file_counts_once_even_if_it_grows() {
    let dir = tempfile::tempdir().unwrap();
    let (mut context, out) = files(dir.path(), FileOptions::default(), 100_000);
    let path = dir.path().join("log");
    put(&path, "one\n", 101_000);
    context.advance(1).unwrap();
    fs::write(&path, "one\ntwo\n").unwrap();
    touch(&path, 103_000);
    context.advance(20).unwrap();
    // It goes on growing when it has been taken for longer than files are remembered.
    for second in [130_000, 170_000, 220_000] {
        touch(&path, second);
        context.advance(30).unwrap();
    }
    assert_eq!(all(&out), ["one"]);
}

#[test]
fn a_file_far_ahead_of_the_clock_is_told_of_and_read_in_its_time() {
    let dir = tempfile::tempdir().unwrap();
    let (mut context, out) = files(dir.path(), FileOptions::default(), 100_000);
    put(dir.path().join("ahead"), "ahead", 200_000);
    context.advance(1).unwrap();
    let told = context.progress().streams[0].last_error.clone().unwrap();
    assert!(
        told.contains("ahead` is not read before the batch of its time: modified more than 60s after now"),
        "{told}"
    );
    context.advance(50).unwrap();
    assert_eq!(all(&out), ["ahead"]);
    // One that was read may bear any time.
    let at = context.progress().streams[0].last_error_time;
    touch(&dir.path().join("ahead"), 900_000);
    context.advance(1).unwrap();
    assert_eq!(context.progress().streams[0].last_error_time, at);
}

#[test]
fn a_file_of_before_the_start_that_is_moved_in_is_told_of() {
    let dir = tempfile::tempdir().unwrap();
    let (mut context, out) = files(dir.path(), FileOptions::default(), 100_000);
    context.advance(1).unwrap();
    put(dir.path().join("moved"), "moved", 99_000);
    context.advance(1).unwrap();
    assert_eq!(all(&out), Vec::<String>::new());
    let told = context.progress().streams[0].last_error.clone().unwrap();
    assert!(told.contains("moved` is not read: last modified before the program began"), "{told}");
}

#[cfg(unix)]
#[test]
fn a_file_that_takes_the_place_of_one_that_was_read_is_told_of() {
    let dir = tempfile::tempdir().unwrap();
    let (out, troubles, path) = (Collector::default(), Arc::new(Troubles::default()), dir.path().to_path_buf());
    let pipeline = stream!(every = 2s, |ssc| {
        ssc.text_file_stream(path).collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).listener(troubles.clone());
    let mut context = context.manual_from(Time::from_millis(100_000)).unwrap();
    put(dir.path().join("latest"), "one\n", 101_000);
    context.advance(1).unwrap();
    // It grows, which is told to nobody.
    fs::write(dir.path().join("latest"), "one\ntwo\n").unwrap();
    touch(&dir.path().join("latest"), 102_500);
    context.advance(1).unwrap();
    assert_eq!(troubles.seen(), Vec::<String>::new());
    for (number, second) in [(1, 105), (2, 107)] {
        put(dir.path().join("latest"), "other\n", second * 1000);
        context.advance(2).unwrap();
        let told = troubles.seen();
        assert_eq!(told.len(), number, "once each: {told:?}");
        assert!(told[number - 1].contains("latest` is not read: a file of the same name was read before"), "{told:?}");
    }
    assert_eq!(all(&out), ["one"]);
}

#[cfg(unix)]
#[test]
fn links_that_lead_nowhere_are_left_out() {
    let dir = tempfile::tempdir().unwrap();
    let (mut context, out) = files(dir.path(), FileOptions::default(), 100_000);
    let path = |name| dir.path().join(name);
    for (link, to) in [("itself", "itself"), ("nothing", "missing"), ("through a file", "log/x")] {
        std::os::unix::fs::symlink(path(to), path(link)).unwrap();
    }
    put(path("log"), "one\n", 101_000);
    context.advance(1).unwrap();
    assert_eq!(all(&out), ["one"]);
}

#[test]
fn a_directory_may_appear_later() {
    let dir = tempfile::tempdir().unwrap();
    let (out, troubles) = (Collector::default(), Arc::new(Troubles::default()));
    let inbox = dir.path().join("inbox");
    let pipeline = stream!(every = 2s, |ssc| {
        ssc.text_file_stream(&inbox).collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).listener(troubles.clone());
    let mut context = context.manual_from(Time::from_millis(100_000)).unwrap();
    context.advance(3).unwrap();
    let trouble =
        format!("there is no directory `{}`; files are taken when it appears", dir.path().join("inbox").display());
    assert_eq!(troubles.seen(), [trouble]);
    fs::create_dir(dir.path().join("inbox")).unwrap();
    put(dir.path().join("inbox/file"), "here", 107_000);
    context.advance(1).unwrap();
    assert_eq!(by_time(&out).last().unwrap(), &(108_000, vec!["here".to_owned()]));
}

#[test]
fn a_wildcard_names_directories() {
    let dir = tempfile::tempdir().unwrap();
    for day in ["day-1", "day-2", "night-1"] {
        fs::create_dir(dir.path().join(day)).unwrap();
    }
    let (mut context, out) = files(&dir.path().join("day-*"), FileOptions::default(), 100_000);
    put(dir.path().join("0"), "beside", 101_000);
    put(dir.path().join("night-1/0"), "night", 101_000);
    put(dir.path().join("day-2/2"), "2", 101_000);
    put(dir.path().join("day-1/1"), "1", 101_000);
    context.advance(1).unwrap();
    fs::create_dir(dir.path().join("day-3")).unwrap();
    put(dir.path().join("day-3/3"), "3", 103_000);
    context.advance(1).unwrap();
    assert_eq!(all(&out), ["1", "2", "3"]);
}

#[cfg(unix)]
#[test]
fn a_wildcard_passes_over_no_directory_that_cannot_be_looked_at() {
    let dir = tempfile::tempdir().unwrap();
    let (mut context, out) = files(&dir.path().join("day-*"), FileOptions::default(), 100_000);
    fs::create_dir(dir.path().join("day-1")).unwrap();
    put(dir.path().join("day-1/1"), "1", 101_000);
    // Permissions would not stop a superuser, but nobody finds what has such a name.
    let link = dir.path().join("day-2");
    std::os::unix::fs::symlink("x".repeat(300), &link).unwrap();
    let error = context.advance(1).unwrap_err();
    assert!(matches!(&error, Error::File { path, .. } if *path == link), "{error}");
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink("nowhere", &link).unwrap();
    context.advance(1).unwrap();
    assert_eq!(all(&out), ["1"]);
}

#[test]
fn a_filter_chooses_files() {
    let dir = tempfile::tempdir().unwrap();
    let options = FileOptions::default().filter(|path| path.extension().is_some_and(|extension| extension == "log"));
    let (mut context, out) = files(dir.path(), options, 100_000);
    for name in ["a.log", "b.txt", ".c.log"] {
        put(dir.path().join(name), name, 101_000);
    }
    context.advance(1).unwrap();
    assert_eq!(all(&out), ["a.log"]);
}
