//! What credentials say about themselves, in every format.

mod support;

use std::sync::Arc;

use serde_json::Value;
use sluicegate_core::{Confidence, Finding, Identity, Lifetime, Report, Severity, Trait};
use sluicegate_report::{Context, TextStyle, json, sarif, text};
use support::{at, finding, github_token, rule};

const NOW: i64 = 1_800_000_000;

/// A token that ended in 2023, with a value in its comment that was found, too.
fn expired() -> Finding {
    let rule = rule(
        "jwt",
        "JSON Web Token",
        Severity::High,
        Confidence::Probable,
    );
    let mut found = finding(1, rule, "made-up-token-value", 0);
    at(&mut found, "a.env", 3, "TOKEN=@");
    let mut identity = Identity::default();
    identity.add(Trait::Issuer, "https://id.example/");
    identity.add(Trait::Comment, format!("was {}", github_token()));
    identity.add(Trait::Bits, "2048");
    identity.add(Trait::Protection, "none");
    identity.issued = Some(1_700_000_000);
    identity.expires = Some(1_700_003_600);
    identity.judge(NOW);
    found.identity = Some(Arc::new(identity));
    found
}

fn report() -> Report {
    let rule = rule(
        "github",
        "GitHub token",
        Severity::Critical,
        Confidence::Definite,
    );
    let mut other = finding(2, rule, &github_token(), 4);
    at(&mut other, "b.env", 1, "T=@");
    Report {
        findings: vec![expired(), other],
        ..Report::default()
    }
}

fn written(render: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    render(&mut out);
    String::from_utf8(out).expect("it is text")
}

#[test]
fn an_expired_token_is_of_low_severity_and_says_why() {
    let context = Context::new("0.1.0");
    let found = expired();
    assert_eq!(found.severity(), Severity::Low);
    assert_eq!(found.lifetime(), Lifetime::L1);
    let text = written(|out| {
        text(&report(), &context, &TextStyle::plain(), out).expect("a vector takes all");
    });
    for part in [
        "low: JSON Web Token",
        "issuer https://id.example/",
        "2048 bits",
        "no passphrase",
        "issued 2023-11-14",
        "expired 2023-11-14",
        "so of low severity",
    ] {
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(line.contains(part), "{part} is not in\n{text}");
    }
}

#[test]
fn documents_hold_what_it_says_and_redact_what_is_known() {
    let context = Context::new("0.1.0");
    let json = written(|out| json(&report(), &context, out).expect("a vector takes all"));
    let sarif = written(|out| sarif(&report(), &context, out).expect("a vector takes all"));
    let json: Value = serde_json::from_str(&json).expect("it is JSON");
    let sarif: Value = serde_json::from_str(&sarif).expect("it is JSON");
    for place in [
        json.pointer("/findings/0"),
        sarif.pointer("/runs/0/results/0/properties"),
    ] {
        let place = place.expect("the finding is there");
        assert_eq!(place["severity"], "low");
        assert_eq!(place["lifetime"], "L1");
        let identity = &place["identity"];
        assert_eq!(identity["traits"]["issuer"], "https://id.example/");
        assert_eq!(identity["issued"], "2023-11-14T22:13:20Z");
        assert_eq!(identity["expires"], "2023-11-14T23:13:20Z");
        assert_eq!(identity["expired"], true);
        let comment = identity["traits"]["comment"].as_str().expect("a text");
        assert!(comment.starts_with("was ghp_***"), "{comment}");
    }
    for other in [
        json.pointer("/findings/1/identity"),
        sarif.pointer("/runs/0/results/1/properties/identity"),
    ] {
        assert_eq!(other, None, "it says nothing, and so there is nothing");
    }
}
