//! SARIF 2.1.0: a result for each finding, its verdict as level, exceptions as
//! suppressions, debt as baseline state, gaps as notifications.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sluicegate_core::Severity;
use sluicegate_gate::{Decision, FileChange, FindingKind, Fix, Judged, Origin, Verdict};

use super::{place, why};
use crate::sarif::{ArtifactLocation, line_hash};

pub(super) fn log(decision: &Decision) -> Value {
    let findings = || {
        decision
            .findings
            .iter()
            .filter(|f| f.kind != FindingKind::EvidenceGap)
    };
    let mut rules: BTreeMap<&str, &Judged> = BTreeMap::new();
    for judged in findings() {
        rules.entry(&judged.rule).or_insert(judged);
    }
    let indexes: BTreeMap<&str, usize> = rules.keys().copied().zip(0..).collect();
    let notifications: Vec<Value> = decision
        .evidence
        .skipped
        .iter()
        .map(|gap| {
            let mut out = json!({
                "level": "error",
                "message": { "text": message(&format!("not looked at: {}", gap.reason)) },
            });
            if !gap.path.is_empty() {
                out["locations"] = json!([{
                    "physicalLocation": { "artifactLocation": ArtifactLocation::of(&gap.path) },
                }]);
            }
            out
        })
        .collect();
    let driver = json!({
        "name": "Sluicegate",
        "version": decision.tool.version,
        "rules": rules.values().map(|judged| rule(judged)).collect::<Vec<_>>(),
    });
    let subject = &decision.subject;
    let revision = json!({ "repositoryUri": subject.repo, "revisionId": subject.commit });
    let provenance = match (subject.repo.as_str(), subject.commit.as_str()) {
        ("", _) | (_, "") => Vec::new(),
        _ => vec![revision],
    };
    json!({
        "$schema": crate::sarif::SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver },
            "automationDetails": { "id": format!("gate/{}/", decision.stage) },
            "invocations": [{
                "executionSuccessful": decision.evidence.complete,
                "toolExecutionNotifications": notifications,
            }],
            "versionControlProvenance": provenance,
            "columnKind": "unicodeCodePoints",
            "results": findings().map(|f| result(f, &indexes)).collect::<Vec<_>>(),
            "properties": {
                "decision": decision.decision,
                "stage": decision.stage,
                "policyDigest": decision.policy.digest,
                "decisionDigest": decision.digest(),
                "reasons": decision.reasons,
            },
        }],
    })
}

fn rule(judged: &Judged) -> Value {
    // Code scanning services order by this number.
    let severity = match judged.severity {
        Severity::Critical => "9.5",
        Severity::High => "8.0",
        Severity::Medium => "5.5",
        Severity::Low => "2.0",
    };
    let advice = &judged.advice;
    let help = format!("{} {} {}", advice.revoke, advice.rotate, advice.url);
    let help = if help.trim().is_empty() {
        &judged.title
    } else {
        help.trim()
    };
    json!({
        "id": judged.rule,
        "shortDescription": { "text": judged.title },
        "fullDescription": { "text": judged.title },
        "help": { "text": help },
        "properties": {
            "security-severity": severity,
            "tags": ["security", judged.kind.as_str()],
        },
    })
}

fn result(judged: &Judged, indexes: &BTreeMap<&str, usize>) -> Value {
    let (code, says) = why(judged);
    let (kind, level) = match judged.decision {
        Verdict::Block => ("fail", "error"),
        // Viewers that order by level drop what is only to be reviewed.
        Verdict::Remediate => ("fail", "warning"),
        Verdict::Allow => ("fail", "note"),
    };
    let text = format!(
        "{}: {}: {says} [{code}] {}",
        judged.decision, judged.title, judged.next
    );
    let locations: Vec<Value> = judged
        .locations
        .iter()
        .map(|location| {
            let mut physical = json!({ "artifactLocation": ArtifactLocation::of(&location.path) });
            if location.line > 0 {
                let mut region = json!({ "startLine": location.line });
                let rest = [
                    ("startColumn", location.column),
                    ("endLine", location.end_line),
                    ("endColumn", location.end_column),
                ];
                for (name, number) in rest.into_iter().filter(|(_, number)| *number > 0) {
                    region[name] = number.into();
                }
                physical["region"] = region;
            }
            json!({ "physicalLocation": physical })
        })
        .collect();
    let path = judged.locations.first().map_or("", |l| &l.path);
    let mut out = json!({
        "ruleId": judged.rule,
        "ruleIndex": indexes[judged.rule.as_str()],
        "kind": kind,
        "level": level,
        "message": { "text": message(text.trim()) },
        "locations": locations,
        "partialFingerprints": {
            "primaryLocationLineHash": line_hash(&judged.fingerprint, path, 1),
            "sluicegate/secret/v1": judged.fingerprint,
        },
        "baselineState": match judged.origin {
            Origin::New => "new",
            Origin::Changed => "updated",
            Origin::Baseline => "unchanged",
            Origin::Absent => "absent",
        },
        "suppressions": suppressions(judged),
        "properties": {
            "decision": judged.decision,
            "kind": judged.kind,
            "reasons": judged.reasons,
            "owner": judged.owner,
            "place": place(judged),
        },
    });
    if let Some(fix) = &judged.fix {
        out["fixes"] = json!([sarif_fix(fix)]);
    }
    out
}

/// A change as places in files and the text that comes there; whole lines.
fn sarif_fix(fix: &Fix) -> Value {
    let change = |change: &FileChange| {
        let replacements = change.replacements.iter().map(|replacement| {
            let start = replacement.line;
            // An end is the place after the last character: the start of the next line.
            let region = json!({
                "startLine": start,
                "startColumn": 1,
                "endLine": start + replacement.removed,
                "endColumn": 1,
            });
            json!({ "deletedRegion": region, "insertedContent": { "text": replacement.inserted } })
        });
        json!({
            "artifactLocation": ArtifactLocation::of(&change.path),
            "replacements": replacements.collect::<Vec<_>>(),
        })
    };
    let needs = match fix.needs.as_slice() {
        [] => "turns it off".to_owned(),
        needs => format!("turns it off; needs {}", needs.join(", and ")),
    };
    json!({
        "description": { "text": message(&needs) },
        "artifactChanges": fix.changes.iter().map(change).collect::<Vec<_>>(),
    })
}

fn suppressions(judged: &Judged) -> Vec<Value> {
    let mut out = Vec::new();
    if judged.marked {
        out.push(json!({ "kind": "inSource", "status": "accepted" }));
    }
    if let Some(waived) = judged.reasons.iter().find(|r| &*r.code == "WAIVED") {
        let expires = waived.facts.get("expires").cloned().unwrap_or_default();
        out.push(json!({
            "kind": "external",
            "status": "accepted",
            "justification": format!("waiver {} until {expires}", judged.waiver),
            "properties": { "waiverId": judged.waiver, "expires": expires },
        }));
    }
    out
}

fn message(text: &str) -> String {
    crate::sarif::escape_message(text)
}
