//! Where a caught panic happened: a hook notes the place and keeps quiet on threads that run a user's closure for the engine,
//! which reports the panic as an error value.

use std::cell::{Cell, RefCell};
use std::sync::Once;

thread_local! {
    static CATCHING: Cell<u32> = const { Cell::new(0) };
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// While this lives, panics on this thread are noted and not printed.
pub(crate) struct Quiet(());

impl Quiet {
    pub fn new() -> Self {
        install_hook();
        CATCHING.set(CATCHING.get() + 1);
        Quiet(())
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        CATCHING.set(CATCHING.get() - 1);
    }
}

/// The place of the last panic that was noted on this thread.
pub(crate) fn take_place() -> String {
    PLACE.take()
}

fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if CATCHING.get() == 0 {
                return before(info);
            }
            let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
            PLACE.set(place);
        }));
    });
}
