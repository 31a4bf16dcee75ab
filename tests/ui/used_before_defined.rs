use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let lines = ssc.stdin_text_stream();
        words.print();
        let words = lines.flat_map(|line| line.split(' '));
    });
}
