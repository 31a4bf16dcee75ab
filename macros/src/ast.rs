//! What the user wrote, with its tokens.

use proc_macro2::{Ident, Span, TokenStream};

/// `stream!(every = 1s, name = "…", |ssc| { … })`
pub struct Program {
    pub options: Vec<Setting>,
    /// The name that the body gives to the context.
    pub ssc: Option<Ident>,
    pub statements: Vec<Statement>,
    /// The body as it was written.
    pub body: TokenStream,
}

/// `key = value`
pub struct Setting {
    pub key: Ident,
    pub value: TokenStream,
}

pub enum Statement {
    Stream(StreamStatement),
    /// Ordinary Rust, which runs once.
    Rust(TokenStream),
}

/// `let name: DStream<T> = chain;` or `chain;`
pub struct StreamStatement {
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
}

impl Step {
    /// Where an error about this step belongs.
    pub fn span(&self) -> Span {
        self.name.as_ref().map_or(self.dot, Ident::span)
    }
}
