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

/// A generated variable.
pub fn variable(name: &str, at: Span) -> Ident {
    let is_keyword = syn::parse_str::<Ident>(name).is_err();
    if is_keyword { Ident::new_raw(name, plumbing(at)) } else { Ident::new(name, plumbing(at)) }
}
