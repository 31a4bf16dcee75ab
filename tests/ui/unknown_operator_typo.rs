use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let lines = ssc.socket_text_stream("localhost", 9999);
        lines.fliter(|line| !line.is_empty()).print();
    });
}
