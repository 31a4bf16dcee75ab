//! Words to whoever looks at the terminal.

use std::fmt::Display;
use std::io::{self, Write};

/// Says on standard error what is not as it should be. If nobody can hear it there, the program goes on all the same.
pub(crate) fn warn(what: impl Display) {
    say(format_args!("warning: {what}"));
}

/// A line on standard error.
pub(crate) fn say(what: impl Display) {
    let _ = writeln!(io::stderr(), "{what}");
}
