//! Markers that a change brings: whoever writes a secret must not wave it through as well.

use std::collections::BTreeMap;

use sluicegate_core::Report;
use sluicegate_gate::Finding;
use sluicegate_scan::{Monitor, ScanError, Scanner, Target};

/// A file before and after a change.
pub(super) struct Touched {
    pub(super) path: String,
    pub(super) before: Option<Vec<u8>>,
    pub(super) after: Vec<u8>,
}

/// Findings for the markers that let something pass after the change and did not before.
/// Only files that hold the text of a marker are looked at.
pub(super) fn brought(
    scanner: &Scanner,
    touched: &[Touched],
    monitor: &Monitor,
) -> Result<Vec<Finding>, ScanError> {
    let mut out = Vec::new();
    for file in touched {
        let text = String::from_utf8_lossy(&file.after).to_ascii_lowercase();
        let honoured = &scanner.options().markers;
        if !honoured
            .iter()
            .any(|kind| text.contains(&kind.text().to_ascii_lowercase()))
        {
            continue;
        }
        let after = passed(scanner, &file.path, file.after.clone(), monitor)?;
        let before = match &file.before {
            Some(bytes) => passed(scanner, &file.path, bytes.clone(), monitor)?,
            None => BTreeMap::new(),
        };
        for (fingerprint, lines) in after {
            let known = before.get(&fingerprint).map_or(0, Vec::len);
            for (line, title) in lines.iter().skip(known) {
                let title = format!("a marker lets this pass: {title}");
                out.push(Finding::tamper(
                    "marker",
                    &file.path,
                    *line,
                    &title,
                    &fingerprint,
                ));
            }
        }
    }
    Ok(out)
}

/// What markers let pass in a file: for each finding the lines of the markers.
type Passed = BTreeMap<String, Vec<(usize, String)>>;

fn passed(
    scanner: &Scanner,
    path: &str,
    bytes: Vec<u8>,
    monitor: &Monitor,
) -> Result<Passed, ScanError> {
    let target = Target::Bytes {
        name: path.to_owned(),
        bytes,
    };
    let report: Report = scanner.scan(&[target], monitor)?;
    let mut out = Passed::new();
    for finding in &report.findings {
        for suppression in finding
            .occurrences
            .iter()
            .filter_map(|o| o.suppression.as_ref())
        {
            let entry = (suppression.line, finding.rule.title.clone());
            out.entry(finding.fingerprint.clone())
                .or_default()
                .push(entry);
        }
    }
    Ok(out)
}
