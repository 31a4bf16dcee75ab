//! How a file is opened.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

/// A file and its length. What is appended from here on is not waited for.
///
/// # Errors
/// When it cannot be opened, or is no file any more.
pub(super) fn open(path: &Path) -> io::Result<(u64, File)> {
    let file = open_at_once(path)?;
    let metadata = file.metadata()?;
    if metadata.is_file() { Ok((metadata.len(), file)) } else { Err(is_no_file()) }
}

/// A named pipe may have taken the place of the file, and to open one waits for somebody who writes to it.
#[cfg(all(target_os = "linux", target_env = "gnu"))] // where we have the number of the flag
fn open_at_once(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt;

    match File::options().read(true).custom_flags(libc::O_NONBLOCK).open(path) {
        // Another program has a lease on the file, which it gives back first.
        Err(error) if error.kind() == ErrorKind::WouldBlock => open_a_file(path),
        opened => opened,
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn open_at_once(path: &Path) -> io::Result<File> {
    open_a_file(path)
}

fn open_a_file(path: &Path) -> io::Result<File> {
    if fs::metadata(path)?.is_file() { File::open(path) } else { Err(is_no_file()) }
}

fn is_no_file() -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, "something else has taken the place of the file; remove it")
}
