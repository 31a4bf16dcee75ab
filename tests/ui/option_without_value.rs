use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = , name =, require =, |ssc| {
        ssc.stdin_text_stream().print();
    });
}
