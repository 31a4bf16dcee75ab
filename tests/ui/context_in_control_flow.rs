use microbatch::prelude::*;

fn main() {
    let debug = true;
    let _ = stream!(every = 1s, |ssc| {
        let lines = if debug { ssc.stdin_text_stream() } else { ssc.socket_text_stream("localhost", 9999) };
        lines.print();
    });
}
