//! The findings of one file.

use std::collections::BTreeSet;
use std::io;

use sluicegate_core::{Finding, Kind, Occurrence};

use super::excerpt::fit;
use super::files::{Again, File, First, active};
use super::identity;
use super::layer;
use super::number::counted;
use super::provenance;
use super::style::{Ink, Pen};
use crate::escape::{visible, wrap};
use crate::value::Values;

/// As many digits of a fingerprint are shown; all of them stand in the JSON report.
const DIGITS: usize = 16;
/// As many other places of a value are named.
const OTHERS: usize = 3;
/// Line numbers take at least so many columns, so that most files look alike.
const GUTTER: usize = 3;
/// The columns of the names of notes.
const LABEL: usize = 8;
/// Prose is not set wider than this, in columns.
const MEASURE: usize = 100;

/// The start of the fingerprint, long enough to type and to tell findings apart.
pub(super) fn short(finding: &Finding) -> &str {
    finding
        .fingerprint
        .get(..DIGITS)
        .unwrap_or(&finding.fingerprint)
}

/// `path:line:column`, which terminals and editors make clickable.
pub(super) fn location(occurrence: &Occurrence) -> String {
    let (path, start) = (visible(&occurrence.path), occurrence.start);
    format!("{path}:{}:{}", start.line, start.column)
}

/// Writes what was found in one file.
pub(super) fn write_file(
    file: &File<'_>,
    values: &Values<'_>,
    pen: &mut Pen<'_>,
) -> io::Result<()> {
    let path = visible(file.path);
    let name = pen.ink(
        Ink::Path,
        if *path == *"-" {
            "standard input"
        } else {
            &path
        },
    );
    pen.line(format_args!("{name}"))?;
    pen.gap()?;
    let lines = file
        .findings
        .iter()
        .map(|first| first.occurrence.start.line);
    let gutter = digits(lines.max().unwrap_or(1)).max(GUTTER);
    let mut advised = BTreeSet::new();
    for first in &file.findings {
        let advise = advised.insert(first.finding.rule.id.as_str());
        write_first(first, advise, gutter, values, pen)?;
        pen.gap()?;
    }
    for again in &file.again {
        write_again(again, pen)?;
    }
    if !file.again.is_empty() {
        pen.gap()?;
    }
    Ok(())
}

fn write_first(
    first: &First<'_>,
    advise: bool,
    gutter: usize,
    values: &Values<'_>,
    pen: &mut Pen<'_>,
) -> io::Result<()> {
    let (finding, occurrence) = (first.finding, first.occurrence);
    let ink = Ink::Severity(finding.severity());
    let severity = pen.ink(ink, finding.severity());
    let title = pen.ink(Ink::Label, visible(&finding.rule.title));
    let confidence = pen.ink(
        Ink::Faint,
        format_args!("[{}]", finding.confidence).to_string(),
    );
    pen.line(format_args!("  {severity}: {title} {confidence}"))?;
    let print = pen.ink(Ink::Faint, format!("fingerprint {}", short(finding)));
    pen.line(format_args!("  {}  {print}", location(occurrence)))?;
    write_excerpt(first, gutter, values, pen)?;
    if !occurrence.encoding.is_empty() {
        let words: Vec<&str> = occurrence.encoding.iter().map(|c| c.as_str()).collect();
        let blank = " ".repeat(gutter);
        let label = pen.padded(Ink::Label, "written", LABEL);
        let words = words.join(", in it ");
        pen.line(format_args!("  {blank}   {label}in {words}"))?;
    }
    if let Some(said) = identity::said(finding, values) {
        write_note("says", &visible(&said), gutter, pen)?;
    }
    provenance::write(occurrence, gutter, values, pen)?;
    if let Some(origin) = &occurrence.copied_from {
        let label = pen.padded(Ink::Label, "copied", LABEL);
        let blank = " ".repeat(gutter);
        pen.line(format_args!("  {blank}   {label}from {}", visible(origin)))?;
    }
    layer::write(occurrence, gutter, values, pen)?;
    write_usage(occurrence, gutter, values, pen)?;
    write_others(finding, gutter, pen)?;
    match finding.kind {
        Kind::Secret if advise => write_advice(finding, gutter, pen)?,
        Kind::Reference if advise => write_replacement(finding, gutter, pen)?,
        Kind::Secret | Kind::Reference => {}
    }
    Ok(())
}

fn write_excerpt(
    first: &First<'_>,
    gutter: usize,
    values: &Values<'_>,
    pen: &mut Pen<'_>,
) -> io::Result<()> {
    let (finding, occurrence) = (first.finding, first.occurrence);
    let ink = Ink::Severity(finding.severity());
    let room = pen.width().saturating_sub(gutter + 5);
    let fitted = fit(occurrence, finding, values, room, pen.ellipsis());
    let bar = pen.ink(Ink::Faint, pen.bar()).to_string();
    let blank = " ".repeat(gutter);
    if !fitted.before.is_empty() || !fitted.value.is_empty() || !fitted.after.is_empty() {
        let number = pen.ink(Ink::Faint, format!("{:>gutter$}", occurrence.start.line));
        let value = pen.ink(ink, &fitted.value);
        let (before, after) = (&fitted.before, &fitted.after);
        pen.line(format_args!("  {number} {bar} {before}{value}{after}"))?;
    }
    if fitted.value.is_empty() {
        let shown = values.shown(&finding.secret, finding.public_prefix);
        let value = pen.ink(ink, visible(&shown));
        return pen.line(format_args!("  {blank} {bar} {value}"));
    }
    let carets = pen.ink(ink, "^".repeat(fitted.length.max(1)));
    let indent = " ".repeat(fitted.indent);
    let lines = occurrence.end.line.saturating_sub(occurrence.start.line) + 1;
    let bytes = counted(finding.secret.len(), "byte");
    let size = match (lines, fitted.is_cut) {
        (1, false) => String::new(),
        (1, true) => format!(" {bytes}"),
        (lines, _) => format!(" {bytes} on {}", counted(lines, "line")),
    };
    // The label would leave the line, and it is the carets that must be seen.
    let fits = fitted.indent + fitted.length + size.len() <= room;
    let (behind, below) = if fits {
        (size.as_str(), "")
    } else {
        ("", size.trim_start())
    };
    pen.line(format_args!("  {blank} {bar} {indent}{carets}{behind}"))?;
    if !below.is_empty() {
        let indent = fitted.indent.min(room.saturating_sub(below.len()));
        pen.line(format_args!(
            "  {blank} {bar} {}{below}",
            " ".repeat(indent)
        ))?;
    }
    Ok(())
}

fn write_others(finding: &Finding, gutter: usize, pen: &mut Pen<'_>) -> io::Result<()> {
    let others: Vec<&Occurrence> = active(finding).skip(1).collect();
    let blank = " ".repeat(gutter);
    // The last place is named rather than counted.
    let named = if others.len() == OTHERS + 1 {
        OTHERS + 1
    } else {
        OTHERS
    };
    for (at, other) in others.iter().take(named).enumerate() {
        let label = pen.padded(Ink::Label, if at == 0 { "also at" } else { "" }, LABEL);
        let (place, commit) = (location(other), provenance::in_commit(other));
        pen.line(format_args!("  {blank}   {label}{place}{commit}"))?;
    }
    if others.len() > named {
        let rest = &others[named..];
        let mut files: Vec<&str> = rest.iter().map(|other| &*other.path).collect();
        files.dedup();
        let (places, files) = (
            counted(rest.len(), "more place"),
            counted(files.len(), "file"),
        );
        let label = pen.padded(Ink::Label, "", LABEL);
        pen.line(format_args!("  {blank}   {label}and {places} in {files}"))?;
    }
    Ok(())
}

/// What a reference is used for.
fn write_usage(
    occurrence: &Occurrence,
    gutter: usize,
    values: &Values<'_>,
    pen: &mut Pen<'_>,
) -> io::Result<()> {
    let Some(usage) = &occurrence.usage else {
        return Ok(());
    };
    write_note("used", &visible(&values.words(usage)), gutter, pen)
}

/// Why a reference matters, and what to write instead: prose is wrapped, lines of code
/// are left as they are.
fn write_replacement(finding: &Finding, gutter: usize, pen: &mut Pen<'_>) -> io::Result<()> {
    write_note("why", &visible(&finding.rule.description), gutter, pen)?;
    let blank = " ".repeat(gutter);
    let mut label = "instead";
    for line in finding.rule.remediation.rotate.lines() {
        if line.starts_with("    ") {
            let line = visible(line);
            let name = pen.padded(Ink::Label, label, LABEL);
            pen.line(format_args!("  {blank}   {name}{line}"))?;
        } else if !line.is_empty() {
            write_note(label, &visible(line), gutter, pen)?;
        }
        label = "";
    }
    let url = &finding.rule.remediation.url;
    if !url.is_empty() {
        let link = pen.ink(Ink::Link, visible(url));
        let name = pen.padded(Ink::Label, "", LABEL);
        pen.line(format_args!("  {blank}   {name}{link}"))?;
    }
    Ok(())
}

/// A note under a name, wrapped.
fn write_note(label: &str, text: &str, gutter: usize, pen: &mut Pen<'_>) -> io::Result<()> {
    let blank = " ".repeat(gutter);
    let width = pen.width().min(MEASURE).saturating_sub(gutter + 5 + LABEL);
    for (at, line) in wrap(text, width).iter().enumerate() {
        let name = pen.padded(Ink::Label, if at == 0 { label } else { "" }, LABEL);
        pen.line(format_args!("  {blank}   {name}{line}"))?;
    }
    Ok(())
}

fn write_advice(finding: &Finding, gutter: usize, pen: &mut Pen<'_>) -> io::Result<()> {
    let remediation = &finding.rule.remediation;
    let blank = " ".repeat(gutter);
    let width = pen.width().min(MEASURE).saturating_sub(gutter + 5 + LABEL);
    for (at, line) in wrap(&visible(&remediation.revoke), width)
        .iter()
        .enumerate()
    {
        let label = pen.padded(Ink::Label, if at == 0 { "revoke" } else { "" }, LABEL);
        pen.line(format_args!("  {blank}   {label}{line}"))?;
    }
    if !remediation.url.is_empty() {
        let link = pen.ink(Ink::Link, visible(&remediation.url));
        let label = pen.padded(Ink::Label, "", LABEL);
        pen.line(format_args!("  {blank}   {label}{link}"))?;
    }
    Ok(())
}

fn write_again(again: &Again<'_>, pen: &mut Pen<'_>) -> io::Result<()> {
    let place = location(again.occurrence);
    let more = match again.more {
        0 => String::new(),
        more => format!(" (and {} here)", counted(more, "more place")),
    };
    let first = location(again.first);
    let same = match again.first.usage {
        Some(_) => "same credential",
        None => "same value",
    };
    pen.line(format_args!("  {place}{more}  {same} as {first}"))
}

fn digits(number: usize) -> usize {
    number.checked_ilog10().unwrap_or(0) as usize + 1
}
