use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        #[cfg(debug_assertions)]
        let lines = ssc.stdin_text_stream();
        /// Not a mistake.
        #[rustfmt::skip]
        #[must_use]
        let words = lines.flat_map(|line| line.split(' '));
        #[cfg_attr(debug_assertions, allow(unused))]
        words.print();
    });
}
