use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = , name =, |ssc| {
        ssc.stdin_text_stream().print();
    });
}
