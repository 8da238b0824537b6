//! What the fuzz targets share.
//!
//! - [`Collected`] is a sink that keeps everything and checks that it is in range.
//! - [`artifact`] opens bytes as containers.
//! - [`references`] reads bytes as a kind of file and tries what would change it.
//! - [`naive`] is a second engine: slow, obvious, and written without looking at the
//!   first one's data structures.

pub mod artifact;
pub mod naive;
pub mod references;

use std::sync::LazyLock;

use sluicegate_core::{Blob, Decoded, Match, Rejection, RuleId, Sink, Span, WatchId};
use sluicegate_rules::Rules;
use sluicegate_scan::{MarkerKind, Scanner};

/// The built-in rules, watching for all markers.
pub static BUILTIN: LazyLock<Rules> = LazyLock::new(|| {
    Rules::builder()
        .build(&Scanner::watch_words(MarkerKind::ALL))
        .expect("the built-in rules are valid")
});

/// Keeps the matches of one scan, and panics where something lies outside of the blob.
#[derive(Default)]
pub struct Collected {
    /// What was found, in order.
    pub found: Vec<Match>,
}

impl Collected {
    fn check(&self, blob: &Blob<'_>, candidate: &Match) {
        in_range(blob, candidate.span);
        in_range(blob, candidate.secret);
        assert!(
            candidate.span.contains(candidate.secret),
            "the secret {:?} lies outside of its match {:?}",
            candidate.secret,
            candidate.span
        );
    }
}

impl Sink for Collected {
    const TRACE: bool = true;

    fn found(&mut self, blob: &Blob<'_>, found: &Match) {
        self.check(blob, found);
        if let Some(last) = self.found.last() {
            assert!(
                last.secret.start <= found.secret.start,
                "matches out of order"
            );
        }
        self.found.push(*found);
    }

    fn decoded(&mut self, blob: &Blob<'_>, decoded: &Decoded<'_>) {
        // The second engine does not decode.
        self.check(blob, &decoded.found);
        assert!(!decoded.codecs.is_empty());
    }

    fn watched(&mut self, blob: &Blob<'_>, _: WatchId, span: Span) {
        in_range(blob, span);
    }

    fn near(&mut self, blob: &Blob<'_>, _: RuleId, anchor: Span) {
        in_range(blob, anchor);
    }

    fn rejected(&mut self, blob: &Blob<'_>, candidate: &Match, why: &Rejection) {
        self.check(blob, candidate);
        assert!(!why.to_string().is_empty() && !why.filter().is_empty());
    }
}

fn in_range(blob: &Blob<'_>, span: Span) {
    assert!(
        span.start <= span.end && span.end <= blob.bytes.len(),
        "{span:?} in {} bytes",
        blob.bytes.len()
    );
}
