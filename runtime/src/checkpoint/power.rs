//! What a loss of power takes: contents since the last sync of a file, names since the last sync of their directory. For tests.

#![allow(clippy::unwrap_used)]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

#[cfg(test)]
use super::crash::Loss;
use super::disk::Operation;

/// How to undo what was not synced.
#[derive(Default)]
pub(super) struct Unsynced {
    /// What is on disk for sure of each file that was written to, by its name of now.
    synced: HashMap<PathBuf, Vec<u8>>,
    names: Vec<Change>,
}

enum Change {
    /// A file or a directory.
    Created(PathBuf),
    /// From, to, and the file that was there.
    Renamed(PathBuf, PathBuf, Option<Vec<u8>>),
    Removed(PathBuf, Vec<u8>),
}

impl Unsynced {
    pub fn before(&mut self, operation: Operation<'_>, path: &Path) {
        let contents = fs::read(path);
        match operation {
            Operation::Append | Operation::Truncate => {
                self.synced.entry(path.to_owned()).or_insert_with(|| contents.unwrap_or_default());
            }
            Operation::Rename(to) => self.names.push(Change::Renamed(path.into(), to.into(), fs::read(to).ok())),
            Operation::Remove => {
                let durable = self.synced.remove(path).or(contents.ok());
                self.names.extend(durable.map(|contents| Change::Removed(path.to_owned(), contents)));
            }
            _ => {}
        }
    }

    pub fn after(&mut self, operation: Operation<'_>, path: &Path) {
        match operation {
            Operation::CreateDir => self.names.push(Change::Created(path.to_owned())),
            Operation::Create => {
                self.synced.insert(path.to_owned(), Vec::new());
                self.names.push(Change::Created(path.to_owned()));
            }
            Operation::Sync => {
                self.synced.insert(path.to_owned(), fs::read(path).unwrap_or_default());
            }
            Operation::Rename(to) => {
                self.synced.remove(to);
                if let Some(contents) = self.synced.remove(path) {
                    self.synced.insert(to.to_owned(), contents);
                }
            }
            Operation::SyncDir => self.names.retain(|change| change.path().parent() != Some(path)),
            _ => {}
        }
    }

    #[cfg(test)]
    pub fn lose(self, loss: Loss) {
        if loss != Loss::Names {
            for (path, contents) in self.synced {
                if path.exists() {
                    fs::write(path, contents).unwrap();
                }
            }
        }
        if loss != Loss::Contents {
            self.names.into_iter().rev().for_each(Change::undo);
        }
    }
}

impl Change {
    fn path(&self) -> &Path {
        match self {
            Change::Created(path) | Change::Renamed(_, path, _) | Change::Removed(path, _) => path,
        }
    }

    #[cfg(test)]
    fn undo(self) {
        match self {
            Change::Created(path) if path.is_dir() => drop(fs::remove_dir_all(path)),
            Change::Created(path) => drop(fs::remove_file(path)),
            Change::Renamed(from, to, replaced) => {
                // A rename that failed has nothing to undo.
                if to.exists() && !from.exists() {
                    fs::rename(&to, &from).unwrap();
                    replaced.into_iter().for_each(|contents| fs::write(&to, contents).unwrap());
                }
            }
            Change::Removed(path, contents) => drop(fs::write(path, contents)),
        }
    }
}
