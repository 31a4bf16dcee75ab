//! `checkpoint inspect`: what a directory holds, as text.

use std::fmt::Write;
use std::path::Path;

use indicatif::{HumanBytes, HumanCount};

use super::columns::{Align, columns};
use crate::checkpoint::{Journaled, Recovered, SavedState, Summary, inspect};
use crate::error::Result;
use crate::export::description;
use crate::source::log_tools::{self, LogSummary};
use crate::warning::warn;

/// How many batches of the journal are shown.
const BATCHES: usize = 10;

/// How many bytes of a position are shown.
const POSITION: usize = 16;

pub(super) fn text(dir: &Path) -> Result<String> {
    let summary = inspect(dir)?;
    for warning in summary.recovered.iter().flat_map(|recovered| &recovered.warnings) {
        warn(warning);
    }
    let mut parts = vec![head(&summary)];
    if let Some(recovered) = &summary.recovered {
        parts.extend(states(&recovered.states)?);
        parts.extend(positions(&recovered.positions));
        parts.extend(batches(&recovered.batches));
    }
    parts.extend(logs(&log_tools::inspect(dir, summary.recovered.as_ref())?));
    Ok(parts.join("\n"))
}

fn head(summary: &Summary) -> String {
    let Summary { pipeline, recovered, state_files, state_bytes, disk } = summary;
    let mut text = format!("pipeline    {pipeline}\n");
    // Writing to a string cannot fail.
    let _ = match recovered {
        None => writeln!(text, "checkpoint  none: no batch has begun"),
        Some(recovered) => writeln!(
            text,
            "interval    {:?}\nlast batch  {}\ncheckpoint  {}",
            recovered.every,
            last_batch(recovered),
            checkpoint(recovered)
        ),
    };
    let files = if *state_files == 1 { "1 file".to_owned() } else { format!("{state_files} files") };
    let _ = writeln!(text, "disk        {}; states: {} in {files}", HumanBytes(*disk), HumanBytes(*state_bytes));
    text
}

fn last_batch(recovered: &Recovered) -> String {
    match recovered.batches.last() {
        Some(batch) => format!("{}, {}", batch.begin.time, fate(batch)),
        None => format!("{}, in the checkpoint", recovered.time),
    }
}

fn checkpoint(recovered: &Recovered) -> String {
    let behind = match recovered.batches.len() {
        0 => "no batch since then".to_owned(),
        1 => "1 batch since then".to_owned(),
        more => format!("{} batches since then", HumanCount(more as u64)),
    };
    match recovered.number {
        0 => format!("none yet; {behind}"),
        number => format!("number {number}, as of the batch of {}; {behind}", recovered.time),
    }
}

fn states(states: &[SavedState]) -> Result<Option<String>> {
    let mut rows = Vec::with_capacity(states.len());
    for state in states {
        rows.push([
            state.name.clone(),
            HumanCount(state.entries).to_string(),
            HumanBytes(state.bytes).to_string(),
            description(state)?.to_string(),
        ]);
    }
    let titles = [("STATE", Align::Left), ("KEYS", Align::Right), ("BYTES", Align::Right), ("TYPE", Align::Left)];
    Ok((!rows.is_empty()).then(|| columns(titles, &rows)))
}

fn positions(positions: &[(String, Vec<u8>)]) -> Option<String> {
    let rows: Vec<[String; 3]> = positions
        .iter()
        .map(|(stream, position)| [stream.clone(), HumanBytes(position.len() as u64).to_string(), hex(position)])
        .collect();
    let titles = [("SOURCE", Align::Left), ("BYTES", Align::Right), ("POSITION", Align::Left)];
    (!rows.is_empty()).then(|| columns(titles, &rows))
}

/// A position is in the source's own words: the most that can be said of it without the source.
fn hex(bytes: &[u8]) -> String {
    let mut text: String = bytes.iter().take(POSITION).map(|byte| format!("{byte:02x}")).collect();
    text += if bytes.len() > POSITION { "…" } else { "" };
    text
}

fn batches(batches: &[Journaled]) -> Option<String> {
    let shown = &batches[batches.len().saturating_sub(BATCHES)..];
    let rows: Vec<[String; 3]> = shown
        .iter()
        .map(|batch| {
            let inputs = &batch.begin.inputs;
            let records = inputs.iter().map(|input| format!("{} {}", input.stream, HumanCount(input.records)));
            let records: Vec<String> = records.collect();
            [batch.begin.time.to_string(), records.join(", "), fate(batch).to_owned()]
        })
        .collect();
    let titles = [("BATCH", Align::Right), ("RECORDS", Align::Left), ("AT THE NEXT START", Align::Left)];
    let mut text = columns(titles, &rows);
    if batches.len() > shown.len() {
        let _ = writeln!(text, "and {} before these", HumanCount((batches.len() - shown.len()) as u64));
    }
    (!batches.is_empty()).then_some(text)
}

/// The write-ahead logs of receivers.
fn logs(logs: &[LogSummary]) -> Option<String> {
    let count = |number: u64| HumanCount(number).to_string();
    let row = |log: &LogSummary| {
        let left = match log.unread_blocks {
            0 => "nothing is left".to_owned(),
            1 => format!("gets {} records in 1 block", count(log.unread_records)),
            blocks => format!("gets {} records in {} blocks", count(log.unread_records), count(blocks)),
        };
        let bytes = HumanBytes(log.bytes).to_string();
        [log.stream.clone(), count(log.segments), bytes, count(log.blocks), count(log.records), left]
    };
    let rows: Vec<[String; 6]> = logs.iter().map(row).collect();
    let titles = ["LOG", "FILES", "BYTES", "BLOCKS", "RECORDS", "A NEW BATCH"];
    let align = [Align::Left, Align::Right, Align::Right, Align::Right, Align::Right, Align::Left];
    (!rows.is_empty()).then(|| columns(std::array::from_fn(|column| (titles[column], align[column])), &rows))
}

/// What the next start does with a batch that is not in the checkpoint.
fn fate(batch: &Journaled) -> &'static str {
    match (batch.committed, batch.skipped) {
        (false, _) => "not committed: runs again as a whole",
        (true, true) => "given up: does not run again",
        (true, false) => "committed: runs again for the states alone",
    }
}
