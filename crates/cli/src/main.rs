//! The program `sluice`.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    sluicegate_cli::main(std::env::args_os())
}
