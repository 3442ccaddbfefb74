//! The binary `sekisho`.

use std::process::ExitCode;

fn main() -> ExitCode {
    sekisho_cli::run()
}
