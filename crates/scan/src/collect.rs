//! From hits to findings: one rule and one value is one finding, however often it is
//! seen.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sluicegate_core::{
    Coverage, Finding, HistoryCoverage, Kind, Occurrence, Referenced, Report, Secret, SkipReason,
    Skipped, Span, UnusedSuppression,
};
use sluicegate_rules::Rules;
use sluicegate_source::artifact::Image;

use crate::blob::{By, Found, Hit};
use crate::fingerprint::Fingerprinter;

/// What all threads have found so far.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    pub(crate) hits: Vec<Hit>,
    pub(crate) below_confidence: usize,
    pub(crate) unused: Vec<UnusedSuppression>,
    pub(crate) skipped: Vec<Skipped>,
    pub(crate) files: u64,
    pub(crate) bytes: u64,
    pub(crate) history: Option<HistoryCoverage>,
    pub(crate) images: Vec<Image>,
    /// Containers, and what each deletes of the layers below it if it is one.
    pub(crate) deletions: Vec<(String, String)>,
}

impl Gathered {
    pub(crate) fn add(&mut self, found: Found) {
        self.hits.extend(found.hits);
        self.below_confidence += found.below_confidence;
        self.unused.extend(found.unused);
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.hits.extend(other.hits);
        self.below_confidence += other.below_confidence;
        self.unused.extend(other.unused);
        self.skipped.extend(other.skipped);
        self.images.extend(other.images);
        self.deletions.extend(other.deletions);
        self.files += other.files;
        self.bytes += other.bytes;
        if let Some(other) = other.history {
            let own = self.history.get_or_insert_default();
            own.commits += other.commits;
            own.searched += other.searched;
            own.cached += other.cached;
        }
    }

    pub(crate) fn skip(&mut self, path: String, reason: SkipReason, detail: String) {
        self.skipped.push(Skipped {
            parts: 1,
            path: Arc::from(path),
            reason,
            detail,
        });
    }
}

/// What one thread has found; handed over when the thread ends.
pub(crate) struct Local<'s> {
    shared: &'s Mutex<Gathered>,
    pub(crate) own: Gathered,
}

impl<'s> Local<'s> {
    pub(crate) fn new(shared: &'s Mutex<Gathered>) -> Self {
        Self {
            shared,
            own: Gathered::default(),
        }
    }
}

impl Drop for Local<'_> {
    fn drop(&mut self) {
        let own = std::mem::take(&mut self.own);
        // A thread that panicked while it held the lock left the numbers as they were.
        self.shared
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .merge(own);
    }
}

/// What tells a hit from all others: in a history two versions of a file may have
/// different values at one place, so may the sides of a conflict in an index, and a
/// compressed run holds all of its values at one.
fn place(hit: &Hit) -> (&str, Span, By, &Secret, Option<&str>) {
    let object = hit.provenance.as_ref().map(|p| &*p.object);
    (&hit.path, hit.span, hit.rule, &hit.secret, object)
}

/// The finding that the hit is the first occurrence of.
fn finding(hit: &Hit, rules: &Rules, fingerprints: &Fingerprinter) -> Finding {
    let rule = hit.rule.info(rules);
    let value = hit.secret.expose_secret_bytes();
    let (kind, public_prefix, reference, print) = match hit.rule {
        By::Rule(id) => {
            let prefix = rules.set().public_prefix(id, value);
            (Kind::Secret, prefix, None, value.to_vec())
        }
        By::Pattern(id) => {
            let pattern = id.pattern();
            let referenced = Referenced {
                provider: hit.provider,
                name: String::from_utf8_lossy(value).into_owned(),
                stages: pattern.stages(),
                has_alternative: pattern.has_alternative(),
                is_admin: hit.is_admin,
            };
            let print = [hit.provider.as_bytes(), &[0], value].concat();
            // A name is no secret: all of it may be shown.
            (Kind::Reference, usize::MAX, Some(referenced), print)
        }
    };
    Finding {
        fingerprint: fingerprints.of(&rule.id, &print),
        kind,
        rule,
        confidence: hit.confidence,
        secret: hit.secret.clone(),
        public_prefix,
        reference,
        identity: None,
        occurrences: Vec::new(),
    }
}

/// Makes the report. Its order depends on what was found and on nothing else.
pub(crate) fn report(
    mut gathered: Gathered,
    rules: &Rules,
    fingerprints: &Fingerprinter,
    cancelled: bool,
    elapsed: Duration,
) -> Report {
    gathered
        .hits
        .sort_unstable_by(|a, b| place(a).cmp(&place(b)));
    gathered.hits.dedup_by(|a, b| place(a) == place(b));
    let mut known: HashMap<(By, &str, Secret), usize> = HashMap::new();
    let mut findings: Vec<Finding> = Vec::new();
    for hit in gathered.hits {
        let number = *known
            .entry((hit.rule, hit.provider, hit.secret.clone()))
            .or_insert_with(|| {
                findings.push(finding(&hit, rules, fingerprints));
                findings.len() - 1
            });
        let finding = &mut findings[number];
        finding.confidence = finding.confidence.max(hit.confidence);
        // What stands beside a value may tell more at one place than at another.
        finding.identity = finding.identity.take().or(hit.identity);
        if let Some(reference) = &mut finding.reference {
            reference.is_admin |= hit.is_admin;
        }
        finding.occurrences.push(Occurrence {
            path: hit.path,
            span: hit.span,
            start: hit.start,
            end: hit.end,
            confidence: hit.confidence,
            encoding: hit.encoding,
            excerpt: hit.excerpt,
            usage: hit.usage,
            job: hit.job,
            suppression: hit.suppression,
            provenance: hit.provenance,
            copied_from: hit.copied_from,
            layer: hit.layer,
        });
    }
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.severity(), f.confidence);
        let place = |f: &Finding| f.occurrences.first().map(|o| (o.path.clone(), o.span));
        key(b)
            .cmp(&key(a))
            .then_with(|| place(a).cmp(&place(b)))
            .then_with(|| a.rule.id.cmp(&b.rule.id))
    });
    gathered.skipped.sort_unstable();
    gathered.skipped.dedup();
    gathered.unused.sort_unstable();
    gathered.unused.dedup();
    Report {
        findings,
        below_confidence: gathered.below_confidence,
        unused_suppressions: gathered.unused,
        coverage: Coverage {
            files: gathered.files,
            bytes: gathered.bytes,
            skipped: gathered.skipped,
            cancelled,
            history: gathered.history,
        },
        rules_digest: rules.digest().to_owned(),
        rules: rules.set().len(),
        elapsed,
    }
}
