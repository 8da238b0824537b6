//! One occurrence, as SARIF describes results.

use std::collections::{BTreeMap, HashMap};

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use sluicegate_core::{Confidence, Finding, Kind, Lifetime, Occurrence, Piece, Report, Severity};

use super::guid::{guid, line_hash};
use super::log::Text;
use super::rules::level;
use super::uri::ArtifactLocation;
use crate::json::identity::Identity;
use crate::json::layer::Layer;
use crate::json::provenance::Provenance;
use crate::value::{Values, short_id};

/// All results, made one at a time while they are written.
pub(super) struct Results<'r> {
    pub(super) report: &'r Report,
    pub(super) values: &'r Values<'r>,
    pub(super) rule_indexes: BTreeMap<&'r str, usize>,
}

impl Serialize for Results<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut results = serializer.serialize_seq(None)?;
        for finding in &self.report.findings {
            let guid = guid(&finding.fingerprint);
            let index = self.rule_indexes[finding.rule.id.as_str()];
            let mut ordinals: HashMap<&str, usize> = HashMap::new();
            for occurrence in &finding.occurrences {
                let ordinal = ordinals.entry(&occurrence.path).or_default();
                *ordinal += 1;
                let place = Place {
                    finding,
                    occurrence,
                    ordinal: *ordinal,
                };
                results.serialize_element(&SarifResult::of(place, index, &guid, self.values))?;
            }
        }
        results.end()
    }
}

struct Place<'a> {
    finding: &'a Finding,
    occurrence: &'a Occurrence,
    /// Counts the occurrences of the finding in the file, from 1.
    ordinal: usize,
}

/// `result`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SarifResult<'a> {
    rule_id: &'a str,
    rule_index: usize,
    level: &'static str,
    message: Text<'static>,
    locations: [Location<'a>; 1],
    correlation_guid: &'a str,
    partial_fingerprints: Fingerprints<'a>,
    /// Present in every result: an empty list says that it counts, a missing one would
    /// say that nobody knows.
    suppressions: Vec<Suppression<'a>>,
    rank: u8,
    properties: Properties<'a>,
}

/// `partialFingerprints`
#[derive(Serialize)]
struct Fingerprints<'a> {
    #[serde(rename = "primaryLocationLineHash")]
    line_hash: String,
    #[serde(rename = "sluicegate/secret/v1")]
    secret: &'a str,
}

/// `location`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Location<'a> {
    physical_location: PhysicalLocation<'a>,
    /// The commit in whose version of the file the place is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<LogicalLocation<'a>>,
}

/// `logicalLocation`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogicalLocation<'a> {
    name: &'a str,
    fully_qualified_name: &'a str,
    kind: &'static str,
}

impl<'a> LogicalLocation<'a> {
    fn of(occurrence: &'a Occurrence) -> Option<Self> {
        let commit = occurrence.provenance.as_ref()?.commit.as_ref()?;
        Some(Self {
            name: short_id(&commit.id),
            fully_qualified_name: &commit.id,
            kind: "commit",
        })
    }
}

/// `physicalLocation`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation<'a> {
    artifact_location: ArtifactLocation<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context_region: Option<Region>,
}

/// `region`
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    start_column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_line: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_column: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    snippet: Option<Text<'static>>,
}

/// `suppression`
#[derive(Serialize)]
struct Suppression<'a> {
    kind: &'static str,
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    justification: Option<String>,
    location: Location<'a>,
    properties: Marker,
}

#[derive(Serialize)]
struct Marker {
    marker: &'static str,
}

/// The property bag of a result.
#[derive(Serialize)]
struct Properties<'a> {
    kind: Kind,
    confidence: Confidence,
    severity: Severity,
    lifetime: Lifetime,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<Identity<'a>>,
    /// Names of people stand here and not in what results are matched by.
    #[serde(skip_serializing_if = "Option::is_none")]
    provenance: Option<Provenance<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    layer: Option<Layer<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    encoding: Vec<&'static str>,
}

impl<'a> Location<'a> {
    /// A whole file, or one line of it.
    pub(super) fn of_line(path: &'a str, line: Option<usize>) -> Self {
        Self {
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation::of(path),
                region: line.map(Region::of_line),
                context_region: None,
            },
            logical_locations: Vec::new(),
        }
    }

    fn of(place: &Place<'a>, values: &Values<'_>) -> Self {
        let (finding, occurrence) = (place.finding, place.occurrence);
        let (start, end) = (occurrence.start, occurrence.end);
        let value = values.shown(&finding.secret, finding.public_prefix);
        let region = Region {
            start_line: start.line,
            start_column: Some(start.column),
            end_line: Some(end.line),
            end_column: Some(end.column),
            snippet: Some(Text::new(value)),
        };
        // A context has to be larger than what it is the context of.
        let pieces = &occurrence.excerpt.pieces;
        let is_larger =
            start.line == end.line && pieces.iter().any(|piece| !matches!(piece, Piece::Own(_)));
        let context = is_larger.then(|| Region {
            snippet: Some(Text::new(values.line(&occurrence.excerpt, finding))),
            ..Region::of_line(start.line)
        });
        Self {
            physical_location: PhysicalLocation {
                artifact_location: ArtifactLocation::of(&occurrence.path),
                region: Some(region),
                context_region: context,
            },
            logical_locations: LogicalLocation::of(occurrence).into_iter().collect(),
        }
    }
}

impl Region {
    fn of_line(line: usize) -> Self {
        Self {
            start_line: line,
            start_column: None,
            end_line: None,
            end_column: None,
            snippet: None,
        }
    }
}

impl<'a> SarifResult<'a> {
    fn of(place: Place<'a>, rule_index: usize, guid: &'a str, values: &Values<'_>) -> Self {
        let (finding, occurrence) = (place.finding, place.occurrence);
        let rule = &finding.rule;
        let value = values.shown(&finding.secret, finding.public_prefix);
        let advice = match finding.kind {
            Kind::Secret => rule.remediation.revoke.as_str(),
            Kind::Reference => rule.remediation.rotate.lines().next().unwrap_or_default(),
        };
        let message = match &occurrence.usage {
            Some(usage) => {
                let usage = values.words(usage);
                format!("{}: {value}, {usage}. {advice}", rule.title)
            }
            None => format!("{}: {value}. {advice}", rule.title),
        };
        let suppression = occurrence
            .suppression
            .as_ref()
            .map(|suppression| Suppression {
                kind: "inSource",
                status: "accepted",
                justification: values.reason(occurrence),
                location: Location::of_line(&occurrence.path, Some(suppression.line)),
                properties: Marker {
                    marker: suppression.marker,
                },
            });
        Self {
            rule_id: &rule.id,
            rule_index,
            level: level(finding.severity(), occurrence.confidence),
            message: Text::new(escape_message(&message)),
            locations: [Location::of(&place, values)],
            correlation_guid: guid,
            partial_fingerprints: Fingerprints {
                line_hash: line_hash(&finding.fingerprint, &occurrence.path, place.ordinal),
                secret: &finding.fingerprint,
            },
            suppressions: suppression.into_iter().collect(),
            rank: rank(finding.severity(), occurrence.confidence),
            properties: Properties {
                kind: finding.kind,
                confidence: occurrence.confidence,
                severity: finding.severity(),
                lifetime: finding.lifetime(),
                identity: Identity::of(finding, values),
                provenance: Provenance::of(occurrence, values),
                layer: Layer::of(occurrence, values),
                encoding: occurrence.encoding.iter().map(|c| c.as_str()).collect(),
            },
        }
    }
}

/// From 0 to 100: how soon to look at it. A sure one of some severity goes before an
/// unsure one of the next.
fn rank(severity: Severity, confidence: Confidence) -> u8 {
    let worth = match severity {
        Severity::Critical => 100,
        Severity::High => 75,
        Severity::Medium => 50,
        Severity::Low => 25,
    };
    match confidence {
        Confidence::Definite => worth,
        Confidence::Probable => worth / 5 * 4,
        Confidence::Hint => worth / 5 * 2,
    }
}

/// In messages, braces are placeholders and brackets are links, unless escaped.
pub(crate) fn escape_message(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '{' | '}' => out.push(c),
            '[' | ']' | '\\' => out.push('\\'),
            _ => {}
        }
        out.push(c);
    }
    out
}
