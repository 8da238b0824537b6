//! Text for people.

mod excerpt;
mod files;
mod finding;
mod identity;
mod layer;
mod number;
mod provenance;
mod quiet;
mod style;
mod summary;
mod suppressed;

use std::io;

use sluicegate_core::Report;

use crate::Context;
use crate::count::Counts;
use crate::value::Values;
use files::Grouping;
use style::Pen;
pub use style::TextStyle;

/// Writes the report for people to read: grouped by file, then what is suppressed, then
/// a summary. A value that was seen in several places is told of once.
///
/// ```
/// use sluicegate_core::Report;
/// use sluicegate_report::{Context, TextStyle, text};
///
/// let (ctx, style) = (Context::new("0.1.0"), TextStyle::terminal(100));
/// let mut out = Vec::new();
/// text(&Report::default(), &ctx, &style, &mut out)?;
/// assert!(!out.is_empty());
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn text(
    report: &Report,
    ctx: &Context<'_>,
    style: &TextStyle,
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut pen = Pen::new(out, style);
    let values = Values::of(report, ctx);
    let grouping = Grouping::of(report);
    if style.quiet {
        return quiet::write(&grouping, &values, &mut pen);
    }
    for file in grouping.files() {
        finding::write_file(&file, &values, &mut pen)?;
    }
    suppressed::write(report, &values, &mut pen)?;
    summary::write(report, &Counts::of(report), &mut pen)
}
