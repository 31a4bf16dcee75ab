//! A file of lines in parts that are read on their own, by as many threads as there are workers.
//!
//! A part is a range of bytes and stands for the lines that begin in it. So the blocks of a file depend on its bytes alone, and not
//! on who reads them.

use std::fs::File;
use std::io::{self, ErrorKind};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crc32fast::Hasher;

use super::has_become_shorter;
use super::opening::{BEGINNING, BYTE_ORDER_MARK, check_text};
use crate::buffers::Buffers;
use crate::source::text::{BLOCK, Sealed, TextFill};

/// The length of a part: a block but for some room, which the end of the last line goes to.
const PART: u64 = BLOCK as u64 - (16 << 10);
/// What is read at once to find the end of a line.
const LINE: usize = 4 << 10;
/// With fewer parts, starting a thread takes longer than it saves.
const WORTH_A_THREAD: u64 = 4;

/// How files of lines are read.
pub(super) struct Reading {
    pub threads: usize,
    pub buffers: Arc<Buffers>,
}

/// Reads the first `length` bytes of a file, and gives each block of it to `put`, in order. They are added to the checksum, if one
/// is wanted.
///
/// # Errors
/// When the file cannot be read, and the errors of `put`.
pub(super) fn read_lines<E: From<io::Error>>(
    file: &File,
    length: u64,
    reading: &Reading,
    mut checksum: Option<&mut Hasher>,
    mut put: impl FnMut(Sealed) -> Result<(), E>,
) -> Result<(), E> {
    let parts = length.div_ceil(PART);
    let bytes = Bytes { file, length, is_summed: checksum.is_some() };
    let read = |part: u64| read_part(&bytes, part * PART..((part + 1) * PART).min(length), &reading.buffers);
    let mut take = |part: io::Result<Option<Part>>| {
        let Some(Part { block, sum }) = part? else { return Ok(()) };
        if let Some(checksum) = &mut checksum {
            checksum.combine(&sum);
        }
        block.map_or(Ok(()), &mut put)
    };
    let threads = (reading.threads as u64).min(parts / WORTH_A_THREAD);
    if threads < 2 {
        return (0..parts).try_for_each(|part| take(read(part)));
    }
    on_threads(threads, parts, read).try_for_each(take)
}

/// What `read` gives for each number below `parts`, in order.
fn on_threads<T: Send>(threads: u64, parts: u64, read: impl Fn(u64) -> T + Sync) -> impl Iterator<Item = T> {
    let (next, done) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let work = || {
        loop {
            let part = next.fetch_add(1, Relaxed);
            if part >= parts {
                break;
            }
            let block = read(part);
            done.lock().unwrap_or_else(PoisonError::into_inner).push((part, block));
        }
    };
    thread::scope(|scope| {
        for number in 1..threads {
            // Where the system has no thread left, the others read it all.
            drop(thread::Builder::new().name(format!("microbatch-reader-{number}")).spawn_scoped(scope, work));
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_unstable_by_key(|(part, _)| *part);
    done.into_iter().map(|(_, block)| block)
}

/// The bytes of a file that count.
struct Bytes<'a> {
    file: &'a File,
    length: u64,
    /// Whether a checksum is made of them.
    is_summed: bool,
}

/// What was read of a part.
struct Part {
    block: Option<Sealed>,
    /// Of the lines, which follow those of the part before, and of a byte order mark before them.
    sum: Hasher,
}

impl Bytes<'_> {
    /// Reads once, from an offset. Returns 0 at the end.
    ///
    /// # Errors
    /// When the file cannot be read, or ends before that: what is left of it may end within a line.
    fn read(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let left = usize::try_from(self.length.saturating_sub(offset)).unwrap_or(usize::MAX);
        let most = left.min(buffer.len());
        loop {
            match read_at(self.file, &mut buffer[..most], offset) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Ok(0) if most > 0 => return Err(has_become_shorter()),
                read => return read,
            }
        }
    }

    /// How long the byte order mark is at the beginning of the file.
    ///
    /// # Errors
    /// When the file does not begin as a text does.
    fn mark(&self) -> io::Result<usize> {
        let mut beginning = [0; BEGINNING];
        let read = self.read(&mut beginning, 0)?;
        check_text(&beginning[..read])?;
        Ok(if beginning.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 })
    }

    /// Where the first line begins in `range`.
    fn first_line(&self, range: Range<u64>) -> io::Result<Option<u64>> {
        // It begins behind the end of another one, which may be the byte before the range.
        let Some(mut offset) = range.start.checked_sub(1) else { return Ok(Some(0)) };
        let mut bytes = [0; LINE];
        while offset + 1 < range.end {
            let read = self.read(&mut bytes, offset)?;
            if let Some(end) = memchr::memchr(b'\n', &bytes[..read]) {
                let begin = offset + end as u64 + 1;
                return Ok((begin < range.end).then_some(begin));
            }
            if read == 0 {
                break;
            }
            offset += read as u64;
        }
        Ok(None)
    }
}

/// The lines that begin in `range`. A byte order mark at the beginning of the file is not in them.
fn read_part(bytes: &Bytes<'_>, range: Range<u64>, buffers: &Arc<Buffers>) -> io::Result<Option<Part>> {
    let Some(mut offset) = bytes.first_line(range.clone())? else { return Ok(None) };
    let (mut fill, mut sum) = (TextFill::new(buffers, usize::MAX), Hasher::new());
    let mut add = |read: &[u8]| {
        if bytes.is_summed {
            sum.update(read); // while it is in the processor's cache
        }
    };
    if offset == 0 {
        let mark = bytes.mark()?;
        add(&BYTE_ORDER_MARK[..mark]);
        offset += mark as u64;
    }
    while offset < range.end {
        let most = usize::try_from(range.end - offset).unwrap_or(usize::MAX);
        match fill.read_with(1, |room| {
            let most = most.min(room.len());
            let read = bytes.read(&mut room[..most], offset)?;
            add(&room[..read]);
            Ok(read)
        })? {
            0 => break,
            read => offset += read as u64,
        }
    }
    // The last line may end behind the range.
    let mut more = [0; LINE];
    while fill.is_unfinished() {
        let read = bytes.read(&mut more, offset)?;
        if read == 0 {
            break;
        }
        let line = &more[..memchr::memchr(b'\n', &more[..read]).map_or(read, |end| end + 1)];
        add(line);
        fill.push(line);
        offset += line.len() as u64;
    }
    Ok(Some(Part { block: fill.into_last(), sum }))
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, offset)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, offset)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::io::Write;

    use super::*;
    use crate::block::Block;

    fn reading(threads: usize) -> Reading {
        Reading { threads, buffers: Buffers::new(BLOCK, 8) }
    }

    /// The lines of each block.
    fn blocks(content: &[u8], threads: usize) -> Vec<Vec<String>> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        let (mut all, mut checksum) = (Vec::new(), Hasher::new());
        read_lines(&file, content.len() as u64, &reading(threads), Some(&mut checksum), |block| {
            let Sealed::Text(text) = block else { panic!("not UTF-8") };
            all.push(text.views(0..text.weight()).map(str::to_owned).collect());
            Ok::<(), io::Error>(())
        })
        .unwrap();
        assert_eq!(checksum.finalize(), crc32fast::hash(content));
        all
    }

    fn check(content: &str) {
        let alone = blocks(content.as_bytes(), 1);
        assert!(alone.iter().flatten().eq(content.lines()), "{} bytes", content.len());
        assert_eq!(alone, blocks(content.as_bytes(), 3));
    }

    #[test]
    fn each_line_is_in_one_block_whoever_reads() {
        let numbers: String = (0..900_000).map(|n| format!("{n} {}\n", "x".repeat(n % 7))).collect();
        for content in [&numbers, numbers.trim_end(), "", "\n", "a", "a\n\nb"] {
            check(content);
        }
    }

    #[test]
    fn lines_may_end_where_parts_do_or_be_longer_than_parts() {
        let part = PART as usize;
        for around in [part - 1, part, part + 1, part + LINE, 3 * part - 1, 3 * part] {
            let line = "y".repeat(around - 1) + "\n";
            check(&line.repeat(6));
            check(&(line.repeat(5) + "rest"));
            check(&format!("\n{line}{}", "short\n".repeat(part)));
        }
    }

    #[test]
    fn text_that_is_none_is_left_for_the_policy() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"good\nb\xffd\n").unwrap();
        let mut bad = Vec::new();
        read_lines(&file, 9, &reading(1), None, |block| {
            bad.push(matches!(block, Sealed::Bad(_)));
            Ok::<(), io::Error>(())
        })
        .unwrap();
        assert_eq!(bad, [true]);
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_line() {
        let long = "line\n".repeat(PART as usize);
        for content in ["", "a", "a\r\nb\n", "\u{FEFF}twice\n", &long] {
            for threads in [1, 2] {
                let marked = blocks(format!("\u{FEFF}{content}").as_bytes(), threads).concat();
                assert!(marked.iter().eq(content.lines()), "{} bytes", content.len());
            }
        }
        // Elsewhere it is a character like others, and some of its bytes are none.
        assert_eq!(blocks("a\n\u{FEFF}b".as_bytes(), 1), [["a", "\u{FEFF}b"]]);
    }

    #[test]
    fn what_is_compressed_is_no_text() {
        let read = |content: &[u8]| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(content).unwrap();
            let read = read_lines(&file, content.len() as u64, &reading(1), None, |_| Ok::<(), io::Error>(()));
            read.map_err(|error| error.to_string())
        };
        for (content, program) in [
            (&b"\x1f\x8b\x08\0\0\0\0\0\0\x03"[..], "gzip"),
            (b"\x28\xb5\x2f\xfd\x04", "zstd"),
            (b"BZh91AY&SY and more", "bzip2"),
            (b"\xfd7zXZ\0", "xz"),
        ] {
            let words = read(content).unwrap_err();
            assert!(words.contains(program) && words.contains("decompress it before it is moved in"), "{words}");
        }
        for content in [&b"BZh9 is a text\n"[..], b"\x1f", b"(\xb5/", b""] {
            read(content).unwrap();
        }
    }

    #[test]
    fn a_file_that_becomes_shorter_is_not_cut() {
        // Within a line, at the end of one, and by whole parts.
        for (content, length) in [("one\ntwo", 8), ("one\n", 8), ("one\ntwo", 10 * PART)] {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(content.as_bytes()).unwrap();
            for threads in [1, 2] {
                let read = read_lines(&file, length, &reading(threads), None, |_| Ok::<(), io::Error>(()));
                let error = read.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::UnexpectedEof, "{content:?}: {error}");
            }
        }
    }
}
