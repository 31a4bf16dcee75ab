use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let lines = ssc.stdin_text_stream();
        let words = lines.flat_map(|line| line.split(' '));
        let lengths = lines.map(|line| line.len());
        lengths.print();
    });
}
