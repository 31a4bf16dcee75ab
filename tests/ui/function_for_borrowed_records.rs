use microbatch::prelude::*;

/// What it gives would have to be made in the batch whose records it sees.
fn not<T>(f: impl Fn(&T) -> bool) -> impl Fn(&T) -> bool {
    move |x| !f(x)
}

fn pipeline() -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let text = ssc.stdin_text_stream();
        text.filter(not(|line: &&str| line.is_empty())).print();
    })
}

/// In a closure it is.
fn in_its_batch() -> impl Pipeline {
    stream!(every = 1s, |ssc| {
        let text = ssc.stdin_text_stream();
        text.filter(|line| not(|line: &&str| line.is_empty())(line)).print();
    })
}

fn main() {
    let _ = (pipeline(), in_its_batch());
}
