//! A report in, a document out.
//!
//! - [`text()`] is for people: grouped by file, with the line and a caret under the
//!   value; [`TextStyle`] says how wide and how colourful.
//! - [`json()`] is one document, [`json_lines()`] one line for each finding; their
//!   schemas are [`json_schema()`] and [`json_lines_schema()`].
//! - [`sarif()`] is SARIF 2.1.0, for code scanning services.
//! - [`decision()`] and [`decision_text()`] write decisions of the gate.
//! - [`Context`] is what all of them need beside the report.
//!
//! ```
//! use sluicegate_core::Report;
//! use sluicegate_report::{Context, TextStyle, text};
//!
//! let mut out = Vec::new();
//! text(&Report::default(), &Context::new("0.1.0"), &TextStyle::plain(), &mut out)?;
//! assert!(String::from_utf8_lossy(&out).contains("nothing was found"));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! All of it renders; nothing decides or filters. The same report gives the same
//! bytes, except for the time that the text summary tells. Values are redacted unless
//! [`Context::show_secrets`] says otherwise, and what stands in files cannot drive the
//! terminal that shows it.

#![forbid(unsafe_code)]

mod count;
mod decision;
mod escape;
mod json;
mod sarif;
mod text;
mod value;

pub use decision::{DecisionFormat, decision, decision_text, log_head, plan_schema};
pub use json::{json, json_lines, json_lines_schema, json_schema};
pub use sarif::sarif;
pub use text::{TextStyle, text};

/// What every renderer needs beside the report.
///
/// ```
/// let mut ctx = sluicegate_report::Context::new("0.1.0");
/// assert!(!ctx.show_secrets);
/// ctx.category = Some("nightly");
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Context<'a> {
    /// The version of the tool.
    pub version: &'a str,
    /// Whether values are shown as they are, instead of redacted.
    pub show_secrets: bool,
    /// Tells apart several SARIF documents of one tool about one commit.
    pub category: Option<&'a str>,
}

impl<'a> Context<'a> {
    /// The context of the tool in this version: redacted, without a category.
    pub fn new(version: &'a str) -> Self {
        Self {
            version,
            show_secrets: false,
            category: None,
        }
    }
}
