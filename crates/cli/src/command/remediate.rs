//! `sluice remediate`

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use similar::TextDiff;
use sluicegate::{Confidence, Kind, Kinds, Occurrence, Remedied, Remedy, Report, Span, remedy};

use super::{Run, Survey, survey};
use crate::args::RemediateArgs;
use crate::failure::{Failure, Failures};
use crate::printer::harmless;
use crate::status::Status;
use crate::table::{BOLD, Styles, plural};

/// A file with changes to be made to it.
struct Change {
    path: String,
    before: String,
    after: Remedied,
}

pub(super) fn run(args: &RemediateArgs, run: Run<'_>) -> Result<Status, Failures> {
    // Secrets as well: what is printed must not hold any.
    let kinds = Kinds {
        secrets: true,
        references: true,
    };
    let Survey {
        settings,
        least,
        report,
    } = survey(&args.config, &args.paths, kinds, run)?;
    let wanted = wanted(&report, least);
    let all: usize = wanted.values().map(Vec::len).sum();
    let changes = changes(&wanted);
    let styles = run.styles(&settings);
    if args.diff {
        let mut patch = String::new();
        for change in &changes {
            let own = patch_of(change);
            if !args.show_secrets && holds_secret(&report, &own) {
                let path = &change.path;
                let message = format!("the patch of {path} would show a secret: it is left out");
                run.printer.note(&format!(
                    "{message}; take the secret out first, or add --show-secrets"
                ));
                continue;
            }
            patch.push_str(&own);
        }
        run.printer.result(|out| out.write_all(patch.as_bytes()))?;
    } else {
        run.printer
            .result(|out| write_list(out, &changes, all, styles))?;
    }
    if report.coverage.is_incomplete() {
        let skipped = &report.coverage.skipped;
        let unread = skipped.iter().filter(|s| s.reason.is_failure());
        let message = format!("{} could not be read", plural(unread.count(), "file"));
        run.printer
            .failure(&Failure::failed(message).hint("`sluice scan` names them"));
        return Ok(Status::Failed);
    }
    Ok(Status::Clean)
}

/// By path the references that count: the pattern's id, and where it stands.
type Wanted<'r> = BTreeMap<&'r str, Vec<(&'r str, Span)>>;

fn wanted(report: &Report, least: Confidence) -> Wanted<'_> {
    let counts = |o: &&Occurrence| o.suppression.is_none() && o.confidence >= least;
    let mut wanted = Wanted::new();
    for finding in report.active().filter(|f| f.kind == Kind::Reference) {
        for occurrence in finding.occurrences.iter().filter(counts) {
            let places = wanted.entry(&occurrence.path).or_default();
            places.push((finding.rule.id.as_str(), occurrence.span));
        }
    }
    wanted
}

fn changes(wanted: &Wanted<'_>) -> Vec<Change> {
    let change = |(path, places): (&&str, &Vec<(&str, Span)>)| {
        // What lies in a container, or came from standard input, has no file to change.
        let before = std::fs::read_to_string(path).ok()?;
        let after = remedy(path, &before, places)?;
        Some(Change {
            path: (*path).to_owned(),
            before,
            after,
        })
    };
    wanted.iter().filter_map(change).collect()
}

/// The patch of one file. What stands before it says what it needs; programs that apply
/// patches pass over that.
fn patch_of(change: &Change) -> String {
    let path = change.path.strip_prefix("./").unwrap_or(&change.path);
    // A tab ends names with blanks in them.
    let end = if path.contains(' ') { "\t" } else { "" };
    let mut out = String::new();
    for remedy in &change.after.remedies {
        let pattern = remedy.pattern.pattern();
        let line = line_of(&change.before, remedy.span);
        let (title, name) = (pattern.title(), harmless(&remedy.name));
        let _ = write!(out, "# {path}:{line}: {} {title}: {name}", pattern.code());
        if let Some(needs) = needs_of(remedy) {
            let _ = write!(out, "; needs {needs}");
        }
        out.push('\n');
    }
    let diff = TextDiff::from_lines(&change.before, &change.after.text);
    let (from, to) = (format!("a/{path}{end}"), format!("b/{path}{end}"));
    let _ = write!(out, "{}", diff.unified_diff().header(&from, &to));
    out
}

/// What has to be there before the change works, in words.
fn needs_of(remedy: &Remedy) -> Option<String> {
    let (needs, permission) = (remedy.needs, remedy.permission);
    let permission = match permission {
        "" => return (!needs.is_empty()).then(|| needs.to_owned()),
        permission => format!("the permission `{permission}` in the job (the change grants it)"),
    };
    Some(match needs {
        "" => permission,
        needs => format!("{permission}, and {needs}"),
    })
}

fn line_of(text: &str, span: Span) -> usize {
    let before = text.get(..span.start).unwrap_or(text);
    before.bytes().filter(|&b| b == b'\n').count() + 1
}

fn holds_secret(report: &Report, patch: &str) -> bool {
    let secrets = report.findings.iter().filter(|f| f.kind == Kind::Secret);
    secrets
        .map(|finding| finding.secret.expose_secret_bytes())
        .filter_map(|value| std::str::from_utf8(value).ok())
        .flat_map(str::lines)
        .any(|line| line.len() > 3 && patch.contains(line))
}

fn write_list(
    out: &mut dyn Write,
    changes: &[Change],
    all: usize,
    styles: Styles,
) -> io::Result<()> {
    let mut done = 0;
    for change in changes {
        for remedy in &change.after.remedies {
            done += 1;
            let place = format!("{}:{}", change.path, line_of(&change.before, remedy.span));
            let place = styles.paint(BOLD, &harmless(&place));
            let pattern = remedy.pattern.pattern();
            let (title, name) = (pattern.title(), harmless(&remedy.name));
            writeln!(out, "{place}  {title}: {name}")?;
            if let Some(needs) = needs_of(remedy) {
                writeln!(out, "  needs {needs}")?;
            }
        }
    }
    let of = plural(all, "reference");
    if all == 0 {
        return writeln!(out, "there are no references to stored credentials");
    }
    if done == 0 {
        return writeln!(out, "nothing in {of} can be changed without knowing more");
    }
    writeln!(
        out,
        "{done} of {of} can be turned off by a change; `sluice remediate --diff` prints it"
    )
}
