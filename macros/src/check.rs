//! Every mistake that the graph shows, a small function for each rule.

use std::collections::BTreeSet;
use std::time::Duration;

use proc_macro2::{Literal, Span, TokenStream};

use crate::args;
use crate::ast::{Setting, Step};
use crate::diag::{Diagnostics, did_you_mean};
use crate::duration::{self, Parsed};
use crate::habits;
use crate::ir::{Graph, Node, NodeId, Setup};
use crate::ops::{self, Class, Kind, OpSpec, Recovery};
use crate::options;
use crate::slide::{self, Slides};

pub fn all(graph: &Graph, diag: &mut Diagnostics) {
    options(graph, diag);
    guarantees(graph, diag);
    for node in graph.nodes.iter().filter(|node| node.is_written()) {
        arguments(node.op, &node.args, node.step.span(), diag);
        no_types(node.op, &node.step, diag);
        for setting in &node.settings {
            arguments(setting.op, &setting.args, setting.step.span(), diag);
            no_types(setting.op, &setting.step, diag);
        }
        streams_of_union(node, diag);
        node.args.iter().for_each(|arg| loose_dots(arg, diag));
    }
    graph.setup.iter().for_each(|setup| {
        if let Setup::Rust(tokens) = setup {
            loose_dots(tokens, diag);
        }
    });
    let slides = Slides::new(graph);
    for node in &graph.nodes {
        window_fits(node, &slides, diag);
        slides_are_equal(graph, node, &slides, diag);
    }
    loose_ends(graph, diag);
    unused_streams(graph, diag);
    has_output(graph, diag);
}

/// What holds for the arguments of every operator and every setting.
fn arguments(op: &OpSpec, args: &[TokenStream], at: Span, diag: &mut Diagnostics) {
    number_of_arguments(op, args, at, diag);
    kinds_of_arguments(op, args, at, diag);
    for (arg, tokens) in op.args.iter().zip(args) {
        if arg.kind == Kind::Duration {
            is_duration(tokens, &format!("the {} of `{}`", arg.name, op.name), diag);
        }
    }
}

/// The types of an operator are inferred; those of its function are not the user's. Of a source they are what it makes.
fn no_types(op: &OpSpec, step: &Step, diag: &mut Diagnostics) {
    if op.class != Class::Source && !step.generics.is_empty() {
        diag.error(
            args::place_of(&step.generics, step.span()),
            format!("`{}` takes no types here", op.name),
            "write them in the closure, or at the stream: `let x: DStream<…> = …`",
        );
    }
}

/// The length and the slide of a window are multiples of what its stream has as its slide.
fn window_fits(node: &Node, slides: &Slides, diag: &mut Diagnostics) {
    let parent = node.inputs.first().and_then(|input| slides.known(slides.of(*input)));
    let (true, Some(parent)) = (node.op.class.slides(), parent.filter(|parent| !parent.is_zero())) else { return };
    for (tokens, what) in slide::durations(node).zip(["length", "slide"]) {
        let Some(duration) = slide::literal(tokens).filter(|duration| !duration.is_zero()) else { continue };
        let (nanos, unit) = (duration.as_nanos(), parent.as_nanos());
        if nanos % unit == 0 {
            continue;
        }
        let below = (nanos / unit * unit) as u64;
        let above = Duration::from_nanos(below + unit as u64);
        let help = match Duration::from_nanos(below) {
            Duration::ZERO => format!("write `{}`", duration::shown(above)),
            below => format!("write `{}` or `{}`", duration::shown(below), duration::shown(above)),
        };
        diag.error(
            args::place_of(tokens, node.step.span()),
            format!(
                "the {what} of a window is a multiple of its stream's batches, which come every {}, and {} is not",
                duration::shown(parent),
                duration::shown(duration)
            ),
            help,
        );
    }
}

/// Streams meet batch by batch.
fn slides_are_equal(graph: &Graph, node: &Node, slides: &Slides, diag: &mut Diagnostics) {
    let known = |input: &NodeId| slides.known(slides.of(*input)).map(|slide| (slide, *input));
    let Some((first, left)) = node.inputs.first().and_then(known) else { return };
    let Some((other, right)) = node.inputs.iter().filter_map(known).find(|(slide, _)| *slide != first) else { return };
    let name = |input: NodeId| graph.nodes[input].name.as_ref().map(|name| format!(" (`{name}`)"));
    let [left, right] = [left, right].map(|input| name(input).unwrap_or_default());
    diag.error(
        node.step.span(),
        format!(
            "the batches of these streams do not come together: one stream{left} slides every {}, the other{right} every {}",
            duration::shown(first),
            duration::shown(other)
        ),
        "give both windows the same slide, for example `.window(length, slide)`",
    );
}

fn options(graph: &Graph, diag: &mut Diagnostics) {
    let options = &graph.options;
    for key in &options.unknown {
        let help = match options::closest(key) {
            Some(close) => format!("did you mean `{close}`?"),
            None => "the options are `every = 1s`, `name = \"…\"` and `require = exactly_once`".to_owned(),
        };
        diag.error(key.span(), format!("no option named `{key}`"), help);
    }
    for key in &options.repeated {
        diag.error(key.span(), format!("the option `{key}` is given twice"), "remove one of them");
    }
    let is_misspelt = || options.unknown.iter().any(|key| options::closest(key) == Some("every"));
    match &options.every {
        Some(every) => batch_interval(every, diag),
        None if graph.has_body && !is_misspelt() => {
            diag.error(graph.head, "the batch interval is missing", "write `stream!(every = 1s, |ssc| { … })`");
        }
        None => {}
    }
    options.name.iter().for_each(|name| name_of_pipeline(name, diag));
    options.require.iter().for_each(|require| known_guarantee(require, diag));
}

fn name_of_pipeline(name: &Setting, diag: &mut Diagnostics) {
    let help = "write `name = \"word-count\"`";
    match duration::single_literal(&name.value) {
        None if name.value.is_empty() => diag.error(name.key.span(), "the option `name` has no value", help),
        Some(literal) if !literal.to_string().contains('"') => {
            diag.error(literal.span(), "the name of a pipeline is text", help);
        }
        _ => {}
    }
}

/// Not an expression, but one of two words.
fn known_guarantee(require: &Setting, diag: &mut Diagnostics) {
    const WRITE: &str = "write `require = exactly_once` or `require = at_least_once`";
    if require.value.is_empty() {
        return diag.error(require.key.span(), "the option `require` has no value", WRITE);
    }
    if options::guarantee(require).is_some() {
        return;
    }
    let text = args::text(&require.value);
    let letters: String = text.chars().filter(|letter| letter.is_alphanumeric() || *letter == '_').collect();
    let help = match did_you_mean(&letters, options::GUARANTEES.into_iter()) {
        Some(close) => format!("did you mean `{close}`?"),
        None => WRITE.to_owned(),
    };
    diag.error(args::place_of(&require.value, require.key.span()), format!("`{text}` is not a guarantee"), help);
}

/// Every output is as good as the pipeline requires.
fn guarantees(graph: &Graph, diag: &mut Diagnostics) {
    let weaker = graph.nodes.iter().filter(|node| node.op.recovery() == Some(Recovery::AtLeastOnce));
    for node in weaker.filter(|_| graph.options.requires_exactly_once()) {
        diag.error(
            node.step.span(),
            format!("`{}` writes at least once, and this pipeline requires exactly once", node.op.name),
            "write with `foreach_batch_once(sink)` or `save_as_text_files(prefix, suffix)`, or remove `require = exactly_once`",
        );
    }
}

fn batch_interval(every: &Setting, diag: &mut Diagnostics) {
    if every.value.is_empty() {
        return diag.error(every.key.span(), "the option `every` has no value", "write `every = 1s`");
    }
    is_duration(&every.value, "the batch interval", diag);
}

/// A literal must be a duration above zero. Of any other expression the literals are checked, and the rest is left to rustc.
fn is_duration(value: &TokenStream, what: &str, diag: &mut Diagnostics) {
    match duration::single_literal(value) {
        Some(literal) => is_duration_literal(&literal, true, what, diag),
        None => {
            let literals = duration::literals(value);
            literals.iter().for_each(|literal| is_duration_literal(literal, false, what, diag));
        }
    }
}

fn is_duration_literal(literal: &Literal, is_whole: bool, what: &str, diag: &mut Diagnostics) {
    match duration::parse(literal) {
        Parsed::Duration(duration) if is_whole && duration.is_zero() => {
            diag.error(literal.span(), format!("{what} is zero"), "write a duration above zero, for example `1s`");
        }
        Parsed::Duration(_) => {}
        Parsed::UnknownUnit(unit) if unit.is_empty() => {
            let help = format!("write `{literal}s` for seconds; the units are {}", duration::UNIT_NAMES);
            diag.error(literal.span(), format!("`{literal}` has no unit"), help);
        }
        Parsed::UnknownUnit(unit) => {
            let help = format!("the units are {}", duration::UNIT_NAMES);
            diag.error(literal.span(), format!("`{unit}` is not a unit of time"), help);
        }
        Parsed::OutOfRange => {
            let help = "a duration is a whole number of nanoseconds, at most 584 years";
            diag.error(literal.span(), format!("`{literal}` is not a duration that can be counted"), help);
        }
        Parsed::Other => {
            diag.error(
                literal.span(),
                format!("{what} must be a duration"),
                "write for example `500ms`, `1.5s` or `10min`",
            );
        }
    }
}

fn plural(count: usize, what: &str) -> String {
    match count {
        0 => "none".to_owned(),
        1 => format!("1 {what}"),
        n => format!("{n} {what}s"),
    }
}

fn number_of_arguments(op: &OpSpec, args: &[TokenStream], at: Span, diag: &mut Diagnostics) {
    let found = args.len();
    let most = op.args.len();
    let least = op.args.iter().filter(|arg| arg.default.is_none()).count();
    let is_list = op.args.last().is_some_and(|arg| arg.kind == Kind::Streams);
    if found < least || (found > most && !is_list) {
        let takes = match (least, most) {
            (_, 0) => "no arguments".to_owned(),
            (0, most) if most != least => format!("at most {}", plural(most, "argument")),
            (least, most) if most != least => format!("{least} to {}", plural(most, "argument")),
            _ => plural(most, "argument"),
        };
        let is_of_values = found > 0 && !args.iter().any(|arg| args::closure(arg).is_some());
        let meant = habits::instead_of_arguments(op.name).filter(|_| is_of_values);
        let message = format!("`{}` takes {takes}, and got {}", op.name, plural(found, "argument"));
        diag.error(at, message, meant.map_or(format!("write `{}`", op.usage), str::to_owned));
    }
}

/// Closures where closures should be, with the right number of parameters, and nowhere else.
fn kinds_of_arguments(op: &OpSpec, args: &[TokenStream], at: Span, diag: &mut Diagnostics) {
    let rows = ops::closest(op.name, args);
    let write = format!("write {}", either(rows.iter().map(|op| format!("`{}`", op.usage))));
    misplaced_arguments(op, args, at, &write, diag);
    for (number, tokens) in args.iter().enumerate() {
        let expected: BTreeSet<usize> = rows.iter().filter_map(|op| op.args.get(number)?.kind.parameters()).collect();
        let Some(closure) = args::closure(tokens) else { continue };
        if expected.is_empty() || expected.contains(&closure.parameters) {
            continue;
        }
        let noun = if expected.iter().eq([&1]) { "parameter" } else { "parameters" };
        let (takes, has) = (either(expected.iter().map(usize::to_string)), plural(closure.parameters, "parameter"));
        let message = format!("this closure of `{}` takes {takes} {noun}, and has {has}", op.name);
        diag.error(closure.head, message, &write);
    }
}

fn misplaced_arguments(op: &OpSpec, args: &[TokenStream], at: Span, write: &str, diag: &mut Diagnostics) {
    let misplaced = op.args.iter().zip(args).filter(|(arg, tokens)| arg.kind.is_misplaced(tokens));
    let (closures, values): (Vec<_>, Vec<_>) = misplaced.partition(|(_, tokens)| args::closure(tokens).is_some());
    if !closures.is_empty() && !values.is_empty() {
        return diag.error(at, format!("the arguments of `{}` come in another order", op.name), write);
    }
    for (arg, tokens) in closures {
        let message = format!("`{}` takes a value for `{}`, not a closure", op.name, arg.name);
        diag.error(args::place_of(tokens, at), message, write);
    }
    for (_, tokens) in values {
        diag.error(args::place_of(tokens, at), format!("`{}` takes a closure here, not a value", op.name), write);
    }
}

fn either(choices: impl Iterator<Item = String>) -> String {
    choices.collect::<Vec<_>>().join(" or ")
}

fn streams_of_union(node: &Node, diag: &mut Diagnostics) {
    if node.op.class == Class::Union && node.inputs.len() < 2 && !node.args.is_empty() {
        let found = plural(node.inputs.len(), "stream");
        diag.error(
            node.step.span(),
            format!("`{}` takes 2 streams or more, and got {found}", node.op.name),
            "write `a.union(b)` or `ssc.union([a, b, c])`",
        );
    }
}

/// A dot after which nothing comes: somebody is typing.
fn loose_dots(tokens: &TokenStream, diag: &mut Diagnostics) {
    for dot in args::loose_dots(tokens.clone()) {
        diag.error(dot, "a name is missing after `.`", "write a method or a field, for example `.len()`");
    }
}

fn loose_ends(graph: &Graph, diag: &mut Diagnostics) {
    for end in &graph.loose_ends {
        diag.error(
            *end,
            "this stream goes nowhere",
            "end it in an output operation such as `.print()`, or name it: `let name = …;`",
        );
    }
}

fn unused_streams(graph: &Graph, diag: &mut Diagnostics) {
    // With no output at all, that is the mistake.
    if !graph.nodes.iter().any(|node| node.op.class.is_output()) && !graph.is_partial {
        return;
    }
    for stream in graph.streams.iter().filter(|stream| !stream.is_used) {
        let name = &stream.name;
        diag.error(
            name.span(),
            format!("the stream `{name}` is never used"),
            format!("remove it, or write it out: `{name}.print();`"),
        );
    }
}

fn has_output(graph: &Graph, diag: &mut Diagnostics) {
    let has_output = graph.nodes.iter().any(|node| node.op.class.is_output());
    if !has_output && !graph.is_partial && graph.has_body && graph.loose_ends.is_empty() {
        let place = graph.streams.last().map_or(graph.head, |stream| stream.name.span().into());
        diag.error(
            place,
            "this pipeline has no output operation, so it would do nothing",
            "end a stream in `.print()`, `.collect_into(&collector)` or another output operation",
        );
    }
}
