//! For which references a patch can be made: tried, as `sluice remediate` does it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use similar::{DiffOp, TextDiff};
use sluicegate_core::{Finding, Kind, Occurrence, Report, Span};
use sluicegate_gate::{FileChange, Fix, Replacement, sha256};
use sluicegate_references::{Remedied, remedy};

use super::markers::Touched;

/// More than this is not read again to try a change, in bytes.
const MAX_FILE: u64 = 2 << 20;

/// Changes of more references than this are not written down one by one: each is tried alone.
const MAX_FIXES: usize = 200;

/// The references that patches turn off wherever they count, by fingerprint, and the patch of
/// each if it can be made without the others. The text of a file is that of the change, or
/// what lies in the folder.
pub(super) fn patchable<'r>(
    report: &'r Report,
    touched: &[Touched],
) -> BTreeMap<&'r str, Option<Fix>> {
    let counts = |o: &&Occurrence| o.suppression.is_none() && o.layer.is_none();
    let references = || report.active().filter(|f| f.kind == Kind::Reference);
    let mut wanted: BTreeMap<&str, Vec<(&str, Span)>> = BTreeMap::new();
    for finding in references() {
        for occurrence in finding.occurrences.iter().filter(counts) {
            let places = wanted.entry(&occurrence.path).or_default();
            places.push((finding.rule.id.as_str(), occurrence.span));
        }
    }
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    let mut done: BTreeSet<(&str, &str, Span)> = BTreeSet::new();
    for (path, places) in &wanted {
        let Some(text) = text(path, touched) else {
            continue;
        };
        let changed = remedy(path, &text, places);
        let remedies = changed.iter().flat_map(|changed| &changed.remedies);
        done.extend(remedies.map(|r| (*path, r.pattern.pattern().id(), r.span)));
        texts.insert(path, text);
    }
    let is_done = |rule: &str, o: &Occurrence| done.contains(&(&*o.path, rule, o.span));
    let all = references().filter(|finding| {
        let active = finding
            .occurrences
            .iter()
            .filter(|o| o.suppression.is_none());
        active.into_iter().all(|o| is_done(&finding.rule.id, o))
    });
    let fix = |(number, finding): (usize, &'r Finding)| {
        let fix = (number < MAX_FIXES).then(|| fix(finding, &texts)).flatten();
        // What comes is made of what stands there, and a value may stand beside it.
        let fix = fix.filter(|fix| !holds_secret(report, fix));
        (finding.fingerprint.as_str(), fix)
    };
    all.enumerate().map(fix).collect()
}

/// The change that turns off this reference and is made for it alone.
fn fix(finding: &Finding, texts: &BTreeMap<&str, String>) -> Option<Fix> {
    let mut places: BTreeMap<&str, Vec<(&str, Span)>> = BTreeMap::new();
    let active = finding.occurrences.iter();
    for occurrence in active.filter(|o| o.suppression.is_none()) {
        let of_file = places.entry(&occurrence.path).or_default();
        of_file.push((finding.rule.id.as_str(), occurrence.span));
    }
    let mut out = Fix::default();
    for (path, places) in places {
        let text = texts.get(path)?;
        let changed = remedy(path, text, &places)?;
        let done = |(_, span): &(&str, Span)| changed.remedies.iter().any(|r| r.span == *span);
        if !places.iter().all(done) {
            return None;
        }
        out.needs.extend(needs(&changed));
        out.changes.push(FileChange {
            path: path.to_owned(),
            base_sha256: sha256(text.as_bytes()),
            replacements: replacements(text, &changed.text),
        });
    }
    out.needs.sort();
    out.needs.dedup();
    Some(out)
}

/// What has to be there before the change works. A permission of the job is not among it: the
/// change grants that.
fn needs(changed: &Remedied) -> impl Iterator<Item = String> {
    let needs = changed.remedies.iter().map(|remedy| remedy.needs);
    needs.filter(|n| !n.is_empty()).map(ToOwned::to_owned)
}

fn replacements(before: &str, after: &str) -> Vec<Replacement> {
    let diff = TextDiff::from_lines(before, after);
    let changed = diff
        .ops()
        .iter()
        .filter(|op| !matches!(op, DiffOp::Equal { .. }));
    let one = |op: &DiffOp| Replacement {
        line: op.old_range().start + 1,
        removed: op.old_range().len(),
        inserted: diff.new_slices()[op.new_range()].concat(),
    };
    changed.map(one).collect()
}

fn holds_secret(report: &Report, fix: &Fix) -> bool {
    let replacements = || fix.changes.iter().flat_map(|change| &change.replacements);
    let secrets = report.findings.iter().filter(|f| f.kind == Kind::Secret);
    secrets
        .filter_map(|f| std::str::from_utf8(f.secret.expose_secret_bytes()).ok())
        .flat_map(str::lines)
        .filter(|line| line.len() > 3)
        .any(|line| replacements().any(|r| r.inserted.contains(line)))
}

fn text(path: &str, touched: &[Touched]) -> Option<String> {
    if let Some(file) = touched.iter().find(|file| file.path == path) {
        return String::from_utf8(file.after.clone()).ok();
    }
    let is_small = fs::metadata(path).ok()?.len() <= MAX_FILE;
    is_small.then(|| fs::read_to_string(path).ok())?
}
