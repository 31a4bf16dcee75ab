//! What a pipeline will do, for people to read: as text, Mermaid or DOT.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

/// The plan of a pipeline: its stages, what was fused into them, what is shared, where data is exchanged, and what is left of
/// it if the process dies.
///
/// ```
/// use microbatch::prelude::*;
///
/// let pipeline = stream!(every = 1s, name = "evens", |ssc| {
///     let numbers = ssc.queue_stream([vec![1u64, 2, 3]]);
///     numbers.filter(|n| n % 2 == 0).count().print();
/// });
/// let plan = pipeline.plan();
/// assert!(plan.to_string().contains("numbers -> filter -> count"));
/// assert!(plan.to_string().contains("at least once: a batch that was not committed runs again"));
/// assert!(plan.to_mermaid().starts_with("flowchart TD"));
/// assert!(plan.to_dot().starts_with("digraph"));
/// ```
#[derive(Clone, Debug)]
pub struct Plan {
    name: String,
    every: Duration,
    steps: Vec<Step>,
    stages: Vec<Stage>,
    /// Whether less than exactly once is refused.
    exactly_once: bool,
    found_by_position: Vec<&'static str>,
}

/// How a step takes part in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub enum StepKind {
    Source,
    Narrow,
    Partition,
    Shuffle,
    Join,
    Batch,
    Union,
    Window,
    Windowed,
    WindowedFold,
    Stateful,
    Snapshots,
    Output,
    Action,
}

impl StepKind {
    fn word(self) -> &'static str {
        match self {
            StepKind::Source => "source",
            StepKind::Narrow => "fused",
            StepKind::Partition => "fused, by partition",
            StepKind::Shuffle | StepKind::Join => "exchange",
            StepKind::Batch => "whole batch",
            StepKind::Union => "union",
            StepKind::Window | StepKind::Windowed | StepKind::WindowedFold => "window",
            StepKind::Stateful => "state",
            StepKind::Snapshots => "all states",
            StepKind::Output | StepKind::Action => "output",
        }
    }
}

/// What a later run has of a step if the process dies, with a checkpoint directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
pub enum Recovery {
    Replayable,
    Logged,
    AsItSays,
    Checkpointed,
    ExactlyOnce,
    AtLeastOnce,
}

impl Recovery {
    fn words(self) -> &'static str {
        match self {
            Recovery::Replayable => "can be read again",
            Recovery::Logged => {
                "can be read again with `write_ahead_log`; without, what was received and not committed is lost"
            }
            Recovery::AsItSays => {
                "can be read again if its `is_replayable` says so; if not, what was received and not committed is lost"
            }
            Recovery::Checkpointed => "as of the last commit; lost without `checkpoint_dir`",
            Recovery::ExactlyOnce => "exactly once",
            Recovery::AtLeastOnce => "at least once: a batch that was not committed runs again",
        }
    }

    /// What an output promises, in two words.
    fn guarantee(self) -> Option<&'static str> {
        match self {
            Recovery::ExactlyOnce => Some("exactly once"),
            Recovery::AtLeastOnce => Some("at least once"),
            _ => None,
        }
    }
}

/// An operator of a pipeline.
#[derive(Clone, Debug)]
#[doc(hidden)]
pub struct Step {
    stream: &'static str,
    operator: &'static str,
    arguments: &'static str,
    kind: StepKind,
    note: &'static str,
    inputs: &'static [usize],
    /// Under which name, and what, a later run has of it; `None` where that follows from its inputs.
    recovery: Option<(&'static str, Recovery)>,
}

impl Step {
    pub fn new(
        stream: &'static str,
        operator: &'static str,
        arguments: &'static str,
        kind: StepKind,
        note: &'static str,
        inputs: &'static [usize],
    ) -> Self {
        Step { stream, operator, arguments, kind, note, inputs, recovery: None }
    }

    pub fn recovers(self, label: &'static str, recovery: Recovery) -> Self {
        Step { recovery: Some((label, recovery)), ..self }
    }

    fn is_output(&self) -> bool {
        matches!(self.kind, StepKind::Output | StepKind::Action)
    }

    /// What a later run has of it, as a row: what it is, its name, and the words.
    fn after_crash(&self) -> Option<[String; 3]> {
        let (label, recovery) = self.recovery?;
        let mut words = recovery.words().to_owned();
        if self.is_output() && !self.note.is_empty() {
            words += &format!(": {}", self.note);
        }
        Some([self.kind.word().to_owned(), label.to_owned(), words])
    }

    /// The call as it was written; of a long closure the beginning, so that a plan stays readable.
    fn call(&self) -> String {
        const LONGEST: usize = 80;
        let call = format!("{}({})", self.operator, self.arguments);
        match call.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{} …", call[..end].trim_end()),
            None => call,
        }
    }
}

/// One pass over records in memory.
#[derive(Clone, Debug)]
#[doc(hidden)]
pub struct Stage {
    label: &'static str,
    /// The step whose records are read.
    reads: usize,
    /// Whether they were kept in memory because two stages share them.
    kept: bool,
    steps: &'static [usize],
}

impl Stage {
    pub fn new(label: &'static str, reads: usize, kept: bool, steps: &'static [usize]) -> Self {
        Stage { label, reads, kept, steps }
    }
}

impl Plan {
    #[doc(hidden)]
    pub fn new(steps: Vec<Step>, stages: Vec<Stage>) -> Self {
        Plan {
            name: String::new(),
            every: Duration::ZERO,
            steps,
            stages,
            exactly_once: false,
            found_by_position: Vec::new(),
        }
    }

    /// With `require = exactly_once`.
    #[doc(hidden)]
    pub fn requiring_exactly_once(self) -> Self {
        Plan { exactly_once: true, ..self }
    }

    pub(crate) fn requires_exactly_once(&self) -> bool {
        self.exactly_once
    }

    /// With these names of sources, windows and states, which nobody has given them: each is that of its operator, with a
    /// number that another statement before it would change.
    #[doc(hidden)]
    #[must_use]
    pub fn found_by_position(mut self, labels: Vec<&'static str>) -> Self {
        self.found_by_position = labels;
        self
    }

    /// What is found in a checkpoint only as long as no such operator is put before it.
    pub(crate) fn labels_found_by_position(&self) -> &[&'static str] {
        &self.found_by_position
    }

    pub(crate) fn named(mut self, name: &str, every: Duration) -> Self {
        self.name = name.to_owned();
        self.every = every;
        self
    }

    /// The number of passes over records in memory in each batch.
    pub fn stages(&self) -> usize {
        self.stages.len()
    }

    fn uses(&self, step: usize) -> usize {
        self.steps.iter().flat_map(|other| other.inputs).filter(|input| **input == step).count()
    }

    fn in_stages(&self, step: usize) -> bool {
        self.stages.iter().any(|stage| stage.steps.contains(&step))
    }

    /// What is worth knowing about a step beyond its call.
    fn remarks(&self, number: usize) -> String {
        let step = &self.steps[number];
        let mut remarks = Vec::new();
        // Of an output it stands with its guarantee.
        if !step.note.is_empty() && !step.is_output() {
            remarks.push(step.note.to_owned());
        }
        match self.uses(number) {
            0 | 1 => {}
            uses => remarks.push(format!("shared by {uses}, computed once")),
        }
        if self.stages.iter().any(|stage| stage.kept && stage.reads == number) {
            remarks.push("kept in memory for a second stage".to_owned());
        }
        remarks.join("; ")
    }

    fn row(&self, number: usize) -> [String; 4] {
        let step = &self.steps[number];
        [step.kind.word().to_owned(), step.stream.to_owned(), step.call(), self.remarks(number)]
    }

    /// The plan as a Mermaid flowchart.
    pub fn to_mermaid(&self) -> String {
        let mut text = String::from("flowchart TD\n");
        for (number, stage) in self.stages.iter().enumerate() {
            text += &format!("  subgraph stage{number}[\"stage {}\"]\n", number + 1);
            for step in stage.steps.iter().filter(|step| self.first_stage_of(**step) == Some(number)) {
                text += &format!("    {}\n", self.mermaid_node(*step));
            }
            text += "  end\n";
        }
        for number in (0..self.steps.len()).filter(|number| !self.in_stages(*number)) {
            text += &format!("  {}\n", self.mermaid_node(number));
        }
        for (from, to) in self.edges() {
            text += &format!("  n{from} --> n{to}\n");
        }
        text
    }

    fn mermaid_node(&self, number: usize) -> String {
        let step = &self.steps[number];
        let text = self
            .node_text(number)
            .replace('"', "#quot;")
            .replace('<', "#lt;")
            .replace('>', "#gt;")
            .replace('\n', "<br/>");
        match step.kind {
            StepKind::Source => format!("n{number}([\"{text}\"])"),
            StepKind::Shuffle | StepKind::Join => format!("n{number}{{{{\"{text}\"}}}}"),
            StepKind::Output | StepKind::Action => format!("n{number}[/\"{text}\"/]"),
            _ => format!("n{number}[\"{text}\"]"),
        }
    }

    /// The plan as a graph for Graphviz.
    pub fn to_dot(&self) -> String {
        let mut text = format!(
            "digraph \"{}\" {{\n  rankdir=TB;\n  node [shape=box, fontname=\"monospace\"];\n",
            escape(&self.name)
        );
        for (number, stage) in self.stages.iter().enumerate() {
            text += &format!("  subgraph cluster_{number} {{\n    label=\"stage {}\";\n", number + 1);
            for step in stage.steps.iter().filter(|step| self.first_stage_of(**step) == Some(number)) {
                text += &format!("    n{step};\n");
            }
            text += "  }\n";
        }
        for number in 0..self.steps.len() {
            let shape = match self.steps[number].kind {
                StepKind::Source => "oval",
                StepKind::Shuffle | StepKind::Join => "hexagon",
                StepKind::Output | StepKind::Action => "note",
                _ => "box",
            };
            text += &format!("  n{number} [label=\"{}\", shape={shape}];\n", escape(&self.node_text(number)));
        }
        for (from, to) in self.edges() {
            text += &format!("  n{from} -> n{to};\n");
        }
        text + "}\n"
    }

    fn node_text(&self, number: usize) -> String {
        let step = &self.steps[number];
        let (stream, call) = (Some(step.stream.to_owned()).filter(|stream| !stream.is_empty()), step.call());
        let guarantee = step.recovery.and_then(|(_, recovery)| recovery.guarantee()).map(str::to_owned);
        stream.into_iter().chain([call]).chain(guarantee).collect::<Vec<_>>().join("\n")
    }

    /// A join ends two stages and is drawn in the first one.
    fn first_stage_of(&self, step: usize) -> Option<usize> {
        self.stages.iter().position(|stage| stage.steps.contains(&step))
    }

    fn edges(&self) -> impl Iterator<Item = (usize, usize)> {
        let edges = self.steps.iter().enumerate();
        edges.flat_map(|(to, step)| step.inputs.iter().map(move |from| (*from, to)))
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

impl Display for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let requires = if self.exactly_once { ", exactly once required" } else { "" };
        writeln!(f, "pipeline `{}`, a batch every {:?}{requires}", self.name, self.every)?;
        let of_kind = |kind| {
            let numbers = (0..self.steps.len()).filter(move |number| self.steps[*number].kind == kind);
            numbers.map(|number| self.row(number)).collect::<Vec<_>>()
        };
        let mut sections = vec![("sources".to_owned(), of_kind(StepKind::Source))];
        for (number, stage) in self.stages.iter().enumerate() {
            let rows = stage.steps.iter().map(|step| self.row(*step)).collect();
            sections.push((format!("stage {}: {}", number + 1, stage.label), rows));
        }
        let unions = of_kind(StepKind::Union);
        if !unions.is_empty() {
            sections.push(("unions, read in place".to_owned(), unions));
        }
        write_sections(f, &sections)?;
        let after_crash = self.steps.iter().filter_map(Step::after_crash).collect();
        write_sections(
            f,
            &[("if the process dies (without `checkpoint_dir` the next run begins anew)".to_owned(), after_crash)],
        )
    }
}

/// Titles and rows, whose columns have the same widths everywhere.
fn write_sections<const N: usize>(f: &mut Formatter<'_>, sections: &[(String, Vec<[String; N]>)]) -> fmt::Result {
    let width = |column: usize| {
        let rows = sections.iter().flat_map(|(_, rows)| rows);
        rows.map(|row| row[column].chars().count()).max().unwrap_or(0)
    };
    let widths: [usize; N] = std::array::from_fn(width);
    for (title, rows) in sections {
        writeln!(f, "\n{title}")?;
        for row in rows {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("  {cell:width$}"));
            writeln!(f, "{}", cells.collect::<String>().trim_end())?;
        }
    }
    Ok(())
}
