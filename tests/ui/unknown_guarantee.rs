use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, require = exactly_onse, |ssc| {
        ssc.stdin_text_stream().print();
    });
    let _ = stream!(every = 1s, require = "exactly once", |ssc| {
        ssc.stdin_text_stream().print();
    });
    let _ = stream!(every = 1s, require = AtLeastOnce, |ssc| {
        ssc.stdin_text_stream().print();
    });
    let _ = stream!(every = 1s, require = Guarantee::Best, |ssc| {
        ssc.stdin_text_stream().print();
    });
    let _ = stream!(every = 1s, require = true, |ssc| {
        ssc.stdin_text_stream().print();
    });
}
