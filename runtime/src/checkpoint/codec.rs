//! Numbers, bytes and text as they lie in the files: little-endian, lengths and counts as LEB128. Reading checks all bounds and
//! reserves no memory for what it has not seen.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::time::Time;

pub(super) fn put_u32(out: &mut Vec<u8>, number: u32) {
    out.extend_from_slice(&number.to_le_bytes());
}

pub(super) fn put_u64(out: &mut Vec<u8>, number: u64) {
    out.extend_from_slice(&number.to_le_bytes());
}

pub(super) fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

pub(super) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_bytes(out, text.as_bytes());
}

pub(super) fn put_time(out: &mut Vec<u8>, time: Time) {
    put_u64(out, time.as_nanos());
}

/// Longer than 584 years is that long.
pub(super) fn put_span(out: &mut Vec<u8>, span: Duration) {
    put_u64(out, u64::try_from(span.as_nanos()).unwrap_or(u64::MAX));
}

/// On Unix the path's own bytes; elsewhere its text.
pub(super) fn put_path(out: &mut Vec<u8>, path: &Path) {
    put_bytes(out, path.as_os_str().as_encoded_bytes());
}

/// Bytes that nobody has written so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// Takes what was put, in the same order.
pub(super) struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8]) -> Self {
        Reader { rest: bytes }
    }

    /// What is still to be read.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Everything was read.
    pub fn end(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() { Ok(()) } else { Err(Malformed) }
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.take(N)?.try_into().map_err(|_| Malformed)
    }

    pub fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub fn varint(&mut self) -> Result<u64, Malformed> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            // The tenth byte has one bit of the number; and a number has one form.
            if (shift == 63 && bits > 1) || (byte == 0 && shift > 0) {
                return Err(Malformed);
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Malformed)
    }

    pub fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(self.varint()?).map_err(|_| Malformed)?;
        self.take(length)
    }

    pub fn text(&mut self) -> Result<String, Malformed> {
        std::str::from_utf8(self.bytes()?).map(str::to_owned).map_err(|_| Malformed)
    }

    pub fn time(&mut self) -> Result<Time, Malformed> {
        Ok(Time::from_nanos(self.u64()?))
    }

    pub fn span(&mut self) -> Result<Duration, Malformed> {
        Ok(Duration::from_nanos(self.u64()?))
    }

    pub fn flag(&mut self) -> Result<bool, Malformed> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Malformed),
        }
    }

    #[cfg(unix)]
    pub fn path(&mut self) -> Result<PathBuf, Malformed> {
        use std::os::unix::ffi::OsStrExt;
        Ok(std::ffi::OsStr::from_bytes(self.bytes()?).into())
    }

    #[cfg(not(unix))]
    pub fn path(&mut self) -> Result<PathBuf, Malformed> {
        Ok(self.text()?.into())
    }

    /// A count, and so many of what `one` reads. Each takes a byte at least, so a wrong count ends at the end of the bytes.
    pub fn list<T>(&mut self, mut one: impl FnMut(&mut Self) -> Result<T, Malformed>) -> Result<Vec<T>, Malformed> {
        let count = self.varint()?;
        let mut list = Vec::new();
        for _ in 0..count {
            list.push(one(self)?);
        }
        Ok(list)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_was_put_is_read() {
        let numbers = [0, 1, 127, 128, 300, 1 << 32, u64::MAX - 1, u64::MAX];
        let mut out = Vec::new();
        numbers.iter().for_each(|n| put_varint(&mut out, *n));
        put_text(&mut out, "grüße");
        put_path(&mut out, Path::new("/a/b"));
        put_u32(&mut out, 7);
        let mut reader = Reader::new(&out);
        numbers.iter().for_each(|n| assert_eq!(reader.varint(), Ok(*n)));
        assert_eq!(reader.text().as_deref(), Ok("grüße"));
        assert_eq!(reader.path().as_deref(), Ok(Path::new("/a/b")));
        assert_eq!(reader.u32(), Ok(7));
        assert_eq!(reader.end(), Ok(()));
    }

    #[test]
    fn what_was_not_put_is_malformed() {
        assert_eq!(Reader::new(&[0x80; 3]).varint(), Err(Malformed));
        assert_eq!(Reader::new(&[0xff; 11]).varint(), Err(Malformed));
        assert_eq!(Reader::new(&[0x80, 0]).varint(), Err(Malformed));
        let mut huge = Vec::new();
        put_varint(&mut huge, u64::MAX);
        assert_eq!(Reader::new(&huge).bytes(), Err(Malformed));
        assert_eq!(Reader::new(&huge).list(Reader::u8), Err(Malformed));
        assert_eq!(Reader::new(&[1, 0xff]).text(), Err(Malformed));
        assert_eq!(Reader::new(&[2]).flag(), Err(Malformed));
    }
}
