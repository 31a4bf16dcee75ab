use microbatch::prelude::*;

fn main() {
    let _ = stream!(every = 1s, |ssc| {
        ssc.socket_text_stream("localhost", 9999).send_by_carrier_pigeon().print();
    });
}
