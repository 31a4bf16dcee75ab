use microbatch::prelude::*;

#[derive(Clone, Record)]
struct Session {
    user: u64,
    #[record(skp)]
    started: std::time::Instant,
}

#[derive(Clone, Record)]
struct Click(#[record(skip = true)] u64, #[record()] u64, #[record] u64);

#[derive(Clone, Record)]
#[record(skip)]
enum Event {
    #[record(skip)]
    Opened,
}

fn main() {}
