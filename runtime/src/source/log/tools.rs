//! For the commands that look after a checkpoint directory: what logs hold, and whether they are whole. Changes nothing; the
//! pipeline may be running.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::segment::{self, BlockHead};
use super::{Position, Run};
use crate::checkpoint::{FileReport, Framed, Frames, Recovered, failing};
use crate::error::{Error, Result};
use crate::stored::Stored;

/// What the log of a stream holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct LogSummary {
    pub stream: String,
    pub segments: u64,
    pub bytes: u64,
    pub blocks: u64,
    pub records: u64,
    /// What no batch has had yet: the next start gives it to its first batches.
    pub unread_blocks: u64,
    pub unread_records: u64,
}

/// A segment, as far as it can be read.
struct Scanned {
    number: u64,
    path: PathBuf,
    bytes: u64,
    /// Where each block begins, and its records.
    blocks: Vec<(u64, u64)>,
    problem: Option<Error>,
    /// The problem is what a crash leaves.
    torn: bool,
}

/// Reads the logs of all streams in a checkpoint directory, of which `recovered` is known.
pub(crate) fn inspect(dir: &Path, recovered: Option<&Recovered>) -> Result<Vec<LogSummary>> {
    let summary = |(stream, dir): (String, PathBuf)| {
        let mut summary = LogSummary { stream, ..LogSummary::default() };
        let segments = scan_all(&dir)?;
        let runs = recovered.map(|recovered| last_runs(recovered, &summary.stream)).unwrap_or_default();
        let had = end_of(&runs, &segments)
            .unwrap_or_else(|| recovered.map(|recovered| saved(recovered, &summary.stream)).unwrap_or_default());
        for segment in &segments {
            summary.segments += 1;
            summary.bytes += segment.bytes;
            for (offset, records) in &segment.blocks {
                summary.blocks += 1;
                summary.records += records;
                if (Position { segment: segment.number, offset: *offset }) >= had {
                    summary.unread_blocks += 1;
                    summary.unread_records += records;
                }
            }
        }
        Ok(summary)
    };
    streams(dir)?.into_iter().map(summary).collect()
}

/// Reads every segment to its end. Needed are those with blocks that the checkpoint does not have. `look` says what is known of the
/// checkpoint: a running pipeline may make another one meanwhile, and remove segments that only the one before needed.
pub(crate) fn verify(dir: &Path, mut look: impl FnMut() -> Option<Recovered>) -> Result<Vec<FileReport>> {
    let number = |recovered: &Option<Recovered>| recovered.as_ref().map(|recovered| recovered.number);
    let mut recovered = look();
    loop {
        let reports = verify_beside(dir, recovered.as_ref())?;
        if reports.iter().all(|report| report.problem.is_none() || report.path.exists()) {
            return Ok(reports);
        }
        let now = look();
        if number(&now) == number(&recovered) {
            return Ok(reports);
        }
        recovered = now;
    }
}

/// As `verify`, beside what is known of one checkpoint.
fn verify_beside(dir: &Path, recovered: Option<&Recovered>) -> Result<Vec<FileReport>> {
    let mut reports = Vec::new();
    for (stream, dir) in streams(dir)? {
        let saved = recovered.map(|recovered| saved(recovered, &stream)).unwrap_or_default();
        let (first, is_begun) = (saved.segment, saved != Position::default());
        let segments = scan_all(&dir)?;
        let mut next = if is_begun { first } else { segments.first().map_or(0, |segment| segment.number) };
        for Scanned { number, path, bytes, problem, torn, .. } in segments {
            reports.extend((next..number).map(|missing| gone(&dir, missing)));
            next = next.max(number + 1);
            reports.push(FileReport { path, bytes, needed: number >= first, loose: false, problem, torn });
        }
        reports.extend((next..=first).filter(|_| is_begun).map(|missing| gone(&dir, missing)));
    }
    Ok(reports)
}

fn gone(dir: &Path, number: u64) -> FileReport {
    let path = segment::path(dir, number);
    FileReport { bytes: 0, needed: true, loose: false, problem: Some(segment::missing(&path)), torn: false, path }
}

/// The streams that have a log, and its directory.
fn streams(dir: &Path) -> Result<Vec<(String, PathBuf)>> {
    let logs = super::directory(dir);
    let entries = match fs::read_dir(&logs) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(failing("cannot list the directory", &logs))?,
    };
    let mut streams = Vec::new();
    for entry in entries {
        let entry = entry.map_err(failing("cannot list the directory", &logs))?;
        if entry.path().is_dir() {
            streams.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
        }
    }
    streams.sort();
    Ok(streams)
}

/// What the checkpoint has of the log of a stream.
fn saved(recovered: &Recovered, stream: &str) -> Position {
    let position = recovered.positions.iter().find(|(name, _)| name == stream);
    position.and_then(|(_, bytes)| Position::load(&mut bytes.as_slice()).ok()).unwrap_or_default()
}

/// The blocks of the last batch that has had any since the checkpoint.
fn last_runs(recovered: &Recovered, stream: &str) -> Vec<Run> {
    let inputs = recovered.batches.iter().rev().flat_map(|batch| &batch.begin.inputs);
    let mut runs = inputs
        .filter(|input| input.stream == stream)
        .filter_map(|input| Vec::<Run>::load(&mut input.bytes.as_slice()).ok());
    runs.find(|runs| !runs.is_empty()).unwrap_or_default()
}

/// Behind the last block of the runs.
fn end_of(runs: &[Run], segments: &[Scanned]) -> Option<Position> {
    let run = runs.last()?;
    let segment = segments.iter().find(|segment| segment.number == run.segment)?;
    let behind = segment.blocks.iter().filter(|(offset, _)| *offset >= run.offset).nth(run.count as usize);
    let offset = behind.map_or(segment.bytes, |(offset, _)| *offset);
    Some(Position { segment: run.segment, offset })
}

/// The segments that are there. A running pipeline may remove one of them meanwhile.
fn scan_all(dir: &Path) -> Result<Vec<Scanned>> {
    let numbers = segment::list(dir)?;
    let mut segments = Vec::with_capacity(numbers.len());
    for number in &numbers {
        segments.extend(scan(dir, *number, numbers.last() == Some(number))?);
    }
    Ok(segments)
}

fn scan(dir: &Path, number: u64, is_last: bool) -> Result<Option<Scanned>> {
    let path = segment::path(dir, number);
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        bytes => bytes.map_err(failing("cannot read the log", &path))?,
    };
    let (length, trouble) = match segment::whole_frames(&path, &bytes) {
        Ok(whole) => whole,
        Err(error) => {
            let blocks = Vec::new();
            return Ok(Some(Scanned {
                number,
                path,
                bytes: bytes.len() as u64,
                blocks,
                problem: Some(error),
                torn: false,
            }));
        }
    };
    // All segments but the last one are durable as a whole.
    let torn = trouble.is_some() && is_last && !segment::was_durable(&bytes, length);
    let mut problem = trouble.map(|what| segment::damaged(&path, length as u64, what));
    let (of, blocks) = contents(&bytes[..length]);
    if let Some(other) = of.filter(|of| *of != number) {
        problem = Some(segment::damaged(&path, segment::HEADER as u64, &format!("this is a copy of segment {other}")));
    }
    Ok(Some(Scanned { number, path, bytes: bytes.len() as u64, blocks, problem, torn }))
}

/// Of whole frames: the number in the first one, and the blocks.
fn contents(bytes: &[u8]) -> (Option<u64>, Vec<(u64, u64)>) {
    let rest = bytes.get(segment::HEADER..).unwrap_or_default();
    let mut frames = Frames::new(rest, segment::HEADER as u64, bytes.len() as u64);
    let (mut blocks, mut payload) = (Vec::new(), Vec::new());
    let number = match frames.next(&mut payload) {
        Ok(Framed::Whole) => payload.first_chunk().map(|bytes| u64::from_le_bytes(*bytes)),
        _ => None,
    };
    loop {
        let offset = frames.at();
        match frames.next(&mut payload) {
            Ok(Framed::Whole) => blocks.extend(BlockHead::take(&payload).map(|(head, _)| (offset, head.records))),
            _ => return (number, blocks),
        }
    }
}
