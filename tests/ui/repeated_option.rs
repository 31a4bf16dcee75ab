use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, every = 2s, require = at_least_once, require = exactly_once, |ssc| {
        ssc.stdin_text_stream().print();
    });
}
