//! The compiler behind `microbatch::stream!`. Use it through the `microbatch` crate.
//!
//! One list of passes, each in a file of its own and knowing only those before it (`expand` is the table of contents):
//!
//! | pass | from | to |
//! |---|---|---|
//! | [`parse`] | tokens | [`ast`]: what the user wrote; tolerant, and ignorant of operators |
//! | [`ir`] | ast and [`ops`], the operator table | a graph of streams |
//! | [`check`] | graph | every error, in [`diag`] |
//! | [`plan`] | graph | stages: what runs in one pass over a batch |
//! | [`emit`] | plan | Rust; cannot fail. For editors, [`editor`] makes ordinary Rust of the body |

#![forbid(unsafe_code)]
// This crate's own documentation is for those who work on it; users read that of `microbatch`.
#![allow(rustdoc::private_intra_doc_links)]

mod args;
mod ast;
mod attributes;
mod check;
mod diag;
mod duration;
mod editor;
mod emit;
mod expand;
mod format_text;
mod habits;
mod ir;
mod items;
mod late;
mod lend;
mod members;
mod names;
mod ops;
mod options;
mod parse;
mod patterns;
mod plan;
mod record;
mod reference;
mod slide;
mod stored;
#[cfg(test)]
mod tests;
mod variables;

/// Compiles a description of streams to a pipeline.
#[proc_macro]
pub fn stream(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand::stream(input.into()).into()
}

/// Makes a type a `Record`: one that streams can carry beyond their batch, and that checkpoints can hold. The type must be
/// `Clone`. `#[record(skip)]` before a field leaves it out where a record is shown or stored; when a record is read from a
/// checkpoint, such a field gets its `Default`.
#[proc_macro_derive(Record, attributes(record))]
pub fn derive_record(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    record::derive(input.into()).into()
}

/// Checks that the methods in a module of `DStream`'s are exactly the operators of some classes in the operator table.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn __operators(classes: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    reference::check(classes.into(), item.into()).into()
}
