//! How a file is opened, and what its first bytes tell.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;

/// What some programs on Windows begin a text with. It is no part of it.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How many bytes `compression` looks at.
pub(super) const BEGINNING: usize = 10;

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

/// The program by which a file is compressed that begins so. No text does.
fn compression(beginning: &[u8]) -> Option<&'static str> {
    let is_bzip2 = |bytes: &[u8]| matches!(bytes, [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59]);
    match beginning {
        [0x1f, 0x8b, ..] => Some("gzip"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Some("zstd"),
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Some("xz"),
        beginning if is_bzip2(beginning) => Some("bzip2"),
        _ => None,
    }
}

/// Refuses what begins as compressed files do: its bytes are no lines.
pub(super) fn check_text(beginning: &[u8]) -> io::Result<()> {
    compression(beginning).map_or(Ok(()), |program| {
        let what = format!(
            "it is compressed ({program}), and not text; decompress it before it is moved in, or leave such files out with `FileOptions::filter`"
        );
        Err(io::Error::new(ErrorKind::InvalidData, what))
    })
}
