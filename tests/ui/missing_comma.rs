use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s |ssc| {
        ssc.stdin_text_stream().print();
    });
    let _ = stream!(every = 1s, name = "words" move |ssc| {
        ssc.stdin_text_stream().print();
    });
}
