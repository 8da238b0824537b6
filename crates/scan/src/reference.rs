//! References to stored credentials, beside the values that rules find.

use std::sync::Arc;

use sluicegate_core::{Secret, SkipReason, Span, SpanMap, WatchId};
use sluicegate_references::{Inspection, Reference, Trouble, inspect, unread};
use sluicegate_source::artifact::INSIDE;

use crate::blob::{By, Found, Hit};
use crate::lines::{self, Lines, Own, Values};
use crate::options::Options;

/// The references in a file, if they are asked for. Why the file could not be read goes
/// to `out`.
pub(crate) fn look(
    path: &str,
    text: &[u8],
    watched: &[(WatchId, Span)],
    options: &Options,
    out: &mut Found,
) -> Vec<Reference> {
    if !options.kinds.references {
        return Vec::new();
    }
    let first = options.markers.len();
    let words: Vec<(usize, Span)> = watched
        .iter()
        .filter_map(|(watch, span)| Some((watch.index().checked_sub(first)?, *span)))
        .collect();
    let Inspection {
        mut references,
        trouble,
        ..
    } = inspect(path, text, &words);
    out.trouble = trouble;
    let is_off = |reference: &Reference| {
        let id = reference.pattern.pattern().id();
        options.exclude_patterns.iter().any(|off| off == id)
    };
    references.retain(|reference| !is_off(reference));
    references
}

/// What the coverage says of a file that is read in pieces: references are not looked for
/// in those.
pub(crate) fn in_pieces(path: &str, options: &Options) -> Option<Trouble> {
    let name = path.rsplit(INSIDE).next().unwrap_or(path);
    options
        .kinds
        .references
        .then(|| unread(name, "larger than 2 MiB"))
        .flatten()
}

/// The reason under which a file stands in the coverage.
pub(crate) fn skip_reason(trouble: &Trouble) -> SkipReason {
    if trouble.is_certain {
        SkipReason::Malformed
    } else {
        SkipReason::NotUnderstood
    }
}

/// The file in which references were found.
pub(crate) struct At<'t> {
    pub(crate) path: &'t Arc<str>,
    pub(crate) text: &'t [u8],
    /// The values in it.
    pub(crate) secrets: &'t Values,
    pub(crate) map: Option<&'t SpanMap>,
}

impl At<'_> {
    /// The reference with all that a report says about it.
    pub(crate) fn hit(&self, reference: &Reference, lines: &mut Lines<'_>) -> Hit {
        let span = reference.span;
        let own = if reference.beside_value {
            Own::NameBesideValue
        } else {
            Own::Name
        };
        Hit {
            rule: By::Pattern(reference.pattern),
            secret: Secret::new(reference.name.clone().into_bytes()),
            provider: reference.provider,
            usage: Some(Arc::from(reference.usage.as_str())),
            job: reference.job.clone(),
            is_admin: reference.is_admin,
            path: Arc::clone(self.path),
            span: self.map.map_or(span, |map| map.original(span)),
            start: lines.position(span.start),
            end: lines.position(span.end),
            confidence: reference.confidence,
            identity: None,
            encoding: Vec::new(),
            excerpt: lines::excerpt(self.text, span, self.secrets, own),
            suppression: None,
            provenance: None,
            copied_from: None,
            layer: None,
        }
    }
}
