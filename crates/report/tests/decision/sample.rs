//! Decisions about everything that a finding can be, with names that are up to no good.

use sluicegate_core::{Confidence, Severity};
use sluicegate_gate::*;
use sluicegate_report::{DecisionFormat, decision as write_decision};

pub(crate) fn rendered(decision: &Decision, format: DecisionFormat) -> String {
    let mut out = Vec::new();
    write_decision(decision, format, &mut out).expect("a vector takes all");
    String::from_utf8(out).expect("it is text")
}

fn context(stage: Stage) -> Context {
    let mut context = Context::new(stage, Time::from_seconds(1_800_000_000));
    context.tool_version = "0.1.0".to_owned();
    context.subject.repo = "git+https://example.com/r".to_owned();
    context.subject.commit = "c".repeat(40);
    context
}

fn finding(number: u8, rule: &str, path: &str) -> Finding {
    let mut finding = Finding::new(format!("{number:032x}"), rule, FindingKind::SecretValue);
    finding.title = format!("Token <img src=x> [a](http://b) | {rule}\n::error::no\u{1b}[2J");
    finding.place(vec![Location {
        path: path.to_owned(),
        line: 3,
        column: 9,
        end_line: 3,
        end_column: 49,
    }]);
    finding.advice.revoke = "Delete it. ".repeat(900);
    finding
}

fn waiver(finding: &Finding, clock: Time) -> Examined {
    let waiver = Waiver {
        schema: WAIVER_SCHEMA.to_owned(),
        id: "w1".to_owned(),
        selector: Selector {
            fingerprint: finding.fingerprint.clone(),
            ..Selector::default()
        },
        stages: Stage::ALL.to_vec(),
        max_effect: Verdict::Allow,
        reason: WaiverReason::Migration,
        justification: "next week".to_owned(),
        ticket: String::new(),
        requested_by: "a@example.com".to_owned(),
        owner: "a@example.com".to_owned(),
        created: clock,
        expires: clock.plus_days(3),
        not_before: None,
        conditions: Conditions::default(),
        renewals: 0,
        compensating: Vec::new(),
        signatures: Vec::new(),
    };
    Examined {
        waiver,
        standing: Ok(vec!["b@example.com".to_owned()]),
    }
}

/// Something of everything.
pub(crate) fn awkward() -> Decision {
    let mut context = context(Stage::Merge);
    let mut old = finding(2, "old-token", "src/|`old`.py");
    old.origin = Origin::Baseline;
    let mut gone = finding(3, "gone-token", "src/gone.py");
    gone.origin = Origin::Absent;
    let waived = finding(4, "waived-token", "src/waived.py");
    let mut marked = finding(5, "marked-token", "src/marked.py");
    marked.suppressed = true;
    let mut hint = finding(6, "hint-token", "./src/hint,a:b%.py");
    hint.confidence = Confidence::Hint;
    hint.severity = Severity::Low;
    let mut nowhere = finding(7, "nowhere-token", "x");
    nowhere.place(Vec::new());
    let mut reference = finding(8, "ref-x", ".github/workflows/ci.yml");
    reference.kind = FindingKind::CredentialReference;
    reference.lifetime = sluicegate_core::Lifetime::L4;
    reference.has_alternative = true;
    let replacement = |line, removed, inserted: &str| Replacement {
        line,
        removed,
        inserted: inserted.to_owned(),
    };
    reference.fix = Some(Fix {
        changes: vec![FileChange {
            path: "a b/[ci]%.yml".to_owned(),
            base_sha256: "0a".repeat(32),
            replacements: vec![
                replacement(2, 0, "permissions:\n"),
                replacement(7, 2, "uses: ::error::x\n"),
                replacement(12, 1, ""),
            ],
        }],
        needs: vec!["a trust [a](http://b)".to_owned()],
    });
    let findings = [
        finding(1, "new-token", "src/a b/[id]#1%.py"),
        old,
        gone,
        waived.clone(),
        marked,
        hint,
        nowhere,
        reference,
        Finding::tamper(
            "policy",
            ".sluice/policy.toml",
            0,
            "the change edits its policy",
            "x",
        ),
    ];
    context.evidence.files = 12;
    context.evidence.skipped.push(Gap {
        path: "a b/unread.bin".to_owned(),
        reason: "unreadable".to_owned(),
        detail: "because\n::error::x".to_owned(),
    });
    for (verdict, message) in [
        (Verdict::Block, "no\n::error::x"),
        (Verdict::Remediate, "soon"),
    ] {
        context.opinions.push(Opinion {
            verdict,
            policy: "main".to_owned(),
            message: message.to_owned(),
        });
    }
    let waivers = [waiver(&waived, context.clock)];
    decide(&findings, &context, &Policy::builtin(), &waivers)
}

/// Nothing at all.
pub(crate) fn empty() -> Decision {
    let mut context = context(Stage::Commit);
    context.subject = Subject::default();
    context.tool_version.clear();
    decide(&[], &context, &Policy::builtin(), &[])
}

/// Those, more of one kind than a CI system shows, and one that is blocked for no finding.
pub(crate) fn all() -> Vec<Decision> {
    let policy = Policy::builtin();
    let many: Vec<Finding> = (0..40)
        .map(|n| finding(n, "many", &format!("src/{n}.py")))
        .collect();
    let mut hints = many.clone();
    for hint in &mut hints {
        hint.confidence = Confidence::Hint;
    }
    vec![
        awkward(),
        empty(),
        decide(&many, &context(Stage::Merge), &policy, &[]),
        decide(&hints, &context(Stage::Merge), &policy, &[]),
        decide(&hints, &context(Stage::Release), &policy, &[]),
    ]
}
