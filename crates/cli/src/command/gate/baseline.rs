//! `sluice baseline`

use std::sync::Arc;

use sluicegate::gate::{Baseline, Finding, carry_over, foreign};
use sluicegate::{Monitor, Report, Scanner};

use super::{read_text, write_text};
use crate::args::{BaselineArgs, BaselineCommand};
use crate::command::{Run, compile};
use crate::failure::{Failure, Failures};
use crate::interrupt;
use crate::layers::Flags;
use crate::plan;
use crate::plan::is_stdin;
use crate::status::Status;
use crate::table::plural;

pub(crate) fn run(command: &BaselineCommand, run: Run<'_>) -> Result<Status, Failures> {
    match command {
        BaselineCommand::Create(args) => create(args, run),
        BaselineCommand::Update(args) => {
            let mut baseline = load(args)?;
            let before = baseline.0.len();
            baseline.0.extend(wanted(args, run)?.0);
            write_text(&args.baseline, &baseline.to_text())?;
            let added = plural(baseline.0.len() - before, "fingerprint");
            run.printer
                .note(&format!("{added} added to {}", args.baseline.display()));
            Ok(Status::Clean)
        }
        BaselineCommand::Show(args) => show(args, run),
        BaselineCommand::Prune(args) => {
            let mut baseline = load(args)?;
            let before = baseline.0.len();
            let report = scan(args, run)?;
            let there = |print: &String| report.findings.iter().any(|f| f.fingerprint == *print);
            baseline.0.retain(there);
            write_text(&args.baseline, &baseline.to_text())?;
            let gone = plural(before - baseline.0.len(), "fingerprint");
            run.printer
                .note(&format!("{gone} taken off {}", args.baseline.display()));
            Ok(Status::Clean)
        }
    }
}

fn create(args: &BaselineArgs, run: Run<'_>) -> Result<Status, Failures> {
    if args.baseline.exists() {
        let message = format!("`{}` is there already", args.baseline.display());
        return Err(Failure::usage(message)
            .hint("`sluice baseline update` adds to it")
            .into());
    }
    let baseline = wanted(args, run)?;
    write_text(&args.baseline, &baseline.to_text())?;
    let count = plural(baseline.0.len(), "fingerprint");
    run.printer.note(&format!(
        "{count} written to {}; it counts once it is in the base of a change",
        args.baseline.display()
    ));
    Ok(Status::Clean)
}

fn load(args: &BaselineArgs) -> Result<Baseline, Failures> {
    if !is_stdin(&args.baseline) && !args.baseline.exists() {
        let message = format!("there is no baseline `{}`", args.baseline.display());
        let hint = "`sluice baseline create` writes one; --baseline names another file";
        return Err(Failure::usage(message).hint(hint).into());
    }
    let text = read_text(&args.baseline)?;
    let shown = args.baseline.display();
    Baseline::parse(&text).map_err(|why| Failure::usage(format!("`{shown}`: {why}")).into())
}

/// What is found now; of that only what another scanner knew, if its baseline is given.
fn wanted(args: &BaselineArgs, run: Run<'_>) -> Result<Baseline, Failures> {
    let report = scan(args, run)?;
    let Some(from) = &args.from else {
        return Ok(Baseline(
            report.active().map(|f| f.fingerprint.clone()).collect(),
        ));
    };
    let text = read_text(from)?;
    let entries = foreign(&text).map_err(|why| {
        Failure::usage(format!("`{}`: {why}", from.display()))
            .hint("give a report of gitleaks, a baseline of detect-secrets, or a .gitleaksignore")
    })?;
    let findings: Vec<Finding> = report.findings.iter().map(Finding::of).collect();
    let carried = carry_over(&entries, &findings);
    run.printer.note(&format!(
        "{} of {} carried over",
        carried.entries,
        plural(entries.len(), "entry").replace("entrys", "entries")
    ));
    for (entry, why) in &carried.left {
        run.printer.note(&format!(
            "not carried over: {}:{} ({}): {why}",
            entry.path, entry.line, entry.rule
        ));
    }
    Ok(carried.baseline)
}

fn scan(args: &BaselineArgs, run: Run<'_>) -> Result<Report, Failures> {
    let flags = Flags {
        tuning: None,
        rules: Some(&args.rules),
        color: run.color,
    };
    let mut layers = flags.over_config(&args.config, &args.target)?;
    // The gate does not take it either.
    layers.settings.foreign = None;
    let rules = compile(&layers.settings)?;
    let options = layers
        .settings
        .options()
        .map_err(|error| Failures::config(&error))?;
    let scanner = Scanner::new(Arc::new(rules), options);
    let monitor = Arc::new(Monitor::default());
    interrupt::cancels(&monitor, run.printer);
    let report = scanner.scan(&[plan::target(&args.target)?], &monitor)?;
    if report.coverage.is_incomplete() {
        let message = "the scan is incomplete, so nobody can tell what belongs on the baseline";
        let hint = "`sluice scan` says what could not be read";
        return Err(Failure::failed(message).hint(hint).into());
    }
    Ok(report)
}

fn show(args: &BaselineArgs, run: Run<'_>) -> Result<Status, Failures> {
    let baseline = load(args)?;
    let report = scan(args, run)?;
    let mut out = String::new();
    for print in &baseline.0 {
        let finding = report.findings.iter().find(|f| f.fingerprint == *print);
        let what = match finding.map(|f| (f, f.occurrences.first())) {
            Some((finding, Some(place))) => {
                format!(
                    "{}:{}  {}",
                    place.path, place.start.line, finding.rule.title
                )
            }
            _ => "not found any more; `sluice baseline prune` takes it off".to_owned(),
        };
        out.push_str(&format!("{print}  {}\n", crate::printer::harmless(&what)));
    }
    run.printer
        .result(|stdout| stdout.write_all(out.as_bytes()))?;
    Ok(Status::Clean)
}
