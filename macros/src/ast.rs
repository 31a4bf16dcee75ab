//! What the user wrote, with its tokens.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;

use crate::args;
use crate::diag::Place;
use crate::names;

/// `stream!(every = 1s, name = "…", |ssc| { … })`
pub struct Program {
    pub options: Vec<Setting>,
    /// The name that the body gives to the context.
    pub ssc: Option<Ident>,
    /// The whole input.
    pub place: Place,
    pub statements: Vec<Statement>,
    /// The body as it was written.
    pub body: TokenStream,
}

impl Program {
    /// What the body calls the context and its streams.
    pub fn stream_names(&self) -> HashSet<String> {
        let named = self.statements.iter().filter_map(|statement| match statement {
            Statement::Stream(statement) => statement.name.as_ref(),
            Statement::Rust(_) => None,
        });
        named.chain(&self.ssc).map(Ident::to_string).collect()
    }
}

/// `key = value`
#[derive(Clone)]
pub struct Setting {
    pub key: Ident,
    pub value: TokenStream,
}

pub enum Statement {
    /// A chain that starts at the context or at a name that a stream has somewhere in the body.
    Stream(StreamStatement),
    /// Ordinary Rust, which runs once.
    Rust(TokenStream),
}

/// `let name: DStream<T> = chain;` or `chain;`
#[derive(Clone)]
pub struct StreamStatement {
    /// The statement as it was written.
    pub tokens: TokenStream,
    pub name: Option<Ident>,
    /// What stands before it, as `#[allow(…)]`.
    pub attributes: TokenStream,
    /// The `T` of `DStream<T>`, or the whole type if it is another one.
    pub ty: Option<TokenStream>,
    /// The path `DStream`, if there is such a type.
    pub path: Option<TokenStream>,
    pub chain: Chain,
}

impl StreamStatement {
    /// What has the `DStream` of its type count as used, which the generated code does without.
    pub fn import(&self) -> Option<TokenStream> {
        let path = self.path.as_ref().filter(|path| args::is_path(path))?;
        let span = names::plumbing(args::place_of(path, Span::call_site()).first);
        Some(quote_spanned!(span=> #[allow(unused_imports)] use #path as _;))
    }
}

/// `root.step(…).step(…)`
#[derive(Clone)]
pub struct Chain {
    pub root: Ident,
    pub steps: Vec<Step>,
}

/// `.name::<generics>(args)`; a missing piece is `None`.
#[derive(Clone)]
pub struct Step {
    pub dot: Span,
    pub name: Option<Ident>,
    pub generics: TokenStream,
    pub args: Option<Vec<TokenStream>>,
    /// The closing parenthesis.
    pub close: Span,
}

impl Step {
    /// Where an error about this step belongs.
    pub fn span(&self) -> Span {
        self.name.as_ref().map_or(self.dot, Ident::span)
    }
}
