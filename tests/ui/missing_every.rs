use microbatch::prelude::*;

fn main() {
    let _ = stream!(|ssc| {
        ssc.stdin_text_stream().print();
    });
}
