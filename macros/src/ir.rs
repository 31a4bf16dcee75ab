//! [`ast`](crate::ast) to a graph of streams: names are resolved to nodes, and operators to rows of the table.

use std::collections::HashMap;

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};

use crate::args;
use crate::ast::{Chain, Program, Statement, Step, StreamStatement};
use crate::diag::{Diagnostics, did_you_mean};
use crate::ops::{self, Class, Kind, OpSpec};
use crate::parse;

pub type NodeId = usize;

/// What `ssc.` and the names of streams resolve to, in the order in which they are written: inputs come before their users.
#[derive(Default)]
pub struct Graph {
    pub nodes: Vec<Node>,
    /// Setup statements and sources, in the order of the body.
    pub setup: Vec<Setup>,
    /// Streams that are defined under a name.
    pub streams: Vec<Stream>,
    /// Chains that neither define a stream nor end in an output: where they end.
    pub loose_ends: Vec<Span>,
    /// Whether a mistake was found that leaves parts of the graph out.
    pub is_partial: bool,
    pub every: Option<crate::ast::Setting>,
    pub name: Option<crate::ast::Setting>,
    pub unknown_options: Vec<Ident>,
    pub repeated_options: Vec<Ident>,
    pub has_body: bool,
}

pub enum Setup {
    Rust(TokenStream),
    Source(NodeId),
}

pub struct Node {
    pub op: &'static OpSpec,
    pub step: Step,
    pub inputs: Vec<NodeId>,
    /// The name of the stream, if it has one.
    pub name: Option<Ident>,
    /// The type of its records, if it was written down.
    pub ty: Option<TokenStream>,
    /// All arguments as written, streams included.
    pub args: Vec<TokenStream>,
}

pub struct Stream {
    pub name: Ident,
    /// `None` if its definition has a mistake.
    pub node: Option<NodeId>,
    pub is_used: bool,
}

pub fn lower(program: &Program, diag: &mut Diagnostics) -> Graph {
    let mut lowering = Lowering::new(program, diag);
    for setting in &program.options {
        lowering.option(setting);
    }
    for statement in &program.statements {
        match statement {
            Statement::Stream(statement) => lowering.stream_statement(statement),
            Statement::Rust(tokens) => lowering.rust_statement(tokens),
        }
    }
    lowering.graph
}

struct Lowering<'a> {
    graph: Graph,
    ssc: String,
    /// Where each stream is defined, in the whole body.
    definitions: HashMap<String, Span>,
    diag: &'a mut Diagnostics,
}

impl<'a> Lowering<'a> {
    fn new(program: &Program, diag: &'a mut Diagnostics) -> Self {
        let named = program.statements.iter().filter_map(|statement| match statement {
            Statement::Stream(statement) => statement.name.as_ref(),
            Statement::Rust(_) => None,
        });
        Lowering {
            graph: Graph { has_body: program.ssc.is_some(), ..Graph::default() },
            ssc: program.ssc.as_ref().map(Ident::to_string).unwrap_or_default(),
            definitions: named.map(|name| (name.to_string(), name.span())).collect(),
            diag,
        }
    }

    fn option(&mut self, setting: &crate::ast::Setting) {
        let setting = crate::ast::Setting { key: setting.key.clone(), value: setting.value.clone() };
        let place = match setting.key.to_string().as_str() {
            "every" => &mut self.graph.every,
            "name" => &mut self.graph.name,
            _ => return self.graph.unknown_options.push(setting.key),
        };
        if place.is_some() {
            return self.graph.repeated_options.push(setting.key);
        }
        *place = Some(setting);
    }

    fn stream_statement(&mut self, statement: &StreamStatement) {
        let node = self.chain(&statement.chain);
        let Some(name) = &statement.name else {
            let ends_in_output = |node: NodeId| self.graph.nodes[node].op.class.is_output();
            if node.is_some_and(|node| !ends_in_output(node)) {
                let end = statement.chain.steps.last().map_or(statement.chain.root.span(), Step::span);
                self.graph.loose_ends.push(end);
            }
            return;
        };
        if let Some(before) = self.graph.streams.iter().find(|stream| stream.name == *name) {
            self.diag.error(
                name.span(),
                format!("the stream `{name}` is defined twice (first on line {})", before.name.span().start().line),
                "give this one a name of its own",
            );
            self.graph.is_partial = true;
            return;
        }
        if let Some(node) = node.filter(|node| self.graph.nodes[*node].op.class.is_output()) {
            let step = &self.graph.nodes[node].step;
            let op = self.graph.nodes[node].op.name;
            self.diag.error(
                step.span(),
                format!("`{op}` is an output operation, it gives no stream that could be named `{name}`"),
                format!("remove `let {name} =`, or name the stream first: `let {name} = …; {name}.{op}(…);`"),
            );
            self.graph.is_partial = true;
            return self.define(name, None, true);
        }
        if let Some(node) = node {
            let is_alias = statement.chain.steps.is_empty();
            let node = &mut self.graph.nodes[node];
            if !is_alias {
                node.name = Some(name.clone());
            }
            if statement.ty.is_some() {
                node.ty.clone_from(&statement.ty);
            }
        }
        self.define(name, node, node.is_none());
    }

    fn define(&mut self, name: &Ident, node: Option<NodeId>, is_used: bool) {
        self.graph.streams.push(Stream { name: name.clone(), node, is_used });
    }

    /// The node at the end of a chain; `None` if a mistake was reported.
    fn chain(&mut self, chain: &Chain) -> Option<NodeId> {
        let at_source = chain.root == self.ssc.as_str();
        let mut current = if at_source { Some(None) } else { self.stream(&chain.root).map(Some) };
        if at_source && chain.steps.is_empty() {
            self.diag.error(chain.root.span(), "this is the context, not a stream", "write `ssc.` and a source");
            self.graph.is_partial = true;
            return None;
        }
        for (number, step) in chain.steps.iter().enumerate() {
            current = self.step(step, current, at_source && number == 0).map(Some);
            if current.is_none() {
                self.graph.is_partial = true;
            }
        }
        current.flatten()
    }

    fn stream(&mut self, name: &Ident) -> Option<NodeId> {
        if let Some(stream) = self.graph.streams.iter_mut().find(|stream| stream.name == *name) {
            stream.is_used = true;
            return stream.node;
        }
        self.graph.is_partial = true;
        if let Some(definition) = self.definitions.get(&name.to_string()) {
            self.diag.error(
                name.span(),
                format!("the stream `{name}` is used before it is defined (on line {})", definition.start().line),
                "define a stream above its first use",
            );
            // Not also unused.
            self.graph.streams.push(Stream { name: name.clone(), node: None, is_used: true });
        } else {
            let close = did_you_mean(&name.to_string(), self.definitions.keys().map(String::as_str));
            let help = close
                .map_or("define it first: `let name = …;`".to_owned(), |close| format!("did you mean `{close}`?"));
            self.diag.error(name.span(), format!("no stream named `{name}`"), help);
        }
        None
    }

    /// One operator. `input` is `None` after a mistake, and `Some(None)` where a stream begins.
    fn step(&mut self, step: &Step, input: Option<Option<NodeId>>, is_source: bool) -> Option<NodeId> {
        let name = step.name.as_ref()?;
        let Some(op) = ops::find(&name.to_string()).filter(|op| ops::fits(op, is_source)) else {
            self.unknown_operator(name, is_source);
            return None;
        };
        let args = step.args.clone()?;
        let streams = self.stream_args(op, &args, step.span());
        let mut inputs: Vec<NodeId> = input?.into_iter().collect();
        inputs.extend(streams?);
        if let Some(node) = inputs.iter().find(|node| self.graph.nodes[**node].op.class.is_output()) {
            let before = self.graph.nodes[*node].op.name;
            let span = self.graph.nodes[*node].step.span();
            self.diag.error(
                span,
                format!("`{before}` is an output operation and ends its chain; nothing can follow it"),
                format!("name the stream first: `let stream = …;`, then `stream.{before}(…);` and `stream.{name}(…)`"),
            );
            return None;
        }
        self.graph.nodes.push(Node { op, step: step.clone(), inputs, name: None, ty: None, args });
        let node = self.graph.nodes.len() - 1;
        if op.class == Class::Source {
            self.graph.setup.push(Setup::Source(node));
        }
        Some(node)
    }

    fn unknown_operator(&mut self, name: &Ident, is_source: bool) {
        let text = name.to_string();
        let what = if is_source { "source" } else { "operator" };
        let help = match did_you_mean(&text, ops::names(is_source)) {
            Some(close) => format!("did you mean `{close}`?"),
            None if ops::find(&text).is_some() && is_source => {
                format!("`{text}` is an operator of a stream: begin with a source, `{}.queue_stream(…).{text}(…)`", self.ssc)
            }
            None if ops::find(&text).is_some() => format!("`{text}` is a source: write `{}.{text}(…)`", self.ssc),
            None if is_source => format!("for a source of your own write `{}.source(my_source)`", self.ssc),
            None => "the operators are the methods of `microbatch::DStream`; for anything else there is `transform(|batch, time| …)`".to_owned(),
        };
        self.diag.error(name.span(), format!("no {what} named `{text}`"), help);
    }

    /// The streams among the arguments; `None` after a mistake.
    fn stream_args(&mut self, op: &'static OpSpec, args: &[TokenStream], at: Span) -> Option<Vec<NodeId>> {
        let mut nodes = Some(Vec::new());
        for (number, arg) in args.iter().enumerate() {
            let kind = op.args.get(number).or(op.args.last()).map(|arg| arg.kind);
            let listed = match kind {
                Some(Kind::Stream) => vec![arg.clone()],
                Some(Kind::Streams) => list(arg),
                _ => continue,
            };
            for stream in listed {
                let node = self.stream_arg(op, &stream, at);
                nodes = nodes.zip(node).map(|(mut nodes, node)| {
                    nodes.push(node);
                    nodes
                });
            }
        }
        nodes
    }

    fn stream_arg(&mut self, op: &OpSpec, arg: &TokenStream, at: Span) -> Option<NodeId> {
        let tokens: Vec<TokenTree> = arg.clone().into_iter().collect();
        match parse::chain(&tokens) {
            Some(chain) => self.chain(&chain),
            None => {
                self.diag.error(
                    args::span_of(arg, at),
                    format!("`{}` takes a stream here", op.name),
                    format!("write `{}` with the name of a stream or a chain that starts at one", op.usage),
                );
                None
            }
        }
    }

    /// Ordinary Rust runs once, when the pipeline starts: no stream can be in it.
    fn rust_statement(&mut self, tokens: &TokenStream) {
        self.graph.setup.push(Setup::Rust(tokens.clone()));
        if let Some(name) = self.mentioned(tokens.clone()) {
            let what = if name == self.ssc.as_str() { "the context" } else { "a stream" };
            self.graph.is_partial = true;
            self.diag.error(
                name.span(),
                format!("`{name}` is {what}, and cannot be used inside ordinary Rust: the shape of a pipeline is fixed when it is compiled"),
                "move the condition into a closure, for example `.filter(move |_| condition)`, or make two pipelines",
            );
            for stream in self.graph.streams.iter_mut().filter(|stream| stream.name == name) {
                stream.is_used = true;
            }
        }
    }

    /// The first stream that the tokens mention.
    fn mentioned(&self, tokens: TokenStream) -> Option<Ident> {
        let mut before: Option<TokenTree> = None;
        for token in tokens {
            let found = match &token {
                TokenTree::Ident(name)
                    if !args::is_punct(before.as_ref(), '.') && !args::is_punct(before.as_ref(), ':') =>
                {
                    let text = name.to_string();
                    (text == self.ssc || self.definitions.contains_key(&text)).then(|| name.clone())
                }
                TokenTree::Group(group) => self.mentioned(group.stream()),
                _ => None,
            };
            if found.is_some() {
                return found;
            }
            before = Some(token);
        }
        None
    }
}

/// `[a, b]`, or a stream by itself.
fn list(arg: &TokenStream) -> Vec<TokenStream> {
    let tokens: Vec<TokenTree> = arg.clone().into_iter().filter(|token| !args::is_punct(Some(token), '&')).collect();
    match &tokens[..] {
        [TokenTree::Group(group)] if group.delimiter() == Delimiter::Bracket => args::split(group.stream()),
        _ => vec![arg.clone()],
    }
}
