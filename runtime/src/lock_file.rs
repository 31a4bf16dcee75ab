//! The lock file: what a pipeline keeps in its checkpoints, as text that is committed beside its sources.
//!
//! A program whose states have other types cannot read its checkpoint. The lock file tells before the program is deployed: it has
//! what the last version of the program declared, and this compares it with what this version declares.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use crate::context::StreamingContext;
use crate::described::{PANES, StateDescription};
use crate::error::{Error, Result};
use crate::pipeline::Pipeline;

/// Where it is, unless somebody says otherwise.
#[cfg(feature = "cli")]
pub(crate) const NAME: &str = "stream.lock";

const HEADING: &str =
    "# What this pipeline keeps in its checkpoints: made from the program, and to be committed with it.";

/// What a lock file says.
#[derive(Debug, PartialEq)]
pub(crate) struct LockFile {
    /// In quotes.
    pipeline: String,
    every: String,
    /// The name in quotes, and what it is.
    states: BTreeMap<String, String>,
}

impl LockFile {
    /// What the pipeline of `context` declares. Its setup statements run.
    pub fn of<P: Pipeline>(name: &str, every: Duration, context: StreamingContext<P>) -> Result<Self> {
        context.check_names()?;
        Ok(LockFile::new(name, every, &context.states()?))
    }

    fn new(name: &str, every: Duration, states: &[StateDescription]) -> Self {
        let states = states.iter().map(|state| (format!("{:?}", state.name), state.words()));
        LockFile { pipeline: format!("{name:?}"), every: format!("{every:?}"), states: states.collect() }
    }

    /// How many windows and states it has.
    #[cfg(feature = "cli")]
    pub fn states(&self) -> usize {
        self.states.len()
    }

    /// Writes the file.
    ///
    /// # Errors
    /// When that cannot be done.
    pub fn write(&self, path: &Path) -> Result<()> {
        let failed = |cause| Error::File { what: "cannot write the lock file", path: path.to_owned(), cause };
        fs::write(path, self.to_string()).map_err(failed)
    }

    /// Compares the file with this. `anew` is a command that writes it.
    ///
    /// # Errors
    /// When they differ, and when there is no such file.
    pub fn check(&self, path: &Path, anew: &str) -> Result<()> {
        let text = fs::read_to_string(path).map_err(|cause| match cause.kind() {
            ErrorKind::NotFound => Error::config(
                format!("there is no lock file `{}`", path.display()),
                format!("write it with `{anew}`, and commit it"),
            ),
            _ => Error::File { what: "cannot read the lock file", path: path.to_owned(), cause },
        })?;
        let locked = LockFile::parse(&text).map_err(|what| {
            Error::config(format!("`{}`: {what}", path.display()), format!("write the file anew with `{anew}`"))
        })?;
        let differences = self.differences(&locked);
        if differences.is_empty() {
            return Ok(());
        }
        let lines: Vec<String> = differences.iter().map(|difference| format!("\n- {difference}")).collect();
        Err(Error::config(
            format!("the pipeline is not what `{}` says:{}", path.display(), lines.concat()),
            remedy(&differences, anew),
        ))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let (mut pipeline, mut every, mut states) = (None, None, BTreeMap::new());
        for (number, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let unknown = || format!("line {} is not one of a lock file: {line}", number + 1);
            if let Some(name) = line.strip_prefix("pipeline ") {
                pipeline = Some(name.to_owned());
            } else if let Some(interval) = line.strip_prefix("every ") {
                every = Some(interval.to_owned());
            } else {
                let (name, words) =
                    quoted(line).and_then(|(name, rest)| Some((name, rest.strip_prefix(": ")?))).ok_or_else(unknown)?;
                states.insert(name.to_owned(), words.to_owned());
            }
        }
        match (pipeline, every) {
            (Some(pipeline), Some(every)) => Ok(LockFile { pipeline, every, states }),
            _ => Err("it does not name the pipeline and its batch interval".to_owned()),
        }
    }

    fn differences<'a>(&'a self, locked: &'a LockFile) -> Vec<Difference<'a>> {
        let mut differences = Vec::new();
        if locked.pipeline != self.pipeline {
            differences.push(Difference::Pipeline { was: &locked.pipeline, is: &self.pipeline });
        }
        if locked.every != self.every {
            differences.push(Difference::Every { was: &locked.every, is: &self.every });
        }
        for (name, was) in &locked.states {
            match self.states.get(name) {
                None => differences.push(Difference::Gone { name, was }),
                Some(is) if is != was => differences.push(Difference::Changed { name, was, is }),
                Some(_) => {}
            }
        }
        let new = self.states.iter().filter(|(name, _)| !locked.states.contains_key(*name));
        differences.extend(new.map(|(name, is)| Difference::New { name, is }));
        differences
    }
}

/// The text in quotes with which a line begins, and the rest.
fn quoted(line: &str) -> Option<(&str, &str)> {
    let mut escaped = false;
    let inside = line.strip_prefix('"')?;
    let end = inside.find(|letter| {
        let ends = letter == '"' && !escaped;
        escaped = letter == '\\' && !escaped;
        ends
    })?;
    Some(line.split_at(end + 2))
}

impl fmt::Display for LockFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADING}\npipeline {}\nevery {}", self.pipeline, self.every)?;
        self.states.iter().try_for_each(|(name, words)| writeln!(f, "{name}: {words}"))
    }
}

enum Difference<'a> {
    Pipeline { was: &'a str, is: &'a str },
    Every { was: &'a str, is: &'a str },
    Changed { name: &'a str, was: &'a str, is: &'a str },
    Gone { name: &'a str, was: &'a str },
    New { name: &'a str, is: &'a str },
}

impl fmt::Display for Difference<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::Pipeline { was, is } => write!(f, "its name was {was}, and is {is}"),
            Difference::Every { was, is } => write!(f, "its batch interval was {was}, and is {is}"),
            Difference::Changed { name, was, is } => write!(f, "{name} was a {was}, and is a {is}"),
            Difference::Gone { name, was } => write!(f, "{name} is gone; it was a {was}"),
            Difference::New { name, is } => write!(f, "{name} is new; it is a {is}"),
        }
    }
}

fn remedy(differences: &[Difference<'_>], anew: &str) -> String {
    let mut remedies = Vec::new();
    for difference in differences {
        remedies.extend(match difference {
            Difference::Pipeline { was, .. } => Some(format!(
                "a checkpoint directory belongs to one name: give the pipeline its old one back, `stream!(name = {was}, …)`, or start with another directory"
            )),
            Difference::Changed { name, was, is } if types(was) == types(is) => Some(format!(
                "{name} keeps what it holds if its length and its slide are multiples of what the panes were; otherwise give that up, `.drop_state({name})`"
            )),
            Difference::Changed { name, .. } => Some(format!(
                "say how an old value of {name} becomes a new one, `.state_migration({name}, |old: Old| -> New {{ … }})`; or give the old ones up, `.drop_state({name})`"
            )),
            Difference::Gone { name, .. } => Some(format!(
                "checkpoints keep {name} until `.drop_state({name})` gives it up; if it has only another name now, give it the old one back, `.name({name})`"
            )),
            Difference::Every { .. } | Difference::New { .. } => None,
        });
    }
    remedies.push(format!("if this is as it should be, write the file anew with `{anew}`, and commit it"));
    remedies.join("\nhelp: ")
}

/// The words without those on panes.
fn types(words: &str) -> &str {
    words.split_once(PANES).map_or(words, |(types, _)| types)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(states: &[(&str, &str)]) -> LockFile {
        let states = states.iter().map(|(name, words)| (format!("{name:?}"), (*words).to_owned()));
        LockFile { pipeline: "\"counts\"".to_owned(), every: "1s".to_owned(), states: states.collect() }
    }

    #[test]
    fn what_was_written_is_read_again() {
        let lock =
            lock(&[("a \"b\": c\\", "state of (String, u64)"), ("two\nlines", "window of [u64]"), ("", "state of ()")]);
        let text = lock.to_string();
        assert_eq!(text.lines().count(), 6, "{text}");
        assert_eq!(LockFile::parse(&text), Ok(lock));
    }

    #[test]
    fn line_ends_of_windows_change_nothing() {
        let lock = lock(&[("sums", "state of (String, u64)")]);
        assert_eq!(LockFile::parse(&lock.to_string().replace('\n', "\r\n")), Ok(lock));
    }

    #[test]
    fn other_text_is_refused_with_its_line() {
        for (text, words) in [
            ("pipeline \"x\"\nevery 1s\n<<<<<<< HEAD\n", "line 3 is not one of a lock file: <<<<<<< HEAD"),
            ("pipeline \"x\"\nevery 1s\n\"open: state\n", "line 3"),
            ("every 1s\n", "does not name the pipeline"),
            ("", "does not name the pipeline"),
        ] {
            assert!(LockFile::parse(text).is_err_and(|error| error.contains(words)), "{text}");
        }
    }

    #[test]
    fn every_difference_is_named() {
        let was = lock(&[("a", "state of (u8, u8)"), ("b", "state of (u8, u8)"), ("c", "window of [u8]")]);
        let is = LockFile {
            pipeline: "\"other\"".to_owned(),
            every: "2s".to_owned(),
            ..lock(&[("a", "state of (u8, u16)"), ("c", "window of [u8]"), ("d", "state of (u8, u8)")])
        };
        let lines: Vec<String> = is.differences(&was).iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "its name was \"counts\", and is \"other\"",
                "its batch interval was 1s, and is 2s",
                "\"a\" was a state of (u8, u8), and is a state of (u8, u16)",
                "\"b\" is gone; it was a state of (u8, u8)",
                "\"d\" is new; it is a state of (u8, u8)",
            ]
        );
        assert!(is.differences(&is).is_empty());
    }
}
