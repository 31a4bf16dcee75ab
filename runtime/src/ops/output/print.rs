//! `print`: the first records of each batch, as Spark prints them.

use crate::commit::Commit;
use crate::error::BoxError;
use crate::ops::output::{Output, show_line, to_stdout};
use crate::show::Show;
use crate::stage::Part;
use crate::time::Time;

const RULE: &str = "-------------------------------------------";

/// See [`DStream::print`](crate::DStream::print).
pub fn print(n: usize) -> Print {
    Print { n }
}

/// See [`print`].
pub struct Print {
    n: usize,
}

/// The first records of a worker, a line each, and where each line ends.
#[derive(Default)]
pub struct Printed {
    text: String,
    ends: Vec<usize>,
}

impl Part for Printed {}

impl<T: Show> Output<T> for Print {
    type Part = Printed;

    fn take(&self, batch: impl Iterator<Item = T>, part: &mut Printed) {
        // One more than is printed tells whether there are more.
        let wanted = self.n.saturating_add(1).saturating_sub(part.ends.len());
        batch.take(wanted).for_each(|record| {
            show_line(record, &mut part.text);
            part.ends.push(part.text.len());
        });
    }

    fn write(&mut self, time: Time, parts: Vec<Printed>, _: &mut Commit) -> Result<(), BoxError> {
        to_stdout(&text(time, &parts, self.n))
    }
}

fn text(time: Time, parts: &[Printed], n: usize) -> String {
    let mut text = format!("{RULE}\nTime: {time}\n{RULE}\n");
    let mut left = n;
    for part in parts {
        let shown = part.ends.len().min(left);
        text.push_str(shown.checked_sub(1).map_or("", |last| &part.text[..part.ends[last]]));
        left -= shown;
    }
    if parts.iter().map(|part| part.ends.len()).sum::<usize>() > n {
        text.push_str("...\n");
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(n: usize, workers: &[&[u64]]) -> String {
        let output = print(n);
        let parts: Vec<Printed> = workers
            .iter()
            .map(|records| {
                let mut part = Printed::default();
                // A worker may get its records in several runs.
                records.chunks(3).for_each(|run| output.take(run.iter(), &mut part));
                assert!(part.ends.len() <= n + 1, "no more is taken than needed");
                part
            })
            .collect();
        text(Time::from_millis(1000), &parts, n)
    }

    fn block(records: &str) -> String {
        let rule = "-".repeat(43);
        format!("{rule}\nTime: 1000 ms\n{rule}\n{records}\n")
    }

    #[test]
    fn an_empty_batch_has_a_header() {
        assert_eq!(printed(10, &[]), block(""));
        assert_eq!(printed(10, &[&[], &[]]), block(""));
    }

    #[test]
    fn dots_stand_for_more_records() {
        assert_eq!(printed(2, &[&[1, 2]]), block("1\n2\n"));
        assert_eq!(printed(2, &[&[1, 2, 3]]), block("1\n2\n...\n"));
        assert_eq!(printed(0, &[]), block(""));
        assert_eq!(printed(0, &[&[1]]), block("...\n"));
    }

    #[test]
    fn workers_do_not_change_what_is_printed() {
        let records: Vec<u64> = (1..=12).collect();
        let expected = block("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n...\n");
        for cut in 0..=12 {
            let (left, right) = records.split_at(cut);
            assert_eq!(printed(10, &[left, right]), expected, "cut at {cut}");
        }
    }
}
