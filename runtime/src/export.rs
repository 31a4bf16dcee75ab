//! What a checkpoint has of a window or a state, as JSON, without the types of the program that wrote it.

use std::collections::BTreeMap;

use crate::checkpoint::{PieceKind, SavedState};
use crate::error::{Error, Result};
use crate::saved::{Description, SavedKind, end_of_piece};
use crate::source::loaded;
use crate::stored::{Malformed, Shape, Stored, dump, load_length};
use crate::time::Time;

/// What is known of a saved state without reading it.
pub(crate) fn description(state: &SavedState) -> Result<Description> {
    loaded(&state.name, &state.shape)
}

/// A line for each entry. Of a state in the order of the keys as JSON, `{"key":…,"value":…}`, with the time of the last data
/// in milliseconds if there is a timeout; of a window in the order of time, with the end of the pane.
///
/// Holds the text of a whole state in memory.
///
/// # Errors
/// When a file cannot be read or makes no sense, and what `line` returns.
pub(crate) fn export(state: &SavedState, line: &mut dyn FnMut(&str) -> Result<()>) -> Result<()> {
    let Description { kind, shape, .. } = description(state)?;
    let malformed = |malformed: Malformed| {
        Error::config(
            format!("`{}` cannot be read from its checkpoint: {malformed}", state.name),
            "look at its files with `checkpoint verify`",
        )
    };
    let mut entries = Entries::new();
    for piece in state.pieces()? {
        let (piece_kind, bytes) = piece?;
        // The first byte is the shard. A piece without bytes marks that nothing before it counts.
        let Some((_, bytes)) = bytes.split_first() else { continue };
        match (kind, piece_kind) {
            (SavedKind::Keyed, _) => read_states(&shape, bytes, &mut entries).map_err(malformed)?,
            (SavedKind::Panes, PieceKind::Pane(end)) => {
                read_pane(&shape, end, bytes, line).map_err(|error| error.or_else(malformed))?;
            }
            (_, PieceKind::Pane(time)) => {
                read_blocks(&shape, time, bytes, line).map_err(|error| error.or_else(malformed))?;
            }
            _ => return Err(malformed(Malformed::new("a window consists of panes"))),
        }
    }
    entries.values().try_for_each(|entry| line(entry))
}

/// The lines of a state by their keys: as JSON, for the order, and as bytes, because keys that differ may be the same in JSON.
type Entries = BTreeMap<(String, Vec<u8>), String>;

/// What stops an export.
enum Stop {
    Malformed(Malformed),
    Line(Error),
}

impl Stop {
    fn or_else(self, malformed: impl Fn(Malformed) -> Error) -> Error {
        match self {
            Stop::Malformed(what) => malformed(what),
            Stop::Line(error) => error,
        }
    }
}

impl From<Malformed> for Stop {
    fn from(malformed: Malformed) -> Self {
        Stop::Malformed(malformed)
    }
}

/// Key and value of an entry.
fn pair(shape: &Shape) -> Result<(&Shape, &Shape), Malformed> {
    match shape {
        Shape::Tuple(members) if members.len() == 2 => Ok((&members[0], shape)),
        _ => Err(Malformed::new("it does not consist of keys and values")),
    }
}

fn read_states(shape: &Shape, mut from: &[u8], entries: &mut Entries) -> Result<(), Malformed> {
    let (key_shape, pair_shape) = pair(shape)?;
    for _ in 0..load_length(&mut from)? {
        entries.remove(&read_key(key_shape, &mut from)?);
    }
    let has_times = bool::load(&mut from)?;
    for _ in 0..load_length(&mut from)? {
        let key = read_key(key_shape, &mut { from })?;
        let pair = json(pair_shape, &mut from)?;
        let time = if has_times { Some(Time::load(&mut from)?) } else { None };
        let line = entry("", &key.0, &pair, time);
        entries.insert(key, line);
    }
    end_of_piece(from)
}

/// A key as JSON and as it is stored.
fn read_key(shape: &Shape, from: &mut &[u8]) -> Result<(String, Vec<u8>), Malformed> {
    let start = *from;
    let key = json(shape, from)?;
    Ok((key, start[..start.len() - from.len()].to_vec()))
}

fn read_pane(shape: &Shape, end: Time, mut from: &[u8], line: &mut dyn FnMut(&str) -> Result<()>) -> Result<(), Stop> {
    let (key_shape, pair_shape) = pair(shape)?;
    let start = format!("\"pane_end\":{},", end.as_millis());
    for _ in 0..load_length(&mut from)? {
        let key = json(key_shape, &mut { from })?;
        let pair = json(pair_shape, &mut from)?;
        line(&entry(&start, &key, &pair, None)).map_err(Stop::Line)?;
    }
    Ok(end_of_piece(from)?)
}

fn read_blocks(
    shape: &Shape,
    time: Time,
    mut from: &[u8],
    line: &mut dyn FnMut(&str) -> Result<()>,
) -> Result<(), Stop> {
    for _ in 0..load_length(&mut from)? {
        let block = json(shape, &mut from)?;
        line(&format!("{{\"batch\":{},\"records\":{block}}}", time.as_millis())).map_err(Stop::Line)?;
    }
    Ok(end_of_piece(from)?)
}

fn json(shape: &Shape, from: &mut &[u8]) -> Result<String, Malformed> {
    let mut out = String::new();
    dump(shape, from, &mut out)?;
    Ok(out)
}

/// `pair` is the key and the value in brackets.
fn entry(start: &str, key: &str, pair: &str, time: Option<Time>) -> String {
    let value = pair.strip_prefix('[').and_then(|pair| pair.strip_suffix(']')).and_then(|pair| pair.strip_prefix(key));
    let value = value.and_then(|value| value.strip_prefix(',')).unwrap_or(pair);
    let time = time.map_or(String::new(), |time| format!(",\"last_data\":{}", time.as_millis()));
    format!("{{{start}\"key\":{key},\"value\":{value}{time}}}")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::saved::END;
    use crate::stored::{Shapes, store_length};

    type Pair = (Option<Option<u8>>, u64);

    /// A piece of a state that removes these keys and sets these pairs.
    fn piece(removed: &[Option<Option<u8>>], set: &[Pair]) -> Vec<u8> {
        let mut bytes = Vec::new();
        store_length(removed.len(), &mut bytes);
        removed.iter().for_each(|key| key.store(&mut bytes));
        false.store(&mut bytes);
        store_length(set.len(), &mut bytes);
        set.iter().for_each(|pair| pair.store(&mut bytes));
        bytes.push(END);
        bytes
    }

    #[test]
    fn keys_that_are_the_same_in_json_stay_apart() {
        let shape = Pair::shape(&mut Shapes::default());
        let mut entries = Entries::new();
        let mut read = |bytes: Vec<u8>| read_states(&shape, &bytes, &mut entries).unwrap();
        read(piece(&[], &[(None, 1), (Some(None), 2), (Some(Some(7)), 3)]));
        read(piece(&[None], &[(Some(None), 4)]));
        let lines: Vec<&String> = entries.values().collect();
        assert_eq!(lines, [r#"{"key":7,"value":3}"#, r#"{"key":null,"value":4}"#]);
    }
}
