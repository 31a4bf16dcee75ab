//! The time a record with 1, 2, 4 and 8 workers, and with few blocks, many, and such of very different sizes.

use std::sync::Arc;

use microbatch::TextBlock;

use crate::data;
use crate::timing::{figures, time};
use crate::workloads::{Repeated, Side, csv, windowed_words, words};

const LINES: usize = 100_000;
const TURNS: usize = 9;
const WORKERS: [usize; 4] = [1, 2, 4, 8];

type Cut = fn(&str) -> Vec<Arc<TextBlock>>;

/// How a text of some megabytes is cut.
const CUTS: [(&str, Cut); 4] = [
    ("one block", |text| vec![block(text)]),
    ("three blocks", |text| data::cut(text, text.len() / 3).map(block).collect()),
    ("300 blocks", |text| data::cut(text, text.len() / 300).map(block).collect()),
    ("one of 90 %, 30 small", |text| {
        let mut parts: Vec<&str> = data::cut(text, text.len() / 10 * 9).collect();
        let rest = parts.split_off(1).concat();
        parts.into_iter().map(block).chain(data::cut(&rest, rest.len() / 30).map(block)).collect()
    }),
];

fn block(text: &str) -> Arc<TextBlock> {
    Arc::new(TextBlock::new(text.to_owned()))
}

/// What is run over the blocks of a text, and its records.
struct Case {
    name: &'static str,
    records: usize,
    text: fn() -> String,
    side: fn(Repeated, usize) -> Side,
}

const CASES: [Case; 3] = [
    Case {
        name: "word_count_text",
        records: LINES * 10,
        text: || data::words(LINES, 100_000).text,
        side: |source, workers| crate::workloads::side(workers, 1, |out| words::word_count_text(source, out)),
    },
    Case {
        name: "csv_text",
        records: LINES * 10,
        text: || data::csv(LINES * 10).text,
        side: |source, workers| crate::workloads::side(workers, 1, |out| csv::csv_text(source, out)),
    },
    Case {
        name: "windowed_words",
        records: LINES * 10,
        text: || data::words(LINES, 100_000).text,
        side: |source, workers| crate::workloads::side(workers, 1, |out| windowed_words(source, out)),
    },
];

pub fn print() {
    println!("{:<18} {:<22} {:>9} {:>9} {:>9} {:>9}", "ns a record, workers", "", 1, 2, 4, 8);
    for case in &CASES {
        let text = (case.text)();
        for (cut, blocks) in CUTS {
            // Numbers of workers take turns, so that other load disturbs all of them.
            let mut sides = WORKERS.map(|workers| (case.side)(Repeated(blocks(&text)), workers));
            let mut times = WORKERS.map(|_| Vec::new());
            for turn in 0..TURNS + 1 {
                for (side, times) in sides.iter_mut().zip(&mut times) {
                    let took = time(side);
                    if turn > 0 {
                        times.push(took);
                    }
                }
            }
            let cells = times.map(|mut times| figures(&mut times).median.as_nanos() as f64 / case.records as f64);
            let cells: String = cells.iter().map(|cell| format!(" {cell:>9.2}")).collect();
            println!("{:<18} {cut:<22}{cells}", case.name);
        }
    }
}
