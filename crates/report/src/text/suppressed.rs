//! What markers in the files say does not count, and markers that say nothing.

use std::io;

use sluicegate_core::{Finding, Occurrence, Report};

use super::number::{count, counted};
use super::style::{Ink, Pen};
use crate::escape::visible;
use crate::value::Values;

/// As many lines of each kind are shown; all of them stand in the JSON report.
const SHOWN: usize = 20;

/// Writes both lists, if there is something in them.
pub(super) fn write(report: &Report, values: &Values<'_>, pen: &mut Pen<'_>) -> io::Result<()> {
    let mut suppressed: Vec<(&Occurrence, &Finding)> = report
        .findings
        .iter()
        .flat_map(|finding| finding.occurrences.iter().map(move |o| (o, finding)))
        .filter(|(occurrence, _)| occurrence.suppression.is_some())
        .collect();
    suppressed.sort_by_key(|(occurrence, _)| (&occurrence.path, occurrence.span.start));
    if !suppressed.is_empty() {
        write_title("Suppressed", suppressed.len(), pen)?;
        for (occurrence, finding) in suppressed.iter().take(SHOWN) {
            let Some(suppression) = &occurrence.suppression else {
                continue;
            };
            let (path, id) = (visible(&occurrence.path), visible(&finding.rule.id));
            let reason = values.reason(occurrence);
            let reason = reason
                .as_deref()
                .map(visible)
                .unwrap_or("no reason given".into());
            let reason = pen.ink(Ink::Faint, reason);
            let (line, marker) = (occurrence.start.line, suppression.marker);
            pen.line(format_args!("  {path}:{line}  {id}  {marker}  {reason}"))?;
        }
        write_rest(suppressed.len(), pen)?;
    }
    let unused = &report.unused_suppressions;
    if !unused.is_empty() {
        write_title("Markers that suppress nothing", unused.len(), pen)?;
        for marker in unused.iter().take(SHOWN) {
            let path = visible(&marker.path);
            pen.line(format_args!("  {path}:{}  {}", marker.line, marker.marker))?;
        }
        write_rest(unused.len(), pen)?;
    }
    Ok(())
}

fn write_title(title: &str, number: usize, pen: &mut Pen<'_>) -> io::Result<()> {
    let title = pen.ink(Ink::Label, title);
    pen.line(format_args!("{title} ({})", count(number as u64)))
}

fn write_rest(number: usize, pen: &mut Pen<'_>) -> io::Result<()> {
    if let Some(rest) = number.checked_sub(SHOWN).filter(|rest| *rest > 0) {
        let rest = counted(rest, "more line");
        pen.line(format_args!("  and {rest}; --format json has them all"))?;
    }
    pen.gap()
}
