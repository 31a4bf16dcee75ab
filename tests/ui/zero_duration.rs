use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 0s, |ssc| {
        ssc.stdin_text_stream().print();
    });
}
