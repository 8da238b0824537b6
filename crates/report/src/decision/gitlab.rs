//! Reports that GitLab reads: secret detection (schema 15.2.1) and code quality.

use serde_json::{Value, json};
use sluicegate_core::Severity;
use sluicegate_gate::{Decision, Judged, Verdict};

use super::{exceptions, why};

/// The longest name that the schema takes, in characters.
const NAME: usize = 255;

/// The longest solution, likewise.
const SOLUTION: usize = 7_000;

/// `gl-secret-detection-report.json`
pub(super) fn secret_detection(decision: &Decision) -> Value {
    // The schema knows no time zone and no fraction.
    let clock = decision.clock.to_string().trim_end_matches('Z').to_owned();
    let tool = json!({
        "id": "sluicegate",
        "name": "Sluicegate",
        "version": version(decision),
        "vendor": { "name": "Sluicegate" },
    });
    let gaps = decision.evidence.skipped.iter().map(|gap| {
        json!({ "level": "warn", "value": format!("not looked at: {} {}", gap.path, gap.reason) })
    });
    let status = if decision.evidence.complete {
        "success"
    } else {
        "failure"
    };
    json!({
        "version": "15.2.1",
        "scan": {
            "analyzer": tool,
            "scanner": tool,
            "type": "secret_detection",
            "start_time": clock,
            "end_time": clock,
            "status": status,
            "messages": gaps.collect::<Vec<_>>(),
        },
        "vulnerabilities": exceptions(decision)
            .filter(|f| !f.locations.is_empty())
            .map(|judged| vulnerability(judged, decision))
            .collect::<Vec<_>>(),
    })
}

fn version(decision: &Decision) -> &str {
    if decision.tool.version.is_empty() {
        "0.0.0"
    } else {
        &decision.tool.version
    }
}

fn vulnerability(judged: &Judged, decision: &Decision) -> Value {
    let place = &judged.locations[0];
    let (code, says) = why(judged);
    let line = place.line.max(1);
    // The schema asks for a commit; what is not committed yet has none.
    let commit = match decision.subject.commit.as_str() {
        "" => "0000000000000000000000000000000000000000",
        commit => commit,
    };
    let mut identifiers = vec![
        json!({ "type": "sluicegate_rule_id", "name": judged.rule, "value": judged.rule }),
        json!({ "type": "sluicegate_reason", "name": code, "value": code }),
    ];
    if judged.kind == sluicegate_gate::FindingKind::SecretValue {
        identifiers.push(json!({
            "type": "cwe", "name": "CWE-798", "value": "798",
            "url": "https://cwe.mitre.org/data/definitions/798.html",
        }));
    }
    let name: String = judged.title.chars().take(NAME).collect();
    let solution = format!(
        "{} {} {}",
        judged.next, judged.advice.revoke, judged.advice.url
    );
    json!({
        "id": format!("{}-{}", judged.fingerprint, judged.kind),
        "name": name,
        "description": format!("{}: {says}", judged.decision),
        "severity": severity(judged.severity),
        "solution": solution.trim().chars().take(SOLUTION).collect::<String>(),
        "identifiers": identifiers,
        "location": {
            "file": place.path,
            "start_line": line,
            "end_line": place.end_line.max(line),
            "commit": { "sha": commit },
        },
        "tracking": {
            "type": "source",
            "items": [{
                "file": place.path,
                "start_line": line,
                "end_line": place.end_line.max(line),
                "signatures": [{ "algorithm": "sluicegate_fingerprint", "value": judged.fingerprint }],
            }],
        },
    })
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "Critical",
        Severity::High => "High",
        Severity::Medium => "Medium",
        Severity::Low => "Low",
    }
}

/// `gl-code-quality-report.json`
pub(super) fn code_quality(decision: &Decision) -> Value {
    let findings = exceptions(decision).filter(|f| !f.locations.is_empty());
    let one = |judged: &Judged| {
        let place = &judged.locations[0];
        let (code, says) = why(judged);
        json!({
            "description": format!("{}: {}: {says} [{code}]", judged.decision, judged.title),
            "check_name": judged.rule,
            "fingerprint": format!("{}-{}", judged.fingerprint, judged.kind),
            "severity": match judged.decision {
                Verdict::Block => "blocker",
                Verdict::Remediate => "major",
                Verdict::Allow => "info",
            },
            "location": {
                "path": place.path.trim_start_matches("./"),
                "lines": { "begin": place.line.max(1) },
            },
        })
    };
    Value::Array(findings.map(one).collect())
}
