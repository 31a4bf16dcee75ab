//! Expansions as people read them: `fixtures/name.rs` expands to `snapshots/name.rs`.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test -p microbatch-macros` writes them anew.

use proc_macro2::TokenStream;
use quote::quote;

use super::{fixtures, folder};
use crate::expand;

/// The expansion laid out, or as plain tokens where it passes on what is not Rust yet.
pub fn layout(expansion: &TokenStream) -> String {
    let statement = quote!(fn main() { let pipeline = #expansion; });
    match syn::parse2(statement) {
        Ok(file) => prettyplease::unparse(&file),
        Err(_) => format!("// Not Rust yet.\n{expansion}\n"),
    }
}

#[test]
fn expansions_read_as_they_did() {
    let update = std::env::var_os("UPDATE_SNAPSHOTS").is_some();
    let mut differing = Vec::new();
    for (name, input) in fixtures() {
        let path = folder("snapshots").join(format!("{name}.rs"));
        let text = layout(&expand::stream(input));
        if update {
            std::fs::write(&path, &text).unwrap();
        } else if std::fs::read_to_string(&path).ok().as_deref() != Some(&text) {
            differing.push(format!("=== {name}\n{text}"));
        }
    }
    assert!(
        differing.is_empty(),
        "these expansions have changed; if they are meant to, run the test with UPDATE_SNAPSHOTS=1\n{}",
        differing.join("\n")
    );
}

#[test]
fn every_snapshot_has_its_fixture() {
    let names: Vec<String> = fixtures().into_iter().map(|(name, _)| name).collect();
    for file in std::fs::read_dir(folder("snapshots")).unwrap() {
        let path = file.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        assert!(names.contains(&name), "{} is a snapshot of nothing", path.display());
    }
}
