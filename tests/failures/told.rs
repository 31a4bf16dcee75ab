//! What a program is told of that listens to nothing.

use std::net::TcpListener;
use std::sync::mpsc;

use super::*;
use microbatch::{ReceiverInfo, StreamingListener};

fn numbers() -> impl Pipeline + Send + 'static {
    stream!(every = 10ms, name = "numbers", |ssc| {
        let numbers = ssc.queue_stream([vec![1u64]]).map(|n| (n, 1u64));
        let counts = numbers.update_state_by_key(|new, count: Option<u64>| Some(count.unwrap_or(0) + new.len() as u64));
        counts.count().foreach_batch(|_, _| ());
    })
}

struct Hears(mpsc::Sender<()>);

impl StreamingListener for Hears {
    fn on_receiver_error(&self, receiver: &ReceiverInfo) {
        if receiver.last_error.is_some() {
            let _ = self.0.send(());
        }
    }
}

#[test]
fn child_that_nobody_listens_to() {
    let Some(port) = std::env::var("MICROBATCH_PORT").ok().and_then(|port| port.parse::<u16>().ok()) else { return };
    let lines = stream!(every = 10ms, name = "lines", |ssc| {
        let lines = ssc.socket_text_stream("127.0.0.1", port);
        lines.foreach_batch(|_, _| ());
    });
    let context = StreamingContext::new(lines).checkpoint_interval(Duration::from_millis(100));
    let context = context.start().unwrap();
    let (sender, errors) = mpsc::channel();
    // It hears of an error when standard error has it.
    context.add_listener(Arc::new(Hears(sender)));
    errors.recv().unwrap();
    context.stop().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let again = || StreamingContext::new(numbers()).checkpoint_dir(dir.path());
    again().batches(2).run().unwrap();
    again().drop_state("other").batches(2).run().unwrap();
    eprintln!("end");
}

#[test]
fn whoever_does_not_listen_is_told_on_standard_error() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener); // nobody is there
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "told::child_that_nobody_listens_to", "--nocapture"])
        .env("MICROBATCH_PORT", port.to_string())
        .output()
        .unwrap();
    let told = String::from_utf8(child.stderr).unwrap();
    assert!(child.status.success(), "{told}");
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(
        lines[0],
        "warning: pipeline `lines`: without `checkpoint_dir(…)` nothing comes of `checkpoint_interval`"
    );
    assert!(lines[1].starts_with("warning: source `lines`: ") && lines[1].contains("refused"), "{told}");
    assert!(
        told.contains("`drop_state(\"other\")`: the checkpoint has no state, window or source of this name"),
        "{told}"
    );
    assert_eq!(lines.last(), Some(&"end"));
}
