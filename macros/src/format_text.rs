//! What macros of the standard library read as texts with names in them, as `format!("{name}", name = value)`.

use proc_macro2::TokenTree;

use crate::args::is_punct;

/// The names that a literal mentions in braces: `{name:>width$}`.
pub fn names(literal: &str) -> Vec<String> {
    if !literal.starts_with('"') && !literal.starts_with("r\"") && !literal.starts_with("r#") {
        return Vec::new();
    }
    let (mut names, mut rest) = (Vec::new(), literal);
    while let Some(open) = rest.find('{') {
        let is_escape = rest[..open].ends_with("\\u");
        let inner = &rest[open + 1..];
        if let Some(after) = inner.strip_prefix('{') {
            rest = after;
            continue;
        }
        let Some(close) = inner.find('}') else { break };
        if !is_escape {
            placeholder(&inner[..close], &mut names);
        }
        rest = &inner[close + 1..];
    }
    names
}

/// `name:>width$.precision$`
fn placeholder(text: &str, names: &mut Vec<String>) {
    let (name, format) = text.split_once(':').unwrap_or((text, ""));
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let widths =
        format.split('$').rev().skip(1).map(|before| before.rsplit(|c: char| !is_part(c)).next().unwrap_or_default());
    let is_name = |text: &&str| text.starts_with(|c: char| c.is_alphabetic() || c == '_') && text.chars().all(is_part);
    names.extend([name.trim()].into_iter().chain(widths).filter(is_name).map(str::to_owned));
}

/// Whether the name at `at` is that of `name = value` among the arguments of a macro.
pub fn is_named_argument(tokens: &[TokenTree], at: usize) -> bool {
    let is_comparison = is_punct(tokens.get(at + 2), '=') || is_punct(tokens.get(at + 2), '>');
    let is_first = at == 0 || is_punct(tokens.get(at - 1), ',');
    is_first && is_punct(tokens.get(at + 1), '=') && !is_comparison
}

/// The names of such arguments.
pub fn named_arguments(tokens: &[TokenTree]) -> Vec<String> {
    let named = (0..tokens.len()).filter(|at| is_named_argument(tokens, *at));
    let names = named.filter_map(|at| match &tokens[at] {
        TokenTree::Ident(name) => Some(name.to_string()),
        _ => None,
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn names_in_texts_are_found() {
        assert_eq!(names(r#""{a} {b:?} {:>c$.d$} {e:f$}""#), ["a", "b", "d", "c", "e", "f"]);
        assert_eq!(names(r#""{{a}} {} {0} {0:1$} \u{ab}""#), [""; 0]);
        assert_eq!(names("'{'"), [""; 0]);
    }
}
