//! Ordinary Rust in a body: streams cannot be in it, and names that batches use cannot be bound again.

use proc_macro2::{Ident, TokenStream, TokenTree};

use super::{Lowering, Setup};
use crate::args;
use crate::ops::{Kind, OpSpec};
use crate::patterns;
use crate::variables::{Role, Used, Variables};

impl Lowering<'_> {
    /// Streams among what an operator takes that is not a stream. A captured variable whose handle is taken may have the name of
    /// a stream.
    pub(super) fn streams_in_arguments(&mut self, op: &OpSpec, args: &[TokenStream]) {
        for (number, tokens) in args.iter().enumerate() {
            let kind = op.args.get(number).or(op.args.last()).map(|arg| arg.kind);
            if args::closure(tokens).is_some() {
                self.streams_in_closure(tokens);
            } else if !matches!(kind, None | Some(Kind::Stream | Kind::Streams | Kind::Handle)) {
                self.streams_in_value(op, tokens);
            }
        }
    }

    /// A stream inside a closure is a mistake that rustc can only call an unknown name.
    fn streams_in_closure(&mut self, closure: &TokenStream) {
        if let Some(Used { name, span, .. }) = self.mentioned(closure) {
            self.graph.is_partial = true;
            self.diag.error(
                span,
                format!("`{name}` is a stream, and a closure sees single records"),
                "combine streams with `join`, `cogroup`, `union` or `transform_with(other, |a, b, time| …)`",
            );
        }
    }

    fn streams_in_value(&mut self, op: &OpSpec, value: &TokenStream) {
        if let Some(Used { name, span, .. }) = self.mentioned(value) {
            let what = if name == self.ssc { "the context" } else { "a stream" };
            self.graph.is_partial = true;
            self.diag.error(
                span,
                format!("`{name}` is {what}, and `{}` takes none here", op.name),
                format!("write `{}`; streams are combined with `join`, `cogroup` or `union`", op.usage),
            );
        }
    }

    /// Ordinary Rust runs once, when the pipeline starts: no stream can be in it.
    pub(super) fn rust_statement(&mut self, tokens: &TokenStream) {
        self.graph.setup.push(Setup::Rust(tokens.clone()));
        if let Some(Used { name, span, .. }) = self.mentioned(tokens) {
            let what = if name == self.ssc { "the context" } else { "a stream" };
            let help = match control_flow(tokens) {
                Some(keyword) => format!(
                    "move the `{keyword}` into a closure, for example `.filter(|_| condition)`, or around two pipelines"
                ),
                None => "a stream takes part in operators only; what they cannot do, `transform(|batch, time| …)` can"
                    .to_owned(),
            };
            self.graph.is_partial = true;
            self.diag.error(
                span,
                format!("`{name}` is {what}, and ordinary Rust cannot use it: the shape of a pipeline is fixed when it is compiled"),
                help,
            );
            // Whatever the statement defines was to be a stream.
            if let Some(name) = defined(tokens) {
                self.define(&name, None, true);
            }
        }
        for name in patterns::names_of_let(tokens) {
            self.late.check(&name, self.bound.contains(&name.to_string()), self.diag);
            self.bound.insert(name.to_string());
        }
    }

    /// The first stream among the values in the tokens, which counts as used.
    fn mentioned(&mut self, tokens: &TokenStream) -> Option<Used> {
        let Variables { free, bound } = Variables::of(tokens);
        let is_stream = |used: &Used| {
            used.role == Role::Value
                && !bound.contains(&used.name)
                && (used.name == self.ssc || self.is_stream(&used.name))
        };
        let used = free.into_iter().find(is_stream)?;
        let streams = self.graph.streams.iter_mut();
        streams.filter(|stream| stream.name == used.name).for_each(|stream| stream.is_used = true);
        Some(used)
    }
}

/// The first word of control flow in a statement.
fn control_flow(tokens: &TokenStream) -> Option<Ident> {
    const KEYWORDS: [&str; 5] = ["if", "match", "for", "while", "loop"];
    tokens.clone().into_iter().find_map(|token| match token {
        TokenTree::Ident(word) if KEYWORDS.iter().any(|keyword| word == keyword) => Some(word),
        _ => None,
    })
}

/// The `name` of `let name = …`.
fn defined(tokens: &TokenStream) -> Option<Ident> {
    let mut words = tokens.clone().into_iter().map_while(|token| match token {
        TokenTree::Ident(word) => Some(word),
        _ => None,
    });
    words.next().filter(|word| word == "let")?;
    words.find(|word| word != "mut")
}
