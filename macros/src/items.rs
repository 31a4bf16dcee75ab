//! Items and attributes in raw tokens.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};

use crate::args::is_punct;

/// The length of the attribute that `tokens` begin with; 0 if there is none.
pub fn attribute(tokens: &[TokenTree]) -> usize {
    let is_brackets = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Bracket);
    match tokens {
        [hash, rest @ ..] if is_punct(Some(hash), '#') && is_brackets(rest.first()) => 2,
        [hash, bang, rest @ ..]
            if is_punct(Some(hash), '#') && is_punct(Some(bang), '!') && is_brackets(rest.first()) =>
        {
            3
        }
        _ => 0,
    }
}

/// The tokens behind all attributes.
pub fn without_attributes(tokens: &[TokenTree]) -> &[TokenTree] {
    match attribute(tokens) {
        0 => tokens,
        length => without_attributes(&tokens[length..]),
    }
}

/// The length of the item that `tokens` begin with, its attributes included; 0 if they begin with something else. An item sees
/// no variables.
pub fn length(tokens: &[TokenTree]) -> usize {
    let item = without_visibility(without_attributes(tokens));
    let Some(ends_at_block) = ends_at_block(item) else { return 0 };
    let is_end = |token: &TokenTree| match token {
        TokenTree::Group(group) => ends_at_block && group.delimiter() == Delimiter::Brace,
        token => is_punct(Some(token), ';'),
    };
    let length = item.iter().position(is_end).map_or(item.len(), |end| end + 1);
    tokens.len() - item.len() + length
}

pub fn is_item(statement: &TokenStream) -> bool {
    let tokens: Vec<TokenTree> = statement.clone().into_iter().collect();
    length(&tokens) > 0
}

fn without_visibility(tokens: &[TokenTree]) -> &[TokenTree] {
    let [TokenTree::Ident(word), rest @ ..] = tokens else { return tokens };
    match rest.first() {
        _ if word != "pub" => tokens,
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => &rest[1..],
        _ => rest,
    }
}

/// Whether an item ends at the first block, or only at a semicolon; `None` if this is no item.
fn ends_at_block(tokens: &[TokenTree]) -> Option<bool> {
    const BEFORE_FUNCTIONS: [&str; 5] = ["async", "extern", "fn", "safe", "unsafe"];
    let [TokenTree::Ident(word), rest @ ..] = tokens else { return None };
    let next = match rest.first() {
        Some(TokenTree::Ident(next)) => Some(next.to_string()),
        _ => None,
    };
    let next = next.as_deref();
    match word.to_string().as_str() {
        "use" => Some(false),
        "type" => next.map(|_| false),
        "static" => next.filter(|next| *next != "move").map(|_| false),
        "const" => next.map(|next| BEFORE_FUNCTIONS.contains(&next)),
        "fn" | "struct" | "enum" | "trait" | "mod" | "union" => next.map(|_| true),
        "impl" => Some(true),
        "extern" => Some(true),
        "unsafe" | "async" | "safe" => next.filter(|next| is_behind_unsafe(next)).map(|_| true),
        "macro_rules" => is_punct(rest.first(), '!').then_some(true),
        _ => None,
    }
}

fn is_behind_unsafe(word: &str) -> bool {
    ["extern", "fn", "impl", "mod", "trait", "unsafe"].contains(&word)
}

/// The names that an item may give to others: its own, or those of an import.
pub fn names(item: &TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = item.clone().into_iter().collect();
    if length(&tokens) == 0 {
        return Vec::new();
    }
    let item = without_visibility(without_attributes(&tokens));
    match item.first() {
        Some(TokenTree::Ident(word)) if word == "use" => imported(&item[1..]),
        _ => {
            let is_name = |word: &&Ident| !is_keyword(word);
            item.iter().filter_map(ident).find(is_name).map(Ident::to_string).into_iter().collect()
        }
    }
}

fn ident(token: &TokenTree) -> Option<&Ident> {
    match token {
        TokenTree::Ident(ident) => Some(ident),
        _ => None,
    }
}

/// The words before the name of an item.
fn is_keyword(word: &Ident) -> bool {
    const KEYWORDS: [&str; 16] = [
        "async",
        "const",
        "enum",
        "extern",
        "fn",
        "impl",
        "macro_rules",
        "mod",
        "mut",
        "safe",
        "static",
        "struct",
        "trait",
        "type",
        "union",
        "unsafe",
    ];
    KEYWORDS.iter().any(|keyword| word == keyword)
}

/// The last names of the paths of a `use`, and those behind `as`.
fn imported(tree: &[TokenTree]) -> Vec<String> {
    let is_as = |token: Option<&TokenTree>| matches!(token, Some(TokenTree::Ident(word)) if word == "as");
    let names = tree.iter().enumerate().flat_map(|(at, token)| match token {
        TokenTree::Group(group) => imported(&group.stream().into_iter().collect::<Vec<_>>()),
        TokenTree::Ident(_) if is_as(Some(token)) => Vec::new(),
        TokenTree::Ident(name) if !is_punct(tree.get(at + 1), ':') && !is_as(tree.get(at + 1)) => {
            vec![name.to_string()]
        }
        _ => Vec::new(),
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> TokenStream {
        text.parse().unwrap_or_default()
    }

    fn length_of(text: &str) -> usize {
        length(&tokens(text).into_iter().collect::<Vec<_>>())
    }

    #[test]
    fn items_are_told_from_expressions() {
        assert_eq!(length_of("#[test] pub(crate) fn f() {} x"), 8);
        assert_eq!(length_of("const A: u8 = { 1 }; x"), 7);
        assert_eq!(length_of("struct A(u8); x"), 4);
        for text in
            ["const { 1 }", "unsafe { 1 }", "union.f()", "static || 1", "async move { 1 }", "async { 1 }", "f()"]
        {
            assert_eq!(length_of(text), 0, "{text}");
        }
    }

    #[test]
    fn items_have_names() {
        let of = |text: &str| names(&tokens(text)).join(" ");
        assert_eq!(of("pub static mut OUT: u8 = a;"), "OUT");
        assert_eq!(of("macro_rules! m { () => {} }"), "m");
        assert_eq!(of("use a::{b, c as d, e::{f, g as _}};"), "b d f _");
        assert_eq!(of("let a = 1;"), "");
    }
}
