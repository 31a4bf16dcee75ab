use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let words = ssc.queue_stream([vec!["a b".to_string()]]).flat_map(|line| line.split(' '));
        let pairs = words.map(|word| (word.len(), word));
        pairs.map_with_state(|_, _, word, last| {
            word.into_iter().for_each(|word| last.update(word));
        }).print();
        pairs.update_state_by_key(|words, last| words.last().copied().or(last)).print();
    });
}
