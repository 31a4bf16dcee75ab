//! Crashes and failures of the disk at any chosen operation, for tests.

use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::disk::Operation;

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

/// Counts operations, and lets one fail.
#[derive(Default)]
pub(crate) struct CrashPoints {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    fault: Option<(usize, Fault)>,
    seen: Vec<(Operation, String)>,
    crashed: bool,
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
    pub fn seen(&self) -> Vec<(Operation, String)> {
        self.lock().seen.clone()
    }

    pub fn crashed(&self) -> bool {
        self.lock().crashed
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A write asks first whether it is to be cut. If not, it counts in `around`.
    pub(super) fn at_write(&self, path: &Path) -> Step {
        let mut inner = self.lock();
        let number = inner.seen.len();
        let error = match inner.fault {
            _ if inner.crashed => return Step::Go,
            Some((at, Fault::Half)) if at == number => simulated(),
            Some((at, Fault::Fails(kind))) if at == number => kind.into(),
            _ => return Step::Go,
        };
        inner.crashed = matches!(inner.fault, Some((_, Fault::Half)));
        inner.see(Operation::Append, path);
        Step::Half(error)
    }

    pub(super) fn around<T>(
        &self,
        operation: Operation,
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
        match inner.fault {
            Some((at, fault)) if at == number => match fault {
                Fault::Before | Fault::Half => {
                    inner.crashed = true;
                    Err(simulated())
                }
                Fault::After => {
                    inner.crashed = true;
                    act().and_then(|_| Err(simulated()))
                }
                Fault::Fails(kind) => Err(kind.into()),
            },
            _ => act(),
        }
    }
}

impl Inner {
    fn see(&mut self, operation: Operation, path: &Path) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.seen.push((operation, name));
    }
}

fn simulated() -> io::Error {
    io::Error::other("simulated crash")
}
