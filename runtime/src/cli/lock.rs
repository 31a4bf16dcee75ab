//! `checkpoint lock`: the lock file is written, or compared with the pipeline.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use super::{Options, checkpoint};
use crate::context::StreamingContext;
use crate::error::Result;
use crate::lock_file::{LockFile, NAME};
use crate::pipeline::Pipeline;
use crate::warning::say;

pub(super) fn command() -> Command {
    Command::new("lock")
        .about("Write what the pipeline keeps in its checkpoints to a file, or compare it with --check")
        .arg(
            Arg::new("check")
                .long("check")
                .action(ArgAction::SetTrue)
                .help("Change nothing; exit code 1 if the file says something else than the pipeline"),
        )
        .arg(Arg::new("FILE").value_parser(value_parser!(PathBuf)).help("The lock file (default: stream.lock)"))
}

/// What the command line asks for.
pub(super) struct Lock {
    check: bool,
    file: PathBuf,
}

impl Lock {
    /// None if it asks for something else.
    pub fn of(matches: &ArgMatches) -> Option<Lock> {
        let matches = matches.subcommand_matches(checkpoint::NAME)?.subcommand_matches("lock")?;
        let file = matches.get_one::<PathBuf>("FILE").cloned().unwrap_or_else(|| NAME.into());
        Some(Lock { check: matches.get_flag("check"), file })
    }

    pub fn run<P: Pipeline>(
        &self,
        name: &str,
        every: Duration,
        context: StreamingContext<P>,
        options: &Options,
    ) -> Result<()> {
        let lock = LockFile::of(name, every, context)?;
        let file = self.file.display();
        let said = if self.check {
            lock.check(&self.file, &options.lock_command(&Lock { check: false, file: self.file.clone() }))?;
            format!("`{file}` is what the pipeline is")
        } else {
            lock.write(&self.file)?;
            format!("`{file}` is written: windows and states: {}", lock.states())
        };
        if !options.is_quiet() {
            say(said);
        }
        Ok(())
    }
}

/// As it stands on the command line.
impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("checkpoint lock")?;
        f.write_str(if self.check { " --check" } else { "" })?;
        if self.file.as_os_str() == NAME { Ok(()) } else { write!(f, " {}", self.file.display()) }
    }
}
