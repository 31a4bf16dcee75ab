use microbatch::prelude::*;

#[derive(Clone)]
struct Visit;

#[derive(Clone, Record)]
struct Session {
    user: u64,
    started: std::time::Instant,
}

#[derive(Clone, Record)]
enum Event {
    Opened(Vec<std::thread::ThreadId>),
}

#[derive(Clone, Record)]
struct Cached {
    user: u64,
    #[record(skip)]
    visit: Visit,
}

fn main() {}
