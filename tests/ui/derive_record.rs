use microbatch::prelude::*;

#[derive(Record)]
struct NotClone(u64);

#[derive(Clone, Record)]
struct Borrows<'a>(&'a str);

#[derive(Clone, Copy, Record)]
union Both {
    a: u64,
    b: f64,
}

#[derive(Clone, Record)]
struct Holds {
    id: u64,
    visit: Visit,
}

#[derive(Clone)]
struct Visit;

fn main() {}
