//! Crashes and failures of the disk at any chosen operation, for tests.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::disk::Operation;
use super::power::Unsynced;

/// What happens at the chosen operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A crash: it is not done, nor anything after it.
    Before,
    /// A crash: half of the bytes are written. As `Before` where nothing is written.
    Half,
    /// A crash: it is done, and nothing after it.
    After,
    /// It fails once in this way. A write has written half of its bytes, as on a full disk.
    Fails(io::ErrorKind),
}

/// What a loss of power takes, of what was not synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    Contents,
    Names,
    Both,
}

/// Counts operations, and lets one fail.
#[derive(Default)]
pub(crate) struct CrashPoints {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    fault: Option<(usize, Fault)>,
    seen: Vec<(String, String)>,
    crashed: bool,
    unsynced: Unsynced,
}

pub(super) enum Step {
    Go,
    Half(io::Error),
}

impl CrashPoints {
    /// Nothing fails; the operations are noted.
    pub fn none() -> Arc<CrashPoints> {
        Arc::default()
    }

    /// The operation of this number, from 0, meets the fault.
    pub fn at(number: usize, fault: Fault) -> Arc<CrashPoints> {
        let inner = Inner { fault: Some((number, fault)), ..Inner::default() };
        Arc::new(CrashPoints { inner: Mutex::new(inner) })
    }

    /// What was done so far: operation and name of the file.
    pub fn seen(&self) -> Vec<(String, String)> {
        self.lock().seen.clone()
    }

    pub fn crashed(&self) -> bool {
        self.lock().crashed
    }

    /// The power is lost: undoes what was not synced. Nobody may use the files.
    #[cfg(test)]
    pub fn lose(&self, loss: Loss) {
        std::mem::take(&mut self.lock().unsynced).lose(loss);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A write asks first whether it is to be cut. If not, it counts in `around`.
    pub(super) fn at_write(&self, path: &Path) -> Step {
        let mut inner = self.lock();
        let number = inner.seen.len();
        let (error, crash) = match inner.fault {
            _ if inner.crashed => return Step::Go,
            Some((at, Fault::Half)) if at == number => (simulated(), true),
            Some((at, Fault::Fails(kind))) if at == number => (kind.into(), false),
            _ => return Step::Go,
        };
        inner.crashed = crash;
        inner.see(Operation::Append, path);
        inner.unsynced.before(Operation::Append, path);
        Step::Half(error)
    }

    pub(super) fn around<T>(
        &self,
        operation: Operation<'_>,
        path: &Path,
        act: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        // The lock is held while the operation runs: of two threads' operations, none is half done when the other crashes.
        let mut inner = self.lock();
        if inner.crashed {
            return Err(simulated());
        }
        let number = inner.seen.len();
        inner.see(operation, path);
        let fault = inner.fault.filter(|(at, _)| *at == number).map(|(_, fault)| fault);
        match fault {
            None | Some(Fault::After) => {
                inner.unsynced.before(operation, path);
                let done = act();
                if done.is_ok() {
                    inner.unsynced.after(operation, path);
                }
                inner.crashed = fault.is_some();
                if inner.crashed { done.and_then(|_| Err(simulated())) } else { done }
            }
            Some(Fault::Before | Fault::Half) => {
                inner.crashed = true;
                Err(simulated())
            }
            Some(Fault::Fails(kind)) => Err(kind.into()),
        }
    }
}

impl Inner {
    fn see(&mut self, operation: Operation<'_>, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let operation = match operation {
            Operation::Rename(_) => "Rename".to_owned(),
            other => format!("{other:?}"),
        };
        self.seen.push((operation, name));
    }
}

fn simulated() -> io::Error {
    io::Error::other("simulated crash")
}
