//! What a token says about itself reaches the report, and the clock is the caller's.

use std::sync::Arc;

use sluicegate_core::{Finding, Severity, Trait};
use sluicegate_rules::Rules;
use sluicegate_scan::{Monitor, Options, Scanner, Target};

/// A token that was good for an hour from 1700000000 on; header and claims are base64 of
/// what stands beside them.
fn token() -> String {
    [
        // {"alg":"HS256","typ":"JWT"}
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
        // {"iss":"https://id.corp.test","sub":"svc-7","iat":1700000000,"exp":1700003600}
        "eyJpc3MiOiJodHRwczovL2lkLmNvcnAudGVzdCIsInN1YiI6InN2Yy03IiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjE3MDAwMDM2MDB9",
        "q7Zr1Xv9Kc3Lw5Tn8Yp2Dh4Fs6Gj0Mb1Ve3Ra5Uo7Qi",
    ]
    .join(".")
}

fn scan(now: Option<i64>, text: String) -> Vec<Finding> {
    let mut options = Options::default();
    options.now = now;
    let words = Scanner::watch_words(&options.markers);
    let rules = Rules::builder()
        .build(&words)
        .expect("the built-in rules are valid");
    let target = Target::Bytes {
        name: "app.env".to_owned(),
        bytes: text.into_bytes(),
    };
    let report = Scanner::new(Arc::new(rules), options)
        .scan(&[target], &Monitor::default())
        .expect("bytes can be scanned");
    report.findings
}

#[test]
fn a_token_is_expired_for_a_caller_to_whom_it_is_later() {
    for (now, severity) in [
        (None, Severity::Medium),
        (Some(1_700_001_000), Severity::Medium),
        (Some(1_700_010_000), Severity::Medium),
        (Some(1_800_000_000), Severity::Low),
    ] {
        let findings = scan(now, format!("ID_TOKEN={}\n", token()));
        let [found] = &findings[..] else {
            panic!("one finding, not {}", findings.len());
        };
        let identity = found.identity.as_ref().expect("it says something");
        assert_eq!(identity.get(Trait::Subject), Some("svc-7"));
        assert_eq!(found.severity(), severity, "{now:?}");
    }
}

#[test]
fn the_place_that_says_more_is_heard() {
    let password = ["Kq7", "vR2xT", "9mLw"].concat();
    let text = format!("db_password = {password}\nurl = postgres://app:{password}@db.corp.net/x\n");
    let findings = scan(None, text);
    let said = |found: &Finding| {
        let identity = found.identity.as_ref()?;
        identity.get(Trait::Host).map(str::to_owned)
    };
    assert!(
        findings
            .iter()
            .any(|f| said(f).as_deref() == Some("db.corp.net")),
        "no finding says where the password is good"
    );
}
