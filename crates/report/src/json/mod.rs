//! JSON for programs: one document, or one line for each finding.

mod finding;
pub(crate) mod identity;
mod job;
pub(crate) mod layer;
mod model;
pub(crate) mod provenance;
mod safe;
mod words;

use std::io;

use serde::Serialize;
use sluicegate_core::Report;

use crate::Context;
use crate::value::Values;
use model::{Document, Line};

/// Writes one JSON document that holds the whole report; its form is [`json_schema()`].
///
/// ```
/// use sluicegate_core::Report;
/// use sluicegate_report::{Context, json};
///
/// let mut out = Vec::new();
/// json(&Report::default(), &Context::new("0.1.0"), &mut out)?;
/// assert!(out.starts_with(b"{\n  \"version\": \"1\","));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn json(report: &Report, ctx: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let values = Values::of(report, ctx);
    let document = Document::of(report, ctx, &values);
    document.serialize(&mut safe::pretty(&mut *out))?;
    out.write_all(b"\n")
}

/// Writes a line of JSON for each finding, and a last one for the rest of the report;
/// their form is [`json_lines_schema()`].
///
/// ```
/// use sluicegate_core::Report;
/// use sluicegate_report::{Context, json_lines};
///
/// let mut out = Vec::new();
/// json_lines(&Report::default(), &Context::new("0.1.0"), &mut out)?;
/// assert!(out.starts_with(b"{\"type\":\"summary\",\"version\":\"1\","));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn json_lines(report: &Report, ctx: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let values = Values::of(report, ctx);
    for finding in &report.findings {
        Line::finding(finding, &values).serialize(&mut safe::compact(&mut *out))?;
        out.write_all(b"\n")?;
    }
    Line::summary(report, ctx).serialize(&mut safe::compact(&mut *out))?;
    out.write_all(b"\n")
}

/// The JSON Schema of the document that [`json()`] writes, ending in a line break.
///
/// ```
/// assert!(sluicegate_report::json_schema().contains("fingerprint"));
/// ```
pub fn json_schema() -> String {
    schema_text(schemars::schema_for!(Document<'static>))
}

/// The JSON Schema of one line that [`json_lines()`] writes, ending in a line break.
///
/// ```
/// assert!(sluicegate_report::json_lines_schema().contains("summary"));
/// ```
pub fn json_lines_schema() -> String {
    schema_text(schemars::schema_for!(Line<'static>))
}

pub(crate) fn schema_text(schema: schemars::Schema) -> String {
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is plain JSON");
    text.push('\n');
    text
}

/// Writes `value` without blanks.
pub(crate) fn write_compact(value: &impl Serialize, out: &mut dyn io::Write) -> io::Result<()> {
    value.serialize(&mut safe::compact(&mut *out))?;
    out.write_all(b"\n")
}
