//! For which references a patch can be made: tried, as `sluice remediate` does it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use sluicegate_core::{Kind, Occurrence, Report, Span};
use sluicegate_references::remedy;

use super::markers::Touched;

/// More than this is not read again to try a change, in bytes.
const MAX_FILE: u64 = 2 << 20;

/// The fingerprints of the references that patches turn off wherever they count. The text
/// of a file is that of the change, or what lies in the folder.
pub(super) fn patchable<'r>(report: &'r Report, touched: &[Touched]) -> BTreeSet<&'r str> {
    let counts = |o: &&Occurrence| o.suppression.is_none() && o.layer.is_none();
    let references = || report.active().filter(|f| f.kind == Kind::Reference);
    let mut wanted: BTreeMap<&str, Vec<(&str, Span)>> = BTreeMap::new();
    for finding in references() {
        for occurrence in finding.occurrences.iter().filter(counts) {
            let places = wanted.entry(&occurrence.path).or_default();
            places.push((finding.rule.id.as_str(), occurrence.span));
        }
    }
    let mut done: BTreeSet<(&str, &str, Span)> = BTreeSet::new();
    for (path, places) in &wanted {
        let Some(text) = text(path, touched) else {
            continue;
        };
        let changed = remedy(path, &text, places);
        let remedies = changed.iter().flat_map(|changed| &changed.remedies);
        done.extend(remedies.map(|r| (*path, r.pattern.pattern().id(), r.span)));
    }
    let is_done = |rule: &str, o: &Occurrence| done.contains(&(&*o.path, rule, o.span));
    let all = references().filter(|finding| {
        let active = finding
            .occurrences
            .iter()
            .filter(|o| o.suppression.is_none());
        active.into_iter().all(|o| is_done(&finding.rule.id, o))
    });
    all.map(|finding| finding.fingerprint.as_str()).collect()
}

fn text(path: &str, touched: &[Touched]) -> Option<String> {
    if let Some(file) = touched.iter().find(|file| file.path == path) {
        return String::from_utf8(file.after.clone()).ok();
    }
    let is_small = fs::metadata(path).ok()?.len() <= MAX_FILE;
    is_small.then(|| fs::read_to_string(path).ok())?
}
