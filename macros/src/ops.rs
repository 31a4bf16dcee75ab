//! The operator table. To add an operator: a row here, a method of `DStream` (its documentation and signature), and a function
//! of the same name in `runtime/src/ops`.

use proc_macro2::TokenStream;

use crate::args;

/// How an operator takes part in a batch. The compiler looks at this, never at a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Begins a stream.
    Source,
    /// A record at a time, fused with its neighbours.
    Narrow,
    /// A whole partition at a time, fused with its neighbours.
    Partition,
    /// Ends a stage: records meet in the workers' parts, which are merged.
    Shuffle,
    /// Ends two stages: pairs of two streams meet by key.
    Join,
    /// Takes the whole batch of one stream, or of two, on one thread.
    Batch,
    /// The records of several streams, one stream after the other.
    Union,
    /// The last batches of a stream, as they are.
    Window,
    /// As [`Shuffle`](Class::Shuffle), and then the last batches of what met.
    Windowed,
    /// As [`Windowed`](Class::Windowed), by a function without an inverse: the algorithm depends on the number of panes.
    WindowedFold,
    /// Records meet by key with what is remembered of the key.
    Stateful,
    /// All that a stateful operator remembers.
    Snapshots,
    /// Says something about the operator before it, and is none itself.
    Setting,
    /// Writes, with plain values as arguments.
    Output,
    /// Writes, with the user's closure.
    Action,
}

impl Class {
    /// Outputs end a chain.
    pub fn is_output(self) -> bool {
        matches!(self, Class::Output | Class::Action)
    }

    /// Its result changes only when the window slides.
    pub fn slides(self) -> bool {
        matches!(self, Class::Window | Class::Windowed | Class::WindowedFold)
    }

    /// It keeps something from batch to batch.
    pub fn remembers(self) -> bool {
        self.slides() || self == Class::Stateful
    }

    /// Fused: the result is not in memory.
    pub fn is_fused(self) -> bool {
        matches!(self, Class::Narrow | Class::Partition)
    }
}

/// What a later run has of an operator if the process dies, with a checkpoint directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// Of a source: the records of a batch can be read again.
    Replayable,
    /// Of a source that receives: they can be read again from a write-ahead log, if there is one.
    Logged,
    /// Of a source of the user's: it says itself whether they can.
    AsItSays,
    /// What is kept from batch to batch is in the checkpoint.
    Checkpointed,
    /// Of an output: a batch is seen once, however often it runs.
    ExactlyOnce,
    /// Of an output: a batch that was not committed may be seen again.
    AtLeastOnce,
}

/// What an argument must look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A closure with this many parameters, or the name of a function.
    Function(usize),
    /// An expression.
    Value,
    /// An expression for a handle that the caller keeps: evaluated where `stream!` stands, not moved into the pipeline.
    Handle,
    /// An expression that is evaluated once, when the pipeline starts; the stages borrow it.
    Lent,
    /// An expression for a value of which every run of a stage has its own.
    Cloned,
    /// Another stream.
    Stream,
    /// `[stream, stream, …]`
    Streams,
    /// A length of time: a literal with a unit, or an expression.
    Duration,
    /// As [`Function(1)`](Kind::Function), for a `filter` that follows the operator.
    Filter,
}

impl Kind {
    /// How many parameters a closure has here.
    pub fn parameters(self) -> Option<usize> {
        match self {
            Kind::Function(parameters) => Some(parameters),
            Kind::Filter => Some(1),
            _ => None,
        }
    }

    /// Whether an argument may stand here, as far as one can see.
    fn fits(self, tokens: &TokenStream) -> bool {
        match (self.parameters(), args::closure(tokens)) {
            (Some(parameters), Some(closure)) => closure.parameters == parameters,
            _ => !self.is_misplaced(tokens),
        }
    }

    /// Whether an argument is a closure where something else should be, or the other way round.
    pub fn is_misplaced(self, tokens: &TokenStream) -> bool {
        match (self.parameters(), args::closure(tokens)) {
            (Some(_), None) => args::is_literal(tokens),
            (None, Some(_)) => !matches!(self, Kind::Stream | Kind::Streams),
            _ => false,
        }
    }
}

#[derive(Debug)]
pub struct Arg {
    pub name: &'static str,
    pub kind: Kind,
    /// What a missing argument stands for.
    pub default: Option<&'static str>,
}

/// A row of the table.
#[derive(Debug)]
pub struct OpSpec {
    pub name: &'static str,
    /// The function of the runtime and the method of `DStream`. Rows of one name are told apart by their arguments.
    pub function: &'static str,
    pub class: Class,
    pub args: &'static [Arg],
    /// The call as it is shown in messages.
    pub usage: &'static str,
    /// What the plan says about where the data goes; of outputs, why they write exactly once; of settings and snapshots, the
    /// operators that they belong to.
    pub note: &'static str,
    /// Of sources and outputs.
    after_crash: Option<Recovery>,
}

impl OpSpec {
    /// What a later run has of it; `None` where that follows from its inputs.
    pub fn recovery(&self) -> Option<Recovery> {
        if self.class.remembers() { Some(Recovery::Checkpointed) } else { self.after_crash }
    }

    /// Whether a setting, or snapshots, may stand behind this operator.
    pub fn belongs_to(&self, other: &OpSpec) -> bool {
        if self.is_general() { other.class.remembers() } else { self.note.split(", ").any(|name| name == other.name) }
    }

    /// It can stand behind some operators only.
    pub fn has_place(&self) -> bool {
        matches!(self.class, Class::Setting | Class::Snapshots)
    }

    /// Where that is.
    pub fn place(&self) -> String {
        let places: Vec<String> = match self.is_general() {
            true => vec!["a window".to_owned(), "an operator with state".to_owned()],
            false => self.note.split(", ").map(|name| format!("`{name}`")).collect(),
        };
        format!("`{}` stands directly behind {}", self.usage, places.join(" or "))
    }

    /// A setting that says under which name something is remembered.
    pub fn gives_name(&self) -> bool {
        self.class == Class::Setting && self.is_general() && self.args.iter().all(|arg| arg.kind == Kind::Value)
    }

    /// A setting for whatever remembers something.
    pub fn is_general(&self) -> bool {
        self.note.is_empty()
    }
}

macro_rules! operators {
    ($($name:ident $(as $function:ident)?: $class:ident ($($arg:ident: $kind:ident $(($parameters:literal))? $(= $default:literal)?),*) $usage:literal $($note:literal)? $(=> $recovery:ident)?;)*) => {
        pub const OPERATORS: &[OpSpec] = &[$(OpSpec {
            name: stringify!($name),
            function: operators!(@function $name $($function)?),
            class: Class::$class,
            args: &[$(Arg {
                name: stringify!($arg),
                kind: Kind::$kind $(($parameters))?,
                default: operators!(@default $($default)?),
            }),*],
            usage: $usage,
            note: operators!(@note $($note)?),
            after_crash: operators!(@recovery $($recovery)?),
        }),*];
    };
    (@function $name:ident) => { stringify!($name) };
    (@function $name:ident $function:ident) => { stringify!($function) };
    (@default) => { None };
    (@default $default:literal) => { Some($default) };
    (@note) => { "" };
    (@note $note:literal) => { $note };
    (@recovery) => { None };
    (@recovery $recovery:ident) => { Some(Recovery::$recovery) };
}

operators! {
    // sources
    queue_stream:          Source (batches: Value)                         "queue_stream(batches)" => Replayable;
    socket_text_stream:    Source (host: Value, port: Value, options: Value = "::core::default::Default::default()")
                                                                           "socket_text_stream(host, port)" => Logged;
    text_file_stream:      Source (directory: Value, options: Value = "::core::default::Default::default()")
                                                                           "text_file_stream(directory)" => Replayable;
    binary_records_stream: Source (directory: Value, record_length: Value, options: Value = "::core::default::Default::default()")
                                                                           "binary_records_stream(directory, record_length)" => Replayable;
    receiver_stream:       Source (receiver: Value)                        "receiver_stream(my_receiver)" => Logged;
    rate_stream:           Source (records_per_second: Value)              "rate_stream(records_per_second)" => Replayable;
    stdin_text_stream:     Source ()                                       "stdin_text_stream()" => Logged;
    source:                Source (source: Value)                          "source(my_source)" => AsItSays;

    // a record at a time
    map:                   Narrow (f: Function(1))                         "map(|record| …)";
    flat_map:              Narrow (f: Function(1))                         "flat_map(|record| iterator)";
    filter:                Narrow (f: Function(1))                         "filter(|record| bool)";
    filter_map:            Narrow (f: Function(1))                         "filter_map(|record| option)";
    inspect:               Narrow (f: Function(1))                         "inspect(|record| …)";
    key_by:                Narrow (f: Function(1))                         "key_by(|record| key)";
    map_values:            Narrow (f: Function(1))                         "map_values(|value| …)";
    flat_map_values:       Narrow (f: Function(1))                         "flat_map_values(|value| iterator)";

    // a partition at a time
    map_partitions:        Partition (f: Function(1))                      "map_partitions(|records| iterator)";
    glom:                  Partition ()                                    "glom()";

    // records meet
    count:                 Shuffle ()                                      "count()"                               "one number";
    reduce:                Shuffle (f: Function(2))                        "reduce(|a, b| c)"                      "one record";
    count_by_value:        Shuffle ()                                      "count_by_value()"                      "by value";
    distinct:              Shuffle ()                                      "distinct()"                            "by value";
    top:                   Shuffle (n: Value)                              "top(n)"                                "the n greatest";
    reduce_by_key:         Shuffle (f: Function(2))                        "reduce_by_key(|a, b| c)"               "by key, combined first";
    group_by_key:          Shuffle ()                                      "group_by_key()"                        "by key";
    combine_by_key:        Shuffle (create: Function(1), merge_value: Function(2), merge_combiners: Function(2))
                                                                           "combine_by_key(|v| c, |c, v| c, |c1, c2| c)" "by key, combined first";
    aggregate_by_key:      Shuffle (zero: Cloned, fold: Function(2), merge: Function(2))
                                                                           "aggregate_by_key(zero, |c, v| c, |c1, c2| c)" "by key, combined first";

    // two streams meet by key
    cogroup:               Join (other: Stream)                            "cogroup(other)"                        "by key";
    join:                  Join (other: Stream)                            "join(other)"                           "by key";
    left_outer_join:       Join (other: Stream)                            "left_outer_join(other)"                "by key";
    right_outer_join:      Join (other: Stream)                            "right_outer_join(other)"               "by key";
    full_outer_join:       Join (other: Stream)                            "full_outer_join(other)"                "by key";

    // a batch at a time
    repartition:           Batch (partitions: Value)                       "repartition(n)"                        "into equal runs";
    sort_by:               Batch (key: Function(1))                        "sort_by(|record| key)"                 "sorted";
    sort_by_key:           Batch ()                                        "sort_by_key()"                         "sorted";
    transform:             Batch (f: Function(2))                          "transform(|batch, time| …)"            "the whole batch";
    transform_with:        Batch (other: Stream, f: Function(3))           "transform_with(other, |a, b, time| …)" "two whole batches";

    // the last batches
    window:                Window (length: Duration, slide: Duration = "::core::default::Default::default()")
                                                                           "window(length, slide)"                 "the last batches, kept as they are";

    reduce_by_window:      WindowedFold (f: Function(2), length: Duration, slide: Duration = "::core::default::Default::default()")
                                                                           "reduce_by_window(|a, b| c, length, slide)" "one record";
    reduce_by_window as reduce_by_window_with_inverse:
                           Windowed (f: Function(2), inverse: Function(2), length: Duration, slide: Duration = "::core::default::Default::default()")
                                                                           "reduce_by_window(|a, b| c, |c, a| b, length, slide)" "one record; what leaves is subtracted";
    count_by_window:       Windowed (length: Duration, slide: Duration = "::core::default::Default::default()")
                                                                           "count_by_window(length, slide)"        "one number; what leaves is subtracted";
    aggregate_by_window:   Windowed (aggregate: Lent, length: Duration, slide: Duration = "::core::default::Default::default()")
                                                                           "aggregate_by_window(max(), length, slide)" "one record; by the algebra of the aggregate";
    count_by_value_and_window:
                           Windowed (length: Duration, slide: Duration = "::core::default::Default::default()")
                                                                           "count_by_value_and_window(length, slide)" "by value; what leaves is subtracted";
    group_by_key_and_window:
                           Windowed (length: Duration, slide: Duration = "::core::default::Default::default()")
                                                                           "group_by_key_and_window(length, slide)" "by key; the panes' values one behind the other";
    reduce_by_key_and_window:
                           WindowedFold (f: Function(2), length: Duration, slide: Duration = "::core::default::Default::default()")
                                                                           "reduce_by_key_and_window(|a, b| c, length, slide)" "by key, combined first";
    reduce_by_key_and_window as reduce_by_key_and_window_with_inverse:
                           Windowed (f: Function(2), inverse: Function(2), length: Duration, slide: Duration = "::core::default::Default::default()")
                                                                           "reduce_by_key_and_window(|a, b| c, |c, a| b, length, slide)" "by key, combined first; what leaves is subtracted";
    reduce_by_key_and_window as reduce_by_key_and_window_with_filter:
                           WindowedFold (f: Function(2), filter: Filter, length: Duration, slide: Duration = "::core::default::Default::default()")
                                                                           "reduce_by_key_and_window(|a, b| c, |pair| bool, length, slide)" "by key, combined first";
    reduce_by_key_and_window as reduce_by_key_and_window_with_inverse_and_filter:
                           Windowed (f: Function(2), inverse: Function(2), filter: Filter, length: Duration, slide: Duration = "::core::default::Default::default()")
                                                                           "reduce_by_key_and_window(|a, b| c, |c, a| b, |pair| bool, length, slide)" "by key, combined first; what leaves is subtracted";
    aggregate_by_key_and_window:
                           Windowed (aggregate: Lent, length: Duration, slide: Duration = "::core::default::Default::default()")
                                                                           "aggregate_by_key_and_window(mean(), length, slide)" "by key, combined first; by the algebra of the aggregate";

    // what is remembered of each key
    update_state_by_key:   Stateful (f: Function(2))                       "update_state_by_key(|values, state| state)" "by key; all keys in each batch";
    update_state_by_key as update_state_by_key_with_key:
                           Stateful (f: Function(4))                       "update_state_by_key(|time, key, values, state| state)" "by key; all keys in each batch";
    map_with_state:        Stateful (f: Function(4))                       "map_with_state(|time, key, value, state| …)" "by key; the keys of the batch";
    state_snapshots:       Snapshots ()                                    "state_snapshots()"                     "map_with_state, update_state_by_key";
    initial_state:         Setting (pairs: Value)                          "initial_state(pairs)"                  "map_with_state, update_state_by_key";
    timeout:               Setting (duration: Duration)                    "timeout(duration)"                     "map_with_state";

    name:                  Setting (name: Value)                           "name(\"…\")";
    checkpoint_interval:   Setting (interval: Duration)                    "checkpoint_interval(interval)";

    union:                 Union (others: Streams)                         "union(other)";

    // outputs
    print:                 Output (n: Value = "10")                        "print()" => AtLeastOnce;
    print_table:           Output (titles: Value)                          "print_table([\"word\", \"count\"])" => AtLeastOnce;
    save_as_text_files:    Output (prefix: Value, suffix: Value = "\"\"")  "save_as_text_files(prefix, suffix)" "written aside, renamed after the commit" => ExactlyOnce;
    foreach_batch:         Action (f: Function(2))                         "foreach_batch(|batch, time| …)" => AtLeastOnce;
    foreach_batch as foreach_batch_with_replay:
                           Action (f: Function(3))                         "foreach_batch(|batch, time, is_replay| …)" => AtLeastOnce;
    foreach_batch_once:    Output (sink: Value)                            "foreach_batch_once(sink)" "the sink keeps the batch's identifier with its records" => ExactlyOnce;
    collect_into:          Output (collector: Handle)                      "collect_into(&collector)" "in memory, which each run of the program has anew" => ExactlyOnce;
    remember:              Output (remembered: Handle, duration: Duration) "remember(&remembered, duration)" "in memory, which each run of the program has anew" => ExactlyOnce;
}

/// The row of an operator; of several that of the fewest arguments.
pub fn find(name: &str) -> Option<&'static OpSpec> {
    OPERATORS.iter().find(|op| op.name == name)
}

/// The row whose method of `DStream` has this name, which is written under another one.
pub fn find_method(method: &str) -> Option<&'static OpSpec> {
    OPERATORS.iter().find(|op| op.function == method && op.function != op.name)
}

/// The row of an operator that its arguments fit best.
pub fn find_for(name: &str, args: &[TokenStream]) -> Option<&'static OpSpec> {
    closest(name, args).first().copied()
}

/// The rows of an operator that its arguments fit best. Where the arguments are right, and one of them is the name of a function
/// or of a duration, the first of several is meant.
pub fn closest(name: &str, args: &[TokenStream]) -> Vec<&'static OpSpec> {
    let rows = || OPERATORS.iter().filter(|op| op.name == name);
    let least = rows().map(|op| op.misfits(args)).min();
    rows().filter(|op| Some(op.misfits(args)) == least).collect()
}

impl OpSpec {
    /// How many arguments, closures and literals are too few or too many, and how many arguments do not fit their places.
    fn misfits(&self, args: &[TokenStream]) -> (usize, usize) {
        let least = self.args.iter().filter(|arg| arg.default.is_none()).count();
        let functions = self.args.iter().filter(|arg| arg.kind.parameters().is_some()).count();
        let closures = args.iter().filter(|arg| args::closure(arg).is_some()).count();
        let literals = args.iter().filter(|arg| args::is_literal(arg)).count();
        let too_many = [(args.len(), self.args.len()), (closures, functions), (literals, self.args.len() - functions)];
        let too_many = too_many.map(|(found, most)| found.saturating_sub(most)).iter().sum::<usize>();
        let places = self.args.iter().zip(args).filter(|(arg, tokens)| !arg.kind.fits(tokens)).count();
        (least.saturating_sub(args.len()) + too_many, places)
    }
}

/// The rows that begin a stream (`ssc.…`), or those that go on from one.
pub fn names(sources: bool) -> impl Iterator<Item = &'static str> {
    OPERATORS.iter().filter(move |op| fits(op, sources)).map(|op| op.name)
}

/// `union` is both: `ssc.union([a, b])` and `a.union(b)`.
pub fn fits(op: &OpSpec, source: bool) -> bool {
    op.class == Class::Union || (op.class == Class::Source) == source
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_source_and_every_output_says_what_a_crash_leaves_of_it() {
        use Recovery::{AsItSays, AtLeastOnce, Checkpointed, ExactlyOnce, Logged, Replayable};
        for op in OPERATORS {
            let fits = match op.recovery() {
                Some(Replayable | Logged | AsItSays) => op.class == Class::Source,
                Some(ExactlyOnce | AtLeastOnce) => op.class.is_output(),
                Some(Checkpointed) => op.class.remembers(),
                None => op.class != Class::Source && !op.class.is_output() && !op.class.remembers(),
            };
            assert!(fits, "{} {:?}", op.function, op.recovery());
        }
    }
}
