use microbatch::prelude::*;

fn main() {
    let _ = stream!(evry = 1s, every = 5 , |ssc| {
        let lines = ssc.socket_text_stream("localhost", 9999);
        let words = lines.flat_map(|line| line.split(' '));
        let pairs = words.map(|word| (word, 1u64));
        let counts = pairs.reduce_by_keys(|a, b| a + b);
        counts.print();
        words.count(1).print();
        wrods.distinct().print();
        pairs.reduce_by_key(|a, b, c| a + b + c).print();
        lines.filter(|line| !line.is_empty());
    });
}
