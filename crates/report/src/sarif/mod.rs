//! SARIF 2.1.0, for code scanning services and viewers.
//!
//! One result for each occurrence: services show the first location of a result and
//! nothing of the others. Results of one finding share a fingerprint and a GUID.

mod guid;
mod log;
mod result;
mod rules;
mod taxa;
mod uri;

use std::io;

use sluicegate_core::Report;

use crate::Context;
use crate::value::Values;
pub(crate) use guid::line_hash;
pub(crate) use log::SCHEMA;
pub(crate) use result::escape_message;
pub(crate) use uri::ArtifactLocation;

/// Writes a SARIF 2.1.0 log with one run.
///
/// ```
/// use sluicegate_core::Report;
/// use sluicegate_report::{Context, sarif};
///
/// let mut out = Vec::new();
/// sarif(&Report::default(), &Context::new("0.1.0"), &mut out)?;
/// assert!(String::from_utf8_lossy(&out).contains("\"version\":\"2.1.0\""));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn sarif(report: &Report, ctx: &Context<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let values = Values::of(report, ctx);
    let rules = rules::Rules::of(report);
    crate::json::write_compact(&log::Log::of(report, ctx, &values, &rules), out)
}
