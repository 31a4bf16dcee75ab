//! The usual command line for a pipeline's `main`.
//!
//! A program without arguments of its own needs one call:
//!
//! ```no_run
//! use microbatch::prelude::*;
//!
//! fn main() -> microbatch::Result<()> {
//!     let pipeline = stream!(every = 1s, |ssc| {
//!         ssc.queue_stream([vec![1, 2, 3]]).print();
//!     });
//!     microbatch::cli::run(pipeline)
//! }
//! ```
//!
//! One with arguments describes them with [`Cli`]. Either understands these flags:
//!
//! | flag | meaning |
//! |---|---|
//! | `--batches N` | stop after N batches |
//! | `--duration TIME` | stop gracefully after this long: `30s`, `5min`, `1h 30min` |
//! | `--workers N` | threads that run a stage |
//! | `--explain[=text\|mermaid\|dot]` | print the plan and end |
//! | `-q`, `--quiet` | neither the live line nor the summary |
//! | `-h`, `--help`, `-V`, `--version` | |
//!
//! `--checkpoint-dir DIR` is reserved. While the pipeline runs, a live line on the terminal shows how it is doing; Ctrl-C and
//! SIGTERM stop it gracefully; at the end one line on standard error sums up. What is wrong on the command line ends the
//! process with exit code 2.

use std::ffi::OsString;
use std::fmt::Display;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::Path;
use std::str::FromStr;
use std::time::{Duration, Instant};

use clap::builder::PossibleValuesParser;
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use indicatif::HumanCount;

use crate::clock::Clock;
use crate::context::StreamingContext;
use crate::error::Result;
use crate::pipeline::Pipeline;
use crate::progress::Progress;

/// Runs a pipeline as the command line of this process says. See the [module](self).
///
/// # Errors
/// When the pipeline cannot start, and when a batch fails for good.
pub fn run<P: Pipeline>(pipeline: P) -> Result<()> {
    let about = format!("Runs the pipeline `{}`.", pipeline.name());
    Cli::new(about).parse().run(pipeline)
}

/// Describes a program's command line: its own arguments, beside the usual flags.
///
/// ```
/// use microbatch::cli::Cli;
/// use microbatch::prelude::*;
///
/// # let out = Collector::default();
/// let cli = Cli::new("Counts long words.")
///     .version("1.2.3")
///     .argument("TEXT", "the text to look at")
///     .optional("LENGTH", "how long a word must be (default: 5)")
///     .parse_from(["long-words", "to be or not to be, that is the question", "--batches", "1", "--quiet"]);
///
/// let text = cli.text("TEXT");
/// let length: usize = cli.value("LENGTH").unwrap_or(5);
/// let pipeline = stream!(every = 1ms, |ssc| {
///     let words = ssc.queue_stream([vec![text]]).flat_map(|line| line.split(' '));
///     words.filter(|word| word.len() >= length).collect_into(&out);
/// });
/// cli.run(pipeline)?;
/// # assert_eq!(out.batches()[0].1, ["question"]);
/// # Ok::<(), microbatch::Error>(())
/// ```
///
/// A program's `main` calls [`parse`](Self::parse), which reads the process's own command line.
#[must_use = "a command line is read by `parse`"]
pub struct Cli {
    command: Command,
}

impl Cli {
    /// A program that does what `about` says, in one sentence.
    pub fn new(about: impl Into<String>) -> Self {
        let command = Command::new("pipeline")
            .about(about.into())
            .version(concat!("(microbatch ", env!("CARGO_PKG_VERSION"), ")"))
            .next_help_heading("Running");
        Cli { command: command.args(usual_flags()) }
    }

    /// What `--version` shows: usually `env!("CARGO_PKG_VERSION")`. Without it, the version of microbatch.
    pub fn version(mut self, version: &'static str) -> Self {
        self.command = self.command.version(version);
        self
    }

    /// An argument that must be given, by its place.
    pub fn argument(self, name: &'static str, help: impl Into<String>) -> Self {
        self.own(Arg::new(name).help(help.into()).required(true).help_heading("Arguments"))
    }

    /// An argument that may be given, by its place.
    pub fn optional(self, name: &'static str, help: impl Into<String>) -> Self {
        self.own(Arg::new(name).help(help.into()).help_heading("Arguments"))
    }

    /// An option with a value: `option("status", "CODE", "…")` understands `--status CODE`.
    pub fn option(self, name: &'static str, value: &'static str, help: impl Into<String>) -> Self {
        self.own(Arg::new(name).long(name).value_name(value).help(help.into()).help_heading(None::<&str>))
    }

    /// An option without a value: `flag("verbose", "…")` understands `--verbose`.
    pub fn flag(self, name: &'static str, help: impl Into<String>) -> Self {
        let flag = Arg::new(name).long(name).action(ArgAction::SetTrue);
        self.own(flag.help(help.into()).help_heading(None::<&str>))
    }

    fn own(mut self, arg: Arg) -> Self {
        self.command = self.command.arg(arg);
        self
    }

    /// Reads the command line of this process. When it is wrong, or asks for help or the version, this ends the process, with
    /// exit code 2 or 0.
    #[must_use = "`run` runs a pipeline as the command line says"]
    pub fn parse(self) -> Options {
        self.parse_from(std::env::args_os())
    }

    /// As [`parse`](Self::parse), of the command line `args`, which begins with the name of the program.
    #[must_use = "`run` runs a pipeline as the command line says"]
    pub fn parse_from<A: Into<OsString> + Clone>(self, args: impl IntoIterator<Item = A>) -> Options {
        let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
        let mut command = named(self.command, args.first());
        match command.try_get_matches_from_mut(args) {
            Ok(matches) => Options { command, matches }.checked(),
            Err(error) => error.exit(),
        }
    }
}

/// The program under the name by which it was called.
fn named(command: Command, path: Option<&OsString>) -> Command {
    let name = path.and_then(|path| Path::new(path).file_stem()).map(|name| name.to_string_lossy().into_owned());
    match name {
        Some(name) => command.bin_name(name.clone()).display_name(name),
        None => command,
    }
}

const FORMATS: [&str; 3] = ["text", "mermaid", "dot"];

fn usual_flags() -> [Arg; 6] {
    let flag = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    [
        flag("batches", "N", "Stop after this many batches").value_parser(value_parser!(NonZeroU64)),
        flag("duration", "TIME", "Stop gracefully after this long: 30s, 5min, \"1h 30min\"").value_parser(duration),
        flag("workers", "N", "Threads that run a stage (default: one a core)")
            .value_parser(value_parser!(NonZeroUsize)),
        flag("checkpoint-dir", "DIR", "Reserved: this version keeps no checkpoints"),
        flag("explain", "FORMAT", "Print the plan and end; FORMAT is text, mermaid or dot")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("text")
            .hide_possible_values(true)
            .value_parser(PossibleValuesParser::new(FORMATS)),
        Arg::new("quiet")
            .long("quiet")
            .short('q')
            .action(ArgAction::SetTrue)
            .help("Show neither the live line nor the summary"),
    ]
}

fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if duration.is_zero() => Err("it must be above zero".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(format!("{error}; write it as `30s`, `5min` or `500ms`")),
    }
}

/// A command line that was read.
#[must_use = "`run` runs a pipeline as the command line says"]
pub struct Options {
    command: Command,
    matches: ArgMatches,
}

impl Options {
    fn checked(self) -> Self {
        if self.matches.contains_id("checkpoint-dir") {
            let what = "'--checkpoint-dir' is reserved: it comes with checkpoints, which this version does not have yet; \
                        run without it";
            self.refuse(ErrorKind::UnknownArgument, what);
        }
        self
    }

    /// Ends the process as a mistake on its command line does.
    fn refuse(&self, kind: ErrorKind, what: impl Display) -> ! {
        self.command.clone().error(kind, what).exit()
    }

    /// An own argument or option as it was written, if it was given.
    ///
    /// # Panics
    /// When the program has no argument or option of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.matches.get_one::<String>(name).map(String::as_str)
    }

    /// An argument that must be given, as it was written.
    ///
    /// # Panics
    /// When the program has no argument of this name, or it may be missing.
    pub fn text(&self, name: &str) -> String {
        match self.get(name) {
            Some(text) => text.to_owned(),
            None => panic!("`{name}` may be missing: ask for it with `get(\"{name}\")`"),
        }
    }

    /// An own argument or option as a value, if it was given. Text that is no such value ends the process with exit code 2.
    ///
    /// # Panics
    /// When the program has no argument or option of this name.
    pub fn value<T: FromStr<Err: Display>>(&self, name: &str) -> Option<T> {
        let text = self.get(name)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(ErrorKind::ValueValidation, format!("invalid value '{text}' for '{name}': {error}"))
            }
        }
    }

    /// Whether an own flag was given.
    ///
    /// # Panics
    /// When the program has no flag of this name.
    pub fn is_set(&self, name: &str) -> bool {
        self.matches.get_flag(name)
    }

    /// Whether the program was asked to be quiet.
    pub fn is_quiet(&self) -> bool {
        self.matches.get_flag("quiet")
    }

    /// Runs the pipeline as the command line says, on this thread. With `--explain` it prints the plan and runs nothing.
    ///
    /// # Errors
    /// When the pipeline cannot start, and when a batch fails for good.
    pub fn run<P: Pipeline>(&self, pipeline: P) -> Result<()> {
        self.run_with(pipeline, |context| context)
    }

    /// As [`run`](Self::run), with settings of the program's own. What the command line says comes after them, and wins.
    ///
    /// ```
    /// use microbatch::cli::Cli;
    /// use microbatch::prelude::*;
    ///
    /// # let out = Collector::default();
    /// let cli = Cli::new("Shows two batches unless told otherwise.").parse_from(["demo", "--quiet"]);
    /// let pipeline = stream!(every = 1ms, |ssc| { ssc.queue_stream([vec![1], vec![2], vec![3]]).collect_into(&out); });
    /// cli.run_with(pipeline, |context| context.batches(2))?;
    /// # assert_eq!(out.batches().len(), 2);
    /// # Ok::<(), microbatch::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn run_with<P: Pipeline>(
        &self,
        pipeline: P,
        settings: impl FnOnce(StreamingContext<P>) -> StreamingContext<P>,
    ) -> Result<()> {
        if let Some(format) = self.get("explain") {
            let plan = pipeline.plan();
            match format {
                "mermaid" => print!("{}", plan.to_mermaid()),
                "dot" => print!("{}", plan.to_dot()),
                _ => print!("{plan}"),
            }
            return Ok(());
        }
        let context = self.apply(settings(StreamingContext::new(pipeline)));
        let (shared, begun) = (context.shared(Clock::wall()), Instant::now());
        let ended = context.run_here(&shared);
        if !self.is_quiet() {
            eprintln!("{}", summary(&shared.progress(), begun.elapsed()));
        }
        ended
    }

    fn apply<P: Pipeline>(&self, mut context: StreamingContext<P>) -> StreamingContext<P> {
        if let Some(batches) = self.matches.get_one::<NonZeroU64>("batches") {
            context = context.batches(batches.get());
        }
        if let Some(duration) = self.matches.get_one::<Duration>("duration") {
            context = context.duration(*duration);
        }
        if let Some(workers) = self.matches.get_one::<NonZeroUsize>("workers") {
            context = context.workers(workers.get());
        }
        if self.is_quiet() { context } else { context.show_progress() }
    }
}

/// The last line of a run.
fn summary(progress: &Progress, elapsed: Duration) -> String {
    let rate = progress.records as f64 / elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
    let count =
        |count: u64, one: &str, many: &str| format!("{} {}", HumanCount(count), if count == 1 { one } else { many });
    let mut parts = vec![
        count(progress.batches, "batch", "batches"),
        format!(
            "{} in {elapsed:.1?} ({} records/s)",
            count(progress.records, "record", "records"),
            HumanCount(rate.round() as u64)
        ),
        format!(
            "total delay {:.1?} on average, {:.1?} at most",
            progress.recent.total_delay.average, progress.recent.total_delay.max
        ),
    ];
    let exceptions = [
        (progress.failures, "failure", "failures"),
        (progress.skipped, "skipped batch", "skipped batches"),
        (progress.bad_records(), "bad record", "bad records"),
    ];
    parts.extend(
        exceptions.iter().filter(|(number, ..)| *number > 0).map(|(number, one, many)| count(*number, one, many)),
    );
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_consistent() {
        let cli = Cli::new("x").argument("A", "a").optional("B", "b").option("c", "C", "c").flag("d", "d");
        cli.command.debug_assert();
    }

    #[test]
    fn durations_have_a_unit_and_are_above_zero() {
        assert_eq!(duration("1m 30s"), Ok(Duration::from_secs(90)));
        assert!(duration("0s").is_err());
        assert!(duration("30").is_err_and(|error| error.contains("`30s`")));
    }

    #[test]
    fn a_summary_names_failures_only_when_there_are_any() {
        let mut progress = Progress { batches: 5, records: 1500, ..Progress::default() };
        let line = "5 batches, 1,500 records in 3.0s (500 records/s), total delay 0.0ns on average, 0.0ns at most";
        assert_eq!(summary(&progress, Duration::from_secs(3)), line);
        progress.failures = 1;
        assert_eq!(summary(&progress, Duration::from_secs(3)), format!("{line}, 1 failure"));
    }
}
