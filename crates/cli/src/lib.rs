//! `sluice`: find hard-coded secrets.
//!
//! A client of the library `sluicegate` and of nothing below it. What is typed becomes
//! `RawArgs`, then a decided plan, then a `Status`; only programs give that to the system. Results go to standard output and everything else to
//! standard error, both through `Printer`.

#![forbid(unsafe_code)]

mod args;
mod command;
mod env;
mod failure;
mod hook;
mod interrupt;
mod layers;
mod outputs;
mod plan;
mod printer;
mod progress;
mod render;
mod status;
mod table;
mod target_file;

use std::ffi::OsString;
use std::process::ExitCode;

use sluicegate::config::Color;

use crate::args::RawArgs;
use crate::env::Env;
use crate::printer::Printer;
use crate::status::Status;

/// How the program ends that was called with these words, its own name first.
pub fn main(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let env = Env::capture();
    match RawArgs::parse_words(words) {
        Ok(raw) => run(raw, &env),
        Err(said) => say(&said, printer(&env, None)),
    }
    .into()
}

fn run(raw: RawArgs, env: &Env) -> Status {
    let printer = printer(env, raw.color);
    command::run(raw, env, printer).unwrap_or_else(|failures| {
        for failure in failures.iter() {
            printer.failure(failure);
        }
        failures.status()
    })
}

fn printer(env: &Env, flag: Option<Color>) -> Printer {
    Printer {
        stdout_color: env.colors(flag, Color::Auto, env.stdout_terminal),
        stderr_color: env.colors(flag, Color::Auto, env.stderr_terminal),
    }
}

/// What clap has to say: the help and the version are results, the rest is an error.
fn say(said: &clap::Error, printer: Printer) -> Status {
    let text = |color| {
        let styled = said.render();
        if color {
            styled.ansi().to_string()
        } else {
            styled.to_string()
        }
    };
    if said.use_stderr() {
        printer.message(&text(printer.stderr_color));
        return Status::Usage;
    }
    let text = text(printer.stdout_color);
    match printer.result(|out| out.write_all(text.as_bytes())) {
        Ok(()) => Status::Clean,
        Err(failure) => {
            printer.failure(&failure);
            failure.status()
        }
    }
}
