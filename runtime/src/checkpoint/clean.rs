//! Removing what no kept checkpoint needs.

use std::path::Path;

use super::disk::Disk;
use super::frame::FileKind;
use super::layout::{self, Listing};
use super::manifest::Manifest;
use super::problem::failing;
use crate::error::Result;

/// Keeps what these checkpoints need, and the journals from the first of theirs on.
pub(super) fn clean(disk: &Disk, dir: &Path, kept: &[&Manifest]) -> Result<()> {
    let listing = Listing::read(dir)?;
    let first = kept.iter().map(|manifest| manifest.journal).min().unwrap_or(0);
    let is_kept = |kind, number| match kind {
        FileKind::Manifest => kept.iter().any(|manifest| manifest.number == number),
        FileKind::Journal => number >= first,
        FileKind::State => kept.iter().any(|manifest| manifest.length_of(number).is_some()),
    };
    // Manifests first, so that none is left without its files.
    let dead = listing.files().filter(|(kind, number)| !is_kept(*kind, *number));
    let dead = dead.map(|(kind, number)| layout::file(dir, kind, number)).chain(listing.leftovers.iter().cloned());
    for path in dead {
        disk.remove(&path).map_err(failing("cannot remove the file", &path))?;
    }
    Ok(())
}
