//! Where a caught panic happened: a hook notes the place and keeps quiet on threads that run a user's closure for the engine,
//! which reports the panic as an error value.
//!
//! A panic on a worker thread may come out on another one: workers take over parts of each other's work, and the engine's
//! thread waits for all of them. So workers note panics on a board that they share, by their words.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, Once, PoisonError};

use crate::error::BoxError;

/// More panics than workers are not noted at once; older ones were caught by the user's own code.
const REMEMBERED: usize = 64;

thread_local! {
    static CATCHING: Cell<u32> = const { Cell::new(0) };
    static LAST: RefCell<Option<Noted>> = const { RefCell::new(None) };
    static BOARD: RefCell<Option<Board>> = const { RefCell::new(None) };
}

/// The panics that were noted on the threads of one pool.
#[derive(Clone, Default)]
pub(crate) struct Board(Arc<Mutex<Vec<Noted>>>);

/// A panic as the hook has seen it.
#[derive(Clone)]
struct Noted {
    message: String,
    place: String,
}

impl Board {
    /// Makes this thread one of the pool's: panics on it are noted here and not printed, for as long as it lives.
    pub fn join(&self) {
        install_hook();
        BOARD.set(Some(self.clone()));
    }

    fn note(&self, noted: Noted) {
        let mut board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if board.len() == REMEMBERED {
            board.remove(0);
        }
        board.push(noted);
    }

    fn take(&self, message: &str) -> Option<String> {
        let mut board = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = board.iter().rposition(|noted| noted.message == message)?;
        Some(board.swap_remove(at).place)
    }

    /// Runs `work`, which waits for the pool's threads: a panic of theirs goes on here, with its place.
    pub fn watch<T>(&self, work: impl FnOnce() -> T) -> T {
        catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
            let message = key(payload.as_ref());
            if let Some(place) = self.take(&message) {
                LAST.set(Some(Noted { message, place }));
            }
            resume_unwind(payload)
        })
    }
}

/// A panic of a user's closure, as a value.
#[derive(Debug)]
pub(crate) struct Panicked {
    pub place: String,
    pub message: String,
}

/// Runs `work`; a panic in it is returned with its place and words, and not printed.
pub(crate) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    let _quiet = Quiet::new();
    catch_unwind(AssertUnwindSafe(work)).map_err(|payload| panicked(payload.as_ref()))
}

#[cold]
fn panicked(payload: &(dyn Any + Send)) -> Panicked {
    let key = key(payload);
    let here = LAST.take().filter(|last| last.message == key).map(|last| last.place);
    let on_board = || BOARD.with_borrow(|board| board.as_ref().and_then(|board| board.take(&key)));
    let place = here.or_else(on_board).unwrap_or_else(|| "a place on a thread of its own".to_owned());
    Panicked { place, message: words_of_error(payload).unwrap_or(key) }
}

/// What a panic says, by which it is found again; of an error, not its words: they are the user's code, which must not panic in
/// the hook.
fn key(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a value that is not text".to_owned())
}

fn words_of_error(payload: &(dyn Any + Send)) -> Option<String> {
    let error = payload.downcast_ref::<BoxError>()?;
    catch_unwind(AssertUnwindSafe(|| error.to_string())).ok()
}

/// While this lives, panics on this thread are noted and not printed.
struct Quiet(());

impl Quiet {
    #[inline(never)]
    fn new() -> Self {
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

fn install_hook() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !note(info) {
                before(info);
            }
        }));
    });
}

/// Notes a panic if somebody catches it.
fn note(info: &PanicHookInfo<'_>) -> bool {
    let board = BOARD.with_borrow(Clone::clone);
    if CATCHING.get() == 0 && board.is_none() {
        return false;
    }
    let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
    let noted = Noted { message: key(info.payload()), place };
    if let Some(board) = board {
        board.note(noted.clone());
    }
    LAST.set(Some(noted));
    true
}
