//! The end of the text: counts, coverage, and a last line that says how it stands.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::io;

use sluicegate_core::{Confidence, HistoryCoverage, Kind, Report, Severity, SkipReason, Skipped};

use super::number::{bytes, count, counted, duration, rate};
use super::style::{Ink, Pen};
use crate::count::Counts;
use crate::escape::visible;

/// As many examples of each reason are shown.
const EXAMPLES: usize = 3;
/// The columns of the names of the rows.
const LABEL: usize = 12;

/// Writes the summary.
pub(super) fn write(report: &Report, counts: &Counts, pen: &mut Pen<'_>) -> io::Result<()> {
    write_findings(counts, pen)?;
    write_left_out(report, counts, pen)?;
    write_read(report, pen)?;
    write_skipped(&report.coverage.skipped, pen)?;
    write_last(report, counts, pen)
}

fn row(pen: &mut Pen<'_>, label: &str, text: impl Display) -> io::Result<()> {
    let label = pen.padded(Ink::Label, label, LABEL);
    pen.line(format_args!("{label}{text}"))
}

fn write_findings(counts: &Counts, pen: &mut Pen<'_>) -> io::Result<()> {
    for severity in Severity::ALL.iter().rev().copied() {
        let number = counts.of_severity(severity);
        if number == 0 {
            continue;
        }
        let sure: Vec<String> = Confidence::ALL
            .iter()
            .rev()
            .map(|confidence| (counts.of_both(severity, *confidence), confidence))
            .filter(|(number, _)| *number > 0)
            .map(|(number, confidence)| format!("{} {confidence}", count(number as u64)))
            .collect();
        let label = pen.padded(Ink::Severity(severity), severity.as_str(), LABEL);
        let (number, sure) = (count(number as u64), sure.join(", "));
        pen.line(format_args!("{label}{number} ({sure})"))?;
    }
    Ok(())
}

fn write_left_out(report: &Report, counts: &Counts, pen: &mut Pen<'_>) -> io::Result<()> {
    let unused = report.unused_suppressions.len();
    let numbers = [
        (counts.suppressed_occurrences, "place"),
        (unused, "unused marker"),
    ];
    let told: Vec<String> = numbers
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, noun)| counted(*number, noun))
        .collect();
    if !told.is_empty() {
        row(pen, "suppressed", told.join(", "))?;
    }
    if report.below_confidence > 0 {
        let number = counted(report.below_confidence, "finding");
        let text = format!("{number} of less confidence; see them with --min-confidence hint");
        row(pen, "not shown", text)?;
    }
    Ok(())
}

fn write_read(report: &Report, pen: &mut Pen<'_>) -> io::Result<()> {
    let (coverage, time) = (&report.coverage, report.elapsed);
    let files = usize::try_from(coverage.files).unwrap_or(usize::MAX);
    let mut text = match coverage.history {
        None => counted(files, "file"),
        Some(history) => {
            let commits = usize::try_from(history.commits).unwrap_or(usize::MAX);
            let objects = counted(files, "object");
            format!("{objects} of {}", counted(commits, "commit"))
        }
    };
    text += &format!(", {}", bytes(coverage.bytes));
    text += &format!(" in {}", duration(time));
    if let Some(rate) = rate(coverage.bytes, time) {
        text += &format!(" ({rate})");
    }
    text += &format!(", {}", counted(report.rules, "rule"));
    row(pen, "read", text)?;
    match coverage.history {
        Some(history) => row(pen, "searched", searched(history, coverage.bytes)),
        None => Ok(()),
    }
}

/// Git stores most of a history as copies of the rest.
fn searched(history: HistoryCoverage, read: u64) -> String {
    let mut text = match history.searched {
        all if all >= read => "all of it".to_owned(),
        part => format!("{} of it, the rest is repetition", bytes(part)),
    };
    if history.cached > 0 {
        let cached = usize::try_from(history.cached).unwrap_or(usize::MAX);
        text += &format!("; {} known from before", counted(cached, "object"));
    }
    text
}

fn write_skipped(skipped: &[Skipped], pen: &mut Pen<'_>) -> io::Result<()> {
    let mut reasons: BTreeMap<SkipReason, Vec<&Skipped>> = BTreeMap::new();
    for skip in skipped {
        reasons.entry(skip.reason).or_default().push(skip);
    }
    for (at, (reason, skips)) in reasons.iter().enumerate() {
        let label = if at == 0 { "not read" } else { "" };
        let ink = if reason.is_failure() {
            Ink::Warning
        } else {
            Ink::Faint
        };
        let number = count(parts(skips));
        let text = pen
            .ink(ink, format!("{number} {}", say(*reason)))
            .to_string();
        row(pen, label, text)?;
        for skip in skips.iter().take(EXAMPLES) {
            let path = visible(&skip.path);
            let detail = match skip.detail.as_str() {
                "" => String::new(),
                detail => format!(" ({})", visible(detail)),
            };
            row(pen, "", format_args!("  {path}{detail}"))?;
        }
        if skips.len() > EXAMPLES {
            let rest = count(parts(&skips[EXAMPLES..]));
            row(pen, "", format_args!("  and {rest} more"))?;
        }
    }
    Ok(())
}

/// How many they are, with those that are only counted.
fn parts(skips: &[&Skipped]) -> u64 {
    skips.iter().map(|skip| skip.parts).sum()
}

/// The reason in words that go with any number.
fn say(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::Unreadable => "could not be opened or read",
        SkipReason::Vanished => "vanished before being opened",
        SkipReason::Shrunk => "became shorter while being read",
        SkipReason::TooLarge => "larger than --max-file-size",
        SkipReason::TooMuchMemory => "taking more memory to read than is allowed",
        SkipReason::Special => "neither file nor folder",
        SkipReason::BrokenLink => "linked to nothing",
        SkipReason::Missing => "not in this clone",
        SkipReason::TooDeep => "in more archives than --archive-depth",
        SkipReason::TooManyEntries => "with too many files inside",
        SkipReason::ExpandsTooMuch => "growing too much when opened",
        SkipReason::Encrypted => "encrypted",
        SkipReason::Damaged => "damaged",
        SkipReason::Unsupported => "of a kind that cannot be opened",
        SkipReason::TooManyMatches => "with too many matches, of which the first were kept",
        SkipReason::Internal => "failed in the scanner itself: please report it",
        other => other.as_str(),
    }
}

fn write_last(report: &Report, counts: &Counts, pen: &mut Pen<'_>) -> io::Result<()> {
    let coverage = &report.coverage;
    let failed = coverage.skipped.iter().filter(|s| s.reason.is_failure());
    let failed: u64 = failed.map(|skipped| skipped.parts).sum();
    let failed = usize::try_from(failed).unwrap_or(usize::MAX);
    pen.gap()?;
    if coverage.cancelled {
        let text = pen.ink(
            Ink::Warning,
            "Stopped before the end: what was not read may hold more.",
        );
        pen.line(format_args!("{text}"))?;
    } else if failed > 0 {
        let text = format!(
            "Incomplete: {} could not be read to the end.",
            counted(failed, "path")
        );
        let text = pen.ink(Ink::Warning, text);
        pen.line(format_args!("{text}"))?;
    }
    if counts.findings > 0 {
        let (findings, files) = (
            counted(counts.findings, "finding"),
            counted(counts.files, "file"),
        );
        let text = pen.ink(Ink::Bad, format!("{findings} in {files}."));
        return pen.line(format_args!("{text} {}", advice(report, counts)));
    }
    let text = match (coverage.files, coverage.is_incomplete()) {
        (0, _) => pen.ink(Ink::Warning, "Nothing was read, so nothing was found."),
        (_, true) => pen.ink(Ink::Warning, "Nothing found in what was read."),
        (_, false) => pen.ink(Ink::Good, "Nothing found."),
    };
    pen.line(format_args!("{text}"))
}

/// What comes first. A reference holds nothing that could be revoked.
fn advice(report: &Report, counts: &Counts) -> &'static str {
    let has_secret = report.active().any(|finding| finding.kind == Kind::Secret);
    match (has_secret, counts.findings) {
        (true, 1) => "Revoke it first: removing it is not enough.",
        (true, _) => "Revoke them first: removing them is not enough.",
        (false, 1) => "It holds no secret and depends on a stored one.",
        (false, _) => "They hold no secrets and depend on stored ones.",
    }
}
