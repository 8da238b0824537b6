//! `sluice-hook NAME` is `sluice hook run NAME`.
//!
//! The pre-commit framework builds the package at the top of a repository and nothing
//! below it; this is that package, and all that it is for.

#![forbid(unsafe_code)]

use std::process::ExitCode;

fn main() -> ExitCode {
    let words = ["sluice", "hook", "run"].map(Into::into);
    let own = std::env::args_os().skip(1);
    sluicegate_cli::main(words.into_iter().chain(own))
}
