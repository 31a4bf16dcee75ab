//! `checkpoint lock`: what the pipeline keeps in its checkpoints, in a file that CI compares.

use std::fs;
use std::path::Path;
use std::process::Output;

use microbatch::cli::Cli;
use microbatch::prelude::*;
use microbatch::{SavedKind, testing};

use crate::{options, run, stderr};

/// Two states, of which one can be of another type and the other of another name. The source cannot be started.
fn pipeline(wide: bool, name: &str, every: Duration) -> impl Pipeline {
    let narrow = move |count: u64| if wide { count } else { count & 0xff };
    let name = name.to_owned();
    stream!(every = every, name = "locked", |ssc| {
        let words = ssc.text_file_stream("/no/such/directory").flat_map(|line| line.split(' '));
        let counts = words
            .map(|word| (word, 1u64))
            .update_state_by_key(|ones, count: Option<u64>| Some(narrow(count.unwrap_or(0) + ones.len() as u64)))
            .name(name);
        counts.print();
        let recent = words.map(|word| (word, 1u64)).reduce_by_key_and_window(|a, b| a + b, every * 4, every);
        recent.print();
    })
}

/// As above, with another type in place of `u64`.
fn other() -> impl Pipeline {
    stream!(every = 1s, name = "locked", |ssc| {
        let words = ssc.text_file_stream("/no/such/directory").flat_map(|line| line.split(' '));
        let counts = words
            .map(|word| (word, 1u64))
            .update_state_by_key(|ones, count: Option<i128>| Some(count.unwrap_or(0) + ones.len() as i128));
        counts.print();
    })
}

#[test]
fn locked() -> microbatch::Result<()> {
    let cli = Cli::new("Has states.").argument("NAME", "of a state").flag("other", "be another version");
    let Some(options) = options(cli) else { return Ok(()) };
    if options.is_set("other") {
        options.run(other())
    } else {
        options.run(pipeline(true, &options.text("NAME"), Duration::from_secs(1)))
    }
}

fn lock(file: &Path, before: &[&str], more: &[&str]) -> Output {
    run("lock::locked", &[before, &["checkpoint", "lock", file.to_str().unwrap()], more].concat())
}

const TEXT: &str = "pipeline \"locked\"\nevery 1s\n\"counts\": state of (String, u64)\n\"recent\": window by key of (String, u64), in panes of 1s\n";

#[test]
fn a_lock_file_is_written_and_compared() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("stream.lock");
    let missing = lock(&file, &["counts"], &["--check"]);
    assert_eq!(missing.status.code(), Some(101), "{missing:?}");
    assert!(stderr(&missing).contains("there is no lock file"), "{missing:?}");

    let written = lock(&file, &["counts"], &[]);
    assert!(written.status.success(), "{written:?}");
    assert!(stderr(&written).contains("windows and states: 2"), "{written:?}");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("# ") && text.ends_with(TEXT), "{text}");
    let same = lock(&file, &["counts", "-q"], &["--check"]);
    assert!(same.status.success() && stderr(&same).is_empty(), "{same:?}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_check_names_what_has_changed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("stream.lock");
    fs::write(&file, TEXT).unwrap();
    let check = |before: &[&str]| {
        let output = lock(&file, before, &["--check"]);
        assert!(!output.status.success(), "{output:?}");
        stderr(&output)
    };
    let changed = check(&["counts", "--other"]);
    for words in [
        "- \"counts\" was a state of (String, u64), and is a state of (String, i128)\n",
        "- \"recent\" is gone; it was a window by key of (String, u64), in panes of 1s\n",
        "`.state_migration(\"counts\", |old: Old| -> New { … })`",
        "`.drop_state(\"recent\")`",
        &format!("write the file anew with `shout <NAME> checkpoint lock {}`", file.display()),
    ] {
        assert!(changed.contains(words), "{words}: {changed}");
    }
    let renamed = check(&["sums"]);
    assert!(renamed.contains("\"counts\" is gone") && renamed.contains("\"sums\" is new"), "{renamed}");
    assert_eq!(fs::read_to_string(&file).unwrap(), TEXT, "a check changes nothing");
    fs::write(&file, "<<<<<<< HEAD\n").unwrap();
    assert!(check(&["counts"]).contains("line 1 is not one of a lock file"));
}

#[test]
fn the_programs_arguments_come_before_the_command() {
    let output = run("lock::locked", &["checkpoint", "lock", "--check"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(stderr(&output).contains("'shout <NAME> checkpoint lock --check'"), "{output:?}");
}

#[test]
fn a_test_compares_as_the_command_does() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("stream.lock");
    let missing = testing::check_lock(other(), &file).unwrap_err().to_string();
    assert!(
        missing.contains("there is no lock file") && missing.contains("`MICROBATCH_LOCK=write cargo test`"),
        "{missing}"
    );
    fs::write(&file, TEXT).unwrap();
    let second = Duration::from_secs(1);
    testing::check_lock(pipeline(true, "counts", second), &file).unwrap();
    fs::write(&file, TEXT.replace("panes of 1s", "panes of 4s")).unwrap();
    let finer = testing::check_lock(pipeline(true, "counts", second), &file).unwrap_err().to_string();
    assert!(finer.contains("multiples of what the panes were") && !finer.contains("state_migration"), "{finer}");
    fs::write(&file, TEXT).unwrap();
    let slower = testing::check_lock(pipeline(true, "counts", second * 2), &file).unwrap_err().to_string();
    assert!(slower.contains("its batch interval was 1s, and is 2s"), "{slower}");
}

#[test]
fn a_pipeline_is_asked_without_being_started() {
    let dir = tempfile::tempdir().unwrap();
    let checkpoints = dir.path().join("state");
    let context = StreamingContext::new(pipeline(false, "counts", Duration::from_secs(1)));
    let states = context.checkpoint_dir(&checkpoints).states().unwrap();
    let known: Vec<_> = states.iter().map(|state| (&*state.name, state.kind, state.shape.to_string())).collect();
    let shape = || "(String, u64)".to_owned();
    assert_eq!(known, [("counts", SavedKind::Keyed, shape()), ("recent", SavedKind::Panes, shape())]);
    assert!(!checkpoints.exists());
}

#[test]
fn a_setup_statement_that_fails_is_the_error() {
    let pipeline = stream!(every = 1s, |ssc| {
        let port: u16 = "none".parse()?;
        ssc.socket_text_stream("localhost", port).print();
    });
    let error = StreamingContext::new(pipeline).states().unwrap_err();
    assert!(error.to_string().contains("invalid digit"), "{error}");
}
