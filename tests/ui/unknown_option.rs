use microbatch::prelude::*;

fn main() {
    let _ = stream!(evry = 1s, name = "errors", parallel = true, requires = exactly_once, |ssc| {
        ssc.stdin_text_stream().print();
    });
}
