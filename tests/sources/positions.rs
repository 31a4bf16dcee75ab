//! Where a source stood is not taken for where one of another kind stands that has its name now.

use super::files::put;
use super::*;

/// The kinds of sources that write down where they stand.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Queue,
    Rate,
    Files,
    Receiver,
}

const KINDS: [Kind; 4] = [Kind::Queue, Kind::Rate, Kind::Files, Kind::Receiver];

/// Hands out three numbers.
struct Three;

impl Receiver for Three {
    type Item = u64;

    fn start(&mut self, intake: Intake<u64>) -> microbatch::Result<()> {
        intake.store_block(vec![1, 2, 3])
    }
}

/// Two batches of a source of this kind: how many records they have.
fn run(kind: Kind, folder: &Path) -> microbatch::Result<u64> {
    let counts = Collector::default();
    let start = Time::from_millis(100_000);
    macro_rules! count {
        ($source:ident($argument:expr)) => {
            stream!(every = 1s, name = "kinds", |ssc| {
                let input = ssc.$source($argument);
                input.count().collect_into(&counts);
            })
        };
    }
    fn two(pipeline: impl Pipeline + Send + 'static, folder: &Path, start: Time) -> microbatch::Result<()> {
        let context = StreamingContext::new(pipeline).checkpoint_dir(folder.join("state")).write_ahead_log(true);
        let mut context = context.manual_from(start)?;
        put(folder.join("in/file"), "one\n", 100_500);
        context.advance(2)?;
        context.stop()
    }
    let files = folder.join("in");
    match kind {
        Kind::Queue => two(count!(queue_stream((0..9).map(|number| vec![number]))), folder, start)?,
        Kind::Rate => two(count!(rate_stream(1)), folder, start)?,
        Kind::Files => two(count!(text_file_stream(files)), folder, start)?,
        Kind::Receiver => two(count!(receiver_stream(Three)), folder, start)?,
    }
    Ok(all(&counts).into_iter().sum())
}

#[test]
fn the_position_of_another_kind_of_source_is_refused() {
    for before in KINDS {
        for now in KINDS.into_iter().filter(|now| *now != before) {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir(folder.path().join("in")).unwrap();
            assert!(run(before, folder.path()).unwrap() > 0);
            let refused = run(now, folder.path());
            let words = refused.as_ref().err().map(ToString::to_string).unwrap_or_default();
            assert!(words.contains("was another source of this name there before?"), "{before:?} {now:?}: {refused:?}");
        }
    }
}
