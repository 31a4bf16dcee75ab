//! One process at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

use super::layout::LOCK;
use super::problem::{failing, refused};
use crate::error::Result;

/// The directory is ours until this is dropped or the process dies, however it dies.
pub(super) struct Lock {
    file: File,
}

impl Drop for Lock {
    /// Closing the file would do, if a child process had no copy of it: between `fork` and `exec` it has, whoever starts it.
    fn drop(&mut self) {
        let _ = self.file.unlock();
    }
}

impl Lock {
    pub fn take(dir: &Path) -> Result<Lock> {
        let path = dir.join(LOCK);
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = opened.map_err(failing("cannot open the file", &path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(in_use(dir, &mut file)),
            Err(TryLockError::Error(error)) => {
                return Err(super::problem::failed("cannot lock the file", &path, error));
            }
        }
        // Only for the message of the next process: nothing depends on it.
        let _ = file.set_len(0).and_then(|()| write!(file, "{}", std::process::id()));
        Ok(Lock { file })
    }
}

fn in_use(dir: &Path, file: &mut File) -> crate::error::Error {
    let mut owner = String::new();
    let owner = match file.take(20).read_to_string(&mut owner) {
        Ok(1..) => format!("process {owner}"),
        _ => "another process".to_owned(),
    };
    refused(
        dir,
        format!("{owner} uses the directory"),
        "stop that process first, or choose another `checkpoint_dir`; a lock goes with its process, there is none to remove",
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_lock_does_not_outlive_its_owner_in_a_child_process() {
        let dir = tempfile::tempdir().unwrap();
        let lock = Lock::take(dir.path()).unwrap();
        // As a child has it until it becomes another program.
        let copy = lock.file.try_clone().unwrap();
        assert!(Lock::take(dir.path()).is_err());
        drop(lock);
        assert!(Lock::take(dir.path()).is_ok());
        drop(copy);
    }
}
