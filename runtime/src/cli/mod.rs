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
//! | `--checkpoint-dir DIR` | keep in this directory what must not be lost, and go on from there: [`checkpoint_dir`](StreamingContext::checkpoint_dir) |
//! | `--checkpoint-interval TIME` | how often windows and states are written there: [`checkpoint_interval`](StreamingContext::checkpoint_interval) |
//! | `--explain[=text\|mermaid\|dot]` | print the plan and end |
//! | `-q`, `--quiet` | neither the live line nor the summary |
//! | `-h`, `--help`, `-V`, `--version` | |
//!
//! While the pipeline runs, a live line on the terminal shows how it is doing; Ctrl-C and SIGTERM stop it gracefully; at the end
//! one line on standard error sums up. Checkpoints that cannot be made, and saved states that no operator asks for, are told
//! there at once, also with `--quiet`. What is wrong on the command line ends the process with exit code 2.
//!
//! # Commands for checkpoints
//!
//! | command | what it does |
//! |---|---|
//! | `checkpoint inspect [DIR]` | shows what a checkpoint directory holds: batches, sources, states, files |
//! | `checkpoint verify [DIR]` | reads every file to its end, and says what each damaged one means; exit code 1 if a start could not go on from here |
//! | `checkpoint export [DIR] STATE` | writes a window or a state to standard output, a JSON object a line, as of the last checkpoint |
//! | `checkpoint compact [DIR]` | writes what is needed into one file, and removes the rest; the pipeline must not be running |
//! | `checkpoint lock [--check] [FILE]` | writes what the pipeline keeps in its checkpoints to the [lock file](#the-lock-file), or compares it |
//!
//! `DIR` may be left out where `--checkpoint-dir DIR` is given. The first three change nothing, and may be used while the pipeline
//! runs. Apart from `lock` these commands need no arguments of the program: [`Cli::parse`] does what they say and ends the
//! process.
//!
//! An argument of the program cannot have the value `checkpoint`, which is the command, unless it comes behind `--`:
//! `shout -- checkpoint` shouts it.
//!
//! # The lock file
//! `checkpoint lock` asks the pipeline for its windows and states, and writes them to `stream.lock`: the pipeline's name, its
//! batch interval, and for each window and state its name, kind and type, a line each, sorted. Commit this file.
//! `checkpoint lock --check` compares: if a type has changed, or a state has gone or come, it says which, what to do about it,
//! and ends with exit code 1. So CI fails, and not the start of a deployed program that cannot read its checkpoint.
//!
//! For both, the setup statements of the pipeline run, but no source and no batch, and no checkpoint directory is touched. The
//! program's arguments come before the command, `shout WORD checkpoint lock`, because the pipeline may depend on them. Tests can
//! do the same with `testing::check_lock`.

use std::ffi::OsString;
use std::fmt::Display;
use std::num::{NonZeroU64, NonZeroUsize};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::{Duration, Instant};

use clap::error::ErrorKind;
use clap::{Arg, ArgAction, ArgMatches, Command};

use crate::clock::Clock;
use crate::context::StreamingContext;
use crate::error::Result;
use crate::pipeline::Pipeline;
use crate::warning::say;

mod checkpoint;
mod columns;
mod flags;
mod inspect;
mod lock;
mod out;
mod summary;
mod verify;

use checkpoint::Tool;
use lock::Lock;

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
        let command = command.args(flags::usual()).subcommand(checkpoint::command());
        // The commands for checkpoints do without the program's arguments; a `help` command would take a value from them.
        Cli { command: command.subcommand_negates_reqs(true).disable_help_subcommand(true) }
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
    /// exit code 2 or 0; so do the [commands for checkpoints](self#commands-for-checkpoints) that need no pipeline.
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

/// A command line that was read.
#[must_use = "`run` runs a pipeline as the command line says"]
pub struct Options {
    command: Command,
    matches: ArgMatches,
}

impl Options {
    /// Does what the command line says without a pipeline.
    fn checked(self) -> Self {
        if let Some(lock) = Lock::of(&self.matches) {
            self.check_arguments(&lock);
        } else if let Some(tool) = Tool::of(&self.matches) {
            let tool = tool.unwrap_or_else(|missing| self.refuse(ErrorKind::MissingRequiredArgument, missing));
            std::process::exit(tool.run(self.name()));
        }
        self
    }

    /// For the lock file the pipeline is made, and with it whatever it is made from.
    fn check_arguments(&self, lock: &Lock) {
        let is_missing = |arg: &&Arg| arg.is_required_set() && !self.matches.contains_id(arg.get_id().as_str());
        if self.command.get_positionals().any(|arg| is_missing(&arg)) {
            let what = format!(
                "the pipeline may depend on the program's arguments: give them before the command, '{}'",
                self.lock_command(lock)
            );
            self.refuse(ErrorKind::MissingRequiredArgument, what);
        }
    }

    /// How the lock file is asked for.
    fn lock_command(&self, lock: &Lock) -> String {
        let words = [self.name().to_owned()].into_iter();
        let arguments = self.command.get_positionals().filter(|arg| arg.is_required_set()).map(ToString::to_string);
        words.chain(arguments).chain([lock.to_string()]).collect::<Vec<_>>().join(" ")
    }

    /// The program's.
    fn name(&self) -> &str {
        self.command.get_bin_name().unwrap_or_else(|| self.command.get_name())
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

    /// Runs the pipeline as the command line says, on this thread. With `--explain` it prints the plan and runs nothing; with
    /// `checkpoint lock` it writes or compares the lock file.
    ///
    /// # Errors
    /// When the pipeline cannot start, and when a batch fails for good; when the lock file says something else than the pipeline.
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
            return out::print(&match format {
                "mermaid" => plan.to_mermaid(),
                "dot" => plan.to_dot(),
                _ => plan.to_string(),
            });
        }
        let (name, every) = (pipeline.name().to_owned(), pipeline.every());
        let context = settings(StreamingContext::new(pipeline));
        if let Some(lock) = Lock::of(&self.matches) {
            return lock.run(&name, every, context, self);
        }
        self.run_batches(self.apply(context))
    }

    fn run_batches<P: Pipeline>(&self, context: StreamingContext<P>) -> Result<()> {
        let (shared, begun) = (context.shared(Clock::wall()), Instant::now());
        let ended = context.heard().run_here(&shared);
        if !self.is_quiet() {
            say(summary::line(&shared.progress(), begun.elapsed()));
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
        if let Some(directory) = self.matches.get_one::<PathBuf>("checkpoint-dir") {
            context = context.checkpoint_dir(directory);
        }
        if let Some(interval) = self.matches.get_one::<Duration>("checkpoint-interval") {
            if !context.has_checkpoint_dir() {
                let what = "'--checkpoint-interval' needs a directory for the checkpoints: '--checkpoint-dir <DIR>'";
                self.refuse(ErrorKind::MissingRequiredArgument, what);
            }
            context = context.checkpoint_interval(*interval);
        }
        if self.is_quiet() { context } else { context.show_progress() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_description_is_consistent() {
        let cli = Cli::new("x").argument("A", "a").optional("B", "b").option("c", "C", "c").flag("d", "d");
        cli.command.debug_assert();
    }
}
