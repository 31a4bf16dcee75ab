//! The flags that every program has.

use std::num::{NonZeroU64, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, value_parser};

const FORMATS: [&str; 3] = ["text", "mermaid", "dot"];

/// Those that every program has.
pub(super) fn usual() -> [Arg; 7] {
    let flag = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    [
        flag("batches", "N", "Stop after this many batches").value_parser(value_parser!(NonZeroU64)),
        flag("duration", "TIME", "Stop gracefully after this long: 30s, 5min, \"1h 30min\"").value_parser(duration),
        flag("workers", "N", "Threads that run a stage (default: one a core)")
            .value_parser(value_parser!(NonZeroUsize)),
        flag("checkpoint-dir", "DIR", "Keep in this directory what must not be lost, and go on from there")
            .value_parser(value_parser!(PathBuf))
            .global(true),
        flag(
            "checkpoint-interval",
            "TIME",
            "How often windows and states are written there (default: 10s, in whole batches; each batch if a source cannot be read again)",
        )
        .value_parser(duration),
        flag("explain", "FORMAT", "Print the plan and end; FORMAT is text, mermaid or dot")
            .num_args(0..=1)
            .require_equals(true)
            .default_missing_value("text")
            .hide_possible_values(true)
            .value_parser(PossibleValuesParser::new(FORMATS)),
        Arg::new("quiet")
            .long("quiet")
            .short('q')
            .action(ArgAction::SetTrue)
            .help("Show neither the live line nor the summary"),
    ]
}

fn duration(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(duration) if duration.is_zero() => Err("it must be above zero".to_owned()),
        Ok(duration) => Ok(duration),
        Err(error) => Err(format!("{error}; write it as `30s`, `5min` or `500ms`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit_and_are_above_zero() {
        assert_eq!(duration("1m 30s"), Ok(Duration::from_secs(90)));
        assert!(duration("0s").is_err());
        assert!(duration("30").is_err_and(|error| error.contains("`30s`")));
    }
}
