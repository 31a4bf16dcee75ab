use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        ssc.socketTextStream("localhost", 9999).print();
        ssc.telepathy_stream().print();
    });
}
