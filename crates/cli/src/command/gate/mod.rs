//! `sluice gate` and the commands around it.

mod approve;
mod attest;
mod baseline;
mod log;
mod policy;
mod sign;
mod waive;

use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sluicegate::gate::{
    Case, Decision, Event, GateError, Head, Judge, LogFile, Scanned, Time, Verdict, What,
    read_report,
};
use sluicegate::report::{TextStyle, decision as write_decision, decision_text, log_head};
use sluicegate::{Monitor, Scanner};

pub(super) use approve::run as approve;
pub(super) use attest::run as attest;
pub(super) use baseline::run as baseline;
pub(super) use log::run as log;
pub(super) use policy::run as policy;
pub(super) use waive::{run as waive, waivers};

use super::{Run, compile};
use crate::args::{GateArgs, GateCommand, GateFormat, LogArgs, RuleArgs};
use crate::failure::{Failure, Failures, reason};
use crate::interrupt;
use crate::layers::Flags;
use crate::plan::{self, clock};
use crate::status::Status;
use crate::target_file::{self, Readers};

/// More than any document has that is read whole, in bytes.
const LIMIT: u64 = 256 << 20;

pub(super) fn run(args: &GateArgs, run: Run<'_>) -> Result<Status, Failures> {
    if let Some(GateCommand::Verify(args)) = &args.command {
        return attest::verify(args, run);
    }
    let outputs = outputs(args)?;
    // A panic is no decision, and must not look like one.
    let unwound = std::panic::AssertUnwindSafe(|| decide(args, run));
    let (decision, input, head) = std::panic::catch_unwind(unwound).unwrap_or_else(|_| {
        let message = "the gate failed, and there is no decision";
        Err(Failure::failed(message)
            .hint("this is a fault of sluice: please report it")
            .into())
    })?;
    let mut status = match (decision.decision, args.remediate_as.as_str()) {
        (Verdict::Allow, _) | (Verdict::Remediate, "0") => Status::Clean,
        (Verdict::Remediate, "20") | (Verdict::Block, _) => Status::Block,
        (Verdict::Remediate, _) => Status::Remediate,
    };
    for (format, file) in &outputs {
        let render = |to_terminal: bool, out: &mut dyn std::io::Write| match format {
            GateFormat::Input => writeln!(out, "{input}"),
            format => render(
                (&decision, head.as_ref()),
                *format,
                args,
                run,
                to_terminal,
                out,
            ),
        };
        let written = match file {
            None => run.printer.result(|out| render(true, out)),
            Some(file) => target_file::write(file, Readers::Usual, |out| render(false, out)),
        };
        if let Err(failure) = written {
            run.printer.failure(&failure);
            status = status.max(failure.status());
        }
    }
    Ok(status)
}

/// The decision, the input of policies in other languages if that was asked for, and the end
/// of the log if one is kept.
type Decided = (Decision, serde_json::Value, Option<Head>);

fn decide(args: &GateArgs, run: Run<'_>) -> Result<Decided, Failures> {
    let path = args.target.clone().unwrap_or_else(|| PathBuf::from("."));
    let subject = &args.subject;
    let policy = subject.policy.as_deref().map(read_named).transpose()?;
    let policy = policy
        .as_ref()
        .map(|(name, text)| (name.as_str(), text.as_str()));
    let what = match (&subject.range, &args.target) {
        (Some(range), _) => What::Range(range.clone()),
        _ if subject.staged => What::Staged,
        // What is named is judged, all of it.
        (None, Some(_)) => What::Whole,
        (None, None) => What::Usual,
    };
    if subject.findings.is_none() && !path.exists() {
        let message = format!("there is no `{}`", path.display());
        return Err(Failure::usage(message)
            .hint("check the spelling of the target")
            .into());
    }
    let git = run.env.git_near(&path);
    let mut case = Case::open(
        &path,
        &git,
        subject.stage,
        &what,
        subject.base.as_deref(),
        policy,
    )
    .map_err(failure)?;
    if let Some(artifact) = &subject.artifact {
        case.subject.artifact.clone_from(artifact);
    }
    let clock = clock(subject.clock);
    let scanned = match &subject.findings {
        Some(file) => {
            let text = read_text(file)?;
            read_report(&text).map_err(|why| {
                Failure::usage(format!("`{}`: {why}", file.display()))
                    .hint("give what `sluice scan --format json` writes")
            })?
        }
        None => scan(&case, &path, args, clock, run)?,
    };
    for note in case.notes.iter().filter(|_| !args.quiet) {
        run.printer.note(note);
    }
    let log = log_file(&args.log, case.log_path());
    let known = match &log {
        Some(log) => log.read(None).map_err(failure)?,
        None => None,
    };
    let judge = Judge {
        clock,
        actor: args.who.actor(),
        pusher: args.who.pusher.clone().unwrap_or_default(),
        opener: args.who.opener.clone().unwrap_or_default(),
        evidence: args
            .evidence
            .iter()
            .map(|file| evidence(file))
            .collect::<Result<_, _>>()?,
        owed: known.as_ref().map_or(Vec::new(), |log| log.owed()),
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let input = match args.format.contains(&GateFormat::Input) {
        true => case.input(scanned.clone(), &judge).map_err(failure)?,
        false => serde_json::Value::Null,
    };
    let decision = case.decide(scanned, &judge).map_err(failure)?;
    let mut head = None;
    if let Some(log) = log {
        let mut events = Event::news(known.as_ref(), &decision);
        events.extend(Event::break_glass(&decision));
        events.push(Event::of(&decision));
        for event in events {
            head = Some(log.append(clock, event).map_err(failure)?);
        }
    }
    Ok((decision, input, head))
}

/// Scans what the case is about, with the configuration of the base.
fn scan(
    case: &Case,
    path: &Path,
    args: &GateArgs,
    clock: Time,
    run: Run<'_>,
) -> Result<Scanned, Failures> {
    let scanner = scanner(case, &args.rules, args, clock, run)?;
    let monitor = Arc::new(Monitor::default());
    interrupt::cancels(&monitor, run.printer);
    let report = match &case.change {
        Some(change) => scanner.scan_change(path, &run.env.git_near(path), change, &monitor)?,
        None => scanner.scan(&[plan::target(path)?], &monitor)?,
    };
    let mut scanned = case.scanned(&report);
    scanned.findings.extend(case.markers(&scanner, &monitor)?);
    Ok(scanned)
}

fn scanner(
    case: &Case,
    rules: &RuleArgs,
    args: &GateArgs,
    clock: Time,
    run: Run<'_>,
) -> Result<Scanner, Failures> {
    let flags = Flags {
        tuning: None,
        rules: Some(rules),
        color: run.color,
    };
    let folder = case.path();
    let chosen = args.config.no_config || args.config.file.is_some();
    let layers = match &case.rulings.config {
        _ if chosen => flags.over_config(&args.config, folder)?,
        Some(text) => flags.over_text("the configuration in the base", text, folder)?,
        None => flags.over_nothing(),
    };
    let rules = compile(&layers.settings)?;
    let mut options = layers
        .settings
        .options()
        .map_err(|error| Failures::config(&error))?;
    options.now = Some(clock.seconds());
    Ok(Scanner::new(Arc::new(rules), options))
}

/// The formats and where each goes.
fn outputs(args: &GateArgs) -> Result<Vec<(GateFormat, Option<PathBuf>)>, Failure> {
    let mut formats = args.format.clone();
    if formats.is_empty() {
        formats.push(GateFormat::Text);
    }
    if args.output.len() > formats.len() {
        let message = "there are more --output than --format";
        return Err(Failure::usage(message).hint("the n-th --output belongs to the n-th --format"));
    }
    let files = args
        .output
        .iter()
        .map(|file| Some(file.clone()).filter(|f| f != Path::new("-")));
    let files = files.chain(std::iter::repeat(None));
    let all: Vec<_> = formats.into_iter().zip(files).collect();
    if all.iter().filter(|(_, file)| file.is_none()).count() > 1 {
        let message = "two decisions would go to standard output, and one may";
        let hint = "give an --output for each --format; `-` is standard output";
        return Err(Failure::usage(message).hint(hint));
    }
    Ok(all)
}

fn render(
    (decision, head): (&Decision, Option<&Head>),
    format: GateFormat,
    args: &GateArgs,
    run: Run<'_>,
    to_terminal: bool,
    out: &mut dyn std::io::Write,
) -> std::io::Result<()> {
    match format {
        GateFormat::Text => {
            let mut style = TextStyle::plain();
            style.color = to_terminal && run.printer.stdout_color;
            style.width = run.env.width();
            style.quiet = args.quiet;
            decision_text(decision, &style, out)
        }
        GateFormat::Decision(format) => {
            write_decision(decision, format, out)?;
            head.map_or(Ok(()), |head| log_head(head, format, out))
        }
        // It is no decision, and is written without one.
        GateFormat::Input => Ok(()),
    }
}

/// The log that is meant, if one is kept.
fn log_file(args: &LogArgs, usual: Option<PathBuf>) -> Option<LogFile> {
    let path = args.log.clone().or(usual).filter(|_| !args.no_log)?;
    Some(LogFile::new(path, &args.log_id))
}

fn evidence(file: &Path) -> Result<(String, Vec<u8>), Failure> {
    Ok((file.display().to_string(), read_bytes(file)?))
}

fn failure(error: GateError) -> Failures {
    let message = error.to_string();
    let failure = if error.is_usage() {
        match error.hint() {
            Some(hint) => Failure::usage(message).hint(hint),
            None => Failure::usage(message),
        }
    } else {
        Failure::failed(message).hint("there is no decision, so nothing is allowed by it")
    };
    failure.into()
}

/// The bytes of a file, or of standard input.
fn read_bytes(file: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = if plan::is_stdin(file) {
        std::io::stdin()
            .lock()
            .take(LIMIT + 1)
            .read_to_end(&mut bytes)
    } else {
        fs::File::open(file).and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes))
    };
    let shown = file.display();
    read.map_err(|error| {
        Failure::usage(format!("cannot read `{shown}`: {}", reason(&error)))
            .hint("check the spelling; paths are taken from the current folder")
    })?;
    if bytes.len() as u64 > LIMIT {
        return Err(Failure::usage(format!(
            "`{shown}` is larger than {} MiB",
            LIMIT >> 20
        )));
    }
    Ok(bytes)
}

fn read_text(file: &Path) -> Result<String, Failure> {
    String::from_utf8(read_bytes(file)?)
        .map_err(|_| Failure::usage(format!("`{}` is not UTF-8", file.display())))
}

fn read_named(file: &Path) -> Result<(String, String), Failure> {
    Ok((file.display().to_string(), read_text(file)?))
}

/// Writes a small file that a command makes; folders are made.
fn write_text(file: &Path, text: &str) -> Result<(), Failure> {
    if let Some(folder) = file.parent().filter(|f| !f.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|error| {
            Failure::failed(format!(
                "cannot make `{}`: {}",
                folder.display(),
                reason(&error)
            ))
        })?;
    }
    target_file::write(file, Readers::Usual, |out| out.write_all(text.as_bytes()))
}
