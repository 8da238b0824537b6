//! Documents that come in and go out: reports of scans, and the input of policies in
//! other languages.

use serde::Deserialize;
use serde_json::{Map, Value, json};
use sluicegate_core::{Confidence, Job, Lifetime, Severity, without_values};

use crate::condition::ATTRIBUTES;
use crate::context::{Context, Evidence, Gap};
use crate::finding::{Advice, Finding, Location, exposure, kind_of, verdicts};
use crate::time::Time;
use crate::uses::Uses;
use crate::waiver::Examined;
use crate::words::{Exposure, Privilege, Verification};

/// The version of the input of policies.
const INPUT_SCHEMA: &str = "sluicegate.input/1";

/// What a report of a scan says.
#[derive(Clone, Debug, Default)]
pub struct Scanned {
    /// The findings.
    pub findings: Vec<Finding>,
    /// What was looked at.
    pub evidence: Evidence,
    /// Identifies the rules.
    pub rules_digest: String,
}

#[derive(Deserialize)]
struct Document {
    version: String,
    tool: Tool,
    findings: Vec<Entry>,
    coverage: Coverage,
}

#[derive(Deserialize)]
struct Tool {
    rules_digest: String,
}

#[derive(Deserialize)]
struct Coverage {
    complete: bool,
    cancelled: bool,
    files: u64,
    skipped: Vec<Skipped>,
}

#[derive(Deserialize)]
struct Skipped {
    path: String,
    reason: String,
    #[serde(default)]
    detail: String,
}

#[derive(Deserialize)]
struct Entry {
    fingerprint: String,
    kind: String,
    rule: Rule,
    confidence: Confidence,
    severity: Severity,
    lifetime: Lifetime,
    #[serde(default)]
    taxa: Vec<String>,
    remediation: Remediation,
    suppressed: bool,
    occurrences: Vec<Occurrence>,
    #[serde(default)]
    verification: Option<Asked>,
    #[serde(default)]
    reference: Option<Reference>,
}

#[derive(Deserialize)]
struct Rule {
    id: String,
    provider: String,
    title: String,
    #[serde(default)]
    tags: Vec<String>,
}

#[derive(Deserialize)]
struct Remediation {
    revoke: String,
    rotate: String,
    #[serde(default)]
    url: String,
}

#[derive(Deserialize)]
struct Occurrence {
    path: String,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    #[serde(default)]
    suppression: Option<Value>,
    #[serde(default)]
    layer: Option<Layer>,
    #[serde(default)]
    provenance: Option<Provenance>,
    #[serde(default)]
    copied_from: String,
    #[serde(default)]
    job: Option<Job>,
}

#[derive(Deserialize)]
struct Layer {
    #[serde(default)]
    deleted_by: Option<usize>,
}

#[derive(Deserialize)]
struct Provenance {
    #[serde(default)]
    exposure: String,
}

#[derive(Deserialize)]
struct Asked {
    status: Verification,
    #[serde(default)]
    at: Option<Time>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(default)]
    name: String,
    #[serde(default)]
    stages: String,
    #[serde(default)]
    has_alternative: bool,
    #[serde(default)]
    is_admin: bool,
}

/// Why a scan is incomplete that need not be more than a name: what was left out by a
/// stated choice, or was never a file.
const HARMLESS: &[&str] = &["vanished", "special", "broken-link", "not-understood"];

/// Reads the JSON report of a scan.
///
/// # Errors
///
/// If it is none, or of a version that is not known. Findings are never left out.
pub fn read_report(text: &str) -> Result<Scanned, String> {
    let document: Document = serde_json::from_str(text)
        .map_err(|error| without_values(&format!("it is no report of a scan: {error}")))?;
    if document.version != "1" {
        return Err(format!(
            "reports of version {} are not known",
            without_values(&document.version)
        ));
    }
    let coverage = document.coverage;
    let mut skipped: Vec<Gap> = coverage
        .skipped
        .into_iter()
        .filter(|s| !HARMLESS.contains(&s.reason.as_str()))
        .map(|s| Gap {
            path: s.path,
            reason: s.reason,
            detail: s.detail,
        })
        .collect();
    let whole = |reason: &str| Gap {
        path: String::new(),
        reason: reason.to_owned(),
        detail: String::new(),
    };
    if coverage.cancelled {
        skipped.push(whole("cancelled"));
    } else if !coverage.complete && skipped.is_empty() {
        skipped.push(whole("incomplete"));
    }
    Ok(Scanned {
        findings: document.findings.into_iter().map(finding).collect(),
        evidence: Evidence {
            files: coverage.files,
            skipped,
            inputs: Vec::new(),
        },
        rules_digest: document.tool.rules_digest,
    })
}

fn finding(entry: Entry) -> Finding {
    let kind = kind_of(&entry.kind, &entry.rule.tags);
    let mut out = Finding::new(entry.fingerprint, entry.rule.id, kind);
    out.provider = entry.rule.provider;
    out.title = entry.rule.title;
    out.tags = entry.rule.tags;
    out.confidence = entry.confidence;
    out.severity = entry.severity;
    out.lifetime = entry.lifetime;
    out.taxa = entry.taxa;
    out.suppressed = entry.suppressed;
    out.advice = Advice {
        revoke: entry.remediation.revoke,
        rotate: entry.remediation.rotate,
        url: entry.remediation.url,
    };
    if let Some(asked) = entry.verification {
        out.verified = asked.status;
        out.verified_at = asked.at;
    }
    let is_reference = entry.reference.is_some();
    if let Some(reference) = entry.reference {
        out.credential_name = reference.name;
        if reference.is_admin {
            out.privilege = Privilege::Admin;
        }
        out.has_alternative = reference.has_alternative;
        out.own_verdict = verdicts(&reference.stages);
    }
    for occurrence in &entry.occurrences {
        if let Some(layer) = &occurrence.layer {
            out.exposure = out.exposure.max(Exposure::Artifact);
            out.deleted_in_image |= layer.deleted_by.is_some();
        }
        if let Some(provenance) = &occurrence.provenance {
            out.exposure = out.exposure.max(exposure(&provenance.exposure));
        }
    }
    out.take_tags();
    let suppressed = out.suppressed;
    let counts = |o: &Occurrence| suppressed || o.suppression.is_none();
    let mut uses = Uses::default();
    for occurrence in entry.occurrences.iter().filter(|o| counts(o)) {
        if is_reference {
            uses.add_job(occurrence.job.as_ref());
        } else {
            uses.add_path(&occurrence.path);
            uses.add_path(&occurrence.copied_from);
        }
    }
    uses.tell(&mut out);
    let places = entry
        .occurrences
        .iter()
        .filter(|o| counts(o))
        .map(|o| Location {
            path: o.path.clone(),
            line: o.line,
            column: o.column,
            end_line: o.end_line,
            end_column: o.end_column,
        });
    let places = places.collect();
    out.place(places);
    out
}

/// What policies in other languages, such as Rego, read as `input`: the same that
/// conditions may ask for, and the stage, the waivers and what was looked at.
///
/// ```
/// use sluicegate_gate::{Context, Finding, FindingKind, Stage, Time, input_document};
///
/// let finding = Finding::new("0f", "acme-token", FindingKind::SecretValue);
/// let context = Context::new(Stage::Merge, Time::from_seconds(0));
/// let input = input_document(&[finding], &context, &[]);
/// assert_eq!(input["stage"], "merge");
/// assert_eq!(input["findings"][0]["kind"], "secret_value");
/// ```
pub fn input_document(findings: &[Finding], context: &Context, waivers: &[Examined]) -> Value {
    let group = |prefix: &str, finding: &Finding| -> Map<String, Value> {
        let own = ATTRIBUTES
            .iter()
            .filter_map(|a| Some((a, a.name.strip_prefix(prefix)?)));
        own.map(|(a, name)| (name.to_owned(), a.value(finding, context)))
            .collect()
    };
    let locations = |finding: &Finding| serde_json::to_value(&finding.locations);
    let findings: Vec<Value> = findings
        .iter()
        .map(|finding| {
            let mut out = group("finding.", finding);
            out.insert(
                "locations".to_owned(),
                locations(finding).expect("places are plain JSON"),
            );
            Value::Object(out)
        })
        .collect();
    let skipped = context.evidence.skipped.iter();
    let waivers = waivers.iter().map(|examined| {
        let waiver = &examined.waiver;
        json!({
            "id": waiver.id,
            "selector": waiver.selector,
            "stages": waiver.stages,
            "max_effect": waiver.max_effect,
            "reason": waiver.reason,
            "expires": waiver.expires,
            "holds": examined.standing.is_ok(),
            "approved_by": examined.standing.as_ref().ok(),
            "refused": examined.standing.as_ref().err().map(|reason| &reason.code),
        })
    });
    json!({
        "schema": INPUT_SCHEMA,
        "stage": context.stage,
        "scope": context.scope,
        "subject": context.subject,
        "actor": context.actor,
        "clock": context.clock,
        "findings": findings,
        "waivers": waivers.collect::<Vec<_>>(),
        "evidence": {
            "complete": context.evidence.skipped.is_empty(),
            "files": context.evidence.files,
            "skipped": skipped.collect::<Vec<_>>(),
            "inputs": context.evidence.inputs,
        },
    })
}
