//! `sluice scan`

use std::sync::Arc;

use sluicegate::{Monitor, Report, Scanner, SkipReason};

use super::rules::import::{Detail, say};
use super::{Run, compile};
use crate::args::ScanArgs;
use crate::failure::{Failure, Failures};
use crate::interrupt;
use crate::outputs::Output;
use crate::plan::{Plan, Task};
use crate::printer::Printer;
use crate::progress::Progress;
use crate::render::{Look, render};
use crate::status::Status;
use crate::table::plural;
use crate::target_file::{self, Readers};

/// How many paths are named that could not be read; the report has them all.
const NAMED: usize = 5;

pub(super) fn run(args: &ScanArgs, run: Run<'_>) -> Result<Status, Failures> {
    let printer = run.printer;
    let plan = Plan::resolve(args, run.color, run.env)?;
    let settings = &plan.layers.settings;
    let rules = compile(settings)?;
    if !plan.look.quiet {
        let detail = if plan.verbose {
            Detail::Approximated
        } else {
            Detail::Refused
        };
        say(&rules, settings, detail, printer);
    }
    let mut options = settings
        .options()
        .map_err(|error| Failures::config(&error))?;
    args.tuning.choose(&mut options);
    let scanner = Scanner::new(Arc::new(rules), options);
    if plan.verbose {
        say_what_is_used(&plan, &scanner, printer);
    }
    let report = scan(&plan, &scanner, run)?;
    // The process ends soon. Taking thousands of rules apart would only delay it; they hold
    // no secret, unlike the report, which is wiped.
    std::mem::forget(scanner);
    let mut status = Status::Clean;
    if report.active().next().is_some() {
        status = Status::Findings;
    }
    // A report that cannot be written must not keep the others from being written.
    let mut all_written = true;
    for output in &plan.outputs {
        if let Err(failure) = write(&plan, output, &report, printer) {
            printer.failure(&failure);
            status = status.max(failure.status());
            all_written = false;
        }
    }
    let to_files = plan.outputs.iter().all(|output| output.file.is_some());
    if !plan.look.quiet && to_files && all_written {
        let findings = report.active().count();
        printer.note(&format!(
            "{}, written to {}",
            plural(findings, "finding"),
            files(&plan)
        ));
    }
    for failure in incomplete(&report) {
        printer.failure(&failure);
        status = status.max(failure.status());
    }
    Ok(status)
}

fn scan(plan: &Plan, scanner: &Scanner, run: Run<'_>) -> Result<Report, Failures> {
    let monitor = Arc::new(Monitor::default());
    interrupt::cancels(&monitor, run.printer);
    let progress = plan.progress.then(|| Progress::watch(Arc::clone(&monitor)));
    let report = match &plan.task {
        Task::Targets(targets) => scanner.scan(targets, &monitor),
        Task::History(repository, options) => scanner.scan_history(repository, options, &monitor),
        Task::Change(repository, change) => {
            let git = run.env.git_near(repository);
            scanner.scan_change(repository, &git, change, &monitor)
        }
    };
    drop(progress);
    for warning in monitor.warnings() {
        run.printer.note(&warning);
    }
    Ok(report?)
}

fn say_what_is_used(plan: &Plan, scanner: &Scanner, printer: Printer) {
    let config = match &plan.layers.file {
        Some(file) => file.display().to_string(),
        None => "none".to_owned(),
    };
    let rules = scanner.rules();
    let count = plural(rules.set().len(), "rule");
    printer.note(&format!("configuration: {config}"));
    printer.note(&format!("{count}, digest {}", rules.digest()));
    printer.note(&plural(scanner.threads(), "thread"));
}

fn write(plan: &Plan, output: &Output, report: &Report, printer: Printer) -> Result<(), Failure> {
    let look = plan.look;
    let Some(file) = &output.file else {
        return printer.result(|out| render(report, output.format, &look, out));
    };
    let look = Look {
        color: plan.color_files,
        unicode: false,
        ..look
    };
    let readers = if look.show_secrets {
        Readers::Owner
    } else {
        Readers::Usual
    };
    target_file::write(file, readers, |out| {
        render(report, output.format, &look, out)
    })
}

fn files(plan: &Plan) -> String {
    let names = plan
        .outputs
        .iter()
        .filter_map(|output| output.file.as_ref());
    let names: Vec<_> = names.map(|file| file.display().to_string()).collect();
    names.join(", ")
}

/// Why the report does not say everything, one failure for each reason.
pub(super) fn incomplete(report: &Report) -> Vec<Failure> {
    let mut failures = Vec::new();
    for reason in SkipReason::ALL.iter().filter(|reason| reason.is_failure()) {
        let skipped: Vec<_> = report
            .coverage
            .skipped
            .iter()
            .filter(|skipped| skipped.reason == *reason)
            .collect();
        if skipped.is_empty() {
            continue;
        }
        let (what, hint) = words(*reason);
        let mut message = format!("the scan is incomplete: {what}");
        for skipped in skipped.iter().take(NAMED) {
            message.push_str(&format!("\n  {}", skipped.path));
            if !skipped.detail.is_empty() {
                message.push_str(&format!(": {}", skipped.detail));
            }
        }
        if skipped.len() > NAMED {
            let rest: u64 = skipped[NAMED..].iter().map(|skipped| skipped.parts).sum();
            message.push_str(&format!("\n  and {rest} more"));
        }
        failures.push(Failure::failed(message).hint(hint));
    }
    if report.coverage.cancelled {
        let message = "the scan is incomplete: it was interrupted";
        failures.push(Failure::failed(message).hint("let it run to its end for the whole answer"));
    }
    failures
}

fn words(reason: SkipReason) -> (&'static str, &'static str) {
    match reason {
        SkipReason::TooLarge => (
            "larger than --max-file-size",
            "raise --max-file-size, or leave them out with --exclude",
        ),
        SkipReason::TooMuchMemory => (
            "taking more memory to read than is allowed",
            "no option allows more: unpack it and scan what comes out, or leave it out with \
             --exclude",
        ),
        SkipReason::Shrunk => (
            "became shorter while it was read",
            "scan again when nothing writes to it",
        ),
        SkipReason::TooDeep => (
            "archives stand in each other too deeply",
            "raise --archive-depth, or leave them out with --exclude",
        ),
        SkipReason::TooManyEntries | SkipReason::ExpandsTooMuch => (
            "made to be too large when opened",
            "do not trust where it comes from; --exclude leaves it out",
        ),
        SkipReason::Encrypted => (
            "encrypted",
            "scan what is in it before it is encrypted, or leave it out with --exclude",
        ),
        SkipReason::Damaged => (
            "damaged, so that not all of it could be read",
            "make it anew, or leave it out with --exclude",
        ),
        SkipReason::Unsupported => (
            "of a kind that cannot be opened",
            "scan what is in it before it is packed, or leave it out with --exclude",
        ),
        SkipReason::TooManyMatches => (
            "holds too many matches to report all",
            "leave it out with --exclude, or the rule with --exclude-rule",
        ),
        SkipReason::Missing => (
            "not in this clone",
            "get what is missing, or scan the repository that it was cloned from",
        ),
        SkipReason::Internal => (
            "the scanner failed on it",
            "this is a fault of sluice: please report it; --exclude leaves the file out",
        ),
        _ => (
            "could not be read",
            "give read access, or leave them out with --exclude",
        ),
    }
}
