use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 5, |ssc| {
        ssc.stdin_text_stream().print();
    });
}
