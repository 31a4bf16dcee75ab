//! Types of one's own, generic ones too.
use microbatch::prelude::*;

#[derive(Clone, Debug, PartialEq, Record)]
struct Click {
    user: u64,
    page: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Record)]
enum Kind {
    Known(u64),
    Named { name: String },
    Other,
}

#[derive(Clone, Debug, PartialEq, Record)]
struct Wrapped<T>(T);

/// Has no values.
#[derive(Clone, Debug, PartialEq, Record)]
enum Never {}

fn main() -> microbatch::Result<()> {
    let (pages, kinds, wrapped) = (Collector::default(), Collector::default(), Collector::default());
    let counts = Collector::default();
    let clicks = vec![vec![Click { user: 1, page: "/".into() }, Click { user: 0, page: "/faq".into() }]];
    let pipeline = stream!(every = 1s, |ssc| {
        let clicks = ssc.queue_stream(clicks);
        clicks.map(|click| click.page.as_str()).collect_into(&pages);
        let kind = clicks.map(|click| match click {
            Click { user: 0, page } if page == "/" => Kind::Other,
            Click { user: 0, page } => Kind::Named { name: page.clone() },
            Click { user, .. } => Kind::Known(*user),
        });
        kind.count_by_value().collect_into(&kinds);
        clicks.map(|click| Wrapped(click.user)).collect_into(&wrapped);
        clicks.map(|click| Ok::<u64, Never>(click.user)).count().collect_into(&counts);
    });
    StreamingContext::new(pipeline).manual()?.advance(1)?;
    assert_eq!(pages.batches()[0].1, ["/", "/faq"]);
    assert_eq!(kinds.batches()[0].1.len(), 2);
    assert_eq!(wrapped.batches()[0].1, [Wrapped(1), Wrapped(0)]);
    assert_eq!(counts.batches()[0].1, [2]);
    Ok(())
}
