//! Text and paths: a length, then the bytes.

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::bytes::{load_length, store_length, take};
use super::{Malformed, Shape, Shapes, Stored};

#[inline]
pub(super) fn store_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    store_length(bytes.len(), out);
    out.extend_from_slice(bytes);
}

#[inline]
pub(super) fn load_bytes<'a>(from: &mut &'a [u8]) -> Result<&'a [u8], Malformed> {
    let length = load_length(from)?;
    take(from, length)
}

#[inline]
pub(super) fn load_text<'a>(from: &mut &'a [u8]) -> Result<&'a str, Malformed> {
    simdutf8::basic::from_utf8(load_bytes(from)?).map_err(|_| Malformed::new("text is not UTF-8"))
}

macro_rules! text {
    ($($type:ty: $of:expr),* $(,)?) => {$(
        #[diagnostic::do_not_recommend]
        impl Stored for $type {
            #[inline]
            fn store(&self, out: &mut Vec<u8>) {
                store_bytes(self.as_bytes(), out);
            }
            #[inline]
            fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
                load_text(from).map($of)
            }
            fn shape(_: &mut Shapes) -> Shape {
                Shape::Text
            }
        }
    )*};
}

// Fixed text is one of few literals: see `literal`.
text!(
    String: str::to_owned,
    Box<str>: Box::from,
    Arc<str>: Arc::from,
    Cow<'static, str>: |text| Cow::Owned(text.to_owned()),
    &'static str: literal,
);

/// The texts that `literal` has given out.
static LITERALS: Mutex<Option<HashSet<&'static str>>> = Mutex::new(None);

/// Text that lives as long as the process, as a literal does. Equal ones share their memory, so it does not grow with the
/// number of values, but with that of different literals.
fn literal(text: &str) -> &'static str {
    let mut literals = LITERALS.lock().unwrap_or_else(PoisonError::into_inner);
    let literals = literals.get_or_insert_default();
    if let Some(known) = literals.get(text) {
        return known;
    }
    let new: &'static str = text.to_owned().leak();
    literals.insert(new);
    new
}

#[diagnostic::do_not_recommend]
impl Stored for PathBuf {
    fn store(&self, out: &mut Vec<u8>) {
        store_bytes(&path_bytes(self), out);
    }
    fn load(from: &mut &[u8]) -> Result<Self, Malformed> {
        path_of(load_bytes(from)?)
    }
    fn shape(_: &mut Shapes) -> Shape {
        Shape::FilePath
    }
}

#[cfg(unix)]
fn path_bytes(path: &Path) -> Cow<'_, [u8]> {
    use std::os::unix::ffi::OsStrExt;
    Cow::Borrowed(path.as_os_str().as_bytes())
}

#[cfg(unix)]
fn path_of(bytes: &[u8]) -> Result<PathBuf, Malformed> {
    use std::os::unix::ffi::OsStrExt;
    Ok(PathBuf::from(std::ffi::OsStr::from_bytes(bytes)))
}

/// What of a path is not Unicode is lost, where paths are no bytes.
#[cfg(not(unix))]
fn path_bytes(path: &Path) -> Cow<'_, [u8]> {
    match path.to_string_lossy() {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

#[cfg(not(unix))]
fn path_of(bytes: &[u8]) -> Result<PathBuf, Malformed> {
    std::str::from_utf8(bytes).map(PathBuf::from).map_err(|_| Malformed::new("a path is not UTF-8"))
}
