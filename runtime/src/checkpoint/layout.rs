//! The names of the files in a directory.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::disk::Disk;
use super::frame::{BadHeader, FileKind, HEADER, VERSION, check_header};
use super::problem::{Problem, failing, refused};
use crate::error::{Error, Result};

pub(super) const LOCK: &str = "LOCK";

pub(super) fn file(dir: &Path, kind: FileKind, number: u64) -> PathBuf {
    dir.join(format!("{}-{number:010}", kind.name()))
}

/// What is in a directory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Listing {
    pub manifests: BTreeSet<u64>,
    pub journals: BTreeSet<u64>,
    pub states: BTreeSet<u64>,
    /// Files that a crash left half written.
    pub leftovers: Vec<PathBuf>,
}

impl Listing {
    /// What is not ours is left alone. A directory that is not there is empty.
    pub fn read(dir: &Path) -> Result<Listing> {
        let mut listing = Listing::default();
        let entries = match fs::read_dir(dir) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(listing),
            entries => entries.map_err(failing("cannot list the directory", dir))?,
        };
        for entry in entries {
            let name = entry.map_err(failing("cannot list the directory", dir))?.file_name();
            if let Some(name) = name.to_str() {
                listing.sort(dir, name);
            }
        }
        Ok(listing)
    }

    fn sort(&mut self, dir: &Path, name: &str) {
        let (whole, is_leftover) = match name.strip_suffix(".tmp") {
            Some(whole) => (whole, true),
            None => (name, false),
        };
        let Some((kind, number)) = parse(whole) else { return };
        if is_leftover {
            self.leftovers.push(dir.join(name));
            return;
        }
        match kind {
            FileKind::Manifest => self.manifests.insert(number),
            FileKind::Journal => self.journals.insert(number),
            FileKind::State => self.states.insert(number),
        };
    }

    /// All files but the leftovers.
    pub fn files(&self) -> impl Iterator<Item = (FileKind, u64)> {
        let of = |kind, numbers: &BTreeSet<u64>| numbers.clone().into_iter().map(move |number| (kind, number));
        let journals = of(FileKind::Journal, &self.journals);
        of(FileKind::Manifest, &self.manifests).chain(of(FileKind::State, &self.states)).chain(journals)
    }
}

fn parse(name: &str) -> Option<(FileKind, u64)> {
    let (kind, number) = name.split_once('-')?;
    let kind = [FileKind::Manifest, FileKind::Journal, FileKind::State].into_iter().find(|k| k.name() == kind)?;
    let digits = number.len() >= 10 && number.bytes().all(|byte| byte.is_ascii_digit());
    // Twenty digits may be too much for a number; nobody has written such a file.
    if digits { Some((kind, number.parse().ok()?)) } else { None }
}

/// Writes a small file aside, syncs it, and gives it its name. The name is durable only after a `sync_dir`.
pub(super) fn write_aside(disk: &Disk, path: &Path, bytes: &[u8]) -> Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    let aside = PathBuf::from(name);
    let write = || {
        let mut file = disk.create(&aside)?;
        file.append(bytes)?;
        file.sync()?;
        drop(file);
        disk.rename(&aside, path)
    };
    write().map_err(|error| {
        // A full disk is not to be filled with halves of files. If this fails, the next start removes it.
        let _ = disk.remove(&aside);
        super::problem::failed("cannot write the file", path, error)
    })
}

/// Opens a file and checks its header; also its length. The next byte read is the first of the first frame.
pub(super) fn open(path: &Path, kind: FileKind) -> Result<(File, u64), Problem> {
    let reading = |error| Problem::reading(path, error);
    let mut file = File::open(path).map_err(reading)?;
    let length = file.metadata().map_err(reading)?.len();
    let mut header = [0; HEADER as usize];
    file.read_exact(&mut header).map_err(reading)?;
    check_header(&header, kind).map_err(|bad| bad_header(path, bad))?;
    Ok((file, length))
}

pub(super) fn bad_header(path: &Path, bad: BadHeader) -> Problem {
    match bad {
        BadHeader::Damaged => Problem::at(path, 0, "this is not the header of such a file"),
        BadHeader::Newer(version) => Problem::Other(newer(path, version)),
    }
}

fn newer(path: &Path, version: u32) -> Error {
    refused(
        path,
        format!("the file has format version {version}, and this build knows versions up to {VERSION}"),
        "build with the version of microbatch that has written it, or a later one",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn names_lead_to_kind_and_number() {
        assert_eq!(file(Path::new("d"), FileKind::State, 12), Path::new("d/state-0000000012"));
        assert_eq!(parse("state-0000000012"), Some((FileKind::State, 12)));
        assert_eq!(parse("manifest-12345678901"), Some((FileKind::Manifest, 12_345_678_901)));
        for other in ["LOCK", "state-12", "state-000000001x", "other-0000000001", "state-99999999999999999999999"] {
            assert_eq!(parse(other), None, "{other}");
        }
    }

    #[test]
    fn only_our_files_are_listed() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["LOCK", "notes.txt", "journal-0000000003", "manifest-0000000003.tmp", "x.tmp"] {
            File::create(dir.path().join(name)).unwrap();
        }
        let listing = Listing::read(dir.path()).unwrap();
        assert_eq!(listing.files().collect::<Vec<_>>(), [(FileKind::Journal, 3)]);
        assert_eq!(listing.leftovers, [dir.path().join("manifest-0000000003.tmp")]);
        assert_eq!(Listing::read(&dir.path().join("none")).unwrap(), Listing::default());
    }
}
