use microbatch::prelude::*;

use std::collections::HashMap;

fn shorten(line: &str) -> &str {
    line.trim()
}

fn main() {
    let limit = 80;
    let _ = stream!(every = 1s, |ssc| {
        let rules: HashMap<String, u64> = HashMap::new();
        let lines = ssc.stdin_text_stream();
        lines.filter(|line| line.len() > limit && !rules.contains_key(*line)).mapp(|line| shorten(line)).print();
    });
}
