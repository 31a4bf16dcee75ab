//! Every path that generated code refers to.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};

/// The span of plumbing: it cannot meet the user's names, and errors about it are shown at `at`.
pub fn plumbing(at: Span) -> Span {
    Span::mixed_site().located_at(at)
}

/// What generated code may use of the runtime, under the short name that [`import`] gives it.
pub fn private(at: Span) -> TokenStream {
    let span = plumbing(at);
    quote_spanned!(span=> __mb)
}

/// The first line of every expansion.
pub fn import() -> TokenStream {
    let private = private(Span::call_site());
    quote!(use ::microbatch::__private as #private;)
}

/// [`private`], as the compiled pipeline has imported it.
pub fn runtime(at: Span) -> TokenStream {
    let span = plumbing(at);
    quote_spanned!(span=> __microbatch)
}

pub fn duration(at: Span) -> TokenStream {
    let span = plumbing(at);
    quote_spanned!(span=> ::core::time::Duration)
}

/// Words that are no names, not even as `r#self`.
const RESERVED: [&str; 5] = ["Self", "_", "crate", "self", "super"];

pub fn is_reserved(name: &Ident) -> bool {
    RESERVED.iter().any(|word| name == word)
}

/// A generated variable.
pub fn variable(name: &str, at: Span) -> Ident {
    // `gen` is a keyword of this crate's edition, and none of `syn`'s.
    let is_keyword = name == "gen" || syn::parse_str::<Ident>(name).is_err();
    if RESERVED.contains(&name) {
        Ident::new(&format!("{name}_"), plumbing(at))
    } else if is_keyword {
        Ident::new_raw(name, plumbing(at))
    } else {
        Ident::new(name, plumbing(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_word_gives_a_variable() {
        let of = |word| variable(word, Span::call_site()).to_string();
        assert_eq!(["words", "type", "gen", "self", "_"].map(of), ["words", "r#type", "r#gen", "self_", "__"]);
    }
}
