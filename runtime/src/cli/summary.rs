//! The last line of a run.

use std::time::Duration;

use indicatif::HumanCount;

use crate::progress::{CheckpointProgress, Progress};

pub(super) fn line(progress: &Progress, elapsed: Duration) -> String {
    let rate = progress.records as f64 / elapsed.as_secs_f64().max(f64::MIN_POSITIVE);
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
    parts.extend(progress.checkpoint.iter().flat_map(checkpoint));
    parts.join(", ")
}

fn count(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", HumanCount(count), if count == 1 { one } else { many })
}

fn checkpoint(checkpoint: &CheckpointProgress) -> Vec<String> {
    let mut parts = Vec::new();
    let replayed = checkpoint.replays.saturating_sub(checkpoint.backlog);
    if replayed > 0 {
        parts.push(count(replayed, "batch of them replayed", "batches of them replayed"));
    }
    parts.extend(checkpoint.time.map(|time| format!("last checkpoint: batch of {time}")));
    // The help behind the first line was said when it happened.
    let failure = checkpoint.failure.as_ref().and_then(|failure| failure.lines().next());
    parts.extend(failure.map(|failure| format!("checkpoint failed: {failure}")));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Time;

    #[test]
    fn a_summary_names_exceptions_only_when_there_are_any() {
        let mut progress = Progress { batches: 5, records: 1500, ..Progress::default() };
        let usual = "5 batches, 1,500 records in 3.0s (500 records/s), total delay 0.0ns on average, 0.0ns at most";
        let three_seconds = |progress: &Progress| line(progress, Duration::from_secs(3));
        assert_eq!(three_seconds(&progress), usual);
        progress.failures = 1;
        assert_eq!(three_seconds(&progress), format!("{usual}, 1 failure"));
        progress.failures = 0;
        progress.checkpoint = Some(CheckpointProgress::default());
        assert_eq!(three_seconds(&progress), usual);
        progress.checkpoint = Some(CheckpointProgress {
            replays: 1,
            time: Some(Time::from_millis(3000)),
            failure: Some("the disk is full\nhelp: make room".to_owned()),
            ..CheckpointProgress::default()
        });
        let more = "1 batch of them replayed, last checkpoint: batch of 3000 ms, checkpoint failed: the disk is full";
        assert_eq!(three_seconds(&progress), format!("{usual}, {more}"));
    }
}
