//! Files of batches that run again after a restart.

use super::files::put;
use super::*;

/// Lines of the files in `in`, whose batches are decided and, as long as `fails`, not committed.
fn lines(folder: &Path, fails: bool) -> (StreamingContext<impl Pipeline + use<>>, Collector<String>) {
    let (out, input) = (Collector::default(), folder.join("in"));
    let pipeline = stream!(every = 1s, name = "again", |ssc| {
        let lines = ssc.text_file_stream(input);
        lines.collect_into(&out);
        lines.foreach_batch(|_, _| assert!(!fails, "not today"));
    });
    (StreamingContext::new(pipeline).checkpoint_dir(folder.join("state")), out)
}

const START: Time = Time::from_millis(100_000);

/// A folder whose file `latest.csv` is in a batch that was not committed.
fn decided() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    let path = folder.path().join("in/latest.csv");
    let mut context = lines(folder.path(), true).0.manual_from(START).unwrap();
    put(&path, "a,1\nb,2\nc", 100_500);
    assert!(context.advance(1).is_err());
    (folder, path)
}

/// What a run of the same program has of the batch again.
fn again(folder: &Path) -> microbatch::Result<Vec<String>> {
    let (context, out) = lines(folder, false);
    context.manual_from(START + Duration::from_secs(1))?.advance(1)?;
    Ok(all(&out))
}

#[track_caller]
fn is_refused(folder: &Path, path: &Path, why: &str) {
    let error = again(folder).unwrap_err();
    assert!(matches!(&error, Error::Source { stream, .. } if stream == "lines"), "{error}");
    let error = error.to_string();
    for words in [&path.display().to_string(), why, "bring back", ".drop_state(\"lines\")"] {
        assert!(error.contains(words), "`{words}` is not in: {error}");
    }
}

#[test]
fn a_file_that_was_replaced_is_not_taken_for_the_old_one() {
    let (folder, path) = decided();
    put(&path, "x,1000000\ny,2000000\n", 101_500);
    is_refused(folder.path(), &path, "has other contents");
    // Also if it is rewritten in its place, or no longer than it was, or it is gone.
    fs::write(&path, "a,1\nB,2\nc").unwrap();
    is_refused(folder.path(), &path, "has other contents");
    fs::write(&path, "a,1\n").unwrap();
    is_refused(folder.path(), &path, "has become shorter");
    fs::remove_file(&path).unwrap();
    is_refused(folder.path(), &path, "cannot be read any more");
    // It is what it was by its bytes: also a copy will do.
    put(&path, "a,1\nb,2\nc", 99_000);
    assert_eq!(again(folder.path()).unwrap(), ["a,1", "b,2", "c"]);
}

#[test]
fn a_file_that_has_grown_has_the_same_records_again() {
    let (folder, path) = decided();
    File::options().append(true).open(path).unwrap().write_all(b",3\nd,4\n").unwrap();
    assert_eq!(again(folder.path()).unwrap(), ["a,1", "b,2", "c"]);
}

#[test]
fn a_link_stands_for_what_it_leads_to() {
    let (folder, path) = decided();
    fs::rename(&path, folder.path().join("elsewhere")).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path().join("elsewhere"), &path).unwrap();
        assert_eq!(again(folder.path()).unwrap(), ["a,1", "b,2", "c"]);
    }
}

#[test]
fn records_of_a_file_that_is_gone_can_be_given_up() {
    let (folder, path) = decided();
    put(&path, "x,1000000\n", 101_500);
    is_refused(folder.path(), &path, "has other contents");
    let (out, input) = (Collector::default(), folder.path().join("in"));
    let pipeline = stream!(every = 1s, name = "again", |ssc| {
        let other = ssc.text_file_stream(input, FileOptions::default().existing_files(true));
        other.collect_into(&out);
    });
    let context = StreamingContext::new(pipeline).checkpoint_dir(folder.path().join("state")).drop_state("lines");
    context.manual_from(START + Duration::from_secs(1)).unwrap().advance(2).unwrap();
    assert_eq!(all(&out), ["x,1000000"]);
}

#[test]
fn a_file_of_many_blocks_runs_again_and_is_known_to_its_last_byte() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    let path = folder.path().join("in/large");
    let mut context = lines(folder.path(), true).0.workers(4).manual_from(START).unwrap();
    let mut text: String = (0..600_000).map(|n| format!("{n} {}\n", "x".repeat(n % 17))).collect();
    text += &"y".repeat(3 << 20);
    put(&path, &text, 100_500);
    assert!(context.advance(1).is_err());
    drop(context);
    text.replace_range(text.len() - 1.., "z");
    put(&path, &text, 100_500);
    is_refused(folder.path(), &path, "has other contents");
    text.replace_range(text.len() - 1.., "y and more");
    put(&path, &text, 100_500);
    let again = again(folder.path()).unwrap();
    assert_eq!((again.len(), again[600_000].len()), (600_001, 3 << 20));
}

#[test]
fn binary_records_are_known_again() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("in")).unwrap();
    let path = folder.path().join("in/samples");
    let samples = |fails: bool| {
        let (out, input) = (Collector::default(), folder.path().join("in"));
        let pipeline = stream!(every = 1s, name = "again", |ssc| {
            let lines = ssc.binary_records_stream(input, 2);
            lines.map(|sample| (sample[0], sample[1])).collect_into(&out);
            lines.foreach_batch(|_, _| assert!(!fails, "not today"));
        });
        let context = StreamingContext::new(pipeline).checkpoint_dir(folder.path().join("state"));
        (context.manual_from(START).unwrap(), out)
    };
    let (mut context, _) = samples(true);
    put(&path, [1, 2, 3, 4], 100_500);
    assert!(context.advance(1).is_err());
    drop(context);
    for (now, expected) in [(&[1, 2, 3, 5][..], None), (&[1, 2, 3, 4, 5, 6], Some([(1, 2), (3, 4)]))] {
        put(&path, now, 100_500);
        let (mut context, out) = samples(false);
        assert_eq!(context.advance(1).is_ok(), expected.is_some());
        assert_eq!(all(&out), expected.map_or_else(Vec::new, Vec::from));
    }
}
