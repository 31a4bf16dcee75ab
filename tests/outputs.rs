//! Output operations: what they write, when it can be seen, and what happens when they fail.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use microbatch::prelude::*;
use microbatch::{Error, OnFailure};

/// What closures note, to be looked at afterwards.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn add(&self, note: impl Into<String>) -> usize {
        let mut notes = self.0.lock().unwrap();
        notes.push(note.into());
        notes.len()
    }
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

/// The names in a directory, sorted, hidden ones as well.
fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn text(directory: &Path) -> String {
    fs::read_to_string(directory.join("part-00000")).unwrap()
}

mod in_a_process_of_its_own {
    use super::*;

    /// Its standard output is what `standard_output` looks at.
    #[test]
    fn prints() {
        let pipeline = stream!(every = 1s, |ssc| {
            let words = ssc.queue_stream([vec!["to", "be", "or", "not"].into_iter().map(String::from).collect()]);
            words.print(2);
            words.map(|word| (word, (word.len() as u64, 1.5))).print();
            words.map(|word| (word, (word.len(), true))).print_table(["word", "length", "good"]);
        });
        StreamingContext::new(pipeline).manual().unwrap().advance(2).unwrap();
    }
}

#[test]
fn standard_output() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "in_a_process_of_its_own::prints", "--nocapture", "--test-threads=1"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let printed = String::from_utf8(output.stdout).unwrap();
    let expected = "\
-------------------------------------------
Time: 1000 ms
-------------------------------------------
to
be
...

-------------------------------------------
Time: 1000 ms
-------------------------------------------
(to,(2,1.5))
(be,(2,1.5))
(or,(2,1.5))
(not,(3,1.5))

Time: 1000 ms
┌──────┬────────┬──────┐
│ word ┆ length ┆ good │
╞══════╪════════╪══════╡
│ to   ┆      2 ┆ true │
│ be   ┆      2 ┆ true │
│ or   ┆      2 ┆ true │
│ not  ┆      3 ┆ true │
└──────┴────────┴──────┘

-------------------------------------------
Time: 2000 ms
-------------------------------------------

-------------------------------------------
Time: 2000 ms
-------------------------------------------

Time: 2000 ms
┌──────┬────────┬──────┐
│ word ┆ length ┆ good │
╞══════╪════════╪══════╡
└──────┴────────┴──────┘

";
    assert!(printed.contains(expected), "{printed}");
}

#[test]
fn a_printed_stream_computes_no_more_than_it_prints() {
    let seen = Notes::default();
    let notes = seen.clone();
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([(0..1000).collect::<Vec<u64>>()]);
        numbers.inspect(|n| _ = notes.add(n.to_string())).print(3);
    });
    StreamingContext::new(pipeline).workers(1).manual().unwrap().advance(1).unwrap();
    assert_eq!(seen.take(), ["0", "1", "2", "3"]);
}

#[test]
fn text_files_are_the_same_for_every_number_of_workers() {
    for workers in 1..=8 {
        let folder = tempfile::tempdir().unwrap();
        let prefix = folder.path().join("made/when/missing/squares");
        let pipeline = stream!(every = 1s, |ssc| {
            let numbers = ssc.queue_stream([(0..100).collect::<Vec<u64>>(), vec![], vec![7]]);
            numbers.map(|n| (n, n * n)).save_as_text_files(prefix, "txt");
        });
        let context = StreamingContext::new(pipeline).workers(workers).parallel_grain(1);
        context.manual().unwrap().advance(4).unwrap();

        let folder = folder.path().join("made/when/missing");
        let expected = ["squares-1000.txt", "squares-2000.txt", "squares-3000.txt", "squares-4000.txt"];
        assert_eq!(names(&folder), expected);
        for name in expected {
            assert_eq!(names(&folder.join(name)), ["_SUCCESS", "part-00000"]);
        }
        let lines: String = (0..100).map(|n| format!("({n},{})\n", n * n)).collect();
        assert_eq!(text(&folder.join("squares-1000.txt")), lines);
        assert_eq!(text(&folder.join("squares-2000.txt")), "");
        assert_eq!(text(&folder.join("squares-3000.txt")), "(7,49)\n");
    }
}

#[test]
fn text_files_without_prefix_or_suffix() {
    let folder = tempfile::tempdir().unwrap();
    let (with, without) = (folder.path().join("p"), folder.path().join("q"));
    let pipeline = stream!(every = 500ms, |ssc| {
        let words = ssc.queue_stream([vec![String::from("one\u{e9}")]]);
        words.save_as_text_files(&with, String::from("s"));
        words.save_as_text_files(without);
    });
    StreamingContext::new(pipeline).manual().unwrap().advance(1).unwrap();
    assert_eq!(names(folder.path()), ["p-500.s", "q-500"]);
    assert_eq!(text(&folder.path().join("q-500")), "one\u{e9}\n");
}

#[test]
fn a_directory_appears_whole_when_the_batch_is_committed() {
    let folder = tempfile::tempdir().unwrap();
    let (prefix, place) = (folder.path().join("p"), folder.path().to_owned());
    let seen = Notes::default();
    let notes = seen.clone();
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1, 2]]);
        numbers.save_as_text_files(prefix, "");
        numbers.foreach_batch(|_, _| {
            names(&place).into_iter().for_each(|name| _ = notes.add(name));
        });
    });
    StreamingContext::new(pipeline).manual().unwrap().advance(1).unwrap();
    assert_eq!(seen.take(), [".p-1000.tmp"]);
    assert_eq!(names(folder.path()), ["p-1000"]);
}

#[test]
fn a_batch_that_is_given_up_leaves_no_directory() {
    let folder = tempfile::tempdir().unwrap();
    let prefix = folder.path().join("p");
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1], vec![2], vec![3]]);
        numbers.save_as_text_files(prefix, "");
        numbers.foreach_batch(|numbers, _| if numbers == [2] { Err("no") } else { Ok(()) });
    });
    let mut context = StreamingContext::new(pipeline).on_failure(OnFailure::Skip).manual().unwrap();
    context.advance(3).unwrap();
    assert_eq!(context.progress().skipped, 1);
    assert_eq!(names(folder.path()), ["p-1000", "p-3000"]);
}

#[test]
fn a_rerun_replaces_the_directory() {
    let folder = tempfile::tempdir().unwrap();
    let run = |numbers: Vec<u64>| {
        let prefix = folder.path().join("p");
        let pipeline = stream!(every = 1s, |ssc| {
            ssc.queue_stream([numbers]).save_as_text_files(prefix);
        });
        StreamingContext::new(pipeline).manual().unwrap().advance(1).unwrap();
    };
    run(vec![1, 2, 3]);
    fs::write(folder.path().join("p-1000/part-00001"), "of a run with another layout").unwrap();
    // What a run that was killed at a bad moment leaves.
    for left in [".p-1000.tmp", ".p-1000.old"] {
        fs::create_dir(folder.path().join(left)).unwrap();
        fs::write(folder.path().join(left).join("part-00000"), "half of it").unwrap();
    }
    run(vec![4]);
    assert_eq!(names(folder.path()), ["p-1000"]);
    assert_eq!(names(&folder.path().join("p-1000")), ["_SUCCESS", "part-00000"]);
    assert_eq!(text(&folder.path().join("p-1000")), "4\n");
}

#[test]
fn a_directory_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let in_the_way = folder.path().join("file");
    fs::write(&in_the_way, "").unwrap();
    let prefix = in_the_way.join("p");
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1]]);
        numbers.save_as_text_files(prefix);
    });
    let error = StreamingContext::new(pipeline).manual().unwrap().advance(1).unwrap_err();
    let words = error.to_string();
    assert!(words.starts_with("batch of 1000 ms: output `numbers.save_as_text_files` failed: "), "{words}");
    assert!(words.contains(&format!("cannot make the directory `{}`", in_the_way.display())), "{words}");
    // What `main` prints says nothing twice.
    assert_eq!(format!("{error:?}"), words);
}

/// The other outputs, before and after it, are not written twice, and nothing is lost.
#[test]
fn a_failed_commit_is_made_up_for_by_the_next_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let in_the_way = folder.path().join("p-1000");
    fs::write(&in_the_way, "").unwrap();
    let prefix = folder.path().join("p");
    let (before, after, calls) = (Collector::default(), Collector::default(), Notes::default());
    let notes = calls.clone();
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1, 2]]);
        numbers.collect_into(&before);
        numbers.save_as_text_files(prefix);
        numbers.foreach_batch(|_, time| _ = notes.add(time.to_string()));
        numbers.map(|n| n + 1).collect_into(&after);
    });
    let mut context = StreamingContext::new(pipeline).manual().unwrap();
    let error = context.advance(1).unwrap_err();
    assert!(matches!(&error, Error::Output { output, .. } if output == "numbers.save_as_text_files"), "{error}");
    assert!(error.to_string().contains(&format!("cannot replace `{}`", in_the_way.display())), "{error}");

    fs::remove_file(&in_the_way).unwrap();
    context.advance(1).unwrap();
    assert_eq!(names(folder.path()), ["p-1000"]);
    assert_eq!(text(&in_the_way), "1\n2\n");
    assert_eq!(before.batches(), [(Time::from_millis(1000), vec![1, 2])]);
    assert_eq!(after.batches(), [(Time::from_millis(1000), vec![2, 3])]);
    assert_eq!(calls.take(), ["1000 ms"]);
}

#[test]
fn foreach_batch_gets_every_record_and_the_time_and_keeps_what_setup_made() {
    let calls = Notes::default();
    let notes = calls.clone();
    let pipeline = stream!(every = 1s, |ssc| {
        let mut sum = 0;
        let words = ssc.queue_stream([vec![String::from("a b")], vec![], vec![String::from("c")]]);
        words.flat_map(|line| line.split(' ')).foreach_batch(|words, time| {
            sum += words.len();
            notes.add(format!("{time}: {} of {sum}", words.join("+")));
        });
    });
    StreamingContext::new(pipeline).workers(4).parallel_grain(1).manual().unwrap().advance(3).unwrap();
    assert_eq!(calls.take(), ["1000 ms: a+b of 2", "2000 ms:  of 2", "3000 ms: c of 3"]);
}

#[test]
fn outputs_run_in_the_order_in_which_they_are_written() {
    let calls = Notes::default();
    let (first, second, third) = (calls.clone(), calls.clone(), calls.clone());
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1], vec![2]]);
        let counts = numbers.count();
        counts.foreach_batch(|_, _| _ = first.add("first"));
        numbers.foreach_batch(|_, _| _ = second.add("second"));
        counts.foreach_batch(|_, _| _ = third.add("third"));
    });
    StreamingContext::new(pipeline).manual().unwrap().advance(2).unwrap();
    assert_eq!(calls.take(), ["first", "second", "third", "first", "second", "third"]);
}

#[test]
fn another_attempt_leaves_out_the_outputs_that_had_succeeded() {
    let calls = Notes::default();
    let (first, second, third) = (calls.clone(), calls.clone(), calls.clone());
    let (out, attempts) = (Collector::default(), Notes::default());
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1, 2], vec![3]]);
        numbers.collect_into(&out);
        numbers.foreach_batch(|_, time| _ = first.add(format!("first {time}")));
        numbers.foreach_batch(|numbers, time| -> Result<(), String> {
            second.add(format!("second {time}"));
            if numbers.len() == 2 && attempts.add("") <= 2 { Err("not yet".to_owned()) } else { Ok(()) }
        });
        numbers.foreach_batch(|_, time| _ = third.add(format!("third {time}")));
    });
    let mut context = StreamingContext::new(pipeline).on_failure(OnFailure::Retry(2)).manual().unwrap();
    context.advance(2).unwrap();
    let first_batch = ["first 1000 ms", "second 1000 ms", "second 1000 ms", "second 1000 ms", "third 1000 ms"];
    assert_eq!(calls.take(), [&first_batch[..], &["first 2000 ms", "second 2000 ms", "third 2000 ms"]].concat());
    assert_eq!(out.batches(), [(Time::from_millis(1000), vec![1, 2]), (Time::from_millis(2000), vec![3])]);
    let progress = context.progress();
    assert_eq!((progress.batches, progress.failures), (2, 2));
}

#[test]
fn an_error_of_foreach_batch_stops_with_the_batch_intact() {
    let calls = Notes::default();
    let notes = calls.clone();
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1, 2], vec![3]]);
        numbers.foreach_batch(|numbers, time| -> microbatch::Result<()> {
            let call = notes.add(format!("{time}: {numbers:?}"));
            if call == 1 {
                Err(std::io::Error::other("the table is locked"))?
            }
            Ok(())
        });
    });
    let mut context = StreamingContext::new(pipeline).manual().unwrap();
    let error = context.advance(2).unwrap_err();
    assert_eq!(error.to_string(), "batch of 1000 ms: output `numbers.foreach_batch` failed: the table is locked");
    context.advance(2).unwrap();
    assert_eq!(calls.take(), ["1000 ms: [1, 2]", "1000 ms: [1, 2]", "2000 ms: [3]"]);
}

#[test]
fn a_panic_in_foreach_batch_is_an_error_that_names_the_place() {
    let pipeline = stream!(every = 1s, |ssc| {
        let numbers = ssc.queue_stream([vec![1]]);
        numbers.foreach_batch(|numbers, _| assert!(numbers.is_empty(), "no place for {numbers:?}"));
    });
    let error = StreamingContext::new(pipeline).manual().unwrap().advance(1).unwrap_err();
    let Error::Panic { stage, place, message, .. } = &error else { panic!("{error}") };
    assert_eq!((stage.as_str(), message.as_str()), ("numbers.foreach_batch", "no place for [1]"));
    assert!(place.starts_with("tests/outputs.rs:"), "{place}");
}

#[test]
fn two_outputs_do_not_write_to_the_same_place() {
    let dir = tempfile::tempdir().unwrap();
    let prefix = dir.path().join("numbers");
    let pipeline = stream!(every = 1s, require = exactly_once, |ssc| {
        let numbers = ssc.queue_stream([vec![1, 2]]);
        numbers.filter(|n| n % 2 == 0).save_as_text_files(&prefix);
        numbers.filter(|n| n % 2 == 1).save_as_text_files(&prefix);
    });
    let context = StreamingContext::new(pipeline).checkpoint_dir(dir.path().join("state"));
    let error = context.manual().unwrap().advance(1).unwrap_err().to_string();
    assert!(error.contains("two outputs write to `") && error.contains("numbers-1000"), "{error}");
}
