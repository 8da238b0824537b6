//! How a value came into a repository, in words.

use std::io;

use sluicegate_core::{Exposure, Occurrence, Provenance};

use super::number::counted;
use super::style::{Ink, Pen};
use crate::escape::{visible, wrap};
use crate::json::provenance::summary;
use crate::value::{Values, short_id};

/// The columns of the names of notes.
const LABEL: usize = 8;

/// Writes which commit brought the value, and who can reach it, if that is known.
pub(super) fn write(
    occurrence: &Occurrence,
    gutter: usize,
    values: &Values<'_>,
    pen: &mut Pen<'_>,
) -> io::Result<()> {
    let Some(provenance) = &occurrence.provenance else {
        return Ok(());
    };
    let blank = " ".repeat(gutter);
    let width = pen.width().saturating_sub(gutter + 5 + LABEL);
    let mut note = |label: &str, ink: Option<Ink>, text: &str| {
        let label = pen.padded(Ink::Label, label, LABEL);
        match ink {
            Some(ink) => {
                let text = pen.ink(ink, text);
                pen.line(format_args!("  {blank}   {label}{text}"))
            }
            None => pen.line(format_args!("  {blank}   {label}{text}")),
        }
    };
    if let Some(commit) = &provenance.commit {
        let day = commit.date.get(..10).unwrap_or(&commit.date);
        let author = values.words(&commit.author);
        let (id, author) = (short_id(&commit.id), visible(&author));
        note("commit", None, &format!("{id} of {day} by {author}"))?;
        let said = summary(commit, values);
        let mut lines = wrap(&visible(&said), width.saturating_sub(4)).into_iter();
        if let Some(first) = lines.next() {
            let more = if lines.next().is_some() { " ..." } else { "" };
            note("", Some(Ink::Faint), &format!("{first}{more}"))?;
        }
    }
    let text = format!("{}{}", exposure(provenance.exposure), held(provenance));
    for (at, line) in wrap(&text, width).iter().enumerate() {
        note(if at == 0 { "where" } else { "" }, None, line)?;
    }
    Ok(())
}

/// ` in 1a2b3c4d5e6f`, or nothing.
pub(super) fn in_commit(occurrence: &Occurrence) -> String {
    let provenance = occurrence.provenance.as_ref();
    match provenance.and_then(|p| p.commit.as_ref()) {
        Some(commit) => format!(" in {}", short_id(&commit.id)),
        None => String::new(),
    }
}

fn exposure(exposure: Exposure) -> &'static str {
    match exposure {
        Exposure::Head => "still there at HEAD",
        Exposure::Reachable => "not at HEAD, but a branch or another reference leads to it",
        Exposure::Stash => "only in the stash",
        Exposure::Reflog => "only a reflog leads to it",
        Exposure::Dangling => "nothing leads to it any more, but git still has it",
    }
}

fn held(provenance: &Provenance) -> String {
    match (provenance.blobs, provenance.commits) {
        (0 | 1, 0 | 1) => String::new(),
        (blobs, commits) => format!(
            "; in {} of the file, by {}",
            counted(blobs, "version"),
            counted(commits, "commit")
        ),
    }
}
