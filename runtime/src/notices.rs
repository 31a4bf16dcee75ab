//! What a user should hear of checkpoints and sources while the pipeline runs: each thing once, on standard error.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::listener::{BatchInfo, ReceiverInfo, StreamingListener};
use crate::progress::{CheckpointProgress, ProgressBoard};
use crate::shared::Shared;
use crate::time::Time;
use crate::warning::warn;

/// A listener that comes after the live line: where it tells something, the line has made way.
pub(crate) struct Notices {
    progress: Arc<ProgressBoard>,
    told: Mutex<Told>,
}

/// What was said already.
#[derive(Default)]
struct Told {
    unclaimed: bool,
    sources: bool,
    failure: Option<String>,
    /// The last error of each source.
    errors: HashMap<Arc<str>, String>,
}

impl Notices {
    /// Listens from now on.
    pub fn listen(shared: &Shared) -> Arc<Self> {
        let notices = Arc::new(Notices { progress: Arc::clone(&shared.progress), told: Mutex::default() });
        shared.listeners.add(Arc::clone(&notices) as _);
        notices
    }

    /// Says what is new.
    pub fn tell(&self) {
        let Some(checkpoint) = self.progress.checkpoint() else { return };
        for notice in self.told.lock().unwrap_or_else(PoisonError::into_inner).news(checkpoint) {
            warn(notice);
        }
    }
}

impl StreamingListener for Notices {
    fn on_streaming_started(&self, _: Time) {
        self.tell();
    }

    fn on_batch_started(&self, _: &BatchInfo) {
        self.tell();
    }

    fn on_checkpoint_failed(&self, why: &str) {
        if self.told.lock().unwrap_or_else(PoisonError::into_inner).is_new_failure(why) {
            warn(format_args!("a checkpoint could not be made; the pipeline goes on, and tries the next one: {why}"));
        }
    }

    fn on_receiver_error(&self, receiver: &ReceiverInfo) {
        let Some(what) = &receiver.last_error else { return };
        // Such as a connection that is refused again and again.
        if self.told.lock().unwrap_or_else(PoisonError::into_inner).is_new_of(&receiver.stream, what) {
            warn(format_args!("source `{}`: {what}", receiver.stream));
        }
    }
}

impl Told {
    /// Whether the source's last error was another one, but for the numbers in it.
    fn is_new_of(&mut self, stream: &Arc<str>, what: &str) -> bool {
        let words = without_numbers(what);
        self.errors.insert(Arc::clone(stream), words.clone()) != Some(words)
    }

    /// Whether the checkpoint before did not fail in the same way.
    fn is_new_failure(&mut self, why: &str) -> bool {
        self.failure.replace(why.to_owned()).is_none_or(|before| before != why)
    }

    fn news(&mut self, checkpoint: CheckpointProgress) -> Vec<String> {
        let CheckpointProgress { unclaimed, unclaimed_sources, failure, .. } = checkpoint;
        let mut news = Vec::new();
        if !self.unclaimed && !unclaimed.is_empty() {
            news.push(words_of_unclaimed(&unclaimed));
            self.unclaimed = true;
        }
        if !self.sources && !unclaimed_sources.is_empty() {
            news.push(words_of_sources(&unclaimed_sources));
            self.sources = true;
        }
        if failure.is_none() {
            self.failure = None;
        }
        news
    }
}

/// The words without digits, but for those of names in backticks: another file is another error.
fn without_numbers(what: &str) -> String {
    let parts = what.split('`').enumerate().map(|(at, part)| match at % 2 {
        0 => part.replace(|letter: char| letter.is_ascii_digit(), ""),
        _ => part.to_owned(),
    });
    parts.collect::<Vec<_>>().join("`")
}

fn words_of_unclaimed(names: &[String]) -> String {
    let (it, is) = if names.len() == 1 { ("it", "a state") } else { ("them", "states") };
    format!(
        "the checkpoint has {is} that no operator of this program asks for: {}\nhelp: checkpoints keep {it} until {} gives {it} up; if only the name has changed, give the operator the old one with `.name(…)`",
        listed(names),
        drops(names)
    )
}

fn words_of_sources(names: &[String]) -> String {
    let (it, is) = if names.len() == 1 { ("it was", "a source") } else { ("they were", "sources") };
    format!(
        "the checkpoint is of a program with {is} that this one does not have: {}\nhelp: how far {it} read stays until {} gives that up, and a write-ahead log until you remove its directory; if only the name has changed, give the stream the old one",
        listed(names),
        drops(names)
    )
}

/// Tells of what a start gives up: whoever leaves `drop_state` in the program loses the state at each start.
pub(crate) fn tell_of_dropped(dropped: &[String], saved: &[&str]) {
    for name in dropped {
        let what = match saved.contains(&&**name) {
            true => "what the checkpoint had of it is given up now, and with the next start what this run makes of it",
            false => "the checkpoint has no state, window or source of this name",
        };
        warn(format_args!("`drop_state({name:?})`: {what}; take it out of the program after this start"));
    }
}

fn listed(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn drops(names: &[String]) -> String {
    names.iter().map(|name| format!("`.drop_state({name:?})`")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_said_once() {
        let at = |unclaimed: &[&str], failure: Option<&str>| CheckpointProgress {
            unclaimed: unclaimed.iter().map(|name| (*name).to_owned()).collect(),
            failure: failure.map(str::to_owned),
            ..CheckpointProgress::default()
        };
        let mut told = Told::default();
        assert!(told.news(at(&[], None)).is_empty());
        let news = told.news(at(&["old", "older"], None));
        assert!(news[0].contains("`old`, `older`\n") && news[0].contains("`.drop_state(\"old\")`"), "{news:?}");
        assert!(told.is_new_failure("full"));
        assert!(told.news(at(&["old", "older"], Some("full"))).is_empty());
        assert!(!told.is_new_failure("full") && told.is_new_failure("gone") && told.is_new_failure("full"));
        assert!(told.news(at(&["old", "older"], None)).is_empty());
        assert!(told.is_new_failure("full"), "it was well in between");
        assert!(told.is_new_of(&"lines".into(), "refused; next attempt in 100ms"));
        assert!(!told.is_new_of(&"lines".into(), "refused; next attempt in 200ms"));
        assert!(told.is_new_of(&"lines".into(), "the connection has ended"));
        assert!(told.is_new_of(&"lines".into(), "`2026-01-02.log` is not read: older than 60 s"));
        assert!(!told.is_new_of(&"lines".into(), "`2026-01-02.log` is not read: older than 61 s"));
        assert!(told.is_new_of(&"lines".into(), "`2026-01-03.log` is not read: older than 61 s"));
        let sources =
            CheckpointProgress { unclaimed_sources: vec!["lines".to_owned()], ..CheckpointProgress::default() };
        let lines = told.news(sources.clone());
        assert!(lines[0].contains("a source that this one does not have: `lines`\n"), "{lines:?}");
        assert!(told.news(sources).is_empty());
    }
}
