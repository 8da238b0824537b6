//! The pipeline: sources, matching, markers, findings.
//!
//! - [`Scanner`] holds rules and options and scans [`Target`]s; its documentation has
//!   the example.
//! - [`Monitor`] watches a running scan and stops it.
//! - [`Scanner::scan_history`] scans all that a git repository holds.
//! - [`Scanner::scan_change`] scans what a [`Change`] brings: the index, a range of
//!   commits, a push.
//! - [`Scanner::explain`] says what every rule made of one line.
//!
//! What it gives does not depend on the number of threads. It has no policy: it
//! reports, and others decide.

#![forbid(unsafe_code)]

mod artifact;
mod beside;
mod blob;
mod change;
mod collect;
mod commit;
mod cost;
mod error;
mod explain;
mod fingerprint;
mod history;
mod identity;
mod large;
mod layers;
mod lines;
mod marker;
mod options;
mod reference;
mod scanner;
mod skips;
mod suppress;
mod tree;

pub use change::Change;
pub use cost::RuleCost;
pub use error::{ScanError, ScanErrorKind};
pub use explain::{ExplainOutcome, ExplainStep};
pub use history::HistoryOptions;
pub use marker::MarkerKind;
pub use options::{DEFAULT_ARCHIVE_DEPTH, DEFAULT_MAX_FILE_SIZE, Kinds, Monitor, Options, Target};
pub use scanner::Scanner;
pub use sluicegate_git::{Surroundings, change::Update};
