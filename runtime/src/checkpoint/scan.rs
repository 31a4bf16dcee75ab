//! Reading journals: their whole frames, and what to think of the rest.

use std::fs;
use std::path::{Path, PathBuf};

use super::frame::{FRAME_HEAD, FileKind, Framed, Frames, HEADER, check_header};
use super::journal::{Entry, Stamped};
use super::layout;
use super::problem::{Problem, refused};
use super::types::{Commit, Journaled};
use crate::error::Result;
use crate::time::Time;

/// What the bytes of a journal hold.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Scan {
    pub entries: Vec<Entry>,
    /// The length of the whole frames.
    pub length: u64,
    /// Behind them is what a crash left of a frame that was never durable.
    pub torn: bool,
}

/// Damage in what was durable, at a byte.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Damage {
    pub offset: u64,
    pub what: &'static str,
}

/// Reads the frames behind the header.
pub(super) fn scan(bytes: &[u8]) -> Result<Scan, Damage> {
    let (mut entries, mut payload) = (Vec::new(), Vec::new());
    let mut at = HEADER;
    loop {
        let from = bytes.get(at as usize..).unwrap_or_default();
        let mut frames = Frames::new(from, at, bytes.len() as u64);
        let damaged = |what| Damage { offset: at, what };
        match frames.next(&mut payload).map_err(|_| damaged("the file ends within a frame"))? {
            Framed::Whole => {
                let stamped = Stamped::decode(&payload).map_err(|_| damaged("this is not an entry of a journal"))?;
                check_order(&entries, &stamped.entry).map_err(damaged)?;
                entries.push(stamped.entry);
                at = frames.at();
            }
            Framed::End if entries.is_empty() => return Err(damaged("the first frame is missing")),
            Framed::End => return Ok(Scan { entries, length: at, torn: false }),
            // The first frame is written before the journal gets its name.
            Framed::Damaged(what) if entries.is_empty() => return Err(damaged(what)),
            Framed::Damaged(what) if was_durable(bytes, at) => return Err(damaged(what)),
            Framed::Damaged(_) => return Ok(Scan { entries, length: at, torn: true }),
        }
    }
}

fn check_order(before: &[Entry], entry: &Entry) -> Result<(), &'static str> {
    match (before.last(), entry) {
        (None, Entry::Opened { .. }) => Ok(()),
        (None, _) => Err("the journal does not begin with its first frame"),
        (Some(_), Entry::Opened { .. }) => Err("the first frame of a journal is in the middle"),
        (Some(Entry::Rolled), _) => Err("there is a frame behind the last one"),
        _ => Ok(()),
    }
}

/// Whether a whole frame behind says that this place was on disk when it was written.
fn was_durable(bytes: &[u8], damaged: u64) -> bool {
    let mut payload = Vec::new();
    (damaged as usize + 1..bytes.len().saturating_sub(FRAME_HEAD)).any(|at| {
        let behind = &bytes[at..];
        // Most places are no frame by their tag or length alone, without a checksum over all that follows.
        if !matches!(behind.get(FRAME_HEAD), Some(1..=3)) {
            return false;
        }
        let framed = Frames::new(behind, at as u64, bytes.len() as u64).next(&mut payload);
        matches!(framed, Ok(Framed::Whole)) && Stamped::decode(&payload).is_ok_and(|stamped| stamped.durable > damaged)
    })
}

/// The batches of several journals.
#[derive(Debug, Default)]
pub(super) struct Chain {
    pub batches: Vec<Journaled>,
    /// All renames of the committed ones.
    pub publish: Vec<(PathBuf, PathBuf)>,
    /// Journals whose torn end is to be cut off.
    pub torn: Vec<(PathBuf, u64)>,
    /// Journals without their last frame, but with a next journal: a crash came between.
    pub unended: Vec<(u64, PathBuf, u64)>,
    pub last: u64,
    /// The length of the last one.
    pub length: u64,
}

/// Reads the journals from `first` to `last`; batches up to `after` are left out.
pub(super) fn read_chain(dir: &Path, pipeline: &str, first: u64, last: u64, after: Option<Time>) -> Result<Chain> {
    let mut chain = Chain { last, ..Chain::default() };
    for number in first..=last {
        let path = layout::file(dir, FileKind::Journal, number);
        let scan = read(&path, number, Some(pipeline))?;
        if let Some((_, path, length)) = chain.unended.last()
            && scan.entries.len() > 1
        {
            return Err(Problem::at(path, *length, "the journal has lost its end: the next one goes on").into());
        }
        let ended = scan.entries.last() == Some(&Entry::Rolled);
        if number == last && ended {
            let next = layout::file(dir, FileKind::Journal, last + 1);
            return Err(Problem::damaged(&next, "the file is missing").into());
        }
        if scan.torn {
            chain.torn.push((path.clone(), scan.length));
        }
        if number < last && !ended {
            chain.unended.push((number, path, scan.length));
        }
        chain.length = scan.length;
        for entry in scan.entries {
            chain
                .add(entry, after)
                .map_err(|what| Problem::damaged(&layout::file(dir, FileKind::Journal, number), what))?;
        }
    }
    Ok(chain)
}

/// Reads a journal, of any pipeline if none is given.
pub(super) fn read(path: &Path, number: u64, pipeline: Option<&str>) -> Result<Scan> {
    let bytes = fs::read(path).map_err(|error| Problem::reading(path, error))?;
    check_header(&bytes, FileKind::Journal).map_err(|bad| layout::bad_header(path, bad))?;
    let scan = scan(&bytes).map_err(|damage| Problem::at(path, damage.offset, damage.what))?;
    match scan.entries.first() {
        Some(Entry::Opened { number: found, .. }) if *found != number => {
            Err(Problem::damaged(path, format!("this is a copy of journal {found}")).into())
        }
        Some(Entry::Opened { pipeline: found, .. }) => match pipeline {
            Some(pipeline) if pipeline != found => Err(other_pipeline(path, found, pipeline)),
            _ => Ok(scan),
        },
        _ => Ok(scan),
    }
}

pub(super) fn other_pipeline(path: &Path, found: &str, wanted: &str) -> crate::error::Error {
    refused(
        path,
        format!("the directory belongs to the pipeline `{found}`, and this is `{wanted}`"),
        "give each pipeline a `checkpoint_dir` of its own; if it was renamed, give it its old name back with `stream!(name = …)`",
    )
}

impl Chain {
    fn add(&mut self, entry: Entry, after: Option<Time>) -> Result<(), &'static str> {
        match entry {
            Entry::Begin(begin) if after.is_none_or(|after| begin.time > after) => {
                let begun = Journaled { begin, committed: false, skipped: false };
                match self.batches.last_mut() {
                    // The batch ran again.
                    Some(last) if last.begin.time == begun.begin.time && !last.committed => *last = begun,
                    Some(last) if last.begin.time >= begun.begin.time => return Err("a batch begins out of order"),
                    _ => self.batches.push(begun),
                }
                Ok(())
            }
            Entry::Commit(commit) if after.is_none_or(|after| commit.time > after) => self.commit(commit),
            _ => Ok(()),
        }
    }

    fn commit(&mut self, commit: Commit) -> Result<(), &'static str> {
        match self.batches.last_mut() {
            Some(last) if last.begin.time == commit.time && !last.committed => {
                (last.committed, last.skipped) = (true, commit.skipped);
                self.publish.extend(commit.publish);
                Ok(())
            }
            _ => Err("a batch is committed that has not begun"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use super::super::frame::{begin_frame, end_frame, put_header};
    use super::*;
    use crate::checkpoint::types::Begin;

    fn journal(stamps: &[(u64, Entry)]) -> (Vec<u8>, Vec<usize>) {
        let mut bytes = Vec::new();
        put_header(&mut bytes, FileKind::Journal);
        let mut starts = Vec::new();
        for (durable, entry) in stamps {
            starts.push(bytes.len());
            let payload = begin_frame(&mut bytes);
            Stamped { durable: *durable, entry: entry.clone() }.put(&mut bytes);
            end_frame(&mut bytes, payload);
        }
        (bytes, starts)
    }

    fn begin(millis: u64) -> Entry {
        Entry::Begin(Begin { time: Time::from_millis(millis), every: Duration::from_secs(1), inputs: vec![] })
    }

    fn opened() -> Entry {
        Entry::Opened { number: 0, pipeline: "p".into() }
    }

    #[test]
    fn unsynced_frames_behind_a_hole_are_a_torn_end() {
        let (mut bytes, starts) = journal(&[(0, opened()), (20, begin(1)), (20, begin(2)), (20, begin(3))]);
        bytes[starts[2] + 9] ^= 1;
        let scan = scan(&bytes).unwrap();
        assert_eq!((scan.entries.len(), scan.length, scan.torn), (2, starts[2] as u64, true));
    }

    #[test]
    fn damage_in_front_of_a_synced_frame_is_an_error() {
        let (whole, starts) = journal(&[(0, opened()), (20, begin(1)), (80, begin(2)), (200, begin(3))]);
        for at in starts[1]..starts[3] {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            let damaged = if at < starts[2] { starts[1] } else { starts[2] };
            assert_eq!(scan(&bytes).unwrap_err().offset, damaged as u64, "{at}");
        }
    }

    #[test]
    fn entries_in_no_order_are_damage() {
        assert!(scan(&journal(&[(0, begin(1))]).0).is_err());
        assert!(scan(&journal(&[(0, opened()), (0, opened())]).0).is_err());
        assert!(scan(&journal(&[(0, opened()), (0, Entry::Rolled), (0, begin(1))]).0).is_err());
        assert!(scan(&journal(&[]).0).is_err());
    }
}
