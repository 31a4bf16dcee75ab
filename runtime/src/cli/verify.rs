//! `checkpoint verify`: whether all files are whole, and what it means where one is not.

use std::path::Path;

use indicatif::HumanBytes;

use super::columns::{Align, columns};
use super::out;
use crate::checkpoint::{FileReport, Recovered, inspect, verify};
use crate::error::{Error, Result};
use crate::source::log_tools;
use crate::warning::say;

/// Says how the files are. Returns whether a start could go on from here.
pub(super) fn run(dir: &Path) -> Result<bool> {
    let (usable, mut reports) = (inspect(dir), verify(dir)?);
    // What was known before the files were read may be old by now.
    reports.extend(log_tools::verify(dir, || inspect(dir).ok().and_then(|summary| summary.recovered))?);
    if reports.is_empty() {
        return usable.map(|_| true);
    }
    let recovered = usable.as_ref().ok().map(|summary| summary.recovered.as_ref());
    let mut text = table(dir, &reports);
    for report in &reports {
        if let Some(problem) = &report.problem {
            text += &format!("\n{}\n  {}\n", words(problem), meaning(dir, report, recovered));
        }
    }
    out::print(&text)?;
    if let Err(error) = usable {
        say(format_args!("error: {error}"));
        return Ok(false);
    }
    Ok(reports.iter().all(|report| report.problem.is_none() || report.torn || !report.needed))
}

fn table(dir: &Path, reports: &[FileReport]) -> String {
    let rows: Vec<[String; 4]> = reports
        .iter()
        .map(|report| {
            let state = match &report.problem {
                None => "whole",
                Some(_) if report.torn => "torn",
                Some(_) if report.loose => "unfinished",
                Some(_) => "damaged",
            };
            let needed = match report {
                FileReport { needed: true, .. } => "needed",
                FileReport { loose: true, .. } => "of no checkpoint",
                _ => "in reserve",
            };
            [name(dir, report), HumanBytes(report.bytes).to_string(), needed.to_owned(), state.to_owned()]
        })
        .collect();
    columns([("FILE", Align::Left), ("BYTES", Align::Right), ("", Align::Left), ("STATE", Align::Left)], &rows)
}

/// The path in the directory.
fn name(dir: &Path, report: &FileReport) -> String {
    report.path.strip_prefix(dir).unwrap_or(&report.path).to_string_lossy().into_owned()
}

/// The problem without its help: that is about a start that fails.
fn words(problem: &Error) -> String {
    match problem {
        Error::Checkpoint { path, what, .. } => format!("`{}`: {what}", path.display()),
        other => other.to_string(),
    }
}

/// What it means that a file is damaged. `usable` is what a start would find: nothing if it would fail.
fn meaning(dir: &Path, report: &FileReport, usable: Option<Option<&Recovered>>) -> String {
    let name = name(dir, report);
    let (kind, _) = name.split_once('-').unwrap_or((&name, ""));
    let is_log = report.path.extension().is_some_and(|extension| extension == "wal");
    let Some(recovered) = usable else {
        return match kind {
            "manifest" => "This checkpoint cannot be used.",
            "state" => "Checkpoints that need this file cannot be used.",
            _ if report.torn => "The last write was cut short.",
            _ if is_log => "The blocks from there on cannot be read, and none may be left out.",
            _ => "The batches from there on cannot be read, and none may be left out.",
        }
        .to_owned();
    };
    if report.torn {
        return "The last write was cut short, as by a crash, before it counted: the next start cuts it off. Nothing is lost."
            .to_owned();
    }
    if report.loose {
        return "It belongs to no checkpoint: one is being written, or was cut short by a crash. The next checkpoint removes it. Nothing is lost."
            .to_owned();
    }
    match recovered {
        _ if is_log && report.needed => {
            "The next start needs it, if a receiver of this name reads it: restore the directory from a copy.".to_owned()
        }
        Some(Recovered { number, batches, warnings, .. }) if !warnings.is_empty() => format!(
            "The newest checkpoint cannot be used. The next start goes back to number {number}, and runs the {} batches since then again. Nothing is lost; but look after the disk.",
            batches.len()
        ),
        _ if report.needed => "The next start needs it: restore the directory from a copy.".to_owned(),
        _ => "Only an older checkpoint needs it, which is kept in case the newest one is damaged. That one is whole: nothing is lost; but look after the disk.".to_owned(),
    }
}
