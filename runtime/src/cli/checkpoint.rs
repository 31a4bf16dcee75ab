//! The commands that look after a checkpoint directory. They need no pipeline.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgMatches, Command, value_parser};
use indicatif::HumanBytes;

use super::{inspect, lock, out, verify};
use crate::checkpoint::{Disk, compact, inspect as read};
use crate::cli::out::Out;
use crate::error::{Error, Result};
use crate::export::export;
use crate::warning::{say, warn};

/// As it stands on the command line.
pub(super) const NAME: &str = "checkpoint";

/// `checkpoint` and what may come behind it.
pub(super) fn command() -> Command {
    let dir = || {
        let help = "The checkpoint directory (default: that of --checkpoint-dir)";
        Arg::new("DIR").value_parser(value_parser!(PathBuf)).help(help)
    };
    Command::new(NAME)
        .about("Look after a checkpoint directory, or the lock file")
        .subcommand_required(true)
        .arg_required_else_help(true)
        .disable_help_subcommand(true)
        .subcommand(Command::new("inspect").about("Show what a checkpoint directory holds").arg(dir()))
        .subcommand(Command::new("verify").about("Read every file, and say what each damaged one means").arg(dir()))
        .subcommand(
            Command::new("export")
                .about("Write a state to standard output, a JSON object a line")
                .override_usage("checkpoint export [DIR] <STATE>")
                .arg(dir())
                .arg(Arg::new("STATE").help("The name of a window or a state, as `inspect` shows it")),
        )
        .subcommand(Command::new("compact").about("Write what is needed into one file, and remove the rest").arg(dir()))
        .subcommand(lock::command())
}

/// What is to be done with a directory.
#[derive(Debug, PartialEq)]
pub(super) enum Tool {
    Inspect(PathBuf),
    Verify(PathBuf),
    Export(PathBuf, Option<String>),
    Compact(PathBuf),
}

impl Tool {
    /// What the command line asks for, if it does; or what it does not say and should.
    pub fn of(matches: &ArgMatches) -> Option<Result<Tool, String>> {
        let (tool, matches) = matches.subcommand_matches(NAME)?.subcommand().filter(|(tool, _)| *tool != "lock")?;
        let given = matches.get_one::<PathBuf>("DIR").cloned();
        let usual = matches.get_one::<PathBuf>("checkpoint-dir").cloned();
        let missing = || format!("which directory? Write 'checkpoint {tool} <DIR>', or give '--checkpoint-dir <DIR>'");
        if tool == "export" {
            let state = matches.get_one::<String>("STATE").cloned();
            let (dir, state) = match (given, usual, state) {
                // One argument alone is the state, where the directory is known.
                (Some(state), Some(dir), None) => (Some(dir), Some(state.to_string_lossy().into_owned())),
                (given, usual, state) => (given.or(usual), state),
            };
            return Some(dir.map(|dir| Tool::Export(dir, state)).ok_or_else(missing));
        }
        let tool = match tool {
            "inspect" => Tool::Inspect,
            "verify" => Tool::Verify,
            "compact" => Tool::Compact,
            _ => return None,
        };
        Some(given.or(usual).map(tool).ok_or_else(missing))
    }

    /// Does it, and gives the exit code. `program` is how the program was called.
    pub fn run(&self, program: &str) -> i32 {
        let done = match self {
            Tool::Inspect(dir) => inspect::text(dir).and_then(|text| out::print(&text)).map(|()| true),
            Tool::Verify(dir) => verify::run(dir),
            Tool::Export(dir, state) => export_state(program, dir, state.as_deref()).map(|()| true),
            Tool::Compact(dir) => compact_dir(dir).map(|()| true),
        };
        match done {
            Ok(is_good) => i32::from(!is_good),
            Err(error) => {
                say(format_args!("error: {error}"));
                1
            }
        }
    }
}

fn compact_dir(dir: &Path) -> Result<()> {
    // In a directory that has no checkpoint, nothing must be left behind.
    read(dir)?;
    let freed = compact(dir, &Disk::real())?;
    out::print(&format!("{} freed; {} in all on disk\n", HumanBytes(freed), HumanBytes(read(dir)?.disk)))
}

fn export_state(program: &str, dir: &Path, name: Option<&str>) -> Result<()> {
    let before = read(dir)?.recovered;
    before.iter().flat_map(|recovered| &recovered.warnings).for_each(warn);
    let number = before.as_ref().map(|recovered| recovered.number);
    let states = before.map(|recovered| recovered.states).unwrap_or_default();
    let Some(state) = states.iter().find(|state| Some(state.name.as_str()) == name) else {
        let names: Vec<&str> = states.iter().map(|state| state.name.as_str()).collect();
        return Err(no_state(program, dir, name, &names));
    };
    let mut out = Out::new();
    let done = export(state, &mut |line| out.line(line)).and_then(|()| out.end());
    match done {
        Err(_) if out.is_closed => Ok(()),
        Err(_) if read(dir)?.recovered.map(|now| now.number) != number => Err(Error::config(
            "the pipeline runs, and has replaced the checkpoint that was being exported",
            "throw away what was written, and export again; or stop the pipeline first",
        )),
        done => done,
    }
}

fn no_state(program: &str, dir: &Path, name: Option<&str>, names: &[&str]) -> Error {
    let what = match name {
        Some(name) => format!("`{}` has no state `{name}`", dir.display()),
        None => "which state is to be exported?".to_owned(),
    };
    let Some(first) = names.first() else {
        return Error::config(what, "there is none: no checkpoint with a window or a state has been made yet");
    };
    let all: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let first = if first.contains(char::is_whitespace) { format!("'{first}'") } else { (*first).to_owned() };
    let example = format!("{program} checkpoint export {} {first}", dir.display());
    Error::config(what, format!("there are {}: `{example}`", all.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Cli;

    #[allow(clippy::unwrap_used)]
    fn tool(line: &str) -> Option<Result<Tool, String>> {
        let cli = Cli::new("x").argument("WORD", "a word");
        let arguments = ["x"].into_iter().chain(line.split_whitespace());
        Tool::of(&cli.command.try_get_matches_from(arguments).unwrap())
    }

    #[test]
    fn a_directory_is_named_in_either_way() {
        let dir = || PathBuf::from("d");
        let state = || Some("s".to_owned());
        for (line, expected) in [
            ("checkpoint inspect d", Tool::Inspect(dir())),
            ("--checkpoint-dir d checkpoint verify", Tool::Verify(dir())),
            ("checkpoint compact --checkpoint-dir d", Tool::Compact(dir())),
            ("checkpoint --checkpoint-dir other inspect d", Tool::Inspect(dir())),
            ("word checkpoint export d s", Tool::Export(dir(), state())),
            ("checkpoint export d", Tool::Export(dir(), None)),
            ("checkpoint export --checkpoint-dir d s", Tool::Export(dir(), state())),
            ("checkpoint export --checkpoint-dir d", Tool::Export(dir(), None)),
            ("--checkpoint-dir other checkpoint export d s", Tool::Export(dir(), state())),
        ] {
            assert_eq!(tool(line), Some(Ok(expected)), "{line}");
        }
        for line in ["inspect", "verify", "export", "compact"] {
            let missing = tool(&format!("checkpoint {line}"));
            assert!(matches!(missing, Some(Err(ref what)) if what.contains(line)), "{missing:?}");
        }
    }

    #[test]
    fn other_words_are_no_command() {
        for line in ["word", "-- checkpoint", "word --checkpoint-dir d", "word checkpoint lock"] {
            assert_eq!(tool(line), None, "{line}");
        }
    }
}
