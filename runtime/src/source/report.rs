//! What a receiver tells the listeners.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use crate::clock::Clock;
use crate::listener::{Listeners, ReceiverInfo};
use crate::source::{Input, SourceContext};

/// Tells the listeners how a receiver is doing.
pub(crate) struct Reporter {
    clock: Arc<Clock>,
    listeners: Listeners,
    info: Mutex<ReceiverInfo>,
}

impl Reporter {
    pub fn new(context: &SourceContext) -> Self {
        let stream = Arc::clone(&context.stream);
        let info = ReceiverInfo { stream, active: false, last_error: None, last_error_time: None };
        Reporter { clock: Arc::clone(&context.clock), listeners: context.listeners.clone(), info: Mutex::new(info) }
    }

    pub fn started(&self) {
        let info = self.change(|info| info.active = true);
        self.listeners.tell(|listener| listener.on_receiver_started(&info));
    }

    pub fn error(&self, what: String) {
        let now = self.clock.now();
        let info = self.change(|info| (info.last_error, info.last_error_time) = (Some(what), Some(now)));
        self.listeners.tell(|listener| listener.on_receiver_error(&info));
    }

    /// It receives no more for now, and `what` is why.
    pub fn lost(&self, what: String) {
        self.change(|info| info.active = false);
        self.error(what);
    }

    /// It has stopped, and `why` if it was of its own accord.
    pub fn stopped(&self, why: Option<String>) {
        let now = self.clock.now();
        let info = self.change(|info| {
            info.active = false;
            if why.is_some() {
                (info.last_error, info.last_error_time) = (why, Some(now));
            }
        });
        self.listeners.tell(|listener| listener.on_receiver_stopped(&info));
    }

    fn change(&self, change: impl FnOnce(&mut ReceiverInfo)) -> ReceiverInfo {
        let mut info = self.info.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut info);
        info.clone()
    }
}

/// While this lives, a graceful stop waits for the receiver.
pub(crate) struct Receiving(Arc<Input>);

impl Receiving {
    pub fn new(input: &Arc<Input>) -> Self {
        input.receiving.fetch_add(1, Ordering::AcqRel);
        Receiving(Arc::clone(input))
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        self.0.receiving.fetch_sub(1, Ordering::AcqRel);
    }
}
