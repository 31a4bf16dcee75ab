//! Directories by a pattern with `*` and `?`.

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

/// The directories that `pattern` names, in order. A path without wildcards names itself, whether it exists or not; a wildcard
/// does not match a leading dot.
///
/// # Errors
/// When it cannot be seen whether there is one: its path, and why.
pub(crate) fn directories(pattern: &Path) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let mut found = vec![PathBuf::new()];
    for component in pattern.components() {
        found = match component {
            Component::Normal(name) if has_wildcard(name) => {
                let mut next = Vec::new();
                for directory in &found {
                    next.extend(matching(directory, &name.to_string_lossy())?);
                }
                next.sort();
                next
            }
            component => found.into_iter().map(|directory| directory.join(component)).collect(),
        };
    }
    Ok(found)
}

fn has_wildcard(name: &OsStr) -> bool {
    name.as_encoded_bytes().iter().any(|byte| matches!(byte, b'*' | b'?'))
}

/// The directories in `directory` whose names match.
fn matching(directory: &Path, pattern: &str) -> Result<Vec<PathBuf>, (PathBuf, io::Error)> {
    let list = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let failed = |error| (list.to_owned(), error);
    let entries = match list.read_dir() {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry.map_err(failed)?.file_name();
        let path = directory.join(&name);
        if matches(pattern, &name.to_string_lossy()) && is_directory(&path).map_err(|error| (path.clone(), error))? {
            found.push(path);
        }
    }
    Ok(found)
}

/// Whether it is a directory. One that may not be looked at could be one.
fn is_directory(path: &Path) -> io::Result<bool> {
    match path.metadata() {
        Ok(metadata) => Ok(metadata.is_dir()),
        Err(error) if leads_nowhere(&error) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether there is nothing: it was removed, or a link leads to nothing, or through a file, or in a circle.
pub(crate) fn leads_nowhere(error: &io::Error) -> bool {
    /// Too many links: the standard library has no stable kind for it.
    const ELOOP: i32 = if cfg!(target_os = "linux") { 40 } else { 62 };
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
        || cfg!(unix) && error.raw_os_error() == Some(ELOOP)
}

fn matches(pattern: &str, name: &str) -> bool {
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut pos) = (0, 0);
    // Where to go on if the last `*` has to match one character more.
    let mut star: Option<(usize, usize)> = None;
    while pos < name.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at + 1, pos));
                at += 1;
            }
            Some(&char) if char == '?' || char == name[pos] => (at, pos) = (at + 1, pos + 1),
            _ => match &mut star {
                Some((after, from)) => {
                    *from += 1;
                    (at, pos) = (*after, *from);
                }
                None => return false,
            },
        }
    }
    pattern[at..].iter().all(|char| *char == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards() {
        for (pattern, name, expected) in [
            ("*", "any", true),
            ("*", ".hidden", false),
            (".*", ".hidden", true),
            ("log-*", "log-", true),
            ("log-*", "lo", false),
            ("*-*-z", "a-b-c-z", true),
            ("*-*-z", "a-z", false),
            ("day-??", "day-07", true),
            ("day-??", "day-7", false),
            ("a*b*c", "a_b_b_c", true),
            ("a*b", "a_bc", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
