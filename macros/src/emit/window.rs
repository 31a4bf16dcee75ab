//! Windows and states, and when each stream has its batches.

use std::time::Duration;

use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

use super::{Emit, duration_value};
use crate::args;
use crate::ir::{Node, NodeId, Setting, Setup};
use crate::names;
use crate::ops::{Class, Kind};
use crate::slide::{self, Slide};

impl Emit<'_> {
    /// All stages and outputs of a batch, in order; told apart by when their streams have a batch.
    pub(super) fn work(&self) -> TokenStream {
        let mut now = Slide::Batch;
        let mut work = TokenStream::new();
        for action in &self.plan.batch {
            work.extend(self.at(self.plan.slide_of(action), &mut now));
            work.extend(self.action(action));
        }
        for output in self.plan.outputs() {
            work.extend(self.at(self.plan.slide_of_input(output), &mut now));
            work.extend(self.write(output));
        }
        work
    }

    /// Says for which streams the following is, if that changes.
    fn at(&self, slide: Slide, now: &mut Slide) -> TokenStream {
        if slide == *now {
            return TokenStream::new();
        }
        *now = slide;
        let slide = self.interval(slide);
        let engine = names::variable("engine", proc_macro2::Span::call_site());
        quote!(#engine.at(#slide);)
    }

    /// How long it is from one batch of a stream to the next.
    fn interval(&self, slide: Slide) -> TokenStream {
        match slide {
            Slide::Batch => {
                let engine = names::variable("engine", proc_macro2::Span::call_site());
                quote!(#engine.every())
            }
            Slide::Window(node) => {
                let window = self.shape(node);
                quote!(#window.slide)
            }
        }
    }

    /// The variable for a window's length and slide.
    fn shape(&self, node: NodeId) -> Ident {
        self.local(node, "_shape")
    }

    /// What a window or a stateful operator keeps from batch to batch.
    fn state(&self, node: NodeId) -> Ident {
        self.local(node, "_state")
    }

    /// Everything that outlives a batch, in the order in which it is declared. Shown at the operator: what is wrong with its
    /// types, rustc has said there already.
    pub(super) fn states(&self) -> Vec<TokenStream> {
        let declared = self.plan.graph.setup.iter().filter_map(|setup| match setup {
            Setup::Node(node) if self.plan.op(*node).class.remembers() => Some(self.state(*node)),
            _ => None,
        });
        declared.map(|state| quote_spanned!(state.span()=> &mut #state)).collect()
    }

    /// A window before its first batch.
    pub(super) fn declare(&self, node: NodeId) -> TokenStream {
        let (span, label) = (names::plumbing(self.span(node)), &self.names[node]);
        let (engine, private) = (names::variable("engine", span), names::runtime(span));
        let (shape, state, op) = (self.shape(node), self.state(node), self.op(node));
        let parent = self.interval(self.plan.slide_of_input(node));
        let takes_functions = self.plan.op(node).args.iter().any(|arg| arg.kind.parameters().is_some());
        let mut durations = slide::durations(&self.plan.graph.nodes[node]).map(|value| {
            if takes_functions && args::is_path(value) { named_duration(value) } else { duration_value(value) }
        });
        let length = durations.next().unwrap_or_default();
        let slide = durations.next().unwrap_or_else(|| parent.clone());
        let few = self.has_few_panes(node).then(|| quote_spanned!(span=> few_panes::));
        let begin = self.begin(node, quote_spanned!(span=> #private::ops::windows::#few #op(&#shape)));
        quote_spanned! {span=>
            let #shape = #engine.window(#label, #parent, #length, #slide)?;
            let mut #state = #begin;
        }
    }

    /// Whether it costs less to merge the panes of a window whenever it slides than to keep results of parts.
    pub(super) fn has_few_panes(&self, node: NodeId) -> bool {
        const FEW: u64 = 2;
        self.plan.op(node).class == Class::WindowedFold && self.panes(node).is_some_and(|(panes, _)| panes <= FEW)
    }

    /// How many panes a window has, and how long they are, where its durations are written in the program.
    pub(super) fn panes(&self, node: NodeId) -> Option<(u64, Duration)> {
        let parent = self.plan.slides.known(self.plan.slide_of_input(node));
        let mut durations = slide::durations(&self.plan.graph.nodes[node]).map(slide::literal);
        let (length, slide) = (durations.next()??, durations.next().unwrap_or(parent)?);
        let pane = gcd(length.as_nanos() as u64, slide.as_nanos() as u64);
        Some((length.as_nanos() as u64 / pane.max(1), Duration::from_nanos(pane)))
    }

    /// Something that outlives a batch, with what is said about it.
    fn begin(&self, node: NodeId, new: TokenStream) -> TokenStream {
        let (span, label) = (names::plumbing(self.span(node)), &self.names[node]);
        let engine = names::variable("engine", span);
        let settings = &self.plan.graph.nodes[node].settings;
        let (general, own): (Vec<&Setting>, Vec<&Setting>) =
            settings.iter().partition(|setting| setting.op.is_general());
        let [general, own] = [general, own].map(|settings| settings.into_iter().map(setting).collect::<TokenStream>());
        quote_spanned!(span=> #engine.remember(#label, #new #own) #general.begin()?)
    }

    /// Takes a batch into a window; what follows reads the window.
    pub(super) fn slide(&self, node: NodeId) -> TokenStream {
        let (span, label) = (names::plumbing(self.span(node)), &self.names[node]);
        let (engine, private) = (names::variable("engine", span), names::runtime(span));
        let (variable, state) = (self.variable(node), self.state(node));
        if self.plan.keeps_blocks(node) {
            let mut blocks = self.variable(self.plan.graph.nodes[node].inputs[0]);
            blocks.set_span(span);
            return quote_spanned!(span=> let #variable = #private::ops::slide_blocks(#engine, &mut #state, &#blocks););
        }
        let part = self.input_variable(node, 0);
        quote_spanned!(span=> let #variable = #private::ops::slide(#engine, #label, &mut #state, #part)?;)
    }

    /// What a stateful operator remembers, before its first batch.
    pub(super) fn declare_state(&self, node: NodeId) -> TokenStream {
        let span = names::plumbing(self.span(node));
        let (private, state, op) = (names::runtime(span), self.state(node), self.op(node));
        let begin = self.begin(node, quote_spanned!(span=> #private::ops::states::#op()));
        quote_spanned!(span=> let mut #state = #begin;)
    }

    /// A batch meets what is remembered; what follows reads the results, or everything that is remembered.
    pub(super) fn remember(&self, node: NodeId) -> TokenStream {
        let span = names::plumbing(self.span(node));
        let (engine, label) = (names::variable("engine", span), &self.names[node]);
        let (variable, state) = (self.variable(node), self.state(node));
        let (part, all) = (self.gather(node, 0), self.local(node, "_all"));
        let inputs = [quote!(#engine), quote!(#label), quote_spanned!(span=> &mut #state), part];
        let call = self.call(node, "ops", &inputs);
        let takes_snapshots = |other: &Node| other.op.class == Class::Snapshots && other.inputs.contains(&node);
        let has_snapshots = self.plan.graph.nodes.iter().any(takes_snapshots);
        let all = if has_snapshots { quote!(#all) } else { quote!(_) };
        quote_spanned!(span=> let (#variable, #all) = #call?;)
    }

    /// Streams that meet have their batches together; where that is not known here, it is seen when the pipeline starts.
    pub(super) fn meetings(&self) -> TokenStream {
        let mut meetings = TokenStream::new();
        for (id, node) in self.plan.graph.nodes.iter().enumerate() {
            let Some((first, others)) = node.inputs.split_first() else { continue };
            let slide = self.plan.slides.of(*first);
            for other in others.iter().map(|other| self.plan.slides.of(*other)).filter(|other| *other != slide) {
                let (span, label) = (names::plumbing(self.span(id)), &self.names[id]);
                let engine = names::variable("engine", span);
                let (left, right) = (self.interval(slide), self.interval(other));
                meetings.extend(quote_spanned!(span=> #engine.meet(#label, #left, #right)?;));
            }
        }
        meetings
    }
}

/// A duration by its name, which might as well be that of a function.
fn named_duration(value: &TokenStream) -> TokenStream {
    let span = args::place_of(value, proc_macro2::Span::call_site()).first;
    let (span, private) = (names::plumbing(span), names::runtime(span));
    quote_spanned!(span=> #private::length_of_time(#value))
}

/// `.name(args)`
fn setting(setting: &Setting) -> TokenStream {
    let args = setting.op.args.iter().zip(&setting.args).map(|(arg, tokens)| match arg.kind {
        Kind::Duration => duration_value(tokens),
        _ => tokens.clone(),
    });
    let span = names::plumbing(setting.step.span());
    let name = Ident::new(setting.op.function, span);
    quote_spanned!(span=> .#name(#(#args),*))
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
