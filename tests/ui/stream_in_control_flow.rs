use microbatch::prelude::*;

fn main() {
    let debug = true;
    let _ = stream!(every = 1s, |ssc| {
        let counts = ssc.stdin_text_stream().count();
        if debug {
            counts.print();
        }
        for _ in 0..3 {
            counts.count().print();
        }
    });
}
