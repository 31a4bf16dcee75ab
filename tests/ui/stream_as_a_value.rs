use microbatch::prelude::*;

fn helper<T>(_: T) {}

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let lines = ssc.stdin_text_stream();
        helper(lines);
        let both = (lines, 5);
        lines.print();
    });
}
