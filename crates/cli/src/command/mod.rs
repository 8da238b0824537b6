//! The commands: each takes what was typed and says how it ended.

mod config;
mod explain;
mod gate;
mod generate;
mod hook;
mod references;
mod remediate;
mod rules;
mod scan;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use sluicegate::config::{Color, Settings};
use sluicegate::{Confidence, Kinds, Monitor, Report, Rules, Scanner};

use crate::args::{Command, ConfigArgs, RawArgs};
use crate::env::Env;
use crate::failure::{Failure, Failures};
use crate::layers::Flags;
use crate::plan::target;
use crate::printer::Printer;
use crate::status::Status;
use crate::table::Styles;

/// What every command is given beside its own arguments.
#[derive(Clone, Copy)]
struct Run<'a> {
    env: &'a Env,
    /// `--color`
    color: Option<Color>,
    printer: Printer,
}

impl Run<'_> {
    /// How results look under these settings.
    fn styles(self, settings: &Settings) -> Styles {
        let chosen = settings.color.value;
        Styles(
            self.env
                .colors(self.color, chosen, self.env.stdout_terminal),
        )
    }
}

/// Runs the command.
///
/// # Errors
///
/// Everything that went wrong and has not been said yet.
pub(crate) fn run(raw: RawArgs, env: &Env, printer: Printer) -> Result<Status, Failures> {
    let run = Run {
        env,
        color: raw.color,
        printer,
    };
    match raw.command {
        Command::Scan(args) => scan::run(&args, run),
        Command::Gate(args) => gate::run(&args, run),
        Command::Policy(command) => gate::policy(&command, run),
        Command::Baseline(command) => gate::baseline(&command, run),
        Command::Waive(args) => gate::waive(&args, run),
        Command::Waiver(command) => gate::waivers(&command, run),
        Command::Approve(args) => gate::approve(&args, run),
        Command::Log(command) => gate::log(&command, run),
        Command::Attest(args) => gate::attest(&args, run),
        Command::Hook(command) => hook::run(command, run),
        Command::Rules(command) => rules::run(command, run),
        Command::References(command) => references::run(command, run),
        Command::Remediate(args) => remediate::run(&args, run),
        Command::Explain(args) => explain::run(&args, run),
        Command::Config(command) => config::run(command, run),
        Command::Completions(args) => generate::completions(&args, printer),
        Command::Man(args) => generate::man(&args, printer),
    }
}

/// Reads and compiles the rules. To search for nothing and to find nothing is no answer,
/// so there must be one at least.
///
/// # Errors
///
/// What is wrong with the rule files or with the choice.
fn compile(settings: &Settings) -> Result<Rules, Failures> {
    let rules = settings
        .rules()
        .map_err(|errors| Failures::rules(&errors))?;
    if rules.set().is_empty() {
        let message = "no rules are left after all that is excluded";
        return Err(Failure::usage(message)
            .hint("add some with --rules FILE, or leave --no-builtin-rules and --exclude-rule out")
            .into());
    }
    Ok(rules)
}

/// What lies at some paths, and the settings that it was looked at with.
struct Survey {
    settings: Settings,
    /// The least confidence that the settings ask for; the report goes down to hints.
    least: Confidence,
    report: Report,
}

/// Scans paths for things of those kinds, hints as well.
///
/// # Errors
///
/// What is wrong with the configuration, the rules or the paths, or why the scan failed.
fn survey(
    config: &ConfigArgs,
    paths: &[PathBuf],
    kinds: Kinds,
    run: Run<'_>,
) -> Result<Survey, Failures> {
    let near = paths.first().map_or(".".as_ref(), |path| path.as_path());
    let flags = Flags {
        tuning: None,
        rules: None,
        color: run.color,
    };
    let settings = flags.over_config(config, near)?.settings;
    let rules = compile(&settings)?;
    let mut options = settings
        .options()
        .map_err(|error| Failures::config(&error))?;
    let least = std::mem::replace(&mut options.min_confidence, Confidence::Hint);
    options.kinds = kinds;
    let targets = paths.iter().map(|path| target(path));
    let targets: Vec<_> = targets.collect::<Result<_, _>>()?;
    let report = Scanner::new(Arc::new(rules), options).scan(&targets, &Monitor::default())?;
    Ok(Survey {
        settings,
        least,
        report,
    })
}

/// The value as indented JSON and a line break.
fn write_json(out: &mut dyn io::Write, value: &serde_json::Value) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}
