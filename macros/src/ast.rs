//! What the user wrote, with its tokens.

use std::collections::HashSet;

use proc_macro2::{Ident, Span, TokenStream};

use crate::diag::Place;

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
    /// The `T` of `DStream<T>`, or the whole type if it is another one.
    pub ty: Option<TokenStream>,
    pub chain: Chain,
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
