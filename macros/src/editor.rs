//! The body as an editor reads it: ordinary Rust against the reference type `DStream`.

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use quote::quote;

use crate::args::{self, is_punct};
use crate::duration;
use crate::ops::{self, OpSpec};

/// The tokens as they were written, with durations as expressions, and with the arguments that an operator can do without.
pub fn body(tokens: TokenStream) -> TokenStream {
    with_defaults(duration::rewrite(tokens))
}

/// Rust has no default arguments: what `print()` leaves out is written behind it. Closures stay as they are, because the
/// methods of records may have the names of operators.
fn with_defaults(tokens: TokenStream) -> TokenStream {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    // `.name(…)`, by the place of the name.
    let op_at = |at: usize| match tokens.get(at.checked_sub(1)?..)? {
        [dot, TokenTree::Ident(name), TokenTree::Group(given), ..] if is_punct(Some(dot), '.') => {
            ops::find_for(&name.to_string(), &args::split(given.stream()))
        }
        _ => None,
    };
    let mut in_closure = false;
    let with_defaults = tokens.iter().enumerate().map(|(at, token)| match token {
        TokenTree::Group(group) if !in_closure => {
            let inner = with_defaults(group.stream());
            let op = at.checked_sub(1).and_then(op_at);
            let inner = op.map_or(inner.clone(), |op| complete(op, inner));
            let mut complete = Group::new(group.delimiter(), inner);
            complete.set_span(group.span());
            TokenTree::Group(complete)
        }
        // An operator that takes different arguments has a method for each.
        TokenTree::Ident(name) if !in_closure => match op_at(at) {
            Some(op) if op.function != op.name => TokenTree::Ident(Ident::new(op.function, name.span())),
            _ => token.clone(),
        },
        token => {
            let ends = is_punct(Some(token), ',') || is_punct(Some(token), ';');
            in_closure = is_punct(Some(token), '|') || in_closure && !ends;
            token.clone()
        }
    });
    with_defaults.collect()
}

/// The arguments of an operator and the defaults of those that are missing.
fn complete(op: &OpSpec, given: TokenStream) -> TokenStream {
    let args = args::split(given.clone());
    let missing: Option<Vec<TokenStream>> =
        op.args.iter().skip(args.len()).map(|arg| arg.default?.parse().ok()).collect();
    match missing {
        Some(missing) if !missing.is_empty() => quote!(#(#args,)* #(#missing),*),
        _ => given,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        let tokens: TokenStream = text.parse().unwrap_or_default();
        body(tokens).to_string().replace(' ', "")
    }

    #[test]
    fn arguments_that_were_left_out_are_written() {
        assert_eq!(of("let f = |x| x; a.map(|x| f(x)).print()"), "letf=|x|x;a.map(|x|f(x)).print(10)");
        assert_eq!(of("a.print(); a.print(3);"), "a.print(10);a.print(3);");
        assert_eq!(of("a.save_as_text_files(\"x\")"), "a.save_as_text_files(\"x\",\"\")");
        assert_eq!(
            of("a.union(ssc.text_file_stream(d))"),
            "a.union(ssc.text_file_stream(d,::core::default::Default::default()))"
        );
    }

    #[test]
    fn everything_else_stays() {
        for text in
            ["a.reduce()", "a.map(|x| x.print())", "lines.", "lines.fil", "f(x).print", "print()", "a.union([b, c])"]
        {
            assert_eq!(of(text), text.replace(' ', ""));
        }
    }
}
