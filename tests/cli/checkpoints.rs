//! Programs with a checkpoint directory, and the commands that look after it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use microbatch::cli::Cli;
use microbatch::prelude::*;

use crate::{command, options, run, stderr, stdout};

/// Counts words by key.
#[test]
fn count() -> microbatch::Result<()> {
    let cli = Cli::new("Counts.")
        .option("end", "BATCH", "end the process in this batch")
        .option("trip", "DIR", "have the first checkpoint in this directory fail")
        .flag("forever", "go on when the input has ended")
        .flag("many", "count many words")
        .flag("other", "give the state another name");
    let Some(options) = options(cli) else { return Ok(()) };
    let name = if options.is_set("other") { "other" } else { "counts" };
    let words = if options.is_set("many") { 20_000 } else { 3 };
    let end = options.value::<u32>("end").unwrap_or(u32::MAX);
    let batches = if options.is_set("forever") { usize::MAX } else { 6 };
    let trip = options.get("trip").map(PathBuf::from);
    let number = AtomicU32::new(0);
    let pipeline = stream!(every = 1ms, name = "counting", |ssc| {
        let words = ssc.queue_stream((0..batches).map(move |_| (0..words).map(|n| format!("w{n}")).collect()));
        let seen = words.transform(|words, _| {
            let number = number.fetch_add(1, Ordering::Relaxed) + 1;
            println!("batch {number}");
            if number == 1
                && let Some(dir) = &trip
            {
                // A file cannot be written where a directory stands. In the first batch: by the second a checkpoint may be under way.
                fs::create_dir(dir.join("manifest-0000000001.tmp")).unwrap();
            }
            words
        });
        let counts = seen
            .map(|word| (word, 1u64))
            .update_state_by_key(|ones, count: Option<u64>| Some(count.unwrap_or(0) + ones.len() as u64))
            .name(name);
        counts.foreach_batch(|_, _| {
            if number.load(Ordering::Relaxed) == end {
                std::process::exit(9);
            }
        });
    });
    options.run(pipeline)
}

/// Runs the program with a directory.
fn count_in(dir: &Path, arguments: &[&str]) -> Output {
    run("checkpoints::count", &[&["--checkpoint-dir", dir.to_str().unwrap()], arguments].concat())
}

/// `checkpoint TOOL DIR …`
fn tool(tool: &str, dir: &Path, more: &[&str]) -> Output {
    run("checkpoints::count", &[&["checkpoint", tool, dir.to_str().unwrap()], more].concat())
}

/// Checkpoints at the end of a run alone: no batch of this century is at a time that is a multiple of it.
const AT_THE_END: [&str; 2] = ["--checkpoint-interval", "100000d"];

/// Runs the program with a directory, and kills it in the second batch: the first is committed then.
fn killed_in(dir: &Path) {
    assert_eq!(count_in(dir, &[AT_THE_END, ["--end", "2"]].concat()).status.code(), Some(9));
}

/// A directory after a run that has ended well, and another that was killed.
fn directory() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    assert!(count_in(dir.path(), &[AT_THE_END, ["--batches", "2"]].concat()).status.success());
    killed_in(dir.path());
    dir
}

/// The newest file of a kind.
fn newest(dir: &Path, kind: &str) -> PathBuf {
    let files = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(kind)).max().unwrap()
}

fn damage(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// The lines of an export, which come behind those of the test's own output.
fn exported(output: &Output) -> Vec<String> {
    stdout(output).lines().filter(|line| line.starts_with('{')).map(str::to_owned).collect()
}

#[test]
fn a_summary_names_the_last_checkpoint() {
    let dir = tempfile::tempdir().unwrap();
    let output = count_in(dir.path(), &["--batches", "2"]);
    assert!(output.status.success(), "{output:?}");
    assert!(stderr(&output).contains(", last checkpoint: batch of "), "{output:?}");
    killed_in(dir.path());
    let output = count_in(dir.path(), &["--batches", "1"]);
    let summary = stderr(&output);
    assert!(summary.starts_with("3 batches, ") && summary.contains(", 2 batches of them replayed, "), "{summary}");
}

#[test]
fn a_checkpoint_that_fails_is_told_once() {
    let dir = tempfile::tempdir().unwrap();
    let trip = ["--checkpoint-interval", "4ms", "--batches", "40", "--trip", dir.path().to_str().unwrap()];
    let output = count_in(dir.path(), &trip);
    assert!(output.status.success(), "{output:?}");
    let stderr = stderr(&output);
    assert_eq!(stderr.matches("warning: a checkpoint could not be made").count(), 1, "{stderr}");
    assert!(stderr.contains("last checkpoint: batch of ") && !stderr.contains("checkpoint failed"), "{stderr}");
}

#[test]
fn a_state_that_nobody_asks_for_is_told() {
    let dir = directory();
    let output = count_in(dir.path(), &["--batches", "2", "--other", "--quiet"]);
    assert!(output.status.success(), "{output:?}");
    let stderr = stderr(&output);
    assert!(stderr.starts_with("warning: ") && stderr.contains("`counts`\nhelp: "), "{stderr}");
    assert_eq!(stderr.matches("counts`").count(), 1, "{stderr}");
}

#[test]
fn inspect_shows_what_a_directory_holds() {
    let dir = directory();
    let output = tool("inspect", dir.path(), &[]);
    assert!(output.status.success(), "{output:?}");
    let text = stdout(&output);
    for words in [
        "pipeline    counting\n",
        "interval    1ms\n",
        "; 2 batches since then\n",
        "STATE   KEYS  ",
        "counts     3  ",
        "  state of (String, u64)\n",
        "SOURCE  BYTES  POSITION\n",
        "words 3  committed: runs again for the states alone\n",
        "words 3  not committed: runs again as a whole\n",
        "disk        ",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(stderr(&output), "");
    let usual = count_in(dir.path(), &["checkpoint", "inspect"]);
    assert!(stdout(&usual).contains("pipeline    counting\n"), "{usual:?}");
}

#[test]
fn a_directory_that_is_none_is_named_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("missing");
    for (name, more) in [("inspect", &[][..]), ("verify", &[]), ("export", &["counts"]), ("compact", &[])] {
        for (path, words) in
            [(missing.as_path(), "no such directory"), (dir.path(), "no checkpoint is in the directory")]
        {
            let output = tool(name, path, more);
            assert_eq!(output.status.code(), Some(1), "{name}: {output:?}");
            let stderr = stderr(&output);
            assert!(stderr.starts_with("error: checkpoint `") && stderr.contains(words), "{name}: {stderr}");
        }
        let output = run("checkpoints::count", &["checkpoint", name]);
        assert_eq!(output.status.code(), Some(2), "{name}: {output:?}");
        assert!(stderr(&output).contains(&format!("'checkpoint {name} <DIR>'")), "{output:?}");
    }
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn verify_finds_whole_files_whole() {
    let dir = directory();
    let output = tool("verify", dir.path(), &[]);
    assert!(output.status.success(), "{output:?}");
    let text = stdout(&output);
    assert!(text.contains("FILE") && text.contains("needed") && text.contains("in reserve"), "{text}");
    assert!(!text.contains("damaged"), "{text}");
}

#[test]
fn verify_says_what_damage_means() {
    let dir = directory();
    let journal = newest(dir.path(), "journal");
    let whole = fs::read(&journal).unwrap();
    fs::write(&journal, &whole[..whole.len() - 1]).unwrap();
    let torn = tool("verify", dir.path(), &[]);
    assert!(torn.status.success() && stdout(&torn).contains("the next start cuts it off"), "{torn:?}");
    fs::write(&journal, &whole).unwrap();

    let state = newest(dir.path(), "state");
    damage(&state, 30);
    let fallen_back = tool("verify", dir.path(), &[]);
    assert!(fallen_back.status.success(), "{fallen_back:?}");
    let text = stdout(&fallen_back);
    assert!(text.contains("damaged at byte") && text.contains("The next start goes back to number 0"), "{text}");
    damage(&state, 30);

    damage(&journal, 20);
    let broken = tool("verify", dir.path(), &[]);
    assert_eq!(broken.status.code(), Some(1), "{broken:?}");
    assert!(stdout(&broken).contains("The batches from there on cannot be read"), "{broken:?}");
    assert!(stderr(&broken).starts_with("error: checkpoint `"), "{broken:?}");
}

#[test]
fn verify_tells_a_checkpoint_that_was_not_finished_from_damage() {
    let dir = directory();
    fs::write(dir.path().join("state-0000000007"), b"").unwrap();
    let output = tool("verify", dir.path(), &[]);
    assert!(output.status.success(), "{output:?}");
    let text = stdout(&output);
    let row = text.lines().find(|line| line.starts_with("state-0000000007"));
    assert!(row.is_some_and(|row| row.contains("of no checkpoint") && row.ends_with("unfinished")), "{text}");
    assert!(text.contains("The next checkpoint removes it") && !text.contains("look after the disk"), "{text}");
    // As it says.
    assert!(count_in(dir.path(), &["--batches", "1"]).status.success());
    assert!(!dir.path().join("state-0000000007").exists());
}

/// A receiver that hands its intake out.
struct Handed(mpsc::Sender<Intake<u64>>);

impl Receiver for Handed {
    type Item = u64;

    fn start(&mut self, intake: Intake<u64>) -> microbatch::Result<()> {
        self.0.send(intake).map_err(|_| "nobody wants the intake".into())
    }
}

/// A directory with a write-ahead log: one block is in a checkpoint, one in a batch since then, and two are in none.
///
/// It ends with a batch that has failed, as if it was killed.
fn logged() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let (sender, intakes) = mpsc::channel();
    let pipeline = stream!(every = 1s, name = "logged", |ssc| {
        let numbers = ssc.receiver_stream(Handed(sender));
        numbers.count().foreach_batch(|_, time| if time.as_millis() == 5000 { Err("dies") } else { Ok(()) });
    });
    let context = StreamingContext::new(pipeline).checkpoint_dir(dir.path()).write_ahead_log(true);
    let mut context = context.checkpoint_interval(Duration::from_secs(3)).manual().unwrap();
    let intake = intakes.recv().unwrap();
    for batches in [3, 1] {
        intake.store_block(vec![1, 2, 3]).unwrap();
        context.advance(batches).unwrap();
    }
    assert!(context.advance(1).is_err());
    (0..2).for_each(|_| intake.store_block(vec![7, 8, 9]).unwrap());
    dir
}

#[test]
fn logs_are_shown_and_verified() {
    let dir = logged();
    let segment = dir.path().join("log/numbers/0000000000.wal");
    let text = stdout(&tool("inspect", dir.path(), &[]));
    let row = text.lines().find(|line| line.ends_with("gets 6 records in 2 blocks"));
    assert!(
        row.is_some_and(|row| row.starts_with("numbers") && row.contains("  4  ") && row.contains("  12  ")),
        "{text}"
    );

    let verify = || tool("verify", dir.path(), &[]);
    let whole = fs::read(&segment).unwrap();
    let output = verify();
    let text = stdout(&output);
    let row = text.lines().find(|line| line.starts_with("log/numbers/0000000000.wal"));
    assert!(
        output.status.success() && row.is_some_and(|row| row.contains("needed") && row.ends_with("whole")),
        "{text}"
    );

    fs::write(&segment, &whole[..whole.len() - 1]).unwrap();
    let torn = verify();
    assert!(torn.status.success() && stdout(&torn).contains("the next start cuts it off"), "{torn:?}");
    assert!(stdout(&tool("inspect", dir.path(), &[])).contains("gets 3 records in 1 block\n"));

    fs::write(&segment, &whole).unwrap();
    damage(&segment, 30);
    let damaged = verify();
    assert_eq!(damaged.status.code(), Some(1), "{damaged:?}");
    assert!(stdout(&damaged).contains("the log is damaged at byte 12"), "{damaged:?}");

    fs::remove_file(&segment).unwrap();
    fs::write(segment.with_file_name("0000000001.wal"), &whole).unwrap();
    let another = verify();
    assert_eq!(another.status.code(), Some(1), "{another:?}");
    let text = stdout(&another);
    assert!(text.contains("a part of the log is missing") && text.contains("this is a copy of segment 0"), "{text}");
    fs::remove_dir_all(dir.path().join("log")).unwrap();
    assert!(!stdout(&tool("inspect", dir.path(), &[])).contains("LOG"));
}

#[test]
fn export_writes_a_state_as_json() {
    let dir = directory();
    let output = tool("export", dir.path(), &["counts"]);
    assert!(output.status.success(), "{output:?}");
    let lines = exported(&output);
    let expected: Vec<String> = (0..3).map(|n| format!("{{\"key\":\"w{n}\",\"value\":2}}")).collect();
    assert_eq!(lines, expected);
    let usual = count_in(dir.path(), &["checkpoint", "export", "counts"]);
    assert_eq!(exported(&usual), expected);
}

#[test]
fn export_names_the_states_that_there_are() {
    let dir = directory();
    for (more, words) in [(&[][..], "which state"), (&["sums"], "has no state `sums`")] {
        let output = tool("export", dir.path(), more);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let stderr = stderr(&output);
        assert!(
            stderr.contains(words) && stderr.contains("help: there are `counts`: `shout checkpoint export"),
            "{stderr}"
        );
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let dir = tempfile::tempdir().unwrap();
    assert!(count_in(dir.path(), &["--many", "--batches", "1"]).status.success());
    let arguments = ["checkpoint", "export", dir.path().to_str().unwrap(), "counts"];
    let mut command = command("checkpoints::count", &arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().starts_with('{')));
    drop(lines);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
}

#[test]
fn compact_keeps_what_is_needed() {
    let dir = directory();
    let before = exported(&tool("export", dir.path(), &["counts"]));
    let output = tool("compact", dir.path(), &[]);
    assert!(output.status.success(), "{output:?}");
    assert!(stdout(&output).contains(" freed; "), "{output:?}");
    assert_eq!(exported(&tool("export", dir.path(), &["counts"])), before);
    assert!(count_in(dir.path(), &["--batches", "1"]).status.success());
    assert_eq!(exported(&tool("export", dir.path(), &["counts"]))[0], "{\"key\":\"w0\",\"value\":5}");
}
