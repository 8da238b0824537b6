//! One finding, as the JSON documents have it.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;
use sluicegate_core::{self as core, Confidence, Kind, Lifetime, Severity};

use super::identity::Identity;
use super::job::Job;
use super::layer::Layer;
use super::provenance::Provenance;
use super::words;
use crate::value::Values;

/// One rule and one secret value, wherever it was seen.
#[derive(Serialize, JsonSchema)]
pub(super) struct Finding<'a> {
    /// Stable identity in lower-case hexadecimal digits: the same for the same rule and
    /// value, whatever the path, the line and the kind of scan. Keyed: it cannot be
    /// used to guess the value.
    fingerprint: &'a str,
    /// Whether the value is there, or a reference to a stored one.
    #[schemars(schema_with = "words::kind")]
    kind: Kind,
    /// The rule.
    rule: Rule<'a>,
    /// How sure it is that this is a credential; the highest of its occurrences.
    #[schemars(schema_with = "words::confidence")]
    confidence: Confidence,
    /// How bad it is if so.
    #[schemars(schema_with = "words::severity")]
    severity: Severity,
    /// How long such a credential lives.
    #[schemars(schema_with = "words::lifetime")]
    lifetime: Lifetime,
    /// Entries of taxonomies such as `CWE-798` and `NHI2:2025`.
    taxa: &'a [String],
    /// The value; of a reference the name of the stored credential.
    value: Value,
    /// Which stored credential it is, if this is a reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<Referenced<'a>>,
    /// What the credential says about itself, if it says anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<Identity<'a>>,
    /// What to do.
    remediation: Remediation<'a>,
    /// Whether every occurrence is suppressed.
    suppressed: bool,
    /// Where it was seen, sorted; at least one.
    #[schemars(length(min = 1))]
    occurrences: Vec<Occurrence<'a>>,
}

impl<'a> Finding<'a> {
    pub(super) fn of(finding: &'a core::Finding, values: &Values<'_>) -> Self {
        let rule = &finding.rule;
        Self {
            fingerprint: &finding.fingerprint,
            kind: finding.kind,
            rule: Rule {
                id: &rule.id,
                provider: &rule.provider,
                provider_name: &rule.provider_name,
                title: &rule.title,
                description: &rule.description,
                tags: &rule.tags,
                references: &rule.references,
            },
            confidence: finding.confidence,
            severity: finding.severity(),
            lifetime: finding.lifetime(),
            taxa: &rule.taxa,
            value: Value {
                redacted: finding.secret.redacted(finding.public_prefix),
                length_bytes: finding.secret.len(),
                raw: values.raw(&finding.secret),
            },
            reference: finding.reference.as_ref().map(|reference| Referenced {
                provider: reference.provider,
                name: &reference.name,
                stages: reference.stages,
                has_alternative: reference.has_alternative,
                is_admin: reference.is_admin,
            }),
            identity: Identity::of(finding, values),
            remediation: Remediation {
                revoke: &rule.remediation.revoke,
                rotate: &rule.remediation.rotate,
                url: Some(rule.remediation.url.as_str()).filter(|url| !url.is_empty()),
            },
            suppressed: finding.is_suppressed(),
            occurrences: finding
                .occurrences
                .iter()
                .map(|occurrence| Occurrence::of(occurrence, finding, values))
                .collect(),
        }
    }
}

/// A rule.
#[derive(Serialize, JsonSchema)]
struct Rule<'a> {
    /// The stable identifier.
    id: &'a str,
    /// The identifier of the provider or family.
    provider: &'a str,
    /// Its name.
    provider_name: &'a str,
    /// A short noun phrase.
    title: &'a str,
    /// What the holder of the credential can do with it.
    description: &'a str,
    /// Free labels.
    tags: &'a [String],
    /// The provider's documentation.
    references: &'a [String],
}

/// A value.
#[derive(Serialize, JsonSchema)]
struct Value {
    /// Its shape: public parts are kept, everything else is `*`. The first line only.
    redacted: String,
    /// Its length in bytes.
    length_bytes: usize,
    /// The value itself, if secrets were asked for; bytes that are not UTF-8 are
    /// replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    raw: Option<String>,
}

/// The stored credential that a reference depends on.
#[derive(Serialize, JsonSchema)]
struct Referenced<'a> {
    /// Whose it is, such as `aws`; `stored` if nothing tells.
    provider: &'a str,
    /// What it is called where it is referred to.
    name: &'a str,
    /// What it asks for in development, staging and production: one letter each, `A` to
    /// allow, `R` to remediate, `B` to block.
    stages: &'a str,
    /// Whether something short-lived is known that does the same.
    has_alternative: bool,
    /// Whether the name or the file says that its holder can do everything.
    is_admin: bool,
}

/// What to do about a finding.
#[derive(Serialize, JsonSchema)]
struct Remediation<'a> {
    /// How to make the credential worthless.
    revoke: &'a str,
    /// How to replace it.
    rotate: &'a str,
    /// Where that is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

/// One place where a value was seen.
#[derive(Serialize, JsonSchema)]
struct Occurrence<'a> {
    /// The path, `/`-separated; bytes that are not UTF-8 are replaced. `-` for standard
    /// input.
    path: &'a str,
    /// The line on which it starts, counted from 1.
    line: usize,
    /// The column in which it starts, in Unicode characters, counted from 1.
    column: usize,
    /// The line on which it ends.
    end_line: usize,
    /// The column after its last character.
    end_column: usize,
    /// Its first byte in the file.
    start_byte: usize,
    /// The byte after its last.
    end_byte: usize,
    /// How sure it is here.
    #[schemars(schema_with = "words::confidence")]
    confidence: Confidence,
    /// How it is written here, the outermost first; absent if as it is. More words may be
    /// added. If it is encoded, the place is that of what stands in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<Vec<&'static str>>,
    /// The line on which it starts, with every known value in it redacted; `…` stands
    /// at an end where the line goes on.
    excerpt: String,
    /// An untouched file with the same value, if a change was scanned and one was found
    /// with little effort.
    #[serde(skip_serializing_if = "Option::is_none")]
    copied_from: Option<&'a str>,
    /// What a reference is used for here.
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Cow<'a, str>>,
    /// The job that uses a reference here, if a pipeline does.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<Job<'a>>,
    /// Why it does not count, if it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    suppression: Option<Suppression>,
    /// How it came into the history of a repository, if that was scanned. The place is
    /// that in the first version of the file that holds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    provenance: Option<Provenance<'a>>,
    /// The layer of an image that holds it, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    layer: Option<Layer<'a>>,
}

impl<'a> Occurrence<'a> {
    fn of(occurrence: &'a core::Occurrence, finding: &core::Finding, values: &Values<'_>) -> Self {
        Self {
            path: &occurrence.path,
            line: occurrence.start.line,
            column: occurrence.start.column,
            end_line: occurrence.end.line,
            end_column: occurrence.end.column,
            start_byte: occurrence.span.start,
            end_byte: occurrence.span.end,
            confidence: occurrence.confidence,
            encoding: Some(occurrence.encoding.iter().map(|c| c.as_str()).collect())
                .filter(|words: &Vec<&str>| !words.is_empty()),
            excerpt: values.line(&occurrence.excerpt, finding),
            copied_from: occurrence.copied_from.as_deref(),
            usage: occurrence.usage.as_deref().map(|usage| values.words(usage)),
            job: Job::of(occurrence, values),
            suppression: occurrence
                .suppression
                .as_ref()
                .map(|suppression| Suppression {
                    marker: suppression.marker,
                    line: suppression.line,
                    reason: values.reason(occurrence),
                }),
            provenance: Provenance::of(occurrence, values),
            layer: Layer::of(occurrence, values),
        }
    }
}

/// A marker in the file that says: this one does not count.
#[derive(Serialize, JsonSchema)]
struct Suppression {
    /// The marker, such as `sluice:allow`.
    marker: &'static str,
    /// Its line, counted from 1.
    line: usize,
    /// The reason it gives.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}
