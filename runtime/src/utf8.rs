//! Bytes to text, validated once.

/// Bytes on their way to blocks of text. Whole lines are counted and validated as they come, while they are in the
/// processor's cache.
#[derive(Debug, Default)]
pub(crate) struct LineBuffer {
    /// What has come, and behind `filled` room for more. It has any contents there: nobody has to clear it.
    bytes: Vec<u8>,
    filled: usize,
    /// So far go whole lines.
    end: usize,
    lines: u64,
    /// Some of them are not UTF-8. If this is false, `bytes[..end]` is UTF-8: those who change `bytes` begin at `end`.
    has_bad: bool,
}

impl LineBuffer {
    /// How many whole lines there are.
    pub fn count(&self) -> u64 {
        self.lines
    }

    /// How many bytes have come, also those of an unfinished line.
    pub fn filled(&self) -> usize {
        self.filled
    }

    /// Whether there is less room than `least`.
    pub fn lacks_room(&self, least: usize) -> bool {
        self.bytes.len() - self.filled < least
    }

    /// Makes room for `least` bytes, in `buffer()` if nothing has come yet.
    pub fn make_room(&mut self, least: usize, buffer: impl FnOnce() -> Vec<u8>) {
        if self.bytes.is_empty() {
            self.bytes = buffer();
        }
        if self.lacks_room(least) {
            let size = (2 * self.bytes.len()).max(self.filled + least);
            self.bytes.resize(size, 0);
        }
    }

    /// At most `most` bytes to be filled, from the first one on.
    pub fn room(&mut self, most: usize) -> &mut [u8] {
        let room = &mut self.bytes[self.filled..];
        let most = most.min(room.len());
        &mut room[..most]
    }

    /// So many bytes of the room are filled.
    pub fn fill(&mut self, read: usize) {
        let before = self.filled;
        self.filled = before.saturating_add(read).min(self.bytes.len());
        let new = &self.bytes[before..self.filled];
        if let Some(last) = memchr::memrchr(b'\n', new) {
            self.lines += memchr::memchr_iter(b'\n', &new[..=last]).count() as u64;
            self.validate_to(before + last + 1);
        }
    }

    /// Whether a line has begun and not ended.
    pub fn is_unfinished(&self) -> bool {
        self.end < self.filled
    }

    /// How much there is of it.
    pub fn unfinished(&self) -> usize {
        self.filled - self.end
    }

    /// Forgets an unfinished line.
    pub fn discard_unfinished(&mut self) {
        self.filled = self.end;
        // For the line it may have grown a lot.
        self.bytes.truncate(self.filled);
        self.bytes.shrink_to_fit();
    }

    /// Ends an unfinished line.
    pub fn finish(&mut self) {
        if self.is_unfinished() {
            self.make_room(1, Vec::new);
            self.bytes[self.filled] = b'\n';
            self.fill(1);
        }
    }

    /// Makes a line of an unfinished one, without an end.
    pub fn finish_as_it_is(&mut self) {
        if self.is_unfinished() {
            self.lines += 1;
            self.validate_to(self.filled);
        }
    }

    fn validate_to(&mut self, end: usize) {
        self.has_bad = self.has_bad || simdutf8::basic::from_utf8(&self.bytes[self.end..end]).is_err();
        self.end = end;
    }

    /// Takes the whole lines out, with their number: as text if they are UTF-8. What is shorter than `least` is copied, and its
    /// memory used on; otherwise what follows goes on in `buffer()`.
    pub fn take(&mut self, least: usize, buffer: impl FnOnce() -> Vec<u8>) -> Option<(Text, u64)> {
        if self.end == 0 {
            return None;
        }
        let rest = self.end..self.filled;
        let lines = if self.end < least {
            let lines = self.bytes[..self.end].to_vec();
            self.bytes.copy_within(rest.clone(), 0);
            lines
        } else {
            let mut next = if rest.is_empty() { Vec::new() } else { buffer() };
            if next.len() < rest.len() {
                next.resize(rest.len(), 0);
            }
            next[..rest.len()].copy_from_slice(&self.bytes[rest.clone()]);
            let mut lines = std::mem::replace(&mut self.bytes, next);
            lines.truncate(self.end);
            if lines.capacity() / 2 > lines.len() {
                lines.shrink_to_fit(); // it has grown for a long line, and may wait for long
            }
            lines
        };
        (self.filled, self.end) = (rest.len(), 0);
        let text = if std::mem::take(&mut self.has_bad) { Err(lines) } else { Ok(validated(lines)) };
        Some((text, std::mem::take(&mut self.lines)))
    }
}

/// Text, or bytes that are none.
pub(crate) type Text = Result<String, Vec<u8>>;

/// Takes the bytes as text if they are UTF-8, without a copy; gives them back otherwise.
pub(crate) fn into_string(bytes: Vec<u8>) -> Text {
    match simdutf8::basic::from_utf8(&bytes) {
        Ok(_) => Ok(validated(bytes)),
        Err(_) => Err(bytes),
    }
}

/// Bytes that were found to be UTF-8.
#[allow(unsafe_code)]
fn validated(bytes: Vec<u8>) -> String {
    // SAFETY: private to this file. `into_string` has just validated exactly these bytes. `LineBuffer::take` gives the first `end` bytes
    // while `has_bad` is false: all of them went through `validate_to`, which concatenates what is UTF-8, and none can have changed
    // since, for `room` and `fill` begin at `filled`, which is not below `end`.
    unsafe { String::from_utf8_unchecked(bytes) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const SAMPLES: [&[u8]; 7] =
        [b"", b"plain", "ä€𝄞".as_bytes(), b"\xff", b"a\xc3", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"];

    #[test]
    fn it_agrees_with_the_standard_library() {
        for sample in SAMPLES {
            for padding in [0, 1, 63, 64, 200] {
                let bytes = [vec![b'.'; padding], sample.to_vec(), vec![b'.'; padding]].concat();
                assert_eq!(into_string(bytes.clone()).ok(), String::from_utf8(bytes).ok());
            }
        }
    }

    fn put(lines: &mut LineBuffer, bytes: &[u8]) {
        lines.make_room(bytes.len(), || vec![b'?'; 32]);
        lines.room(bytes.len()).copy_from_slice(bytes);
        lines.fill(bytes.len());
    }

    #[test]
    fn lines_agree_with_the_standard_library_however_they_come() {
        for sample in SAMPLES {
            let input = [b"one\n", sample, b"\ntwo ", sample, b"\n\nrest"].concat();
            for size in 1..=input.len() {
                for least in [0, 1000] {
                    let mut lines = LineBuffer::default();
                    input.chunks(size).for_each(|chunk| put(&mut lines, chunk));
                    let whole = input[..input.len() - 4].to_vec();
                    let (text, count) = lines.take(least, || vec![b'?'; 32]).unwrap();
                    assert_eq!(count, 4);
                    assert_eq!(text, String::from_utf8(whole).map_err(|error| error.into_bytes()));
                    assert_eq!(lines.take(least, Vec::new), None);
                    lines.finish();
                    assert_eq!(lines.take(least, Vec::new), Some((Ok("rest\n".to_owned()), 1)));
                }
            }
        }
    }

    #[test]
    fn memory_of_a_long_line_is_given_back() {
        let mut lines = LineBuffer::default();
        for (length, least) in [(600, 0), (513, 0), (5_000, 100)] {
            put(&mut lines, "x".repeat(length).as_bytes());
            lines.make_room(2_000, Vec::new); // as if much more was expected
            put(&mut lines, b"\nrest");
            let (text, _) = lines.take(least, || vec![b'?'; 32]).unwrap();
            let text = text.unwrap();
            assert!(text.len() > length && text.capacity() <= 2 * text.len(), "{length}: {}", text.capacity());
            lines.discard_unfinished();
        }
        put(&mut lines, b"short\n");
        put(&mut lines, &[b'x'; 10_000]);
        lines.discard_unfinished();
        assert!(lines.bytes.capacity() < 100, "{}", lines.bytes.capacity());
        put(&mut lines, b"next\n");
        assert_eq!(lines.take(1_000, Vec::new), Some((Ok("short\nnext\n".to_owned()), 2)));
    }

    #[test]
    fn a_last_line_may_do_without_an_end() {
        let mut lines = LineBuffer::default();
        put(&mut lines, b"one\ntw");
        lines.finish_as_it_is();
        lines.finish_as_it_is();
        assert_eq!(lines.take(0, Vec::new), Some((Ok("one\ntw".to_owned()), 2)));
        put(&mut lines, b"\xff");
        lines.finish_as_it_is();
        assert_eq!(lines.take(0, Vec::new), Some((Err(b"\xff".to_vec()), 1)));
    }
}
