//! Keeping the state files few, and mostly alive: live segments of several files are copied into one.

use std::path::Path;

use super::disk::Disk;
use super::manifest::{Manifest, StateFile};
use super::pieces::StateWriter;
use super::problem::Problem;

/// When files are merged.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// So many files may be live.
    pub files: usize,
    /// So many bytes may be dead, and as many as are live.
    pub slack: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { files: 64, slack: 1 << 16 }
    }
}

/// The files to merge, none if all is well.
pub(super) fn choose(manifest: &Manifest, limits: Limits) -> Vec<u64> {
    let live = manifest.live();
    let mut files: Vec<(u64, StateFile)> = live.iter().copied().zip(manifest.files.iter().copied()).collect();
    if files.len() > limits.files {
        // The smallest: a big one would be copied again and again. Segments keep their order in the manifest.
        files.sort_by_key(|(live, file)| (*live, file.number));
        files.truncate(limits.files / 2 + 1);
        return files.into_iter().map(|(_, file)| file.number).collect();
    }
    let (lives, lengths) = files.iter().fold((0, 0), |(a, b), (live, file)| (a + live, b + file.length));
    if lengths - lives <= lives + limits.slack {
        return Vec::new();
    }
    // What is copied is less than what was dead in these files, so all copying together is less than all writing.
    files.retain(|(live, file)| live * 2 < file.length);
    files.into_iter().map(|(_, file)| file.number).collect()
}

/// Copies what is live in the chosen files into a new one. The manifest is as before if this fails.
pub(super) fn merge(
    disk: &Disk,
    dir: &Path,
    manifest: &mut Manifest,
    chosen: &[u64],
    number: u64,
) -> Result<u64, Problem> {
    let mut merged = manifest.clone();
    let mut writer = StateWriter::create(disk, dir, number).map_err(Problem::Other)?;
    for state in &mut merged.states {
        for segment in &mut state.segments {
            if chosen.contains(&segment.file) {
                *segment = writer.copy(dir, &state.name, segment)?;
            }
        }
    }
    let file = writer.finish().map_err(Problem::Other)?;
    merged.files.retain(|file| !chosen.contains(&file.number));
    merged.files.push(file);
    *manifest = merged;
    Ok(file.length)
}
