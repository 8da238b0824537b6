//! What the JSON documents hold. The names here are a published format: a field may be
//! added, none may change its meaning without a new version.

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use sluicegate_core::{self as core, Confidence, Report, Severity};

use super::finding::Finding;
use super::provenance::History;
use super::words;
use crate::Context;
use crate::count::Counts;
use crate::value::Values;

/// The version of the format.
const VERSION: &str = "1";

/// A report of Sluicegate, version 1.
#[derive(Serialize, JsonSchema)]
pub(super) struct Document<'a> {
    /// The version of this format.
    #[schemars(extend("const" = VERSION))]
    version: &'static str,
    /// What made the report.
    tool: Tool<'a>,
    /// The findings, worst first; the suppressed ones too.
    #[schemars(with = "Vec<Finding<'static>>")]
    findings: Findings<'a>,
    /// Markers that suppress nothing.
    suppressions_unused: Vec<UnusedSuppression<'a>>,
    /// What was read and what was not.
    coverage: Coverage<'a>,
    /// Counts.
    summary: Summary,
}

impl<'a> Document<'a> {
    pub(super) fn of(report: &'a Report, ctx: &Context<'a>, values: &'a Values<'a>) -> Self {
        Self {
            version: VERSION,
            tool: Tool::of(report, ctx),
            findings: Findings(report, values),
            suppressions_unused: unused(report),
            coverage: Coverage::of(report),
            summary: Summary::of(report),
        }
    }
}

/// One line of a report of Sluicegate in JSON Lines, version 1: a finding, or the
/// summary, which is the last line.
#[derive(Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Line<'a> {
    /// A finding.
    Finding(Finding<'a>),
    /// Everything else.
    Summary(LastLine<'a>),
}

impl<'a> Line<'a> {
    pub(super) fn finding(finding: &'a core::Finding, values: &Values<'_>) -> Self {
        Self::Finding(Finding::of(finding, values))
    }

    pub(super) fn summary(report: &'a Report, ctx: &Context<'a>) -> Self {
        Self::Summary(LastLine {
            version: VERSION,
            tool: Tool::of(report, ctx),
            suppressions_unused: unused(report),
            coverage: Coverage::of(report),
            summary: Summary::of(report),
        })
    }
}

/// The last line.
#[derive(Serialize, JsonSchema)]
pub(super) struct LastLine<'a> {
    /// The version of this format.
    #[schemars(extend("const" = VERSION))]
    version: &'static str,
    /// What made the report.
    tool: Tool<'a>,
    /// Markers that suppress nothing.
    suppressions_unused: Vec<UnusedSuppression<'a>>,
    /// What was read and what was not.
    coverage: Coverage<'a>,
    /// Counts.
    summary: Summary,
}

/// What made the report.
#[derive(Serialize, JsonSchema)]
struct Tool<'a> {
    /// `sluicegate`.
    name: &'static str,
    /// Its version.
    version: &'a str,
    /// Identifies the rules: other rules have another digest.
    rules_digest: &'a str,
    /// How many rules were searched for.
    rules: usize,
}

impl<'a> Tool<'a> {
    fn of(report: &'a Report, ctx: &Context<'a>) -> Self {
        Self {
            name: "sluicegate",
            version: ctx.version,
            rules_digest: &report.rules_digest,
            rules: report.rules,
        }
    }
}

/// Findings, made one at a time while they are written: a report can be large.
struct Findings<'a>(&'a Report, &'a Values<'a>);

impl Serialize for Findings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let findings = self.0.findings.iter();
        serializer.collect_seq(findings.map(|finding| Finding::of(finding, self.1)))
    }
}

/// A marker that suppresses nothing.
#[derive(Serialize, JsonSchema)]
struct UnusedSuppression<'a> {
    /// The file.
    path: &'a str,
    /// Its line, counted from 1.
    line: usize,
    /// The marker.
    marker: &'static str,
}

fn unused(report: &Report) -> Vec<UnusedSuppression<'_>> {
    let all = report.unused_suppressions.iter();
    all.map(|unused| UnusedSuppression {
        path: &unused.path,
        line: unused.line,
        marker: unused.marker,
    })
    .collect()
}

/// What was read and what was not.
#[derive(Serialize, JsonSchema)]
struct Coverage<'a> {
    /// Whether everything that was meant to be read was read.
    complete: bool,
    /// How many files were read to the end.
    files: u64,
    /// How many bytes of them.
    bytes: u64,
    /// Whether the scan was stopped before its end.
    cancelled: bool,
    /// What was left out, sorted by path.
    skipped: Vec<Skipped<'a>>,
    /// How many findings were below the least confidence asked for; they are not in
    /// this report.
    below_confidence: usize,
    /// What else is to say if the history of a repository was scanned; its blobs and
    /// messages are the files, then.
    #[serde(skip_serializing_if = "Option::is_none")]
    history: Option<History>,
}

impl<'a> Coverage<'a> {
    fn of(report: &'a Report) -> Self {
        let coverage = &report.coverage;
        Self {
            complete: !coverage.is_incomplete(),
            files: coverage.files,
            bytes: coverage.bytes,
            cancelled: coverage.cancelled,
            skipped: coverage
                .skipped
                .iter()
                .map(|skipped| Skipped {
                    path: &skipped.path,
                    reason: skipped.reason.as_str(),
                    detail: &skipped.detail,
                })
                .collect(),
            below_confidence: report.below_confidence,
            history: History::of(coverage),
        }
    }
}

/// Something that was not read, or not to its end.
#[derive(Serialize, JsonSchema)]
struct Skipped<'a> {
    /// The path.
    path: &'a str,
    /// Why. More reasons may be added.
    #[schemars(schema_with = "words::reasons")]
    reason: &'static str,
    /// What the system said, or the number that was exceeded; may be empty.
    detail: &'a str,
}

/// Counts.
#[derive(Serialize, JsonSchema)]
struct Summary {
    /// Findings that count.
    findings: usize,
    /// Their occurrences, without suppressed ones.
    occurrences: usize,
    /// The files they are in.
    files: usize,
    /// Findings of which every occurrence is suppressed.
    suppressed: usize,
    /// Findings that count, by severity.
    by_severity: BySeverity,
    /// Findings that count, by confidence.
    by_confidence: ByConfidence,
}

/// Findings by severity.
#[derive(Serialize, JsonSchema)]
struct BySeverity {
    critical: usize,
    high: usize,
    medium: usize,
    low: usize,
}

/// Findings by confidence.
#[derive(Serialize, JsonSchema)]
struct ByConfidence {
    definite: usize,
    probable: usize,
    hint: usize,
}

impl Summary {
    fn of(report: &Report) -> Self {
        let counts = Counts::of(report);
        Self {
            findings: counts.findings,
            occurrences: counts.occurrences,
            files: counts.files,
            suppressed: counts.suppressed,
            by_severity: BySeverity {
                critical: counts.of_severity(Severity::Critical),
                high: counts.of_severity(Severity::High),
                medium: counts.of_severity(Severity::Medium),
                low: counts.of_severity(Severity::Low),
            },
            by_confidence: ByConfidence {
                definite: counts.of_confidence(Confidence::Definite),
                probable: counts.of_confidence(Confidence::Probable),
                hint: counts.of_confidence(Confidence::Hint),
            },
        }
    }
}
