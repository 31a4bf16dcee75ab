//! For a command-line tool: looking at a directory, checking it, and compacting it.

use std::fs;
use std::path::{Path, PathBuf};

use super::clean::clean;
use super::disk::Disk;
use super::frame::FileKind;
use super::journal::Journal;
use super::layout::{self, Listing};
use super::lock::Lock;
use super::manifest::Manifest;
use super::merge::merge;
use super::pieces::verify_file;
use super::problem::{Problem, failing, refused};
use super::recover::{Found, recover};
use super::scan::read;
use super::types::{Recovered, SyncPolicy};
use crate::error::{Error, Result};

/// What a directory holds.
#[derive(Debug)]
pub(crate) struct Summary {
    pub pipeline: String,
    /// None as long as no batch has begun.
    pub recovered: Option<Recovered>,
    /// All state files that the checkpoint needs.
    pub state_files: usize,
    pub state_bytes: u64,
    /// All files of the directory that are of a checkpoint.
    pub disk: u64,
}

/// A file, and whether it is whole.
#[derive(Debug)]
pub(crate) struct FileReport {
    pub path: PathBuf,
    pub bytes: u64,
    /// Whether the newest checkpoint or what follows it needs the file.
    pub needed: bool,
    /// It is of a checkpoint that is being written, or that a crash has cut short: no checkpoint needs it, and the next one removes it.
    pub loose: bool,
    /// What is wrong with it. A journal's last frame may be torn: then the next start cuts it off.
    pub problem: Option<Error>,
    /// The problem is such a frame.
    pub torn: bool,
}

/// Reads a directory and changes nothing. The pipeline may be running.
pub(crate) fn inspect(dir: &Path) -> Result<Summary> {
    let found = read_quietly(dir)?;
    let Manifest { pipeline, files, .. } = &found.manifest;
    let sizes = found.listing.files().map(|(kind, number)| size(&layout::file(dir, kind, number)));
    Ok(Summary {
        pipeline: pipeline.clone(),
        recovered: found.recovered(dir),
        state_files: files.len(),
        state_bytes: files.iter().map(|file| file.length).sum(),
        disk: sizes.sum(),
    })
}

/// Reads every file to its end and changes nothing. The pipeline may be running.
pub(crate) fn verify(dir: &Path) -> Result<Vec<FileReport>> {
    let found = read_quietly(dir).ok();
    let needs = |kind, number| {
        found.as_ref().is_some_and(|found| match kind {
            FileKind::Manifest => number == found.manifest.number,
            FileKind::Journal => number >= found.manifest.journal,
            FileKind::State => found.manifest.length_of(number).is_some(),
        })
    };
    // The newest manifest, if it is whole, comes before all state files from this number on.
    let is_loose = |kind, number| {
        let newest = found.as_ref().filter(|found| found.warnings.is_empty());
        kind == FileKind::State && newest.is_some_and(|found| number >= found.manifest.next_file)
    };
    let report = |(kind, number)| {
        let path = layout::file(dir, kind, number);
        let checked = check(dir, kind, number, &path);
        let torn = matches!(checked, Ok(Some(_)));
        let problem = checked.unwrap_or_else(Some).map(Error::from);
        // A running pipeline may have removed it.
        if problem.is_some() && !path.exists() {
            return None;
        }
        Some(FileReport {
            bytes: size(&path),
            needed: needs(kind, number),
            loose: is_loose(kind, number),
            problem,
            torn,
            path,
        })
    };
    // As it was when the manifest was the newest one.
    let listing = found.as_ref().map_or_else(|| Listing::read(dir), |found| Ok(found.listing.clone()))?;
    Ok(listing.files().filter_map(report).collect())
}

/// Copies what is live into one file and makes a checkpoint of it, whose batches are those of the checkpoint before. The pipeline
/// must not run. Returns how many bytes the directory takes less; the checkpoint before is not kept.
pub(crate) fn compact(dir: &Path, disk: &Disk) -> Result<u64> {
    let _lock = Lock::take(existing(dir)?)?;
    let found = recover(dir, None)?.ok_or_else(|| nothing(dir))?;
    if let Some(warning) = found.warnings.first() {
        return Err(refused(dir, warning.clone(), "let the pipeline run until its next checkpoint, then compact"));
    }
    if let Some((path, _)) = found.chain.torn.first() {
        return Err(refused(path, "the last frame is torn", "start the pipeline once, which mends it, then compact"));
    }
    let total = |listing: &Listing| -> u64 { listing.files().map(|(kind, n)| size(&layout::file(dir, kind, n))).sum() };
    let before = total(&found.listing);
    let Found { mut manifest, chain, listing, .. } = found;
    rewrite(dir, disk, &mut manifest, &listing)?;
    // Every manifest has a journal of its number, and journals have no gaps.
    manifest.number = chain.last + 1;
    Journal::create(disk, dir, manifest.number, &manifest.pipeline, SyncPolicy::EachBatch)?;
    manifest.write(disk, dir)?;
    disk.sync_dir(dir).map_err(failing("cannot sync the directory", dir))?;
    clean(disk, dir, &[&manifest])?;
    Ok(before.saturating_sub(total(&Listing::read(dir)?)))
}

fn rewrite(dir: &Path, disk: &Disk, manifest: &mut Manifest, listing: &Listing) -> Result<()> {
    if manifest.files.is_empty() {
        return Ok(());
    }
    let number = listing.states.last().map_or(0, |last| last + 1).max(manifest.next_file);
    let all: Vec<u64> = manifest.files.iter().map(|file| file.number).collect();
    merge(disk, dir, manifest, &all, number)?;
    manifest.next_file = number + 1;
    disk.sync_dir(dir).map_err(failing("cannot sync the directory", dir))
}

/// Reads beside a running pipeline, which may remove files between listing and reading them, and end one file after another was read:
/// damage is what is there twice.
fn read_quietly(dir: &Path) -> Result<Found> {
    existing(dir)?;
    let mut before = None;
    loop {
        let found = recover(dir, None);
        let is_good = matches!(&found, Ok(Some(found)) if found.warnings.is_empty());
        let now = Some(Listing::read(dir)?);
        if is_good || now == before {
            return found?.ok_or_else(|| nothing(dir));
        }
        before = now;
    }
}

/// A torn last frame is no error.
fn check(dir: &Path, kind: FileKind, number: u64, path: &Path) -> Result<Option<Problem>, Problem> {
    match kind {
        FileKind::Manifest => Manifest::read(dir, number).map(|_| None),
        FileKind::State => verify_file(path).map(|()| None),
        FileKind::Journal => {
            let scan = read(path, number, None).map_err(Problem::Other)?;
            Ok(scan.torn.then(|| Problem::at(path, scan.length, "the last frame is torn")))
        }
    }
}

fn existing(dir: &Path) -> Result<&Path> {
    if dir.is_dir() { Ok(dir) } else { Err(refused(dir, "there is no such directory", "name the `checkpoint_dir`")) }
}

fn nothing(dir: &Path) -> Error {
    refused(dir, "no checkpoint is in the directory", "name the `checkpoint_dir` of a pipeline that has run")
}

fn size(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |file| file.len())
}
