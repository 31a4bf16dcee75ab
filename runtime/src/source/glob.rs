//! Directories by a pattern with `*` and `?`.

use std::ffi::OsStr;
use std::io::{self, ErrorKind};
use std::path::{Component, Path, PathBuf};

/// The directories that `pattern` names, in order. A path without wildcards names itself, whether it exists or not; a wildcard
/// does not match a leading dot.
pub(crate) fn directories(pattern: &Path) -> io::Result<Vec<PathBuf>> {
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
fn matching(directory: &Path, pattern: &str) -> io::Result<Vec<PathBuf>> {
    let list = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let entries = match list.read_dir() {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let path = directory.join(&name);
        if matches(pattern, &name.to_string_lossy()) && path.is_dir() {
            found.push(path);
        }
    }
    Ok(found)
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
