//! What all files have in common: a header, and frames with checksums.

use std::io::{self, Read};

use super::codec::{Reader, put_u32};

pub(super) const VERSION: u32 = 1;
const MAGIC: &[u8; 7] = b"MBCHKPT";
/// Magic, kind of file, version, checksum of these.
pub(super) const HEADER: u64 = 16;
/// Length and checksum.
pub(crate) const FRAME_HEAD: usize = 8;
/// No frame is longer: a length beyond this is damage.
pub(super) const MAX_FRAME: u64 = 1 << 30;

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FileKind {
    Manifest,
    Journal,
    State,
}

impl FileKind {
    fn byte(self) -> u8 {
        match self {
            FileKind::Manifest => b'M',
            FileKind::Journal => b'J',
            FileKind::State => b'S',
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            FileKind::Manifest => "manifest",
            FileKind::Journal => "journal",
            FileKind::State => "state",
        }
    }
}

pub(super) fn put_header(out: &mut Vec<u8>, kind: FileKind) {
    let start = out.len();
    out.extend_from_slice(MAGIC);
    out.push(kind.byte());
    put_u32(out, VERSION);
    let checksum = crc32fast::hash(&out[start..]);
    put_u32(out, checksum);
}

/// What is wrong with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BadHeader {
    Damaged,
    /// A later build of microbatch has written the file.
    Newer(u32),
}

pub(super) fn check_header(bytes: &[u8], kind: FileKind) -> Result<(), BadHeader> {
    let (header, checksum) = bytes.split_at_checked(HEADER as usize - 4).ok_or(BadHeader::Damaged)?;
    let is_whole = Reader::new(checksum).u32() == Ok(crc32fast::hash(header));
    let version = header.strip_prefix(MAGIC).and_then(|rest| rest.strip_prefix(&[kind.byte()]));
    match version.map(|version| Reader::new(version).u32()) {
        Some(Ok(VERSION)) if is_whole => Ok(()),
        Some(Ok(version)) if is_whole && version > VERSION => Err(BadHeader::Newer(version)),
        _ => Err(BadHeader::Damaged),
    }
}

/// Begins a frame; its payload is what is appended until `end_frame`.
pub(crate) fn begin_frame(out: &mut Vec<u8>) -> usize {
    out.extend_from_slice(&[0; FRAME_HEAD]);
    out.len()
}

/// Ends the frame that `begin_frame` began. False, and the frame is taken back, if it is too long to be read again.
pub(crate) fn end_frame(out: &mut Vec<u8>, payload: usize) -> bool {
    let length = (out.len() - payload) as u64;
    if length > MAX_FRAME {
        out.truncate(payload - FRAME_HEAD);
        return false;
    }
    let length = (length as u32).to_le_bytes();
    let checksum = checksum(length, &out[payload..]);
    out[payload - 8..payload - 4].copy_from_slice(&length);
    out[payload - 4..payload].copy_from_slice(&checksum.to_le_bytes());
    true
}

/// The length is in it: a frame of zeros is not whole.
fn checksum(length: [u8; 4], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length);
    hasher.update(payload);
    hasher.finalize()
}

/// What stands at a place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framed {
    /// A frame, whose payload was read.
    Whole,
    End,
    Damaged(&'static str),
}

/// Reads frames one after the other.
pub(crate) struct Frames<R> {
    from: R,
    at: u64,
    end: u64,
}

impl<R: Read> Frames<R> {
    /// `from` gives the bytes from `at` on; the frames end at `end`.
    pub fn new(from: R, at: u64, end: u64) -> Self {
        Frames { from, at, end }
    }

    /// Where the next frame begins. After damage, where the damaged one begins.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Reads the next frame's payload. Memory is taken only for what is there.
    pub fn next(&mut self, payload: &mut Vec<u8>) -> io::Result<Framed> {
        payload.clear();
        let left = self.end.saturating_sub(self.at);
        if left == 0 {
            return Ok(Framed::End);
        }
        if left < FRAME_HEAD as u64 {
            return Ok(Framed::Damaged("the file ends within a frame"));
        }
        let mut head = [0; FRAME_HEAD];
        self.from.read_exact(&mut head)?;
        let [a, b, c, d, crc @ ..] = head;
        let length = u64::from(u32::from_le_bytes([a, b, c, d]));
        if length > MAX_FRAME {
            return Ok(Framed::Damaged("the length of a frame is wrong"));
        }
        if length > left - FRAME_HEAD as u64 {
            return Ok(Framed::Damaged("the file ends within a frame"));
        }
        payload.resize(length as usize, 0);
        self.from.read_exact(payload)?;
        if checksum([a, b, c, d], payload) != u32::from_le_bytes(crc) {
            return Ok(Framed::Damaged("the checksum is wrong"));
        }
        self.at += FRAME_HEAD as u64 + length;
        Ok(Framed::Whole)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn frame(payload: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        let at = begin_frame(&mut out);
        out.extend_from_slice(payload);
        assert!(end_frame(&mut out, at));
        out
    }

    fn read(bytes: &[u8]) -> (Framed, Vec<u8>) {
        let mut payload = Vec::new();
        let framed = Frames::new(bytes, 0, bytes.len() as u64).next(&mut payload).unwrap();
        (framed, payload)
    }

    #[test]
    fn frames_are_read_back() {
        assert_eq!(read(&frame(b"abc")), (Framed::Whole, b"abc".to_vec()));
        assert_eq!(read(&frame(b"")), (Framed::Whole, vec![]));
        assert_eq!(read(b"").0, Framed::End);
    }

    #[test]
    fn damage_is_seen() {
        let whole = frame(b"abc");
        for cut in 1..whole.len() {
            assert!(matches!(read(&whole[..cut]).0, Framed::Damaged(_)), "{cut}");
        }
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut flipped = whole.clone();
                flipped[at] ^= 1 << bit;
                assert!(matches!(read(&flipped).0, Framed::Damaged(_)), "{at} {bit}");
            }
        }
        assert!(matches!(read(&[0; 64]).0, Framed::Damaged(_)));
        assert!(matches!(read(&[0xff; 64]).0, Framed::Damaged(_)));
    }

    #[test]
    fn headers_name_kind_and_version() {
        let mut header = Vec::new();
        put_header(&mut header, FileKind::State);
        assert_eq!(header.len() as u64, HEADER);
        assert_eq!(check_header(&header, FileKind::State), Ok(()));
        assert_eq!(check_header(&header, FileKind::Journal), Err(BadHeader::Damaged));
        assert!((0..header.len()).all(|cut| check_header(&header[..cut], FileKind::State).is_err()));
        header[8] = 2;
        assert_eq!(check_header(&header, FileKind::State), Err(BadHeader::Damaged));
        let checksum = crc32fast::hash(&header[..12]);
        header.truncate(12);
        put_u32(&mut header, checksum);
        assert_eq!(check_header(&header, FileKind::State), Err(BadHeader::Newer(2)));
    }
}
