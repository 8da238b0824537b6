//! Reports to render, and the values in them.
#![allow(
    dead_code,
    unreachable_pub,
    missing_docs,
    reason = "shared by several test programs, each of which uses a part"
)]

use std::sync::Arc;
use std::time::Duration;

use sluicegate_core::{
    CommitInfo, Confidence, Coverage, Excerpt, Exposure, Finding, HistoryCoverage, Kind, Lifetime,
    Occurrence, Piece, Position, Provenance, Remediation, Report, RuleInfo, Secret, Severity,
    SkipReason, Skipped, Span, Suppression, UnusedSuppression,
};

/// Values that look like the real thing, put together here so that no scanner takes
/// this file for a leak.
pub fn github_token() -> String {
    [
        "ghp", "_", "R8kq2Zt7", "WmX4vB1n", "Lc9sYd3F", "hJ6pGw5T", "aQ0e",
    ]
    .concat()
}

pub fn password() -> String {
    ["correct", "-horse", "?Battery", "9+staple"].concat()
}

pub fn private_key() -> String {
    let mut key = ["-----BEGIN ", "RSA ", "PRIVATE KEY-----\n"].concat();
    for line in 0..6 {
        key += &[
            "MIIEowIBAAKC",
            "AQEAvW3kPq",
            &format!("{line}").repeat(8),
            "7dTzLmXc\n",
        ]
        .concat();
    }
    key + &["-----END ", "RSA ", "PRIVATE KEY-----"].concat()
}

pub fn rule(id: &str, title: &str, severity: Severity, confidence: Confidence) -> Arc<RuleInfo> {
    let provider = id.split('-').next().unwrap_or_default();
    Arc::new(RuleInfo {
        id: id.to_owned(),
        provider: provider.to_owned(),
        provider_name: provider.to_uppercase(),
        title: title.to_owned(),
        description: format!("{title}: acts as its owner."),
        confidence,
        severity,
        lifetime: Lifetime::L4,
        taxa: ["CWE-798", "NHI2:2025", "NHI7:2025"]
            .map(str::to_owned)
            .to_vec(),
        tags: vec!["cloud".to_owned()],
        remediation: Remediation {
            revoke: "Delete the token under Settings, Developer settings, Personal access tokens, \
                     or send it to the credential revocation API."
                .to_owned(),
            rotate: "Create one with an expiry, deploy it, then delete the old one.".to_owned(),
            url: format!("https://{provider}.example/settings/tokens"),
        },
        references: vec![format!("https://{provider}.example/docs#tokens")],
        basis: "made up".to_owned(),
    })
}

pub fn finding(number: u64, rule: Arc<RuleInfo>, value: &str, public_prefix: usize) -> Finding {
    Finding {
        // Spread out, so that short forms differ as they do in real reports.
        fingerprint: format!(
            "{:032x}",
            u128::from(number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835)
        ),
        kind: Kind::Secret,
        confidence: rule.confidence,
        rule,
        secret: Secret::new(value.as_bytes().to_vec()),
        public_prefix,
        reference: None,
        identity: None,
        occurrences: Vec::new(),
    }
}

/// Adds a place: `template` is the line, with `@` where the value stands.
pub fn at(finding: &mut Finding, path: &str, line: usize, template: &str) {
    let value = finding.secret.expose_secret_bytes().to_vec();
    let (before, after) = template.split_once('@').unwrap_or((template, ""));
    let first_line = value.split(|&b| b == b'\n').next().unwrap_or_default();
    let column = before.chars().count() + 1;
    let breaks = value.iter().filter(|&&b| b == b'\n').count();
    let last = value.rsplit(|&b| b == b'\n').next().unwrap_or_default();
    let last = String::from_utf8_lossy(last).chars().count();
    let mut pieces = Vec::new();
    if !before.is_empty() {
        pieces.push(Piece::Text(before.to_owned()));
    }
    pieces.push(Piece::Own(Secret::new(first_line.to_vec())));
    if !after.is_empty() && breaks == 0 {
        pieces.push(Piece::Text(after.to_owned()));
    }
    let start = line * 40 + column;
    finding.occurrences.push(Occurrence {
        path: Arc::from(path),
        span: Span::new(start, start + value.len()),
        start: Position { line, column },
        end: Position {
            line: line + breaks,
            column: if breaks == 0 { column + last } else { last + 1 },
        },
        confidence: finding.confidence,
        encoding: Vec::new(),
        excerpt: Excerpt {
            pieces,
            cut_before: false,
            cut_after: false,
        },
        usage: None,
        job: None,
        suppression: None,
        provenance: None,
        layer: None,
        copied_from: None,
    });
}

/// Suppresses the last place that was added.
pub fn suppress(finding: &mut Finding, reason: Option<&str>) {
    let occurrence = finding.occurrences.last_mut().expect("a place was added");
    occurrence.suppression = Some(Suppression {
        marker: "sluice:allow",
        line: occurrence.start.line,
        reason: reason.map(str::to_owned),
    });
}

/// Gives the last place that was added an origin in a history; `@` in the summary is the
/// value.
pub fn brought(finding: &mut Finding, number: usize, summary: &str, exposure: Exposure) {
    let value = String::from_utf8_lossy(finding.secret.expose_secret_bytes()).into_owned();
    let occurrence = finding.occurrences.last_mut().expect("a place was added");
    occurrence.provenance = Some(Provenance {
        object: Arc::from(format!("{:040x}", number * 7)),
        commit: Some(Arc::new(CommitInfo {
            id: format!("{number:04x}").repeat(10),
            author: "A U Thor <a@example.invalid>".to_owned(),
            date: "2023-11-14T22:13:20+02:00".to_owned(),
            summary: summary.replace('@', &value),
        })),
        exposure,
        blobs: number,
        commits: number.div_ceil(2),
    });
}

/// The sample as it comes from a history.
pub fn history() -> Report {
    let mut report = sample();
    report.findings.truncate(2);
    let token = &mut report.findings[0];
    token.occurrences.truncate(2);
    brought(token, 4, "release with it", Exposure::Reachable);
    token.occurrences.rotate_left(1);
    brought(token, 1, "deploy by hand: @", Exposure::Head);
    token.occurrences.rotate_left(1);
    let old = &mut report.findings[1];
    brought(
        old,
        9,
        &format!("{} is @", "why ".repeat(60)),
        Exposure::Dangling,
    );
    report.unused_suppressions.clear();
    report.coverage.skipped.clear();
    report.coverage.history = Some(HistoryCoverage {
        commits: 431,
        searched: 4_120_000,
        cached: 17,
    });
    report
}

/// A report with something of everything.
pub fn sample() -> Report {
    use Confidence::{Definite, Probable};
    let github = rule(
        "github-pat",
        "GitHub personal access token (classic)",
        Severity::Critical,
        Definite,
    );
    let slack = rule(
        "slack-webhook",
        "Slack incoming webhook URL",
        Severity::Medium,
        Definite,
    );
    let generic = rule(
        "generic-password",
        "Password in an assignment",
        Severity::High,
        Probable,
    );
    let key = rule(
        "private-key-rsa",
        "RSA private key",
        Severity::High,
        Definite,
    );

    let mut token = finding(0, github.clone(), &github_token(), 4);
    at(
        &mut token,
        "config/deploy.env",
        12,
        "export GITHUB_TOKEN=@  # used by the release job",
    );
    at(
        &mut token,
        "docs/RELEASE.md",
        88,
        "Run `GITHUB_TOKEN=@ make release`",
    );
    at(&mut token, "scripts/release.sh", 3, "TOKEN=@");

    let mut second = finding(1, github, &github_token().replace('R', "S"), 4);
    at(
        &mut second,
        "config/deploy.env",
        13,
        "export GITHUB_TOKEN_OLD=@",
    );

    let mut url = finding(
        2,
        slack,
        &[
            "https://hooks.",
            "slack.com",
            "/services/T0",
            "2AB3CD/B04",
            "EF5GH6/x7Yz8Wv9Ut0S",
            "r1Qp2On3",
        ]
        .concat(),
        33,
    );
    at(&mut url, "config/deploy.env", 140, "SLACK_URL=\"@\"");

    let mut pem = finding(3, key, &private_key(), 31);
    at(&mut pem, "docs/RELEASE.md", 120, "    @");

    let mut word = finding(4, generic.clone(), &password(), 0);
    at(
        &mut word,
        "scripts/release.sh",
        9,
        "\tcurl --fail --silent --show-error --retry 3 --user \"deploy:@\" https://registry.example/v2/app/manifests/latest | jq .",
    );

    let mut fixture = finding(5, generic, "fixture-Passw0rd-17", 0);
    at(
        &mut fixture,
        "tests/fixtures/app.yaml",
        4,
        // The blank is written so that this is no marker to who scans this file.
        "password: @  #\x20sluice:allow test fixture, never deployed",
    );
    suppress(&mut fixture, Some("test fixture, never deployed"));

    Report {
        findings: vec![token, second, pem, word, url, fixture],
        below_confidence: 4,
        unused_suppressions: vec![UnusedSuppression {
            path: Arc::from("src/legacy.py"),
            line: 14,
            marker: "gitleaks:allow",
        }],
        coverage: Coverage {
            files: 1204,
            bytes: 38_240_118,
            skipped: vec![
                skipped("run/agent.sock", SkipReason::Special, "a socket"),
                skipped(
                    "secrets/prod.env",
                    SkipReason::Unreadable,
                    "Permission denied (os error 13)",
                ),
                skipped(
                    "secrets/stage.env",
                    SkipReason::Unreadable,
                    "Permission denied (os error 13)",
                ),
            ],
            cancelled: false,
            history: None,
        },
        rules_digest: "5f1d".repeat(16),
        rules: 412,
        elapsed: Duration::from_millis(411),
    }
}

pub fn skipped(path: &str, reason: SkipReason, detail: &str) -> Skipped {
    Skipped {
        parts: 1,
        path: Arc::from(path),
        reason,
        detail: detail.to_owned(),
    }
}
