//! `sluice references`

use std::collections::BTreeMap;
use std::io::{self, Write};

use anstyle::Style;
use serde_json::{Value, json};
use sluicegate::{Finding, Kinds, ReferencePattern, Report};

use super::{Run, Survey, survey, write_json};
use crate::args::{ListFormat, ReferencesCommand, ReferencesListArgs, ReferencesPatternsArgs};
use crate::failure::{Failure, Failures};
use crate::printer::harmless;
use crate::status::Status;
use crate::table::{BOLD, Styles, plural, table};

pub(super) fn run(command: ReferencesCommand, run: Run<'_>) -> Result<Status, Failures> {
    match command {
        ReferencesCommand::List(args) => list(&args, run),
        ReferencesCommand::Patterns(args) => patterns(&args, run),
    }
}

/// A stored credential and everything that depends on it.
struct Credential<'r> {
    provider: &'r str,
    name: &'r str,
    /// The findings, worst first: one for each pattern.
    findings: Vec<&'r Finding>,
}

impl<'r> Credential<'r> {
    /// Where it is used: the place, and what for.
    fn places(&self) -> Vec<(String, &'r str)> {
        let mut places = BTreeMap::new();
        for finding in &self.findings {
            for occurrence in finding
                .occurrences
                .iter()
                .filter(|o| o.suppression.is_none())
            {
                let key = (&*occurrence.path, occurrence.start);
                let usage = occurrence.usage.as_deref().unwrap_or_default();
                // The first finding is the worst: what it says stands.
                places.entry(key).or_insert(usage);
            }
        }
        places
            .into_iter()
            .map(|((path, start), usage)| (format!("{path}:{}", start.line), usage))
            .collect()
    }

    fn patterns(&self) -> Vec<&'r str> {
        let mut ids: Vec<&str> = self.findings.iter().map(|f| f.rule.id.as_str()).collect();
        ids.dedup();
        ids
    }
}

fn list(args: &ReferencesListArgs, run: Run<'_>) -> Result<Status, Failures> {
    let kinds = Kinds {
        secrets: false,
        references: true,
    };
    let Survey {
        settings, report, ..
    } = survey(&args.config, &args.paths, kinds, run)?;
    let credentials = credentials(&report);
    let styles = run.styles(&settings);
    run.printer.result(|out| match args.format {
        ListFormat::Text => write_text(out, &credentials, styles),
        ListFormat::Json => write_json(out, &as_json(&credentials, &report)),
        ListFormat::Markdown => write_markdown(out, &credentials),
    })?;
    if report.coverage.is_incomplete() {
        let unread = report
            .coverage
            .skipped
            .iter()
            .filter(|s| s.reason.is_failure());
        let message = format!("{} could not be read", plural(unread.count(), "file"));
        run.printer
            .failure(&Failure::failed(message).hint("`sluice scan` names them"));
        return Ok(Status::Failed);
    }
    Ok(Status::Clean)
}

/// The credentials by provider and name. Those without any use that counts are left out.
fn credentials(report: &Report) -> Vec<Credential<'_>> {
    let mut all: BTreeMap<(&str, &str), Vec<&Finding>> = BTreeMap::new();
    for finding in report.active() {
        if let Some(reference) = &finding.reference {
            let key = (reference.provider, reference.name.as_str());
            all.entry(key).or_default().push(finding);
        }
    }
    all.into_iter()
        .map(|((provider, name), findings)| Credential {
            provider,
            name,
            findings,
        })
        .collect()
}

fn write_text(
    out: &mut dyn Write,
    credentials: &[Credential<'_>],
    styles: Styles,
) -> io::Result<()> {
    for credential in credentials {
        let Some(worst) = credential.findings.first() else {
            continue;
        };
        let name = harmless(credential.name);
        writeln!(
            out,
            "{}  {}  {}",
            styles.paint(BOLD, &name),
            credential.provider,
            worst.rule.lifetime
        )?;
        writeln!(out, "  {}", harmless(&worst.rule.title))?;
        for (place, usage) in credential.places() {
            writeln!(out, "    {}  {}", harmless(&place), harmless(usage))?;
        }
        writeln!(out)?;
    }
    writeln!(out, "{}", plural(credentials.len(), "stored credential"))
}

fn write_markdown(out: &mut dyn Write, credentials: &[Credential<'_>]) -> io::Result<()> {
    writeln!(
        out,
        "| credential | provider | lifetime | used by | patterns |"
    )?;
    writeln!(out, "|---|---|---|---|---|")?;
    let cell = |text: &str| harmless(text).replace('|', "\\|");
    for credential in credentials {
        let Some(worst) = credential.findings.first() else {
            continue;
        };
        let places: Vec<String> = credential
            .places()
            .iter()
            .map(|(place, usage)| cell(&format!("{place} {usage}")))
            .collect();
        writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            cell(credential.name),
            credential.provider,
            worst.rule.lifetime,
            places.join("<br>"),
            credential.patterns().join(", ")
        )?;
    }
    Ok(())
}

fn as_json(credentials: &[Credential<'_>], report: &Report) -> Value {
    let list: Vec<Value> = credentials
        .iter()
        .map(|credential| {
            let uses: Vec<Value> = credential
                .findings
                .iter()
                .flat_map(|finding| {
                    let counted = finding
                        .occurrences
                        .iter()
                        .filter(|o| o.suppression.is_none());
                    counted.map(move |occurrence| {
                        json!({
                            "path": &*occurrence.path,
                            "line": occurrence.start.line,
                            "column": occurrence.start.column,
                            "pattern": finding.rule.id,
                            "confidence": occurrence.confidence,
                            "usage": occurrence.usage.as_deref(),
                        })
                    })
                })
                .collect();
            json!({
                "name": credential.name,
                "provider": credential.provider,
                "lifetime": credential.findings.first().map(|f| f.rule.lifetime),
                "patterns": credential.patterns(),
                "uses": uses,
            })
        })
        .collect();
    json!({ "credentials": list, "complete": !report.coverage.is_incomplete() })
}

fn patterns(args: &ReferencesPatternsArgs, run: Run<'_>) -> Result<Status, Failures> {
    let all = ReferencePattern::all();
    run.printer.result(|out| match args.format {
        ListFormat::Text => {
            let plain = |text: &str| (text.to_owned(), Style::new());
            let rows: Vec<Vec<_>> = all
                .iter()
                .map(|p| {
                    vec![
                        plain(p.code()),
                        plain(p.id()),
                        plain(p.lifetime().as_str()),
                        plain(p.title()),
                    ]
                })
                .collect();
            write!(out, "{}", table(&rows, Styles(false)))
        }
        ListFormat::Json => {
            let list: Vec<Value> = all
                .iter()
                .map(|p| {
                    json!({
                        "code": p.code(), "id": p.id(), "family": p.family(), "title": p.title(),
                        "lifetime": p.lifetime(), "severity": p.severity(), "stages": p.stages(),
                        "has_alternative": p.has_alternative(), "taxa": p.taxa(),
                        "why": p.why(), "instead": p.instead(),
                    })
                })
                .collect();
            write_json(out, &Value::Array(list))
        }
        ListFormat::Markdown => {
            writeln!(out, "| code | id | lifetime | title |\n|---|---|---|---|")?;
            for p in all {
                writeln!(
                    out,
                    "| {} | `{}` | {} | {} |",
                    p.code(),
                    p.id(),
                    p.lifetime(),
                    p.title()
                )?;
            }
            Ok(())
        }
    })?;
    Ok(Status::Clean)
}
