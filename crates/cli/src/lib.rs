//! The binary's insides: wiring, configuration and everything a scan prints and writes.
//!
//! This crate alone knows all others. It reads the clock, the environment and the file system, and hands
//! values to the crates below. It is a library so that tests and benches can reach it.

mod args;
mod check;
mod controls;
mod data;
mod decisions;
mod files;
pub mod output;
mod packs;
mod scan;
mod score;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

/// Exit code for "done, but findings are over the bar".
const EXIT_OVER_THE_BAR: u8 = 2;

/// What a command ended with.
pub(crate) enum Outcome {
    /// Nothing to complain about.
    Clean,
    /// Findings over the bar that `--fail-on` set, or failed control tests.
    OverTheBar,
}

/// Runs the program with the process's arguments.
pub fn run() -> ExitCode {
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        // clap's own exit code for a wrong argument is 2, which here means findings over the bar.
        Err(error) => {
            let _ = error.print();
            return if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        }
    };
    match dispatch(args) {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::OverTheBar) => ExitCode::from(EXIT_OVER_THE_BAR),
        Err(error) => {
            // A closed pipe (`sekisho ... | head`) is the reader's wish, not an error.
            let closed_pipe = error
                .downcast_ref::<std::io::Error>()
                .is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe);
            if closed_pipe {
                return ExitCode::SUCCESS;
            }
            // Nothing can be done if stderr is gone too.
            let _ = writeln!(std::io::stderr(), "error: {}", explained(&error));
            ExitCode::FAILURE
        }
    }
}

/// The error and its causes in one line, each text once: many errors say the words of their cause themselves.
fn explained(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.is_empty() {
            text = cause;
        } else if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// The wall clock, read here and nowhere else.
#[expect(clippy::disallowed_methods, reason = "this is the boundary at which the clock is read")]
pub(crate) fn now() -> sekisho_model::Timestamp {
    sekisho_model::Timestamp::now()
}

fn dispatch(args: args::Args) -> anyhow::Result<Outcome> {
    match args.command {
        args::Command::Scan(args) => scan::run(&args),
        args::Command::Check(args) => check::run(&args),
        args::Command::Score(args) => score::run(&args),
        args::Command::Controls(command) => controls::run(command),
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    #[test]
    fn a_cause_that_is_told_already_is_not_repeated() {
        let error = anyhow!("no such file").context("cannot read x: no such file; check the path").context("scan");
        assert_eq!(super::explained(&error), "scan: cannot read x: no such file; check the path");
        assert_eq!(super::explained(&anyhow!("inner").context("outer")), "outer: inner");
    }
}
