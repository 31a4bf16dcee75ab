//! [`ast`](crate::ast) to a graph of streams: names are resolved to nodes, and operators to rows of the table.

mod rust;

use std::collections::{HashMap, HashSet};

use proc_macro2::{Ident, Span, TokenStream, TokenTree};

use crate::args;
use crate::ast::{Chain, Program, Statement, Step, StreamStatement};
use crate::attributes;
use crate::diag::{Diagnostics, Place, did_you_mean};
use crate::habits;
use crate::late::Late;
use crate::lend::{self, Hand};
use crate::names;
use crate::ops::{self, Class, Kind, OpSpec};
use crate::options::Options;
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
    pub options: Options,
    pub has_body: bool,
    /// Names that are probably meant to be names of streams.
    pub misspelt: HashSet<String>,
    /// From the beginning of the input to the name of the context.
    pub head: Place,
}

pub enum Setup {
    Rust(TokenStream),
    /// A source that is opened, or a window or state that is declared.
    Node(NodeId),
    /// What an operator evaluates once.
    Lend(NodeId),
}

pub struct Node {
    pub op: &'static OpSpec,
    pub step: Step,
    pub inputs: Vec<NodeId>,
    /// The name of the stream, if it has one.
    pub name: Option<Ident>,
    /// What is said about lints in its statement.
    pub attributes: TokenStream,
    /// The type of its records, if it was written down.
    pub ty: Option<TokenStream>,
    /// All arguments as written, streams included.
    pub args: Vec<TokenStream>,
    /// What was said about the operator behind it, as in `.timeout(30s)`.
    pub settings: Vec<Setting>,
}

impl Node {
    /// Not so is the filter that stands for an argument of the operator before it.
    pub fn is_written(&self) -> bool {
        self.step.name.as_ref().is_some_and(|name| name == self.op.name)
    }
}

/// `.name(args)` behind an operator.
pub struct Setting {
    pub op: &'static OpSpec,
    pub step: Step,
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
    for statement in &program.statements {
        match statement {
            Statement::Stream(statement) if lowering.is_about_streams(statement) => {
                lowering.stream_statement(statement)
            }
            Statement::Stream(StreamStatement { tokens, .. }) => lowering.rust_statement(tokens),
            Statement::Rust(tokens) => match lowering.broken_statement(tokens) {
                Some(statement) => lowering.stream_statement(&statement),
                None => lowering.rust_statement(tokens),
            },
        }
    }
    lowering.graph
}

struct Lowering<'a> {
    graph: Graph,
    ssc: String,
    /// Where each stream is defined, in the whole body.
    definitions: HashMap<String, Span>,
    /// Streams that are used above their definition.
    used_early: HashSet<String>,
    /// What setup statements bind.
    bound: HashSet<String>,
    late: Late,
    /// What the statement that is read says about lints.
    attributes: TokenStream,
    diag: &'a mut Diagnostics,
}

impl<'a> Lowering<'a> {
    fn new(program: &Program, diag: &'a mut Diagnostics) -> Self {
        let named = program.statements.iter().filter_map(|statement| match statement {
            Statement::Stream(statement) => statement.name.as_ref(),
            Statement::Rust(_) => None,
        });
        let last = program.ssc.as_ref().map_or(program.place.last, Ident::span);
        let head = Place { first: program.place.first, last };
        Lowering {
            graph: Graph {
                options: Options::read(&program.options),
                has_body: program.ssc.is_some(),
                head,
                ..Graph::default()
            },
            ssc: program.ssc.as_ref().map(Ident::to_string).unwrap_or_default(),
            definitions: named.map(|name| (name.to_string(), name.span())).collect(),
            used_early: HashSet::new(),
            bound: HashSet::new(),
            late: Late::default(),
            attributes: TokenStream::new(),
            diag,
        }
    }

    /// A captured variable may have the name of a stream that is defined further down, as `numbers` in
    /// `let first = numbers.len(); let numbers = ssc.queue_stream(numbers);`.
    fn is_about_streams(&self, statement: &StreamStatement) -> bool {
        let root = &statement.chain.root;
        *root == self.ssc.as_str() || self.is_stream(&root.to_string()) || begins_with_operator(&statement.chain)
    }

    fn is_stream(&self, name: &str) -> bool {
        self.graph.streams.iter().any(|stream| stream.name == name)
    }

    /// A chain that starts at a name whose definition is broken, or at one that is misspelt: `wrods.print();`, where there is
    /// a stream `words` and nothing called `wrods`.
    fn broken_statement(&mut self, tokens: &TokenStream) -> Option<StreamStatement> {
        let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let statement = parse::stream_statement(&tokens)?;
        let root = statement.chain.root.to_string();
        if self.is_stream(&root) {
            return Some(statement);
        }
        let is_close = did_you_mean(&root, self.definitions.keys().map(String::as_str)).is_some();
        if !is_close || self.bound.contains(&root) || !begins_with_operator(&statement.chain) {
            return None;
        }
        self.graph.misspelt.insert(root);
        Some(statement)
    }

    fn stream_statement(&mut self, statement: &StreamStatement) {
        self.attributes = attributes::lints(&statement.attributes, self.diag);
        self.graph.setup.extend(statement.import().map(Setup::Rust));
        let node = self.chain(&statement.chain);
        if let Some(name) = statement.name.iter().find(|name| names::is_reserved(name)) {
            self.diag.error(name.span(), format!("`{name}` cannot be the name of a stream"), "give it another name");
        }
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
            if !statement.chain.steps.is_empty() {
                // What an operator remembers has the name of its stream, also where a filter of its own comes between them.
                let operator = self.written(node);
                self.graph.nodes[operator].name = Some(name.clone());
                self.graph.nodes[node].name = Some(name.clone());
            }
            if statement.ty.is_some() {
                self.graph.nodes[node].ty.clone_from(&statement.ty);
            }
        }
        self.define(name, node, node.is_none());
    }

    fn define(&mut self, name: &Ident, node: Option<NodeId>, is_used: bool) {
        let is_used = is_used || self.used_early.contains(&name.to_string());
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
            if !self.used_early.insert(name.to_string()) {
                return None;
            }
            self.diag.error(
                name.span(),
                format!("the stream `{name}` is used before it is defined (on line {})", definition.start().line),
                "define a stream above its first use",
            );
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
        let Some(name) = &step.name else {
            self.missing_operator(step, is_source);
            return None;
        };
        let given = step.args.as_deref().unwrap_or_default();
        let Some(op) = ops::find_for(&name.to_string(), given).filter(|op| ops::fits(op, is_source)) else {
            self.unknown_operator(name, is_source);
            return None;
        };
        let Some(args) = step.args.clone() else {
            self.diag.error(name.span(), format!("`{name}` has no parentheses"), format!("write `{}`", op.usage));
            return None;
        };
        self.streams_in_arguments(op, &args);
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
        if op.has_place() {
            let before = self.written(inputs[0]);
            let has_place = self.has_place(op, step, before);
            if op.class == Class::Setting {
                // A mistake in a setting leaves the stream what it is.
                has_place.then(|| self.setting(op, step, before, args));
                return Some(inputs[0]);
            }
            has_place.then_some(())?;
        }
        let node = self.node(op, step, inputs, args);
        Some(self.filter_behind(node))
    }

    /// The operator of a filter that stands for an argument of it.
    fn written(&self, node: NodeId) -> NodeId {
        if self.graph.nodes[node].is_written() { node } else { self.graph.nodes[node].inputs[0] }
    }

    /// A setting, or snapshots, behind an operator that has none is a mistake.
    fn has_place(&mut self, op: &OpSpec, step: &Step, input: NodeId) -> bool {
        let before = self.graph.nodes[input].op;
        if !op.belongs_to(before) {
            self.diag.error(step.span(), format!("`{}` cannot stand behind `{}`", op.name, before.name), op.place());
        }
        op.belongs_to(before)
    }

    fn setting(&mut self, op: &'static OpSpec, step: &Step, input: NodeId, args: Vec<TokenStream>) {
        let settings = &mut self.graph.nodes[input].settings;
        if settings.iter().any(|setting| setting.op.name == op.name) {
            return self.diag.error(step.span(), format!("`{}` is given twice", op.name), "remove one of them");
        }
        settings.push(Setting { op, step: step.clone(), args });
        // What it is given may have been defined since; nothing that is declared meanwhile looks at a state.
        if self.graph.nodes[input].op.class == Class::Stateful {
            let setup = &mut self.graph.setup;
            setup.retain(|setup| !matches!(setup, Setup::Node(node) if *node == input));
            setup.push(Setup::Node(input));
        }
    }

    fn node(&mut self, op: &'static OpSpec, step: &Step, inputs: Vec<NodeId>, args: Vec<TokenStream>) -> NodeId {
        self.late.note(op, &args);
        let is_lent =
            op.args.iter().zip(&args).any(|(arg, tokens)| lend::hand(op.class, arg.kind, tokens) == Hand::Lent);
        let node = self.graph.nodes.len();
        self.graph.setup.extend(is_lent.then_some(Setup::Lend(node)));
        if op.class == Class::Source || op.class.remembers() {
            self.graph.setup.push(Setup::Node(node));
        }
        self.graph.nodes.push(Node {
            op,
            step: step.clone(),
            inputs,
            name: None,
            attributes: self.attributes.clone(),
            ty: None,
            args,
            settings: Vec::new(),
        });
        node
    }

    /// The `filter` that some operators take as an argument is an operator of its own behind them.
    fn filter_behind(&mut self, node: NodeId) -> NodeId {
        let Node { op, ref step, ref args, .. } = self.graph.nodes[node];
        let position = op.args.iter().position(|arg| arg.kind == Kind::Filter);
        let (Some(predicate), Some(filter)) = (position.and_then(|at| args.get(at).cloned()), ops::find("filter"))
        else {
            return node;
        };
        let step = step.clone();
        self.node(filter, &step, vec![node], vec![predicate])
    }

    fn missing_operator(&mut self, step: &Step, is_source: bool) {
        let (what, example) =
            if is_source { ("source", "stdin_text_stream()") } else { ("operator", "map(|record| …)") };
        self.diag.error(
            step.dot,
            format!("the name of {} is missing after `.`", if is_source { "a source" } else { "an operator" }),
            format!("write one, for example the {what} `{example}`"),
        );
    }

    fn unknown_operator(&mut self, name: &Ident, is_source: bool) {
        let text = name.to_string();
        let what = if is_source { "source" } else { "operator" };
        let help = match did_you_mean(&text, ops::names(is_source)) {
            _ if let Some(instead) = habits::instead_of(&text, is_source) => instead.to_owned(),
            // Rustdoc and editors show it under this name.
            _ if let Some(op) = ops::find_method(&text) => format!("write `{}`", op.usage),
            Some(close) => format!("did you mean `{close}`?"),
            None if self.definitions.contains_key(&text) => {
                format!("`{text}` is a stream; is the line above it complete, with a `;` at its end?")
            }
            None if is_source && let Some(op) = ops::find(&text).filter(|op| op.has_place()) => op.place(),
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
                Some(Kind::Streams) => args::list(arg),
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
                    args::place_of(arg, at),
                    format!("`{}` takes a stream here", op.name),
                    format!("write `{}` with the name of a stream or a chain that starts at one", op.usage),
                );
                None
            }
        }
    }
}

fn begins_with_operator(chain: &Chain) -> bool {
    let first = chain.steps.first().and_then(|step| step.name.as_ref());
    first.and_then(|name| ops::find(&name.to_string())).is_some_and(|op| op.class != Class::Source)
}
