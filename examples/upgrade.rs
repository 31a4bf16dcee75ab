//! A program changes between two runs, and its state comes along: version 1 counts visits, version 2 also wants to know when the
//! last one was.
//!
//! ```text
//! cargo run --release --example upgrade
//! ```
//!
//! The state is found by its name, `visits`, however the program around it has changed. Its type is another one, which the
//! checkpoint knows: without a migration the new version does not start, and says what to do.

use microbatch::prelude::*;

const VISITORS: [&[&str]; 6] = [&["ada", "bob"], &["ada"], &["cleo"], &["ada", "bob"], &["bob"], &["dan", "ada"]];

/// The visitors, as every version reads them.
fn visitors() -> impl Iterator<Item = Vec<String>> + Send {
    VISITORS.into_iter().map(|names| names.iter().map(|name| (*name).to_owned()).collect())
}

fn version_1() -> impl Pipeline {
    stream!(every = 1s, name = "visitors", |ssc| {
        let visitors = ssc.queue_stream(visitors());
        let ones = visitors.map(|name| (name, 1u32));
        let visits = ones.update_state_by_key(|ones, count: Option<u32>| Some(count.unwrap_or(0) + ones.len() as u32));
        visits.print();
    })
}

/// What version 2 remembers of a visitor.
#[derive(Clone, Debug, PartialEq, Record)]
struct Visits {
    count: u64,
    /// In milliseconds; unknown of those that version 1 has counted.
    last: Option<u64>,
}

fn version_2() -> impl Pipeline {
    stream!(every = 1s, name = "visitors", |ssc| {
        let visitors = ssc.queue_stream(visitors());
        // An operator more, another closure, another type: the name of the state is the same.
        let known = visitors.filter(|name| *name != "dan");
        let visits = known.map(|name| (name, ())).map_with_state(|time, name, _, visits: &mut State<Visits>| {
            let known = visits.get_or_insert_with(|| Visits { count: 0, last: None });
            known.count += 1;
            let before = known.last.replace(time.as_millis());
            (name, known.count, before)
        });
        visits.name("visits").print();
    })
}

fn main() -> microbatch::Result<()> {
    let state = std::env::temp_dir().join(format!("upgrade-{}", std::process::id()));

    println!("Version 1 runs for three batches.\n");
    let mut context = StreamingContext::new(version_1()).checkpoint_dir(&state).manual()?;
    context.advance(3)?;
    context.stop()?;

    println!("Version 2 does not start just so:\n");
    let refused = StreamingContext::new(version_2()).checkpoint_dir(&state).manual().err();
    println!("{}\n", refused.ok_or("version 2 has started on the state of version 1")?);

    println!("With a migration it goes on with the fourth batch.\n");
    let mut context = StreamingContext::new(version_2())
        .checkpoint_dir(&state)
        .state_migration("visits", |count: u32| Visits { count: u64::from(count), last: None })
        .manual()?;
    context.advance(3)?;
    let visits = context.state::<String, Visits>("visits")?;
    println!("ada: {:?}", visits.get("ada"));
    context.stop()?;
    std::fs::remove_dir_all(&state)?;
    Ok(())
}
