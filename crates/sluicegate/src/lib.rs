//! Find hard-coded secrets, from your own program.
//!
//! ```
//! use sluicegate::{Monitor, Options, Rules, Scanner, Target};
//!
//! let options = Options::default();
//! let rules = Rules::builder().build(&Scanner::watch_words(&options.markers))?;
//! let scanner = Scanner::new(rules.into(), options);
//! let text = b"smtp_password = 'Tr0ub4dor&3x'".to_vec(); // sluice:allow made up
//! let target = Target::Bytes { name: "settings.py".into(), bytes: text };
//! let report = scanner.scan(&[target], &Monitor::default())?;
//! assert_eq!(report.findings.len(), 1);
//! assert_eq!(format!("{}", report.findings[0].secret), "Secret(12 bytes)");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! - [`Rules`] chooses what to look for, [`Options`] how, [`Target`] where.
//! - [`Scanner::scan_history`] scans all objects of a git repository and says which
//!   commit brought each value in.
//! - [`Scanner::scan_change`] scans what the index, a range of commits or a push introduces.
//! - [`Scanner`] gives a [`Report`]: [`Finding`]s, and [`Coverage`] of what was read.
//! - [`ReferencePattern`] is the catalogue of references to stored credentials, which a
//!   scan finds beside values; [`remedy`] changes a file so that some are gone.
//! - [`report`] renders it as text, JSON, JSON Lines and SARIF.
//! - [`config`] reads `.sluice.toml`.
//! - [`gate`] turns what was found into a decision: allow, remediate, block.
//!
//! It makes no network calls, prints nothing and reads no environment variable.
//! The command `sluice` is a client of this crate and of nothing below it.

#![forbid(unsafe_code)]

pub mod config;
pub mod gate;

pub use sluicegate_core::{
    CommitInfo, Confidence, Coverage, Excerpt, Exposure, FileKind, Finding, HistoryCoverage,
    Identity, Job, Kind, Lifetime, Occurrence, Pattern, Piece, Position, Provenance, Referenced,
    Rejection, Remediation, Report, RuleId, RuleInfo, RuleSpec, Secret, Severity, SkipReason,
    Skipped, Span, Suppression, Tier, Trait, UnknownWord, UnusedSuppression, Weighing,
};
pub use sluicegate_references::{Pattern as ReferencePattern, Remedied, Remedy, remedy};
pub use sluicegate_report as report;
pub use sluicegate_rules::{
    Diagnostic, Diagnostics, Examples, Failure, Fate, ImportFormat, ImportNote, Imported, Rules,
    RulesBuilder, Scope, check, import, locate, nearest, toml_error,
};
pub use sluicegate_scan::{
    Change, DEFAULT_MAX_FILE_SIZE, ExplainOutcome, ExplainStep, HistoryOptions, Kinds, MarkerKind,
    Monitor, Options, RuleCost, ScanError, ScanErrorKind, Scanner, Surroundings, Target, Update,
};
