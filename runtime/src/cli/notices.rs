//! What a user should hear of checkpoints while the pipeline runs: each thing once, on standard error.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use crate::listener::{BatchInfo, StreamingListener};
use crate::progress::{CheckpointProgress, ProgressBoard};
use crate::time::Time;

/// A listener that comes after the live line: where it tells something, the line has made way.
pub(super) struct Notices {
    progress: Arc<ProgressBoard>,
    told: Mutex<Told>,
}

/// What was said already.
#[derive(Default)]
struct Told {
    unclaimed: bool,
    failure: Option<String>,
}

impl Notices {
    pub fn new(progress: &Arc<ProgressBoard>) -> Self {
        Notices { progress: Arc::clone(progress), told: Mutex::default() }
    }

    /// Says what is new.
    pub fn tell(&self) {
        let Some(checkpoint) = self.progress.checkpoint() else { return };
        for notice in self.told.lock().unwrap_or_else(PoisonError::into_inner).news(checkpoint) {
            // Nobody is left to hear that nobody hears it.
            let _ = writeln!(std::io::stderr(), "warning: {notice}");
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
}

impl Told {
    fn news(&mut self, checkpoint: CheckpointProgress) -> Vec<String> {
        let CheckpointProgress { unclaimed, failure, .. } = checkpoint;
        let mut news = Vec::new();
        if !self.unclaimed && !unclaimed.is_empty() {
            news.push(words_of_unclaimed(&unclaimed));
            self.unclaimed = true;
        }
        if failure != self.failure {
            news.extend(failure.as_ref().map(|failure| {
                format!("a checkpoint could not be made; the pipeline goes on, and tries the next one: {failure}")
            }));
            self.failure = failure;
        }
        news
    }
}

fn words_of_unclaimed(names: &[String]) -> String {
    let all: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    let (it, is) = if names.len() == 1 { ("it", "a state") } else { ("them", "states") };
    let drops: Vec<String> = names.iter().map(|name| format!("`.drop_state({name:?})`")).collect();
    format!(
        "the checkpoint has {is} that no operator of this program asks for: {}\nhelp: checkpoints keep {it} until {} gives {it} up; if only the name has changed, give the operator the old one with `.name(…)`",
        all.join(", "),
        drops.join(" ")
    )
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
        let mut news = |unclaimed: &[&str], failure| told.news(at(unclaimed, failure));
        assert!(news(&[], None).is_empty());
        let both = news(&["old", "older"], Some("full"));
        assert!(both[0].contains("`old`, `older`\n") && both[0].contains("`.drop_state(\"old\")`"), "{both:?}");
        assert!(both[1].ends_with(": full"), "{both:?}");
        assert!(news(&["old", "older"], Some("full")).is_empty());
        assert!(news(&["old", "older"], None).is_empty());
        assert_eq!(news(&["old", "older"], Some("full")).len(), 1, "it was well in between");
    }
}
