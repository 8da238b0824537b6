//! `sluice policy`

use std::path::Path;

use serde::Deserialize;
use sluicegate::gate::{
    ATTRIBUTES, Actor, ActorKind, CODES, Context, DEFAULT_POLICY, Policy, STARTING_POLICY, Stage,
    Time, Verdict, decide, read_report, without_values,
};

use super::{read_text, write_text};
use crate::args::{PolicyCommand, PolicyTestArgs};
use crate::command::Run;
use crate::failure::{Failure, Failures};
use crate::plan::is_stdin;
use crate::status::Status;
use crate::table::plural;

pub(crate) fn run(command: &PolicyCommand, run: Run<'_>) -> Result<Status, Failures> {
    match command {
        PolicyCommand::Init(args) => {
            if args.file.exists() {
                let message = format!("`{}` is there already", args.file.display());
                return Err(Failure::usage(message).hint("name another file").into());
            }
            write_text(&args.file, STARTING_POLICY)?;
            run.printer
                .note(&format!("written: {}", args.file.display()));
            Ok(Status::Clean)
        }
        PolicyCommand::Check(args) => {
            let policy = load(&args.file)?;
            let own = policy.floors.len() - Policy::builtin().floors.len();
            let line = format!(
                "{}: {} of its own beside the built-in policy, digest {}\n",
                policy.name,
                plural(own, "floor"),
                policy.digest
            );
            run.printer.result(|out| out.write_all(line.as_bytes()))?;
            Ok(Status::Clean)
        }
        PolicyCommand::Explain(args) => {
            let policy = match &args.policy {
                Some(file) => load(file)?,
                None => Policy::builtin(),
            };
            let text = match &args.code {
                _ if args.source => DEFAULT_POLICY.to_owned(),
                Some(code) => explain(&policy, code)?,
                None => overview(&policy),
            };
            run.printer.result(|out| out.write_all(text.as_bytes()))?;
            Ok(Status::Clean)
        }
        PolicyCommand::Test(args) => test(args, run),
    }
}

/// Reads a policy.
pub(super) fn load(file: &Path) -> Result<Policy, Failures> {
    if !is_stdin(file) && !file.exists() {
        let message = format!("there is no policy `{}`", file.display());
        let hint = "`sluice policy init` writes one; without, the built-in policy holds";
        return Err(Failure::usage(message).hint(hint).into());
    }
    let text = read_text(file)?;
    Policy::with(&text).map_err(|errors| {
        Failure::usage(format!("`{}` is not valid\n{errors}", file.display()))
            .hint("docs/policy.md describes policies; `sluice policy explain` lists what conditions may ask for")
            .into()
    })
}

fn letters(verdicts: [Verdict; 3]) -> String {
    let letter = |v: Verdict| match v {
        Verdict::Allow => "A",
        Verdict::Remediate => "R",
        Verdict::Block => "B",
    };
    verdicts.map(letter).join("/")
}

fn overview(policy: &Policy) -> String {
    let mut out = String::from(
        "Verdicts for drafts, for what others build on, for what users get: A allow, R remediate, B block.\n",
    );
    let mut section = |title: &str, rows: Vec<(String, String, String)>| {
        out.push_str(&format!("\n{title}\n"));
        for (code, verdict, says) in rows {
            out.push_str(&format!("  {code:24} {verdict:6} {says}\n"));
        }
    };
    let row = |r: &sluicegate::gate::PolicyRow| {
        (r.code.to_string(), letters(r.verdict), r.says.to_string())
    };
    section(
        "floors, which lift a verdict",
        policy.floors.iter().map(|f| row(&f.row)).collect(),
    );
    section(
        "rows, of which the first that holds counts",
        policy.rows.iter().map(row).collect(),
    );
    section(
        "caps, which hold the verdict of a row down",
        policy.caps.iter().map(row).collect(),
    );
    let shifts = policy.shifts.iter().map(|s| {
        (
            s.code.to_string(),
            format!("{:+}", s.step),
            s.says.to_string(),
        )
    });
    section("shifts, which move the verdict of a row", shifts.collect());
    let own = CODES
        .iter()
        .map(|own| (own.code.to_owned(), String::new(), own.says.to_owned()));
    section("codes of the gate itself", own.collect());
    out.push_str("\nwhat conditions may ask for\n");
    for attribute in ATTRIBUTES {
        let words = (attribute.words)().join(", ");
        let words = if words.is_empty() {
            words
        } else {
            format!(" ({words})")
        };
        out.push_str(&format!(
            "  {:30} {:12} {}{words}\n",
            attribute.name,
            attribute.kind.as_str(),
            attribute.meaning
        ));
    }
    out
}

fn explain(policy: &Policy, code: &str) -> Result<String, Failure> {
    let floors = policy.floors.iter().map(|f| (&f.row, f.waivable, "floor"));
    let rows = policy.rows.iter().map(|r| (r, true, "row"));
    let caps = policy.caps.iter().map(|r| (r, true, "cap"));
    let found = floors
        .chain(rows)
        .chain(caps)
        .find(|(r, _, _)| &*r.code == code);
    if let Some((row, waivable, kind)) = found {
        let duties: Vec<&str> = row.duties.iter().map(|d| d.as_str()).collect();
        return Ok(format!(
            "{code} ({kind})\n  {}\n  when     {}\n  verdict  {}\n  waiver   {}\n  next     {}\n  owed     {}\n",
            row.says,
            row.when.text(),
            letters(row.verdict),
            if waivable { "possible" } else { "never" },
            row.next,
            duties.join(", "),
        ));
    }
    if let Some(shift) = policy.shifts.iter().find(|s| &*s.code == code) {
        let when = shift.when.text();
        return Ok(format!(
            "{code} (shift)\n  {}\n  when  {when}\n  step  {:+}\n",
            shift.says, shift.step
        ));
    }
    if let Some(own) = CODES.iter().find(|own| own.code == code) {
        let (says, meaning, next) = (own.says, own.meaning, own.next);
        return Ok(format!(
            "{code} (of the gate itself)\n  {says}\n  when  {meaning}\n  next  {next}\n"
        ));
    }
    Err(Failure::usage(format!("there is no code `{code}`"))
        .hint("`sluice policy explain` lists all of them"))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cases {
    case: Vec<TestCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TestCase {
    name: String,
    findings: std::path::PathBuf,
    stage: Stage,
    expect: Verdict,
    #[serde(default)]
    codes: Vec<String>,
    actor: Option<ActorKind>,
}

fn test(args: &PolicyTestArgs, run: Run<'_>) -> Result<Status, Failures> {
    let policy = match &args.policy {
        Some(file) => load(file)?,
        None => Policy::builtin(),
    };
    let text = read_text(&args.cases)?;
    let shown = args.cases.display();
    let cases: Cases = toml::from_str(&text).map_err(|error| {
        let why = without_values(error.to_string().trim());
        Failure::usage(format!("`{shown}` holds no cases: {why}"))
            .hint("`sluice policy test --help` has an example")
    })?;
    let folder = args.cases.parent().unwrap_or(Path::new("."));
    let mut status = Status::Clean;
    let mut out = String::new();
    for case in &cases.case {
        let report = read_text(&folder.join(&case.findings))?;
        let scanned = read_report(&report)
            .map_err(|why| Failure::usage(format!("`{}`: {why}", case.findings.display())))?;
        // Verdicts depend on the day only where something is owed, and here nothing is.
        let mut context = Context::new(case.stage, Time::from_seconds(0));
        context.evidence = scanned.evidence;
        if let Some(kind) = case.actor {
            context.actor = Actor {
                kind,
                ..Actor::default()
            };
        }
        let decision = decide(&scanned.findings, &context, &policy, &[]);
        let all = || decision.findings.iter().flat_map(|f| &f.reasons);
        let missing = case
            .codes
            .iter()
            .find(|code| !all().any(|r| *r.code == ***code));
        let verdict = decision.decision;
        let line = match missing {
            _ if verdict != case.expect => {
                format!(
                    "FAILED  {}: expected {}, and it is {verdict}",
                    case.name, case.expect
                )
            }
            Some(code) => format!("FAILED  {}: no finding has the reason {code}", case.name),
            None => format!("passed  {}", case.name),
        };
        if line.starts_with("FAILED") {
            status = Status::Findings;
        }
        out.push_str(&line);
        out.push('\n');
    }
    run.printer
        .result(|stdout| stdout.write_all(out.as_bytes()))?;
    Ok(status)
}
