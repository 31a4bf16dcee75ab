//! How long a window is, and when it slides.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::time::Time;
use crate::window::Shape;

/// A duration where an operator takes functions as well: a name does not tell what it is of.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a length of time",
    label = "taken for the length or the slide of the window",
    note = "write a function as a closure here, so that it can be told from a duration, for example `|a, b| f(a, b)`"
)]
pub trait LengthOfTime {
    /// The duration itself.
    fn duration(self) -> Duration;
}

#[diagnostic::do_not_recommend]
impl LengthOfTime for Duration {
    fn duration(self) -> Duration {
        self
    }
}

/// The duration that a name stands for.
pub fn length_of_time(named: impl LengthOfTime) -> Duration {
    named.duration()
}

/// The length and the slide of a window over a stream. Windows end at multiples of their slide since the epoch; the one that
/// ends at t holds the batches in (t - length, t].
#[derive(Clone, Copy, Debug)]
pub struct WindowShape {
    /// How often the stream under the window has a batch.
    pub parent: Duration,
    /// What a window holds.
    pub length: Duration,
    /// From one window to the next.
    pub slide: Duration,
}

impl WindowShape {
    /// Both must be multiples of `parent`, and above zero.
    pub(crate) fn new(label: &str, parent: Duration, length: Duration, slide: Duration) -> Result<Self> {
        for (duration, what) in [(length, "length"), (slide, "slide")] {
            if duration.is_zero() || !duration.as_nanos().is_multiple_of(parent.as_nanos().max(1)) {
                return Err(Error::config(
                    format!(
                        "`{label}`: the {what} of its window is {duration:?}, and its stream has a batch every {parent:?}"
                    ),
                    format!("make the {what} a multiple of {parent:?} above zero"),
                ));
            }
        }
        Ok(WindowShape { parent, length, slide })
    }

    /// As the windows by key count: in panes.
    pub(crate) fn panes(&self) -> Shape {
        Shape::new(self.length, self.slide)
    }

    /// Whether the batch of time `batch` is in the window that ends at `end`.
    pub(crate) fn holds(&self, end: Time, batch: Time) -> bool {
        batch <= end && batch + self.length > end
    }
}
