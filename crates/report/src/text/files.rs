//! Findings by file. A finding belongs where it is first seen; a file that has only
//! repetitions is named there and gets no place of its own.

use std::sync::Arc;

use sluicegate_core::{Finding, Occurrence, Report};

/// A place of a finding that counts.
#[derive(Clone, Copy)]
struct Place<'r> {
    finding: usize,
    occurrence: &'r Occurrence,
    /// Whether the finding is first seen here.
    first: bool,
}

/// All places of all findings that count, by path and position.
pub(super) struct Grouping<'r> {
    report: &'r Report,
    /// Where each finding of the report is first seen, if it counts.
    firsts: Vec<Option<&'r Occurrence>>,
    places: Vec<Place<'r>>,
}

/// A file in which a finding is first seen.
pub(super) struct File<'r> {
    pub(super) path: &'r Arc<str>,
    /// What is first seen here, by position.
    pub(super) findings: Vec<First<'r>>,
    /// What was seen in an earlier file and is here again.
    pub(super) again: Vec<Again<'r>>,
}

/// A finding where it is first seen.
pub(super) struct First<'r> {
    pub(super) finding: &'r Finding,
    pub(super) occurrence: &'r Occurrence,
}

/// A finding of an earlier file.
pub(super) struct Again<'r> {
    /// Where it is first seen.
    pub(super) first: &'r Occurrence,
    /// Where it is in this file.
    pub(super) occurrence: &'r Occurrence,
    /// How many more places there are in this file.
    pub(super) more: usize,
}

impl<'r> Grouping<'r> {
    /// Sorts once; everything after is one pass.
    pub(super) fn of(report: &'r Report) -> Self {
        let mut places: Vec<Place<'r>> = Vec::new();
        for (number, finding) in report.findings.iter().enumerate() {
            let active = active(finding).enumerate();
            places.extend(active.map(|(at, occurrence)| Place {
                finding: number,
                occurrence,
                first: at == 0,
            }));
        }
        places.sort_by_key(|place| {
            let occurrence = place.occurrence;
            (&occurrence.path, occurrence.span.start, place.finding)
        });
        let firsts = report.findings.iter().map(|finding| active(finding).next());
        Self {
            report,
            firsts: firsts.collect(),
            places,
        }
    }

    /// The findings, each where it is first seen, by path and position.
    pub(super) fn firsts(&self) -> impl Iterator<Item = First<'r>> {
        let firsts = self.places.iter().filter(|place| place.first);
        firsts.map(|place| First {
            finding: &self.report.findings[place.finding],
            occurrence: place.occurrence,
        })
    }

    /// The files, sorted by path.
    pub(super) fn files(&self) -> impl Iterator<Item = File<'r>> {
        self.places
            .chunk_by(|a, b| a.occurrence.path == b.occurrence.path)
            .filter(|places| places.iter().any(|place| place.first))
            .map(|places| self.file(places))
    }

    fn file(&self, places: &[Place<'r>]) -> File<'r> {
        let mut file = File {
            path: &places[0].occurrence.path,
            findings: Vec::new(),
            again: Vec::new(),
        };
        let mut repeated: Vec<(&Place<'r>, &Occurrence)> = Vec::new();
        for place in places {
            let elsewhere = self.firsts[place.finding].filter(|first| first.path != *file.path);
            if place.first {
                file.findings.push(First {
                    finding: &self.report.findings[place.finding],
                    occurrence: place.occurrence,
                });
            } else if let Some(first) = elsewhere {
                repeated.push((place, first));
            }
        }
        repeated.sort_by_key(|(place, _)| place.finding);
        for same in repeated.chunk_by(|(a, _), (b, _)| a.finding == b.finding) {
            let (place, first) = same[0];
            file.again.push(Again {
                first,
                occurrence: place.occurrence,
                more: same.len() - 1,
            });
        }
        file.again.sort_by_key(|again| again.occurrence.span.start);
        file
    }
}

/// The occurrences that count, in their order.
pub(super) fn active(finding: &Finding) -> impl Iterator<Item = &Occurrence> {
    finding
        .occurrences
        .iter()
        .filter(|o| o.suppression.is_none())
}
