#![allow(clippy::unwrap_used, clippy::expect_used)]

//! Tests of the compiler as a whole, outside of rustc.

mod broken_input;
mod formatting;
mod size;
mod snapshots;

use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;

/// A folder of this one.
fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests").join(name)
}

/// The inputs of `stream!` in `fixtures/`, by name.
fn fixtures() -> Vec<(String, TokenStream)> {
    let files = std::fs::read_dir(folder("fixtures")).unwrap();
    let mut fixtures: Vec<_> = files
        .map(|file| {
            let path = file.unwrap().path();
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            (name, text.parse().unwrap())
        })
        .collect();
    fixtures.sort_by(|(a, _), (b, _)| a.cmp(b));
    fixtures
}
