//! The commands: each takes what was typed and says how it ended.

mod config;
mod explain;
mod generate;
mod rules;
mod scan;

use std::io;

use crate::args::{Command, RawArgs};
use crate::env::Env;
use crate::failure::Failures;
use crate::printer::Printer;
use crate::status::Status;

/// Runs the command.
///
/// # Errors
///
/// Everything that went wrong and has not been said yet.
pub(crate) fn run(raw: RawArgs, env: &Env, printer: Printer) -> Result<Status, Failures> {
    match raw.command {
        Command::Scan(args) => scan::run(&args, raw.color, env, printer),
        Command::Rules(command) => rules::run(command, env, printer),
        Command::Explain(args) => explain::run(&args, printer),
        Command::Config(command) => config::run(command, raw.color, printer),
        Command::Completions(args) => generate::completions(&args, printer),
        Command::Man(args) => generate::man(&args, printer),
    }
}

/// The value as indented JSON and a line break.
fn write_json(out: &mut dyn io::Write, value: &serde_json::Value) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}
