//! Words of Spark that no operator has for a name, and what is written instead.

/// Words, without case and underscores, and what is written instead.
type Habit = (&'static [&'static str], &'static str);

const HABITS: [Habit; 9] = [
    (
        &["foreachrdd", "foreach", "foreachpartition"],
        "write `foreach_batch(|batch, time| …)`, which sees all records of a batch",
    ),
    (&["cache", "persist", "unpersist"], "leave it out: a stream that is used several times is computed once"),
    (
        &["slice"],
        "write `.remember(&remembered, duration)` at the stream, and `remembered.slice(from, to)` outside, with `let remembered = Remembered::new();`",
    ),
    (&["countbykey"], "write `map(|(key, _)| key).count_by_value()`"),
    (
        &["saveasobjectfiles", "saveashadoopfiles", "saveasnewapihadoopfiles"],
        "write `save_as_text_files(prefix, suffix)`, or `foreach_batch(|batch, time| …)` for another format",
    ),
    (&["pprint", "show"], "write `print()`, or `print_table([\"key\", \"value\"])`"),
    (&["partitionby"], "leave it out: operators by key bring the records of a key together themselves"),
    (&["checkpoint"], "write `checkpoint_interval(duration)` directly behind an operator with state"),
    (
        &["start", "stop", "awaittermination", "awaitterminationortimeout"],
        "write it outside, at the context: `StreamingContext::new(pipeline).start()?`",
    ),
];

/// What Spark's context has, and `ssc` has not. Some of it is here something else that a stream has.
const AT_CONTEXT: [Habit; 6] = [
    (&["checkpoint"], "write it outside, at the context: `StreamingContext::new(pipeline).checkpoint_dir(\"…\")`"),
    (
        &["filestream"],
        "write `text_file_stream(directory)`, or `binary_records_stream(directory, record_length)` for files of other records",
    ),
    (
        &["socketstream", "rawsocketstream"],
        "write `socket_text_stream(host, port)` for lines of text, or `receiver_stream(my_receiver)` for another format",
    ),
    (
        &["addstreaminglistener"],
        "write it outside, at the context: `StreamingContext::new(pipeline).listener(Arc::new(listener))`",
    ),
    (
        &["transform"],
        "write `a.transform_with(b, |a, b, time| …)` for two streams, or `ssc.union([a, b, c]).transform(|batch, time| …)`",
    ),
    (&["remember"], "write `remember(&remembered, duration)` behind each stream whose last batches are wanted"),
];

/// What to write instead of a word of Spark, behind a stream or at the context.
pub fn instead_of(name: &str, at_context: bool) -> Option<&'static str> {
    let folded = name.replace('_', "").to_lowercase();
    let of_context = AT_CONTEXT.iter().filter(|_| at_context);
    let mut habits = of_context.chain(&HABITS);
    habits.find(|(words, _)| words.contains(&folded.as_str())).map(|(_, instead)| *instead)
}

/// What to write where an operator has too few arguments, because those of another one were meant.
pub fn instead_of_arguments(name: &str) -> Option<&'static str> {
    let is_aggregate = name == "aggregate_by_key";
    is_aggregate.then_some(
        "for an aggregate such as `mean()`, write `aggregate_by_key_and_window(mean(), length)` with the batch interval as its length",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops;

    #[test]
    fn no_operator_is_called_so() {
        let operators: Vec<String> = ops::OPERATORS.iter().map(|op| op.name.replace('_', "")).collect();
        let mut words = HABITS.iter().flat_map(|(words, _)| *words);
        assert!(words.all(|word| !operators.iter().any(|operator| operator == word)));
        assert!(instead_of("foreachRDD", false).is_some() && instead_of("await_termination", true).is_some());
    }

    #[test]
    fn no_source_is_called_so() {
        let sources: Vec<String> = ops::names(true).map(|name| name.replace('_', "")).collect();
        let mut words = AT_CONTEXT.iter().flat_map(|(words, _)| *words);
        assert!(words.all(|word| !sources.iter().any(|source| source == word)));
        for word in ["fileStream", "rawSocketStream", "socket_stream", "addStreamingListener", "transform", "remember"]
        {
            assert!(instead_of(word, true).is_some() && instead_of(word, false).is_none(), "{word}");
        }
        let [at_context, behind_a_stream] = [true, false].map(|at_context| instead_of("checkpoint", at_context));
        assert!(at_context.is_some_and(|instead| instead.contains("checkpoint_dir")));
        assert!(behind_a_stream.is_some_and(|instead| instead.contains("checkpoint_interval")));
    }

    #[test]
    fn arguments_that_are_told_about_are_those_of_an_operator() {
        assert!(ops::OPERATORS.iter().any(|op| instead_of_arguments(op.name).is_some()));
    }
}
