//! Standard output, whose reader may go away: `… | head`.

use std::io::{self, BufWriter, ErrorKind, StdoutLock, Write};

use crate::error::{Error, Result};

/// Standard output for more than one line.
pub(super) struct Out {
    to: BufWriter<StdoutLock<'static>>,
    /// The reader has gone away. That is no error: it has read what it wanted.
    pub is_closed: bool,
}

impl Out {
    pub fn new() -> Self {
        Out { to: BufWriter::new(io::stdout().lock()), is_closed: false }
    }

    /// Writes a text and a line end.
    ///
    /// # Errors
    /// When it cannot be written, and when the reader has gone away.
    pub fn line(&mut self, text: &str) -> Result<()> {
        let written = writeln!(self.to, "{text}");
        self.noted(written)
    }

    /// Everything is written.
    ///
    /// # Errors
    /// As [`line`](Self::line).
    pub fn end(&mut self) -> Result<()> {
        let written = self.to.flush();
        self.noted(written)
    }

    fn noted(&mut self, written: io::Result<()>) -> Result<()> {
        written.map_err(|error| {
            self.is_closed |= error.kind() == ErrorKind::BrokenPipe;
            failed(error)
        })
    }
}

/// Writes a text to standard output, as far as somebody reads it.
pub(super) fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(failed),
    }
}

fn failed(cause: io::Error) -> Error {
    Error::File { what: "cannot write to", path: "standard output".into(), cause }
}
