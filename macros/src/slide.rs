//! How often a stream has a batch: with every batch interval, or when a window slides.

use std::time::Duration;

use proc_macro2::TokenStream;

use crate::duration::{self, Parsed};
use crate::ir::{Graph, Node, NodeId};
use crate::ops::Kind;

/// Two streams with equal `Slide`s have their batches together; others may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slide {
    /// With every batch interval.
    Batch,
    /// With this window.
    Window(NodeId),
}

/// The slides of all streams of a graph.
pub struct Slides {
    of: Vec<Slide>,
    every: Option<Duration>,
    /// For windows that are written with literals.
    known: Vec<Option<Duration>>,
}

impl Slides {
    pub fn new(graph: &Graph) -> Self {
        let every = graph.options.every.as_ref().and_then(|every| literal(&every.value));
        let mut slides = Slides { of: Vec::new(), every, known: Vec::new() };
        for (id, node) in graph.nodes.iter().enumerate() {
            let (slide, known) = slides.next(graph, id, node);
            slides.of.push(slide);
            slides.known.push(known);
        }
        slides
    }

    fn next(&self, graph: &Graph, id: NodeId, node: &Node) -> (Slide, Option<Duration>) {
        let Some(parent) = node.inputs.first().map(|input| self.of[*input]) else {
            return (Slide::Batch, self.every);
        };
        let Some(tokens) = slide_of(node) else {
            return (parent, self.known(parent));
        };
        let known = literal(tokens);
        if known.is_none() {
            return (Slide::Window(id), None);
        }
        let is_same = |slide: Slide| self.known(slide) == known;
        let windows = (0..id).filter(|id| graph.nodes[*id].op.class.slides()).map(|id| self.of[id]);
        let slide = [parent].into_iter().chain(windows).find(|slide| is_same(*slide)).unwrap_or(Slide::Window(id));
        (slide, known)
    }

    /// When the stream of a node has its batches.
    pub fn of(&self, node: NodeId) -> Slide {
        self.of[node]
    }

    /// How long it is from one batch to the next, if that is written in the program.
    pub fn known(&self, slide: Slide) -> Option<Duration> {
        match slide {
            Slide::Batch => self.every,
            Slide::Window(node) => self.known.get(node).copied().flatten(),
        }
    }
}

/// The durations among the arguments of a window: its length, and its slide.
pub fn durations(node: &Node) -> impl Iterator<Item = &TokenStream> {
    let args = node.op.args.iter().zip(&node.args);
    args.filter(|(arg, _)| arg.kind == Kind::Duration).map(|(_, tokens)| tokens)
}

/// The slide as it was written.
pub fn slide_of(node: &Node) -> Option<&TokenStream> {
    durations(node).nth(1).filter(|_| node.op.class.slides())
}

/// The value of a duration literal.
pub fn literal(tokens: &TokenStream) -> Option<Duration> {
    match duration::parse(&duration::single_literal(tokens)?) {
        Parsed::Duration(duration) => Some(duration),
        _ => None,
    }
}
