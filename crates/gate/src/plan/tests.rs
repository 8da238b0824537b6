use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::context::Context;
use crate::decide::decide;
use crate::finding::Finding;
use crate::fix::Replacement;
use crate::policy::Policy;
use crate::words::Stage;

fn plan_of(finding: Finding) -> Plan {
    let context = Context::new(Stage::Release, Time::from_seconds(1_800_000_000));
    let decision = decide(&[finding], &context, &Policy::builtin(), &[]);
    let mut plans = Plans::of(&decision).plans;
    assert_eq!(plans.len(), 1, "{decision:?}");
    plans.remove(0)
}

fn finding(kind: FindingKind) -> Finding {
    let mut finding = Finding::new("0f1e", "acme-token", kind);
    finding.lifetime = sluicegate_core::Lifetime::L4;
    finding.has_alternative = true;
    finding.subject = "policy".to_owned();
    finding
}

fn ids(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|step| step.id.as_str()).collect()
}

#[test]
fn what_is_built_in_is_read_and_every_word_in_it_is_known() {
    let all: BTreeMap<String, Strategy> = toml::from_str(STEPS).expect("it is read");
    let names: Vec<&str> = all.keys().map(String::as_str).collect();
    assert_eq!(names, ["federate", "leaked_value", "settle", "tighten"]);
    for (strategy, steps) in &all {
        let mut seen = BTreeSet::new();
        for step in &steps.step {
            assert!(seen.insert(&step.id), "{strategy}: {} twice", step.id);
            let kinds = "create_trust edit_file rotate revoke disable delete_store_entry \
                         purge_history notify wait verify manual";
            for (word, known) in [
                (&step.kind, kinds),
                (&step.actor, "tool agent human"),
                (&step.env, "sandbox staging prod"),
            ] {
                assert!(known.split(' ').any(|k| k == word), "{strategy}: {word}");
            }
        }
    }
}

#[test]
fn a_leaked_value_is_worthless_before_it_is_taken_out_and_a_key_is_deleted_last() {
    let leaked = plan_of(finding(FindingKind::SecretValue));
    assert_eq!(
        ids(&leaked),
        ["revoke", "rotate", "remove", "verify-dead", "close"]
    );
    let federate = plan_of(finding(FindingKind::CredentialReference));
    assert_eq!(
        ids(&federate),
        [
            "create-trust",
            "edit",
            "verify-sandbox",
            "promote",
            "disable",
            "wait",
            "delete-key",
            "delete-store-entry",
            "close"
        ]
    );
    // Sandbox first, then somebody agrees, then production.
    let at = |env: &str| federate.steps.iter().position(|s| s.env == env);
    assert!(at("sandbox") < at("prod"));
    assert!(federate.approvals_required.contains(&"promote".to_owned()));
}

#[test]
fn no_program_does_what_needs_authority_and_each_duty_has_its_closing() {
    for kind in FindingKind::ALL {
        let finding = match kind {
            FindingKind::EvidenceGap => Finding::gap("a.bin", "unreadable", ""),
            kind => finding(*kind),
        };
        let plan = plan_of(finding);
        assert!(
            !plan.steps.is_empty() && !plan.verification.is_empty(),
            "{kind}"
        );
        for (number, step) in plan.steps.iter().enumerate() {
            let is_privileged = !["edit_file", "verify", "wait"].contains(&step.kind.as_str());
            assert!(!is_privileged || step.actor == "human", "{kind}: {step:?}");
            let before = plan.steps[..number].last().map(|s| s.id.clone());
            assert_eq!(step.depends_on, Vec::from_iter(before), "{kind}");
            let undone = plan
                .rollback
                .iter()
                .any(|undo| undo.id == step.rollback_step);
            assert!(undone || step.rollback_step.is_empty(), "{kind}: {step:?}");
        }
    }
}

#[test]
fn a_known_change_is_in_the_step_that_makes_it() {
    let mut found = finding(FindingKind::CredentialReference);
    let change = FileChange {
        path: "main.tf".to_owned(),
        base_sha256: crate::canonical::sha256(b"a\n"),
        replacements: vec![Replacement {
            line: 1,
            removed: 1,
            inserted: "b\n".to_owned(),
        }],
    };
    found.fix = Some(Fix {
        changes: vec![change.clone()],
        needs: Vec::new(),
    });
    let plan = plan_of(found);
    // What needs nothing outside of the file needs no trust first.
    assert_eq!(ids(&plan)[0], "edit");
    let step = &plan.steps[0];
    assert_eq!(step.patch.as_ref().map(|p| &p.content), Some(&vec![change]));
    let argv = step.command_hint.as_ref().map(|hint| hint.argv.join(" "));
    assert_eq!(argv.as_deref(), Some("sluice remediate --diff -- main.tf"));
    assert!(plan.steps[1..].iter().all(|step| step.patch.is_none()));
}
