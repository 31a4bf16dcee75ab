//! rustfmt formats the input of `stream!`, because it reads as the arguments of a call.

use std::io::Write;
use std::process::{Command, Stdio};

const CROWDED: &str = r#"fn main() {
    let pipeline = stream!(every=1s,name="words",|ssc| {
            let lines=ssc.socket_text_stream("localhost",9999);
      lines.flat_map(|line|line.split(' ')).map(|word|(word,1u64)).reduce_by_key(|a,b|a+b).filter(|(_,n)|*n>1).print( );
    });
}
"#;

const FORMATTED: &str = r#"fn main() {
    let pipeline = stream!(every = 1s, name = "words", |ssc| {
        let lines = ssc.socket_text_stream("localhost", 9999);
        lines
            .flat_map(|line| line.split(' '))
            .map(|word| (word, 1u64))
            .reduce_by_key(|a, b| a + b)
            .filter(|(_, n)| *n > 1)
            .print();
    });
}
"#;

#[test]
fn rustfmt_formats_pipelines() {
    let rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024", "--emit", "stdout", "--config-path", "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut rustfmt) = rustfmt else { return eprintln!("rustfmt is not installed: not checked") };
    rustfmt.stdin.take().unwrap().write_all(CROWDED.as_bytes()).unwrap();
    let output = rustfmt.wait_with_output().unwrap();
    if !output.status.success() {
        return eprintln!("rustfmt does not run here: not checked");
    }
    assert_eq!(String::from_utf8_lossy(&output.stdout), FORMATTED);
}
