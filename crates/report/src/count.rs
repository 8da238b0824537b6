//! Numbers that several formats tell.

use std::collections::BTreeSet;

use sluicegate_core::{Confidence, Report, Severity};

/// How many findings there are, of what kinds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Findings that count.
    pub(crate) findings: usize,
    /// Their occurrences, without the suppressed ones.
    pub(crate) occurrences: usize,
    /// The files they are in.
    pub(crate) files: usize,
    /// Findings of which every occurrence is suppressed.
    pub(crate) suppressed: usize,
    /// Suppressed occurrences, of any finding.
    pub(crate) suppressed_occurrences: usize,
    /// Findings that count, by severity and then by confidence.
    table: [[usize; Confidence::ALL.len()]; Severity::ALL.len()],
}

impl Counts {
    /// Counts the report once.
    pub(crate) fn of(report: &Report) -> Self {
        let mut counts = Self::default();
        let mut files: BTreeSet<&str> = BTreeSet::new();
        for finding in &report.findings {
            let active = finding
                .occurrences
                .iter()
                .filter(|o| o.suppression.is_none());
            let mut here = 0;
            for occurrence in active {
                here += 1;
                files.insert(&occurrence.path);
            }
            counts.occurrences += here;
            counts.suppressed_occurrences += finding.occurrences.len() - here;
            if finding.is_suppressed() {
                counts.suppressed += 1;
            } else {
                counts.findings += 1;
                counts.table[finding.severity() as usize][finding.confidence as usize] += 1;
            }
        }
        counts.files = files.len();
        counts
    }

    /// Findings that count, of that severity and confidence.
    pub(crate) fn of_both(&self, severity: Severity, confidence: Confidence) -> usize {
        self.table[severity as usize][confidence as usize]
    }

    /// Findings that count, of that severity.
    pub(crate) fn of_severity(&self, severity: Severity) -> usize {
        self.table[severity as usize].iter().sum()
    }

    /// Findings that count, of that confidence.
    pub(crate) fn of_confidence(&self, confidence: Confidence) -> usize {
        self.table.iter().map(|row| row[confidence as usize]).sum()
    }
}
