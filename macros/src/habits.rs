//! Words of Spark that no operator has for a name, and what is written instead.

/// The words without case and underscores.
const HABITS: [(&[&str], &str); 9] = [
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

/// What to write instead of a word of Spark.
pub fn instead_of(name: &str) -> Option<&'static str> {
    let folded = name.replace('_', "").to_lowercase();
    HABITS.iter().find(|(words, _)| words.contains(&folded.as_str())).map(|(_, instead)| *instead)
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
        assert!(instead_of("foreachRDD").is_some() && instead_of("await_termination").is_some());
    }
}
