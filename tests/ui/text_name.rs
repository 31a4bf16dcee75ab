use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, name = 5, |ssc| {
        ssc.stdin_text_stream().print();
    });
}
