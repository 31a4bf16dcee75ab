//! What has the name of a stream, or of a variable, and is something else.
#![deny(warnings)]
use microbatch::prelude::*;

enum Event {
    Click { user: u64 },
    Idle,
}

struct Sinks {
    words: Collector<u64>,
}

fn main() -> microbatch::Result<()> {
    let sinks = Sinks { words: Collector::default() };
    let (limit, late) = (3, Collector::default());
    let pipeline = stream!(every = 1s, |ssc| {
        let user = ssc.queue_stream([vec![1u64, 2, 5]]);
        let words = user.count();
        let w = [1u64, 2];
        let events = [Event::Click { user: 5 }, Event::Idle];
        let clicks = events.iter().filter(|e| matches!(e, Event::Click { user } if *user > 3)).count() as u64;
        let users = events.iter().filter(|e| match e {
            Event::Click { user } if *user > 3 => true,
            Event::Click { .. } | Event::Idle => false,
        });
        let users = users.count() as u64;
        fn shorten(words: &str) -> &str {
            words.trim()
        }
        #[allow(non_local_definitions)]
        impl Event {
            fn user(&self) -> Option<u64> {
                match self {
                    Event::Click { user } => Some(*user),
                    Event::Idle => None,
                }
            }
        }
        let text = format!("{words} {user}", words = w.len(), user = shorten(" a "));
        let mut rounds = 0;
        'words: loop {
            rounds += 1;
            if rounds == 3 {
                break 'words;
            }
        }
        let known = events.iter().filter_map(Event::user).sum::<u64>();
        words.map(|n| n + clicks + users + known + rounds).collect_into(&sinks.words);
        user.filter(|n| *n > limit).map(|limit| limit + text.len() as u64).collect_into(&late);
        // Those above bind a `limit` of their own, or mean the one outside of the pipeline's own statements.
        user.filter(|n| {
            let bound = 3;
            *n > bound
        })
        .print();
        let bound = 7;
        user.filter(|n| *n > bound).print();
    });
    StreamingContext::new(pipeline).manual()?.advance(1)?;
    assert_eq!(sinks.words.batches()[0].1, [3 + 1 + 1 + 5 + 3]);
    assert_eq!(late.batches()[0].1, [5 + 3]);
    Ok(())
}
