//! A report in the format that was asked for.

use std::io::{self, Write};

use sluicegate::Report;
use sluicegate::report::{self, Context, TextStyle};

use crate::args::Format;

/// How a report looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Look {
    /// Whether text is coloured.
    pub(crate) color: bool,
    /// Whether text may have signs outside ASCII.
    pub(crate) unicode: bool,
    /// How wide text may be, in columns.
    pub(crate) width: usize,
    /// Whether text is one line for each finding and nothing else.
    pub(crate) quiet: bool,
    /// Whether secrets are printed as they are.
    pub(crate) show_secrets: bool,
}

/// Writes the report.
pub(crate) fn render(
    report: &Report,
    format: Format,
    look: &Look,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut ctx = Context::new(env!("CARGO_PKG_VERSION"));
    ctx.show_secrets = look.show_secrets;
    match format {
        Format::Text => {
            let mut style = TextStyle::plain();
            style.color = look.color;
            style.unicode = look.unicode;
            style.width = look.width;
            style.quiet = look.quiet;
            report::text(report, &ctx, &style, out)
        }
        Format::Json => report::json(report, &ctx, out),
        Format::Jsonl => report::json_lines(report, &ctx, out),
        Format::Sarif => report::sarif(report, &ctx, out),
    }
}
