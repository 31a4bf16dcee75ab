//! The plan as Rust. Cannot fail: whatever can be wrong was found before.
//!
//! The generated names can neither see nor be seen by the user's (`mixed_site`), the user's tokens are emitted once, as they
//! came, and whatever has a loop, a lock or a table is a function of the runtime.

mod broken;
mod describe;
mod labels;
mod lend;
mod stage;
mod window;

pub use broken::broken;

use std::collections::HashSet;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};

use crate::args;
use crate::ast::{Program, Setting};
use crate::duration;
use crate::editor;
use crate::ir::{NodeId, Setup};
use crate::items;
use crate::names;
use crate::ops::{Class, Kind};
use crate::options;
use crate::patterns;
use crate::plan::{Action, Consumer, Dataset, Plan};
use crate::variables::Variables;

/// The pipeline as an expression.
pub fn pipeline(program: &Program, plan: &Plan) -> TokenStream {
    let emit = Emit::new(plan);
    let private = names::runtime(Span::call_site());
    let (name, every) = (name(&plan.graph.options.name), every(&plan.graph.options.every));
    let outer = emit.handles(true);
    let (setup, meetings) = (emit.setup(), emit.meetings());
    let (handles, checks) = (emit.handles(false), emit.checks());
    let work = emit.work();
    let states = emit.states();
    let engine = names::variable("engine", Span::call_site());
    let steps = emit.steps();
    let stages = emit.stages();
    let required = plan.graph.options.requires_exactly_once().then(|| quote!(.requiring_exactly_once()));
    let by_position = emit.found_by_position();
    let outcome = names::variable("outcome", Span::call_site());
    // Through a name of its own, and not by paths from the root: an editor, which does not look at this branch, would follow
    // those from the user's operators to here.
    let import = names::private(Span::call_site());
    let compiled = quote_spanned! {names::plumbing(Span::call_site())=>
        use #import as #private;
        #outer
        let plan = #private::Plan::new(::std::vec![#steps], ::std::vec![#stages]) #required #by_position;
        #private::Job::new(#name, #every, plan, move |#engine: &mut #private::Engine| -> #private::Result<()> {
            #setup
            #meetings
            #handles
            #checks
            while #engine.next_batch()?.is_some() {
                let #outcome = (|| -> #private::Result<()> {
                    #work
                    ::core::result::Result::Ok(())
                })();
                #engine.finish(#outcome, &mut [#(#states),*])?;
            }
            #engine.close(&mut [#(#states),*])
        })
    };
    for_both(program, compiled, TokenStream::new())
}

/// rustc gets the compiled pipeline; an editor the body as it was written, against the reference type `DStream`. That comes
/// first, because an editor completes at the first place where it finds the user's tokens.
fn for_both(program: &Program, compiled: TokenStream, errors: TokenStream) -> TokenStream {
    let private = names::private(Span::call_site());
    let pipeline = names::variable("pipeline", Span::call_site());
    let ssc = program.ssc.clone().unwrap_or_else(|| names::variable("ssc", Span::call_site()));
    let body = args::without_loose_dots(editor::body(program.body.clone()));
    let options = options::in_rust(&program.options).map(|setting| duration::rewrite(setting.value.clone()));
    let options = options.filter(|value| syn::parse2::<syn::Expr>(value.clone()).is_ok());
    let reference = quote!(#(let _ = #options;)* #private::reference(|#ssc: &#private::Sources| { #body }));
    // rustc reads also what it then leaves out; what is not Rust yet, it must not complain about a second time. Always in this
    // shape: an editor compares the expansion with that of the body as it is before the word under the cursor.
    let reference = quote!(#private::as_written! { #reference });
    let import = names::import();
    quote! {{
        #import
        #[allow(unexpected_cfgs)]
        let #pipeline = {
            #[cfg(rust_analyzer)]
            { let #pipeline = { #reference }; #errors #pipeline }
            #[cfg(not(rust_analyzer))]
            { #errors #compiled }
        };
        #pipeline
    }}
}

fn every(every: &Option<Setting>) -> TokenStream {
    every.as_ref().map_or_else(TokenStream::new, |every| duration_value(&every.value))
}

/// A duration: a literal, or any expression.
fn duration_value(value: &TokenStream) -> TokenStream {
    match duration::single_literal(value).map(|literal| (duration::parse(&literal), literal.span())) {
        Some((duration::Parsed::Duration(duration), span)) => duration::expression(duration, span),
        // With its type, so that another one is reported at the expression.
        _ => {
            let span = names::plumbing(args::place_of(value, Span::call_site()).first);
            let (duration, ty) = (names::variable("duration", span), names::duration(span));
            let value = duration::rewrite(value.clone());
            quote_spanned!(span=> { let #duration: #ty = #value; #duration })
        }
    }
}

fn name(name: &Option<Setting>) -> TokenStream {
    name.as_ref().map_or_else(|| quote!(::core::module_path!()), |name| name.value.clone())
}

struct Emit<'a> {
    plan: &'a Plan,
    /// The variable and the label of each node.
    names: Vec<String>,
    /// What the body's setup statements define: variables and items.
    bound: HashSet<String>,
}

impl<'a> Emit<'a> {
    fn new(plan: &'a Plan) -> Self {
        let names = plan.graph.setup.iter().flat_map(|setup| match setup {
            Setup::Rust(tokens) => names_of(tokens),
            Setup::Node(_) | Setup::Lend(_) => Vec::new(),
        });
        Emit { names: labels::unique(&plan.graph), bound: names.collect(), plan }
    }

    fn span(&self, node: NodeId) -> Span {
        self.plan.graph.nodes[node].step.span()
    }

    /// The operator's name with the user's span, so that an error about the operator is shown there.
    fn op(&self, node: NodeId) -> Ident {
        Ident::new(self.plan.op(node).function, names::plumbing(self.span(node)))
    }

    fn variable(&self, node: NodeId) -> Ident {
        self.local(node, "")
    }

    /// A variable that belongs to a node. A stream may be called what the generated code calls something else.
    fn local(&self, node: NodeId, suffix: &str) -> Ident {
        const TAKEN: [&str; 8] = ["batch", "duration", "engine", "outcome", "pipeline", "plan", "record", "records"];
        let own = &self.names[node];
        let mut name = format!("{own}{suffix}");
        while TAKEN.contains(&name.as_str()) || (name != *own && self.names.contains(&name)) {
            name.push('_');
        }
        names::variable(&name, self.span(node))
    }

    fn input_variable(&self, node: NodeId, input: usize) -> Ident {
        let inputs = self.plan.graph.nodes[node].inputs.len();
        let side = match (inputs, input) {
            (1, _) => "",
            (_, 0) => "_left",
            (_, _) => "_right",
        };
        self.local(node, side)
    }

    fn dataset(&self, dataset: Dataset) -> Ident {
        match dataset {
            Dataset::Node(node) => self.variable(node),
            Dataset::Kept(kept) => self.local(self.plan.kept[kept], "_kept"),
        }
    }

    fn dataset_node(&self, dataset: Dataset) -> NodeId {
        match dataset {
            Dataset::Node(node) => node,
            Dataset::Kept(kept) => self.plan.kept[kept],
        }
    }

    fn end_variable(&self, end: Consumer) -> Ident {
        match end {
            Consumer::End(node, input) => self.input_variable(node, input),
            Consumer::Keep(kept) => self.dataset(Dataset::Kept(kept)),
            Consumer::Fused(node) => self.variable(node),
        }
    }

    /// The arguments of the call; missing ones by their defaults. Streams are not among them, and what belongs to a window is
    /// said where it is declared.
    fn args(&self, id: NodeId) -> Vec<TokenStream> {
        let node = &self.plan.graph.nodes[id];
        let is_elsewhere = |kind: Kind| match kind {
            Kind::Stream | Kind::Streams | Kind::Filter => true,
            Kind::Duration => node.op.class.slides(),
            _ => false,
        };
        let specs = node.op.args.iter().enumerate().filter(|(_, arg)| !is_elsewhere(arg.kind));
        specs
            .map(|(number, arg)| match (node.args.get(number), arg.kind) {
                (Some(tokens), Kind::Duration) => duration_value(tokens),
                (Some(tokens), _) => self.handed(id, arg, tokens),
                (None, _) => arg.default.and_then(|default| default.parse().ok()).unwrap_or_default(),
            })
            .collect()
    }

    /// `__mb::ops::name::<generics>(inputs, args)`
    fn call(&self, node: NodeId, module: &str, inputs: &[TokenStream]) -> TokenStream {
        let (span, step, args) = (self.span(node), &self.plan.graph.nodes[node].step, self.args(node));
        let (private, op, generics) = (names::runtime(span), self.op(node), &step.generics);
        let module: TokenStream = module.parse().unwrap_or_default();
        // An unfinished argument is reported where it ends.
        let is_finished = args.last().is_none_or(|arg| syn::parse2::<syn::Expr>(arg.clone()).is_ok());
        let mut args = Group::new(Delimiter::Parenthesis, quote!(#(#inputs,)* #(#args),*));
        args.set_span(names::plumbing(if is_finished { span } else { step.close }));
        quote_spanned!(names::plumbing(span)=> #private::#module::#op #generics #args)
    }

    /// Setup statements, sources and declarations, in the order in which they are written.
    fn setup(&self) -> TokenStream {
        let statements = self.plan.graph.setup.iter().map(|setup| match setup {
            Setup::Rust(tokens) => ended(tokens.clone()),
            Setup::Node(node) => self.declaration(*node),
            Setup::Lend(node) => self.lend(*node),
        });
        statements.collect()
    }

    /// What there is of an operator before the first batch.
    fn declaration(&self, node: NodeId) -> TokenStream {
        match self.plan.op(node).class {
            Class::Source => self.open(node),
            Class::Stateful => self.declare_state(node),
            class if class.slides() => self.declare(node),
            _ => TokenStream::new(),
        }
    }

    fn open(&self, node: NodeId) -> TokenStream {
        let (span, label) = (names::plumbing(self.span(node)), &self.names[node]);
        let (variable, call) = (self.variable(node), self.call(node, "ops::sources", &[]));
        let engine = names::variable("engine", span);
        quote_spanned!(span=> let mut #variable = #engine.open(#label, #call)?;)
    }

    /// The handles of outputs: those that are made where `stream!` stands, or those that are made when the pipeline starts.
    fn handles(&self, outside: bool) -> TokenStream {
        let outputs = self.plan.outputs().filter(|node| self.plan.op(*node).class == Class::Output);
        let handles = outputs.filter(|node| self.is_made_outside(*node) == outside).map(|node| {
            let (variable, call) = (self.handle(node), self.call(node, "ops::output", &[]));
            quote_spanned!(names::plumbing(self.span(node))=> let mut #variable = #call;)
        });
        handles.collect()
    }

    /// What can be said of an output's duration before the first batch only, because it is not a literal.
    fn checks(&self) -> TokenStream {
        let outputs = self.plan.outputs().filter(|node| self.plan.op(*node).class == Class::Output);
        let by_expression = outputs.filter(|node| {
            let node = &self.plan.graph.nodes[*node];
            let mut args = node.op.args.iter().zip(&node.args);
            args.any(|(arg, tokens)| arg.kind == Kind::Duration && !args::is_literal(tokens))
        });
        let checks = by_expression.map(|node| {
            let (output, label) = (self.handle(node), self.output_label(node));
            quote_spanned!(names::plumbing(self.span(node))=> #output.check(#label)?;)
        });
        checks.collect()
    }

    fn handle(&self, node: NodeId) -> Ident {
        self.local(node, "_output")
    }

    /// A handle that the caller keeps is cloned where `stream!` stands, unless it comes from the body itself.
    fn is_made_outside(&self, node: NodeId) -> bool {
        let node = &self.plan.graph.nodes[node];
        let is_handle = node.op.args.iter().any(|arg| arg.kind == Kind::Handle);
        is_handle && !node.args.iter().any(|arg| Variables::of(arg).mention(&self.bound))
    }

    fn action(&self, action: &Action) -> TokenStream {
        match action {
            Action::Make(Dataset::Node(node)) => self.make(*node),
            Action::Make(Dataset::Kept(kept)) => self.make_kept(*kept),
            Action::Stage(stage) => self.stage(stage),
        }
    }

    fn gather(&self, node: NodeId, input: usize) -> TokenStream {
        let (span, label) = (names::plumbing(self.span(node)), &self.names[node]);
        let (engine, part) = (names::variable("engine", span), self.input_variable(node, input));
        quote_spanned!(span=> #engine.gather(#label, #part)?)
    }

    fn make(&self, node: NodeId) -> TokenStream {
        let (span, label) = (names::plumbing(self.span(node)), &self.names[node]);
        let (variable, engine) = (self.variable(node), names::variable("engine", span));
        let inputs = self.plan.graph.nodes[node].inputs.len();
        match self.plan.op(node).class {
            Class::Source => quote_spanned!(span=> let #variable = #engine.receive(&mut #variable)?;),
            Class::Shuffle => {
                let gather = self.gather(node, 0);
                quote_spanned!(span=> let #variable = #gather;)
            }
            Class::Union => self.union(node),
            Class::Window | Class::Windowed | Class::WindowedFold => self.slide(node),
            Class::Stateful => self.remember(node),
            Class::Snapshots => {
                let all = self.local(self.plan.graph.nodes[node].inputs[0], "_all");
                quote_spanned!(span=> let #variable = &#all;)
            }
            Class::Join => {
                let (left, right) = (self.input_variable(node, 0), self.input_variable(node, 1));
                let (gather_left, gather_right) = (self.gather(node, 0), self.gather(node, 1));
                let sides = [left.clone(), right.clone()].map(|side| quote_spanned!(span=> &#side));
                let inputs: Vec<_> = [quote!(#engine), quote!(#label)].into_iter().chain(sides).collect();
                let call = self.call(node, "ops", &inputs);
                quote_spanned! {span=>
                    let (#left, #right) = (#gather_left, #gather_right);
                    let #variable = #call?;
                }
            }
            Class::Batch => {
                let rows = (0..inputs).map(|input| self.gather(node, input));
                let inputs: Vec<_> = [quote!(#engine), quote!(#label)].into_iter().chain(rows).collect();
                let call = self.call(node, "ops", &inputs);
                quote_spanned!(span=> let #variable = #call?;)
            }
            Class::Narrow | Class::Partition | Class::Output | Class::Action | Class::Setting => TokenStream::new(),
        }
    }

    fn make_kept(&self, kept: usize) -> TokenStream {
        let node = self.plan.kept[kept];
        let (span, label) = (names::plumbing(self.span(node)), &self.names[node]);
        let (engine, variable) = (names::variable("engine", span), self.dataset(Dataset::Kept(kept)));
        quote_spanned!(span=> let #variable = #engine.gather(#label, #variable)?;)
    }

    fn union(&self, node: NodeId) -> TokenStream {
        let (span, variable) = (names::plumbing(self.span(node)), self.variable(node));
        let private = names::runtime(span);
        let inputs: Vec<Ident> = (0..self.plan.graph.nodes[node].inputs.len())
            .map(|input| {
                let mut dataset = self.dataset(self.plan.dataset_of_input(node, input));
                dataset.set_span(span);
                dataset
            })
            .collect();
        // `check` has seen to it that there are two.
        let [first, second, rest @ ..] = &inputs[..] else { return TokenStream::new() };
        quote_spanned! {span=>
            let #variable = #private::ops::union(&#first, &#second);
            #(let #variable = #private::ops::union(&#variable, &#rest);)*
        }
    }

    /// An output operation, after all stages of the batch.
    fn write(&self, node: NodeId) -> TokenStream {
        let (span, label) = (names::plumbing(self.span(node)), self.output_label(node));
        let (engine, part) = (names::variable("engine", span), self.input_variable(node, 0));
        if self.plan.op(node).class == Class::Output {
            let handle = self.handle(node);
            return quote_spanned!(span=> #engine.output(#label, &mut #handle, #part)?;);
        }
        let (rows, inputs) = (self.gather(node, 0), [quote!(#engine), quote!(#label), quote!(#part)]);
        let call = self.call(node, "ops::output", &inputs);
        quote_spanned! {span=>
            let #part = #rows;
            #call?;
        }
    }
}

/// What a setup statement defines for those after it.
fn names_of(statement: &TokenStream) -> Vec<String> {
    let variables = patterns::names_of_let(statement).into_iter().map(|name| name.to_string());
    variables.chain(items::names(statement)).collect()
}

/// The last statement of a body may do without a semicolon; here something follows it.
fn ended(statement: TokenStream) -> TokenStream {
    match statement.clone().into_iter().last() {
        Some(TokenTree::Punct(punct)) if punct.as_char() == ';' => statement,
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => statement,
        _ => quote!(#statement;),
    }
}
