//! Reading a directory: the newest checkpoint that is whole, and the batches after it. Changes nothing.

use std::path::Path;

use super::frame::FileKind;
use super::layout::{self, Listing};
use super::manifest::Manifest;
use super::pieces::SegmentReader;
use super::problem::{Problem, RESTORE, refused};
use super::saved::SavedState;
use super::scan::{Chain, other_pipeline, read, read_chain};
use super::types::Recovered;
use crate::error::{Error, Result};

/// What a directory holds.
pub(super) struct Found {
    pub manifest: Manifest,
    pub chain: Chain,
    pub warnings: Vec<String>,
    pub listing: Listing,
}

/// Reads a directory, of any pipeline if none is given. None: it is new.
pub(super) fn recover(dir: &Path, pipeline: Option<&str>) -> Result<Option<Found>> {
    let listing = Listing::read(dir)?;
    let Some(newest) = listing.manifests.last().copied() else {
        return nothing_begun(dir, &listing).map(|()| None);
    };
    let mut warnings = Vec::new();
    let manifest = newest_whole(dir, pipeline, &listing, &mut warnings)?;
    // A journal is there before the manifest of its number.
    let last = listing.journals.last().copied().unwrap_or(0).max(newest);
    let after = (manifest.number > 0).then_some(manifest.time);
    let chain = read_chain(dir, &manifest.pipeline, manifest.journal, last, after)?;
    if manifest.number == 0 && chain.batches.is_empty() && !warnings.is_empty() {
        return Err(none_whole(dir, &warnings)); // not a new directory
    }
    Ok(Some(Found { manifest, chain, warnings, listing }))
}

/// Without a manifest a directory is new, if it does not hold more than a crash at its creation leaves.
fn nothing_begun(dir: &Path, listing: &Listing) -> Result<()> {
    let path = layout::file(dir, FileKind::Journal, 0);
    let is_new = match listing.files().collect::<Vec<_>>().as_slice() {
        [] => true,
        [(FileKind::Journal, 0)] => read(&path, 0, None)?.entries.len() == 1,
        _ => false,
    };
    if is_new { Ok(()) } else { Err(refused(dir, "journals or state files are there, but no manifest", RESTORE)) }
}

fn newest_whole(dir: &Path, pipeline: Option<&str>, listing: &Listing, warnings: &mut Vec<String>) -> Result<Manifest> {
    for number in listing.manifests.iter().rev() {
        match whole(dir, pipeline, *number) {
            Ok(manifest) => return Ok(manifest),
            Err(Problem::Other(error)) => return Err(error),
            Err(Problem::Damaged { path, what }) => {
                warnings.push(format!("checkpoint {number} cannot be used: `{}`: {what}", path.display()));
            }
        }
    }
    Err(none_whole(dir, warnings))
}

fn none_whole(dir: &Path, warnings: &[String]) -> Error {
    refused(dir, format!("no checkpoint is whole; {}", warnings.join("; ")), RESTORE)
}

/// A manifest, if it and all that it needs of state files are whole.
fn whole(dir: &Path, pipeline: Option<&str>, number: u64) -> Result<Manifest, Problem> {
    let manifest = Manifest::read(dir, number)?;
    if let Some(wanted) = pipeline
        && manifest.pipeline != wanted
    {
        let path = layout::file(dir, FileKind::Manifest, number);
        return Err(Problem::Other(other_pipeline(&path, &manifest.pipeline, wanted)));
    }
    for (state, segment) in manifest.segments() {
        SegmentReader::open(dir, &state.name, segment)?.verify()?;
    }
    Ok(manifest)
}

impl Found {
    /// For the engine. None as long as no batch has begun.
    pub fn recovered(&self, dir: &Path) -> Option<Recovered> {
        let Manifest { number, mut time, mut every, positions, states, .. } = self.manifest.clone();
        let batches = self.chain.batches.clone();
        if number == 0 {
            let first = &batches.first()?.begin;
            (time, every) = (first.time - first.every, first.every);
        }
        let states = states.iter().map(|state| SavedState::new(dir, state)).collect();
        Some(Recovered { number, time, every, positions, states, batches, warnings: self.warnings.clone() })
    }
}
