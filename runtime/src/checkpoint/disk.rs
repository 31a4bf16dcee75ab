//! Every change of the file system on the way of a commit goes through a [`Disk`], so that tests can let it fail at any of them.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
#[cfg(any(test, feature = "testing"))]
use std::sync::Arc;

#[cfg(any(test, feature = "testing"))]
use super::crash::{CrashPoints, Step};

/// What is done to the file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation<'a> {
    CreateDir,
    Create,
    Append,
    Truncate,
    Sync,
    /// To this path.
    Rename(&'a Path),
    Remove,
    SyncDir,
}

/// The file system. Clones are the same one.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    #[cfg(any(test, feature = "testing"))]
    points: Option<Arc<CrashPoints>>,
}

impl Disk {
    pub fn real() -> Disk {
        Disk::default()
    }

    /// Without real syncs, for tests.
    #[cfg(test)]
    pub fn quick() -> Disk {
        Disk::with_failpoints(CrashPoints::none())
    }

    #[cfg(any(test, feature = "testing"))]
    pub fn with_failpoints(points: Arc<CrashPoints>) -> Disk {
        Disk { points: Some(points) }
    }

    pub fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.step(Operation::CreateDir, path, || fs::create_dir(path))
    }

    /// Makes a directory, and those that it lies in, so that they outlast a loss of power. None need be missing.
    pub fn create_dir_all(&self, path: &Path) -> io::Result<()> {
        if path.is_dir() {
            return Ok(());
        }
        let parent = parent(path);
        if parent == path {
            // The working directory is gone, or may not be looked into.
            return fs::metadata(path).map(drop);
        }
        self.create_dir_all(parent)?;
        match self.create_dir(path) {
            // Somebody else was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
            made => made?,
        }
        self.sync_dir(parent)
    }

    /// A new file; one of this name that a crash has left is written over.
    pub fn create(&self, path: &Path) -> io::Result<DiskFile> {
        let file = self.step(Operation::Create, path, || File::create(path))?;
        Ok(DiskFile { disk: self.clone(), file, path: path.to_owned() })
    }

    /// A file to append to.
    pub fn open(&self, path: &Path) -> io::Result<DiskFile> {
        let mut file = OpenOptions::new().write(true).open(path)?;
        file.seek(SeekFrom::End(0))?;
        Ok(DiskFile { disk: self.clone(), file, path: path.to_owned() })
    }

    pub fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step(Operation::Rename(to), from, || fs::rename(from, to))
    }

    /// A file, or a directory with all that is in it. None is fine.
    pub fn remove(&self, path: &Path) -> io::Result<()> {
        let kind = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            found => found?,
        };
        let remove = || if kind.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
        self.step(Operation::Remove, path, remove)
    }

    /// Makes the names in a directory outlast a loss of power. Only on Unix can a directory be opened for that.
    pub fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let is_real = cfg!(unix) && self.is_real();
        self.step(Operation::SyncDir, path, || if is_real { File::open(path)?.sync_all() } else { Ok(()) })
    }

    #[cfg(not(any(test, feature = "testing")))]
    fn is_real(&self) -> bool {
        true
    }

    /// Thousands of simulated crashes need not wait for a real disk.
    #[cfg(any(test, feature = "testing"))]
    fn is_real(&self) -> bool {
        self.points.is_none()
    }

    #[cfg(not(any(test, feature = "testing")))]
    fn step<T>(&self, _: Operation<'_>, _: &Path, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        act()
    }

    #[cfg(any(test, feature = "testing"))]
    fn step<T>(&self, operation: Operation<'_>, path: &Path, act: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        let Some(points) = &self.points else { return act() };
        points.around(operation, path, act)
    }
}

/// The directory in which a path lies.
pub(crate) fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(if path.has_root() {
        "/"
    } else {
        "."
    }))
}

/// A file that is written from its start to its end.
pub(crate) struct DiskFile {
    disk: Disk,
    file: File,
    path: PathBuf,
}

impl DiskFile {
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        #[cfg(any(test, feature = "testing"))]
        if let Some(points) = &self.disk.points
            && let Step::Half(error) = points.at_write(&self.path)
        {
            self.file.write_all(&bytes[..bytes.len() / 2])?;
            return Err(error);
        }
        let file = &mut self.file;
        self.disk.step(Operation::Append, &self.path, || file.write_all(bytes))
    }

    /// Cuts the file; the next append goes to its end.
    pub fn truncate(&mut self, length: u64) -> io::Result<()> {
        let file = &mut self.file;
        self.disk.step(Operation::Truncate, &self.path, || {
            file.set_len(length)?;
            file.seek(SeekFrom::Start(length)).map(drop)
        })
    }

    pub fn sync(&mut self) -> io::Result<()> {
        let (file, is_real) = (&mut self.file, self.disk.is_real());
        self.disk.step(Operation::Sync, &self.path, || if is_real { file.sync_data() } else { Ok(()) })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}
