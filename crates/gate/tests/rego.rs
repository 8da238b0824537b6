//! Policies in Rego on the input document, and the decision tables a third time: in a
//! language that nothing else here is written in.

use std::collections::BTreeSet;

use regorus::{Engine, Value};
use sluicegate_core::{Confidence, Lifetime};
use sluicegate_gate::*;

const GATE: &str = include_str!("rego/gate.rego");
const CONFTEST: &str = include_str!("rego/conftest.rego");
const MATRIX: &str = include_str!("rego/matrix.rego");

fn ask(policy: &str, input: &serde_json::Value, rule: &str) -> serde_json::Value {
    let mut engine = Engine::new();
    engine
        .add_policy("policy.rego".to_owned(), policy.to_owned())
        .unwrap_or_else(|why| panic!("{why}"));
    let input = Value::from_json_str(&input.to_string()).expect("plain JSON");
    engine.set_input(input);
    let answer = engine
        .eval_rule(rule.to_owned())
        .unwrap_or_else(|why| panic!("{rule}: {why}"));
    let json = answer.to_json_str().expect("an answer is JSON");
    serde_json::from_str(&json).expect("an answer is JSON")
}

fn messages(answer: &serde_json::Value) -> BTreeSet<String> {
    let all = answer.as_array().expect("a set").iter();
    let text = |value: &serde_json::Value| {
        let message = value.get("msg").unwrap_or(value);
        message.as_str().expect("a message").to_owned()
    };
    all.map(text).collect()
}

fn key_in(path: &str) -> Finding {
    let mut finding = Finding::new("0f".repeat(16), "stripe-key", FindingKind::SecretValue);
    finding.provider = "stripe".to_owned();
    finding.place(vec![Location::of(path, 3)]);
    finding
}

fn context(stage: Stage) -> Context {
    Context::new(stage, Time::from_seconds(1_800_000_000))
}

#[test]
fn policies_of_the_package_gate_block_and_ask_for_remedies() {
    let mut agent = context(Stage::Merge);
    let ask_gate = |findings: &[Finding], context: &Context, rule: &str| {
        let input = input_document(findings, context, &[]);
        messages(&ask(GATE, &input, &format!("data.gate.{rule}")))
    };
    let billing = [key_in("billing/pay.py")];
    assert_eq!(
        ask_gate(&billing, &agent, "block"),
        BTreeSet::from(["a payment key in billing/pay.py".to_owned()])
    );
    assert!(ask_gate(&[key_in("src/pay.py")], &agent, "block").is_empty());
    assert!(ask_gate(&billing, &agent, "remediate").is_empty());
    agent.actor.kind = ActorKind::Agent;
    assert_eq!(ask_gate(&billing, &agent, "remediate").len(), 1);
}

#[test]
fn policies_for_conftest_run_and_their_results_join_the_decision() {
    let mut release = context(Stage::Release);
    release.evidence.skipped.push(Gap {
        path: "a.bin".to_owned(),
        reason: "unreadable".to_owned(),
        detail: String::new(),
    });
    let mut root = key_in("deploy/key.pem");
    root.lifetime = Lifetime::L5;
    let waiver = Waiver {
        schema: WAIVER_SCHEMA.to_owned(),
        id: "w1".to_owned(),
        selector: Selector {
            fingerprint: root.fingerprint.clone(),
            ..Selector::default()
        },
        stages: vec![Stage::Release],
        max_effect: Verdict::Allow,
        reason: WaiverReason::Migration,
        justification: "next week".to_owned(),
        ticket: String::new(),
        requested_by: "ann@example.com".to_owned(),
        owner: "ann@example.com".to_owned(),
        created: release.clock,
        expires: release.clock.plus_days(7),
        not_before: None,
        conditions: Conditions::default(),
        renewals: 0,
        compensating: Vec::new(),
        signatures: Vec::new(),
    };
    let policy = Policy::builtin();
    let examined = Authority::default().examine(vec![waiver], &release, &policy);
    let input = input_document(&[root], &release, &examined);
    let denied = messages(&ask(CONFTEST, &input, "data.main.deny"));
    assert_eq!(
        denied,
        BTreeSet::from([
            "deploy/key.pem: a root of trust is not released".to_owned(),
            "not everything was looked at".to_owned(),
        ])
    );
    let warned = messages(&ask(CONFTEST, &input, "data.main.warn"));
    assert_eq!(
        warned,
        BTreeSet::from(["waiver w1 does not hold: WAIVER-UNSIGNED".to_owned()])
    );

    // What conftest writes of it comes back as evidence, and only ever makes it harder.
    for (results, want) in [
        (r#"[{"filename": "i", "namespace": "main", "successes": 3}]"#.to_owned(), Verdict::Allow),
        (
            serde_json::json!([{"filename": "i", "namespace": "main", "successes": 1,
                "warnings": [{"msg": warned.first()}]}])
            .to_string(),
            Verdict::Remediate,
        ),
        (
            serde_json::json!([{"filename": "i", "namespace": "main", "successes": 0,
                "failures": denied.iter().map(|msg| serde_json::json!({"msg": msg})).collect::<Vec<_>>()}])
            .to_string(),
            Verdict::Block,
        ),
    ] {
        let mut context = context(Stage::Merge);
        context.opinions = opinions(&results).expect("results of conftest");
        let decision = decide(&[], &context, &policy, &[]);
        assert_eq!(decision.decision, want, "{results}");
        assert_eq!(decision.reasons.len(), context.opinions.len());
        // What blocks for another reason is not opened by a policy that is content.
        let blocked = decide(&[key_in("src/a.py")], &context, &policy, &[]);
        assert_eq!(blocked.decision, Verdict::Block);
    }
}

#[test]
fn the_built_in_tables_are_those_of_another_language() {
    let policy = Policy::builtin();
    let mut cases: Vec<Finding> = Vec::new();
    for origin in [Origin::New, Origin::Baseline] {
        for confidence in Confidence::ALL {
            for path in [
                "src/a.py",
                "tests/a.py",
                "docs/a.txt",
                "a.example",
                "infra/main.tf",
            ] {
                let mut finding = key_in(path);
                finding.lifetime = Lifetime::L4;
                finding.confidence = *confidence;
                finding.origin = origin;
                cases.push(finding);
            }
        }
        for lifetime in Lifetime::ALL {
            for has_alternative in [false, true] {
                let mut finding = Finding::new("0f", "ref", FindingKind::CredentialReference);
                finding.place(vec![Location::of(".github/workflows/ci.yml", 3)]);
                finding.lifetime = *lifetime;
                finding.has_alternative = has_alternative;
                finding.origin = origin;
                cases.push(finding);
            }
        }
    }
    assert_eq!(cases.len(), 2 * (3 * 5 + 7 * 2));
    for finding in &cases {
        let letters = [Stage::Commit, Stage::Merge, Stage::Release].map(|stage| {
            let one = std::slice::from_ref(finding);
            match decide(one, &context(stage), &policy, &[]).decision {
                Verdict::Allow => "A",
                Verdict::Remediate => "R",
                Verdict::Block => "B",
            }
        });
        let whole = input_document(std::slice::from_ref(finding), &context(Stage::Merge), &[]);
        let input = serde_json::json!({ "finding": whole["findings"][0] });
        let theirs = ask(MATRIX, &input, "data.matrix.verdicts");
        assert_eq!(theirs, letters.join("/"), "{finding:?}");
    }
}
