//! Renaming what a committed batch has staged. Done any number of times, it is the same as done once.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::disk::{Disk, parent};
use crate::error::{Error, Result};
use crate::warning::warn;

/// Renames, in order, so that it outlasts a loss of power. What is not there (any more) is left out.
pub(crate) fn publish(disk: &Disk, renames: &[(PathBuf, PathBuf)]) -> Result<()> {
    let (mut parents, mut missing) = (BTreeSet::new(), Vec::new());
    for (from, to) in renames {
        if is_there(from)? {
            replace(disk, from, to)?;
        } else {
            if parent(to).is_dir() && !is_there(to)? {
                missing.push((from, to));
            }
            // Perhaps it took its place, and the power was lost before that was durable; and perhaps the old one is still there.
            remove_old(disk, to)?;
        }
        parents.extend([parent(from).to_owned(), parent(to).to_owned()]);
    }
    for parent in parents {
        // Perhaps it is on a disk that is not there yet, and what was staged is in it.
        if !parent.is_dir() {
            let what =
                "a committed batch has written into a directory that is gone (bring it back, or make an empty one):";
            return Err(failed(what, &parent)(io::ErrorKind::NotFound.into()));
        }
        disk.sync_dir(&parent).map_err(failed("cannot sync the directory", &parent))?;
    }
    if let [(from, to), others @ ..] = &missing[..] {
        warn(format_args!(
            "a committed batch has written {}, which is not there, nor is {}, from which it was to come, and so it is with {} more: somebody has taken them, or they are on a disk that is not mounted; then mount it, and rename them",
            to.display(),
            from.display(),
            others.len()
        ));
    }
    Ok(())
}

/// What cannot be looked at is not gone.
fn is_there(path: &Path) -> Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed("cannot look at", path)(error)),
    }
}

fn replace(disk: &Disk, from: &Path, to: &Path) -> Result<()> {
    let there = fs::symlink_metadata(to).ok();
    // A directory is not renamed over another one. It steps aside; between the two renames nothing is there.
    if let Some(there) = there.filter(|there| there.is_dir() || from.is_dir()) {
        if !there.is_dir() {
            return Err(failed("cannot replace", to)(io::ErrorKind::NotADirectory.into()));
        }
        remove_old(disk, to)?;
        disk.rename(to, &old(to)).map_err(failed("cannot replace", to))?;
    }
    disk.rename(from, to).map_err(failed("cannot publish", to))?;
    remove_old(disk, to)
}

fn remove_old(disk: &Disk, to: &Path) -> Result<()> {
    disk.remove(&old(to)).map_err(failed("cannot remove", to))
}

/// `.name.old` in the same directory.
fn old(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".old");
    path.with_file_name(name)
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    move |cause| Error::File { what, path: path.to_owned(), cause }
}
