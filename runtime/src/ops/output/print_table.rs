//! `print_table`: each batch as an aligned table.

use std::fmt::Write;

use comfy_table::{CellAlignment, Table, presets};

use crate::commit::Commit;
use crate::error::BoxError;
use crate::ops::output::{Output, to_stdout};
use crate::show::Show;
use crate::stage::Part;
use crate::time::Time;

/// How many rows are printed.
const ROWS: usize = 20;

/// See [`DStream::print_table`](crate::DStream::print_table).
pub fn print_table<const N: usize>(titles: [impl Into<String>; N]) -> PrintTable<N> {
    PrintTable { titles: titles.map(Into::into) }
}

/// See [`print_table`].
pub struct PrintTable<const N: usize> {
    titles: [String; N],
}

/// The first rows of a worker, and how many more it had.
#[derive(Default)]
pub struct Tabled {
    rows: Vec<Vec<String>>,
    more: usize,
}

impl Part for Tabled {}

impl<T: Show, const N: usize> Output<T> for PrintTable<N> {
    const CHECKED: () = {
        if T::COLUMNS != N {
            panic!("{}", Words::mismatch(N, T::COLUMNS).as_str());
        }
    };

    type Part = Tabled;

    fn take(&self, mut batch: impl Iterator<Item = T>, part: &mut Tabled) {
        for record in batch.by_ref().take(ROWS - part.rows.len()) {
            let mut row = Vec::with_capacity(N);
            record.cells(&mut row);
            part.rows.push(row);
        }
        part.more += batch.count();
    }

    fn write(&mut self, time: Time, parts: Vec<Tabled>, _: &mut Commit) -> Result<(), BoxError> {
        to_stdout(&text(time, &self.titles, parts))
    }
}

fn text(time: Time, titles: &[String], parts: Vec<Tabled>) -> String {
    let total: usize = parts.iter().map(|part| part.rows.len() + part.more).sum();
    let rows: Vec<Vec<String>> = parts.into_iter().flat_map(|part| part.rows).take(ROWS).collect();
    let shown = rows.len();
    let mut text = format!("Time: {time}\n{}\n", table(titles, rows));
    if total > shown {
        let _ = writeln!(text, "… and {} more", total - shown); // a text always takes what is written
    }
    text.push('\n');
    text
}

fn table(titles: &[String], rows: Vec<Vec<String>>) -> Table {
    let numeric: Vec<bool> =
        (0..titles.len()).map(|column| !rows.is_empty() && rows.iter().all(|row| is_number(row, column))).collect();
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(titles).add_rows(rows);
    for (column, _) in numeric.into_iter().enumerate().filter(|(_, numeric)| *numeric) {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

fn is_number(row: &[String], column: usize) -> bool {
    row.get(column).is_some_and(|cell| cell.parse::<f64>().is_ok())
}

/// A message that is put together at compile time.
struct Words {
    bytes: [u8; 128],
    length: usize,
}

impl Words {
    const fn mismatch(titles: usize, cells: usize) -> Self {
        Words { bytes: [0; 128], length: 0 }
            .text("`print_table` got ")
            .number(titles)
            .text(" titles, and a record of this stream has ")
            .number(cells)
            .text(" cells: write a title for each")
    }

    const fn text(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        let mut at = 0;
        while at < text.len() && self.length < self.bytes.len() {
            self.bytes[self.length] = text[at];
            self.length += 1;
            at += 1;
        }
        self
    }

    const fn number(self, number: usize) -> Self {
        const DIGITS: &str = "0123456789";
        let (higher, digit) = (number / 10, number % 10);
        let words = if higher > 0 { self.number(higher) } else { self };
        words.text(DIGITS.split_at(digit).1.split_at(1).0)
    }

    const fn as_str(&self) -> &str {
        match str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(words) => words,
            Err(_) => "`print_table` needs a title for each cell of a record",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tabled(workers: &[&[(&str, u64)]]) -> String {
        let output = print_table(["word", "count"]);
        let parts = workers
            .iter()
            .map(|records| {
                let mut part = Tabled::default();
                records.chunks(7).for_each(|run| output.take(run.iter().copied(), &mut part));
                part
            })
            .collect();
        text(Time::from_millis(1000), &output.titles, parts)
    }

    #[test]
    fn numbers_are_aligned_to_the_right() {
        let expected = "\
Time: 1000 ms
┌──────┬───────┐
│ word ┆ count │
╞══════╪═══════╡
│ be   ┆     2 │
│ or   ┆    10 │
└──────┴───────┘

";
        assert_eq!(tabled(&[&[("be", 2)], &[("or", 10)]]), expected);
    }

    #[test]
    fn an_empty_batch_is_a_table_without_rows() {
        assert_eq!(tabled(&[]).lines().count(), 6);
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let records = [("a", 1); 50];
        for cut in [0, 10, 25, 50] {
            let (left, right) = records.split_at(cut);
            let text = tabled(&[left, right]);
            assert_eq!(text.matches("│ a ").count(), 20, "{text}");
            assert!(text.ends_with("\n… and 30 more\n\n"), "{text}");
        }
    }

    #[test]
    fn the_message_names_both_numbers() {
        assert_eq!(
            Words::mismatch(120, 2).as_str(),
            "`print_table` got 120 titles, and a record of this stream has 2 cells: write a title for each"
        );
    }
}
