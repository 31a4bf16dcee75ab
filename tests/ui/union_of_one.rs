use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let lines = ssc.stdin_text_stream();
        ssc.union([lines]).print();
        lines.union([]).print();
    });
}
