//! Generators and checks of the workspace.
//!
//! - `cargo run -p xtask -- arch` checks that the crates keep to ARCHITECTURE.md.
//! - `cargo run -p xtask -- gen` writes the generated documents; with `--check` it only
//!   says which are out of date.
//! - `cargo run -p xtask -- grams DIR...` counts which bytes stand often in the files of
//!   these folders and writes what the anchor pass avoids looking for.

#![forbid(unsafe_code)]

mod arch;
mod generate;
mod grams;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "usage: cargo run -p xtask -- arch | gen [--check] | grams DIR...";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["arch"] => arch::check(&root()),
        ["gen"] => generate::write(&root()),
        ["gen", "--check"] => generate::check(&root()),
        ["grams", folders @ ..] => grams::write(&root(), folders),
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
