//! A receiver that several tests have.

use microbatch::prelude::*;

/// Stores numbers from 0 on, as fast as it may.
pub struct Numbers;

impl Receiver for Numbers {
    type Item = u64;

    fn start(&mut self, intake: Intake<u64>) -> microbatch::Result<()> {
        for number in 0.. {
            if intake.is_stopped() || intake.store(number).is_err() {
                break;
            }
        }
        Ok(())
    }
}
