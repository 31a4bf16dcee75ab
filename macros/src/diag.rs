//! The only way to report a mistake: all of them are collected, sorted by their place and shown together.

use std::fmt::Display;

use proc_macro2::{Span, TokenStream};
use quote::quote_spanned;

#[derive(Default)]
pub struct Diagnostics {
    errors: Vec<(Place, String)>,
}

/// From the first token at fault to the last one.
#[derive(Clone, Copy)]
pub struct Place {
    pub first: Span,
    pub last: Span,
}

impl Default for Place {
    fn default() -> Self {
        Span::call_site().into()
    }
}

impl From<Span> for Place {
    fn from(span: Span) -> Self {
        Place { first: span, last: span }
    }
}

impl Diagnostics {
    /// Reports what is wrong at `place`; `help` says what to type instead.
    pub fn error(&mut self, place: impl Into<Place>, message: impl Display, help: impl Display) {
        self.errors.push((place.into(), format!("{message}\nhelp: {help}")));
    }

    pub fn is_empty(&self) -> bool {
        self.errors.is_empty()
    }

    /// All errors as `compile_error!`s, in the order of their places.
    pub fn into_errors(mut self) -> impl Iterator<Item = TokenStream> {
        self.errors.sort_by_key(|(place, _)| (place.first.start().line, place.first.start().column));
        self.errors.into_iter().map(|(place, message)| {
            // rustc underlines a macro call from its first token to its last.
            let name = quote_spanned!(place.first=> ::core::compile_error);
            quote_spanned!(place.last=> #name!(#message);)
        })
    }
}

/// The candidate that `name` is probably meant to be: the same but for case and underscores, or a few letters away.
pub fn did_you_mean<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let folded = |text: &str| text.replace('_', "").to_lowercase();
    let limit = (name.chars().count() / 3).clamp(1, 3);
    candidates
        .map(|candidate| (if folded(candidate) == folded(name) { 0 } else { distance(name, candidate) }, candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The number of letters to insert, delete, replace or swap (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::did_you_mean;

    #[test]
    fn names_are_suggested_by_habit_and_by_distance() {
        let names = ["map", "filter", "reduce_by_key", "flat_map"];
        let mean = |name| did_you_mean(name, names.into_iter());
        assert_eq!(mean("reduceByKey"), Some("reduce_by_key"));
        assert_eq!(mean("fliter"), Some("filter"));
        assert_eq!(mean("mapp"), Some("map"));
        assert_eq!(mean("window"), None);
    }
}
