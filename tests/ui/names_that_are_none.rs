use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        let self = ssc.stdin_text_stream();
        self.print();
        let lines = ssc.stdin_text_stream();
        let _ = lines.count();
        let _ = lines.map(|line| line.len());
        lines.print();
    });
}
