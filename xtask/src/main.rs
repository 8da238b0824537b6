//! Generators and checks of the workspace.
//!
//! - `cargo run -p xtask -- arch` checks that the crates keep to ARCHITECTURE.md.
//! - `cargo run -p xtask -- gen` writes the generated documents; with `--check` it only
//!   says which are out of date.

#![forbid(unsafe_code)]

mod arch;
mod generate;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: cargo run -p xtask -- arch | gen [--check]";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["arch"] => arch::check(&root()),
        ["gen"] => generate::write(&root()),
        ["gen", "--check"] => generate::check(&root()),
        _ => Err(vec![USAGE.to_owned()]),
    };
    let (text, code) = match outcome {
        Ok(said) => (said, ExitCode::SUCCESS),
        Err(wrong) => (wrong.join("\n"), ExitCode::FAILURE),
    };
    // Nobody is left to tell if this fails.
    let _ = writeln!(io::stderr(), "{text}");
    code
}

/// The folder of the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}
