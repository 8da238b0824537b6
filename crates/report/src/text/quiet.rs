//! One line for each finding, for editors and `grep`.

use std::io;

use super::files::{Grouping, active};
use super::finding::{location, short};
use super::number::counted;
use super::provenance::in_commit;
use super::style::{Ink, Pen};
use crate::escape::visible;
use crate::value::Values;

/// Writes `path:line:column: severity rule-id value fingerprint` for each finding.
pub(super) fn write(
    grouping: &Grouping<'_>,
    values: &Values<'_>,
    pen: &mut Pen<'_>,
) -> io::Result<()> {
    for first in grouping.firsts() {
        let finding = first.finding;
        let place = location(first.occurrence);
        let severity = pen.ink(Ink::Severity(finding.severity()), finding.severity());
        let shown = values.shown(&finding.secret, finding.public_prefix);
        let (id, shown) = (visible(&finding.rule.id), visible(&shown));
        let print = pen.ink(Ink::Faint, short(finding));
        let more = match active(finding).count() - 1 {
            0 => String::new(),
            more => format!(" (and {})", counted(more, "more place")),
        };
        let commit = in_commit(first.occurrence);
        pen.line(format_args!(
            "{place}: {severity} {id} {shown} {print}{commit}{more}"
        ))?;
    }
    Ok(())
}
