//! User sessions: what belongs together among the page views of a user, and ends when nothing comes for three seconds.
//!
//! `map_with_state` remembers the open session of each user; its timeout closes them. Run it with
//! `cargo run --release --example sessionize`: it makes up the views of some users and ends after fifteen batches.

use microbatch::cli::Cli;
use microbatch::prelude::*;

/// An open session.
#[derive(Clone, Debug, Record)]
struct Session {
    began: Time,
    last: Time,
    views: u64,
}

/// Whose the n-th view is, at 50 a second: each user is there for two seconds, and away for four.
fn view(n: u64) -> Option<(u64, &'static str)> {
    let (user, second) = (n % 7, n / 50);
    let is_there = (second + user) % 6 < 2;
    is_there.then_some((user, ["/", "/news", "/shop"][(n / 7) as usize % 3]))
}

fn sessionize() -> impl Pipeline {
    stream!(every = 1s, name = "sessionize", |ssc| {
        let views = ssc.rate_stream(50).filter_map(view);
        let sessions = views
            .map_with_state(|time, user, page: Option<&str>, session: &mut State<Session>| match page {
                Some(_) => {
                    let open = session.get_or_insert_with(|| Session { began: time, last: time, views: 0 });
                    (open.last, open.views) = (time, open.views + 1);
                    None
                }
                // Nothing came for three seconds: the session is over.
                None => session.get_option().map(|over| (user, over.last.since(over.began).as_secs() + 1, over.views)),
            })
            .timeout(3s)
            .name("open-sessions");
        let over = sessions.flat_map(|session| session);
        over.sort_by(|session| session.0).print_table(["user", "seconds", "views"]);
        sessions.state_snapshots().count().print_table(["open sessions"]);
    })
}

fn main() -> microbatch::Result<()> {
    Cli::new("Cuts page views into sessions.").parse().run_with(sessionize(), |context| context.batches(15))
}
