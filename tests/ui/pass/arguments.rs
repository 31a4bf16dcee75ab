//! Commas, bars and brackets inside arguments.
use std::collections::HashMap;

use microbatch::prelude::*;

fn shorten(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

fn main() -> microbatch::Result<()> {
    let (words, counts, flags) = (Collector::default(), Collector::default(), Collector::default());
    let text = vec![vec!["to, be or: not".to_string(), "to be".to_string()]];
    let pipeline = stream!(every = 1s, |ssc| {
        let lines = ssc.queue_stream(text);
        let split = lines.flat_map(|line: &str| -> Vec<&str> { line.split(|c| c == ' ' || c == ',').collect::<Vec<_>>() });
        let cleaned = split.map(shorten).filter(|word| !word.is_empty());
        cleaned
            .map(|word| {
                let lengths: HashMap<&str, usize> = [(word, word.len())].into_iter().collect::<HashMap<&str, usize>>();
                (word, lengths[word])
            })
            .collect_into(&words);
        let pairs = cleaned.map(move |word| (word, (1u64, word.len() as u64)));
        pairs
            .combine_by_key(|(n, length)| [n, length], |[a, b], (n, length)| [a + n, b | length], |[a, b], [c, d]| [a + c, b | d])
            .map(|(word, [n, length])| (word, n, length))
            .filter(|&(_, n, length)| n > 1 || length > 2)
            .sort_by(|(word, ..)| word.to_string())
            .collect_into(&counts);
        cleaned.map(|word| word.len() < 3 && !(word.len() > 5)).reduce(|a, b| a | b).collect_into(&flags);
    });
    StreamingContext::new(pipeline).manual()?.advance(1)?;
    assert_eq!(words.batches()[0].1[2], ("or".to_string(), 2));
    let expected = [("be".to_string(), 2, 2), ("not".to_string(), 1, 3), ("to".to_string(), 2, 2)];
    assert_eq!(counts.batches()[0].1, expected);
    assert_eq!(flags.batches()[0].1, [true]);
    Ok(())
}
