//! Programs with the usual flags, run as processes of their own: this test's executable is the program.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::env;
use std::process::{Child, Command, Output, Stdio};

use microbatch::cli::{Cli, Options};
use microbatch::prelude::*;

mod checkpoints;
mod lock;

/// The variable that makes a program of a test: its arguments, one a line.
const ARGUMENTS: &str = "MICROBATCH_CLI_ARGUMENTS";

/// Runs the test `program` as a program.
fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", program, "--nocapture"]).env(ARGUMENTS, arguments.join("\n"));
    command
}

fn run(program: &str, arguments: &[&str]) -> Output {
    command(program, arguments).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The command line of the program, if this test is one now.
fn options(cli: Cli) -> Option<Options> {
    let arguments = env::var(ARGUMENTS).ok()?;
    Some(cli.parse_from(["shout"].into_iter().chain(arguments.lines())))
}

/// A program that ends by itself only when a number of batches or a duration is given.
#[test]
fn shout() -> microbatch::Result<()> {
    let cli = Cli::new("Shouts a word.")
        .version("1.2.3")
        .argument("WORD", "what to shout")
        .optional("TIMES", "how often (default: 1)")
        .option("mark", "MARK", "what to put behind it")
        .flag("fail", "panic in the third batch");
    let Some(options) = options(cli) else { return Ok(()) };
    let (word, times) = (options.text("WORD"), options.value::<usize>("TIMES").unwrap_or(1));
    let (mark, fail) = (options.get("mark").unwrap_or("!").to_owned(), options.is_set("fail"));
    let batches = (1..).map(move |_| vec![word.clone(); times]);
    let number = std::sync::atomic::AtomicU32::new(0);
    let out = Collector::default();
    let pipeline = stream!(every = 1ms, name = "shouting", |ssc| {
        let words = ssc.queue_stream(batches);
        let loud = words.transform(|words, _| {
            let number = number.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
            assert!(!fail || number < 3, "hoarse");
            println!("batch {number}: {}{mark}", words.join(" ").to_uppercase());
            words
        });
        loud.collect_into(&out);
    });
    options.run(pipeline)
}

#[test]
fn a_number_of_batches_is_run_and_summed_up() {
    let output = run("shout", &["hello", "2", "--batches", "3", "--mark", "?", "--workers=2"]);
    assert!(output.status.success(), "{output:?}");
    let stdout = stdout(&output);
    assert!(stdout.contains("batch 1: HELLO HELLO?\nbatch 2: HELLO HELLO?\nbatch 3: HELLO HELLO?\n"), "{stdout}");
    assert!(!stdout.contains("batch 4"), "{stdout}");
    let stderr = stderr(&output);
    assert!(stderr.starts_with("3 batches, 6 records in "), "{stderr}");
    assert!(stderr.contains("records/s), total delay ") && stderr.lines().count() == 1, "{stderr}");
}

#[test]
fn a_duration_ends_the_program() {
    let output = run("shout", &["hello", "--duration", "30ms"]);
    assert!(output.status.success(), "{output:?}");
    assert!(stdout(&output).contains("batch 20: HELLO!"), "a batch a millisecond");
    let unclear = run("shout", &["hello", "--duration", "30"]);
    assert_eq!(unclear.status.code(), Some(2));
    assert!(stderr(&unclear).contains("`30s`"), "{unclear:?}");
}

#[test]
fn a_quiet_program_writes_nothing_of_its_own() {
    for quiet in ["--quiet", "-q"] {
        let output = run("shout", &["hello", "--batches=1", quiet]);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(stderr(&output), "");
    }
}

#[test]
fn a_plan_is_printed_in_three_forms_and_nothing_runs() {
    for (flag, beginning) in [
        ("--explain", "pipeline `shouting`, a batch every 1ms\n"),
        ("--explain=text", "pipeline `shouting`, a batch every 1ms\n"),
        ("--explain=mermaid", "flowchart TD\n"),
        ("--explain=dot", "digraph \"shouting\" {\n"),
    ] {
        let output = run("shout", &["hello", flag]);
        assert!(output.status.success(), "{output:?}");
        let stdout = stdout(&output);
        assert!(stdout.contains(beginning) && !stdout.contains("batch 1:"), "{stdout}");
        assert_eq!(stderr(&output), "");
    }
}

#[test]
fn what_is_wrong_on_the_command_line_ends_the_program_with_2() {
    for (arguments, words) in [
        (&["--batches", "3"][..], "<WORD>"),
        (&["hello", "--batch", "3"], "'--batches'"),
        (&["hello", "--batches", "0"], "'0'"),
        (&["hello", "--workers", "many"], "'many'"),
        (&["hello", "--duration", "0s"], "above zero"),
        (&["hello", "--explain=picture"], "mermaid"),
        (&["hello", "often"], "invalid value 'often' for 'TIMES'"),
        (&["hello", "--checkpoint-interval", "10s"], "'--checkpoint-dir <DIR>'"),
    ] {
        let output = run("shout", arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {output:?}");
        let stderr = stderr(&output);
        assert!(stderr.starts_with("error: ") && stderr.contains(words), "{arguments:?}: {stderr}");
    }
}

#[test]
fn help_and_version_are_those_of_the_program() {
    let help = stdout(&run("shout", &["--help"]));
    for words in [
        "Shouts a word.",
        "Usage: shout [OPTIONS] <WORD> [TIMES]",
        "how often (default: 1)",
        "--mark <MARK>",
        "--batches <N>",
        "--duration <TIME>",
        "--workers <N>",
        "--checkpoint-dir <DIR>",
        "--checkpoint-interval <TIME>",
        "Look after a checkpoint directory",
        "--explain[=<FORMAT>]",
        "-q, --quiet",
    ] {
        assert!(help.contains(words), "{words}: {help}");
    }
    assert!(stdout(&run("shout", &["--version"])).contains("shout 1.2.3\n"));
}

#[test]
fn a_failed_batch_is_the_programs_error() {
    let output = run("shout", &["hello", "--fail"]);
    assert!(!output.status.success());
    let stderr = stderr(&output);
    assert!(stderr.starts_with("2 batches, 2 records in ") && stderr.contains(", 1 failure\n"), "{stderr}");
    assert!(stderr.contains("`loud` panicked at tests/cli/main.rs:") && stderr.contains(": hoarse\n"), "{stderr}");
}

/// Signals are sent by the shell, which every Unix has.
#[cfg(unix)]
mod signals {
    use super::*;
    use std::io::{BufRead, BufReader};
    use std::os::unix::process::ExitStatusExt;
    use std::thread;
    use std::time::Instant;

    fn send(signal: &str, child: &Child) {
        let kill = format!("kill -{signal} {}", child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Starts a program and waits until it says `ready`.
    fn start(program: &str, arguments: &[&str], ready: &str) -> (Child, BufReader<std::process::ChildStdout>) {
        let mut command = command(program, arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        while !line.contains(ready) {
            line.clear();
            assert!(lines.read_line(&mut line).unwrap() > 0, "it ended before it was ready");
        }
        (child, lines)
    }

    /// Keeps the pipe empty, so that the program never waits for its reader.
    fn drain(mut lines: BufReader<std::process::ChildStdout>) {
        thread::spawn(move || std::io::copy(&mut lines, &mut std::io::sink()));
    }

    #[test]
    fn a_signal_stops_gracefully() {
        for signal in ["INT", "TERM"] {
            let (child, lines) = start("shout", &["hello"], "batch 3");
            drain(lines);
            send(signal, &child);
            let output = child.wait_with_output().unwrap();
            assert!(output.status.success(), "{output:?}");
            assert!(stderr(&output).contains(" batches, "), "{output:?}");
        }
    }

    /// A program whose first batch never ends.
    #[test]
    fn hang() -> microbatch::Result<()> {
        let Some(options) = options(Cli::new("Hangs.")) else { return Ok(()) };
        let out = Collector::default();
        let pipeline = stream!(every = 1ms, |ssc| {
            let numbers = ssc.queue_stream([vec![1]]).inspect(|_| {
                println!("hanging");
                loop {
                    thread::park();
                }
            });
            numbers.collect_into(&out);
        });
        options.run(pipeline)
    }

    #[test]
    fn a_directory_in_use_can_be_read_and_not_compacted() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().to_str().unwrap();
        let (child, lines) = start("checkpoints::count", &["--forever", "--checkpoint-dir", dir, "-q"], "batch 3");
        drain(lines);
        for tool in ["inspect", "verify"] {
            let output = run("checkpoints::count", &["checkpoint", tool, dir]);
            assert!(output.status.success(), "{output:?}");
        }
        let output = run("checkpoints::count", &["checkpoint", "compact", dir]);
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        assert!(stderr(&output).contains(&format!("process {} uses the directory", child.id())), "{output:?}");
        send("TERM", &child);
        assert!(child.wait_with_output().unwrap().status.success());
    }

    #[test]
    fn a_second_signal_ends_the_program_at_once() {
        for (signal, number) in [("INT", 2), ("TERM", 15)] {
            let (mut child, _lines) = start("signals::hang", &[], "hanging");
            send(signal, &child);
            let deadline = Instant::now() + Duration::from_secs(60);
            // Two signals that meet are one, so that the second one may have to be sent again.
            let status = loop {
                if let Some(status) = child.try_wait().unwrap() {
                    break status;
                }
                assert!(Instant::now() < deadline, "it did not end");
                thread::sleep(Duration::from_millis(5));
                send(signal, &child);
            };
            assert_eq!(status.signal(), Some(number), "as without a handler");
        }
    }

    /// A program with two contexts, which says when both have ended.
    #[test]
    fn two() {
        if env::var(ARGUMENTS).is_err() {
            return;
        }
        let pipeline = || {
            let out = Collector::default();
            stream!(every = 1ms, |ssc| {
                ssc.queue_stream([vec![1]]).collect_into(&out);
            })
        };
        let contexts = [(); 2].map(|()| StreamingContext::new(pipeline()).start().unwrap());
        // From the first wait on, signals stop a context, also between two waits.
        for context in &contexts {
            assert!(!context.await_termination_or_timeout(Duration::ZERO).unwrap());
        }
        println!("both wait");
        thread::scope(|scope| {
            for context in &contexts {
                scope.spawn(|| context.await_termination().unwrap());
            }
        });
        println!("both have ended");
    }

    #[test]
    fn one_signal_stops_all_contexts() {
        let (child, mut lines) = start("signals::two", &[], "both wait");
        let mut child = child;
        send("TERM", &child);
        let mut rest = String::new();
        while !rest.contains("both have ended") {
            assert!(lines.read_line(&mut rest).unwrap() > 0, "{rest}");
        }
        assert!(child.wait().unwrap().success());
    }
}

/// As behind `2> >(tee log)`, when that has ended first.
#[test]
#[cfg(unix)]
fn nobody_need_hear_how_it_went() {
    let (read, write) = std::io::pipe().unwrap();
    drop(read);
    let status = command("shout", &["hello", "--batches", "3"]).stdout(Stdio::null()).stderr(write).status().unwrap();
    assert!(status.success(), "{status}");
}
