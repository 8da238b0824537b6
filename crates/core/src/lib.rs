//! Bytes in, matches out.
//!
//! This crate is the engine of Sluicegate and the words its findings are described
//! with. It reads no files, opens no sockets, starts no threads, looks at no clock
//! and no environment, and keeps no global state: a [`RuleSet`] is immutable and
//! shared, a [`Scratch`] is lent to it by each worker, and what it finds goes to a
//! [`Sink`].
//!
//! - [`RuleSpec`] says what one type of credential looks like; [`RuleSpec::lower`]
//!   proves its bounds and anchors.
//! - [`RuleSet`] searches for all rules at once; its documentation has the example.
//! - [`Match`] is where a rule found something, [`Rejection`] why it did not.
//! - [`Report`] is what a scan has to say, in [`Finding`]s and [`Coverage`].
//! - [`Anchor`] and [`Lead`] are a scan taken apart, for blobs that are mostly known.
//! - [`Decoded`] is a match in text that is written in base64, escapes or the like
//!   ([`Codec`]).
//! - [`Identity`] is what a credential says about itself.
//! - [`Secret`] holds raw bytes and gives them away only by name.
//! - [`text`] turns UTF-16 into bytes that can be searched, with a [`SpanMap`] back.
//!
//! Offsets are bytes, spans are half open. It does not decide what a finding means.

#![forbid(unsafe_code)]

/// A name of this engine that changes with its source: another one may find other things
/// with the same rules, so what is kept of a scan holds for one engine only.
pub const ENGINE: &str = env!("SLUICEGATE_ENGINE");

mod anchor;
mod assign;
mod bytes;
mod common;
mod encoded;
mod error;
mod filter;
mod finding;
pub mod identity;
mod info;
mod job;
mod looked;
mod lower;
mod map;
mod mask;
mod model;
mod names;
mod near;
mod needles;
mod pack;
mod path;
mod probe;
mod program;
mod rule;
mod ruleset;
mod scan;
mod secret;
mod span;
mod spec;
pub mod text;
mod vocabulary;

pub use assign::{FileKind, Role, Weighing};
pub use encoded::Codec;
pub use error::{RuleError, RuleErrorKind};
pub use filter::{Rejection, checksum, entropy};
pub use finding::{
    CommitInfo, Coverage, Excerpt, Exposure, Finding, HistoryCoverage, ImageLayer, Occurrence,
    Piece, Position, Provenance, Referenced, Report, SkipReason, Skipped, Suppression,
    UnusedSuppression,
};
pub use identity::Identity;
pub use info::{Remediation, RuleInfo};
pub use job::{Job, Tier};
pub use looked::Looked;
pub use lower::{LoweredRule, MAX_LENGTH, MAX_PART_DISTANCE, NEAR};
pub use map::SpanMap;
pub use mask::without_values;
pub use names::Names;
pub use probe::{Anchor, Lead, Scope};
pub use ruleset::{RuleId, RuleSet, WatchId};
pub use scan::{Blob, Decoded, Match, Scratch, Sink};
pub use secret::Secret;
pub use span::Span;
pub use spec::{
    Allow, AllowTarget, Alphabet, AtLeast, Boundary, CharClass, Characters, Checksum, Part,
    Pattern, RuleSpec,
};
pub use vocabulary::{Confidence, Kind, Lifetime, Severity, Trait, UnknownWord};
