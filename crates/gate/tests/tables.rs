//! The decision tables, written down a second time: what the built-in policy has to say
//! for each combination.

use std::sync::LazyLock;

use sluicegate_core::{Confidence, Lifetime};
use sluicegate_gate::*;

static POLICY: LazyLock<Policy> = LazyLock::new(Policy::builtin);

/// The verdicts at commit, merge and release, as letters.
fn triple(finding: &Finding, prepare: impl Fn(&mut Context)) -> String {
    let letters = [Stage::Commit, Stage::Merge, Stage::Release].map(|stage| {
        let mut context = Context::new(stage, Time::from_seconds(1_800_000_000));
        prepare(&mut context);
        let decision = decide(std::slice::from_ref(finding), &context, &POLICY, &[]);
        match decision.decision {
            Verdict::Allow => "A",
            Verdict::Remediate => "R",
            Verdict::Block => "B",
        }
    });
    letters.join("/")
}

fn secret(confidence: Confidence, origin: Origin, path: &str) -> Finding {
    let mut finding = Finding::new("0f", "acme-token", FindingKind::SecretValue);
    finding.confidence = confidence;
    finding.origin = origin;
    finding.lifetime = Lifetime::L4;
    finding.place(vec![Location::of(path, 3)]);
    finding
}

#[test]
fn values_are_judged_by_the_table() {
    use Confidence::{Definite, Hint, Probable};
    use Origin::{Baseline, New};
    for (confidence, origin, path, want) in [
        (Definite, New, "src/a.py", "B/B/B"),
        (Definite, Baseline, "src/a.py", "R/R/B"),
        (Probable, New, "src/a.py", "R/B/B"),
        (Probable, Baseline, "src/a.py", "R/R/R"),
        (Hint, New, "src/a.py", "A/R/R"),
        (Hint, Baseline, "src/a.py", "A/A/R"),
        (Definite, New, "tests/a.py", "R/R/R"),
        (Definite, Baseline, "docs/a.md", "A/A/R"),
        (Probable, New, "tests/a.py", "A/A/R"),
        (Hint, Baseline, "a.example", "A/A/R"),
    ] {
        let mut finding = secret(confidence, origin, path);
        for verified in [
            Verification::Unverified,
            Verification::Unverifiable,
            Verification::Error,
        ] {
            finding.verified = verified;
            assert_eq!(
                triple(&finding, |_| ()),
                want,
                "{confidence} {origin} {path} {verified}"
            );
        }
        finding.verified = Verification::Live;
        let live = if origin == New { "B/B/B" } else { "R/R/B" };
        assert_eq!(
            triple(&finding, |_| ()),
            live,
            "live: {confidence} {origin} {path}"
        );
        finding.verified = Verification::Dead;
        assert_eq!(
            triple(&finding, |_| ()),
            want,
            "dead, and nobody knows since when"
        );
        finding.verified_at = Some(Time::from_seconds(1_800_000_000));
        assert_eq!(triple(&finding, |_| ()), "A/R/R", "proven dead");
        let later = |hours| move |c: &mut Context| c.clock = c.clock.plus_hours(hours);
        assert_eq!(triple(&finding, later(23)), "A/R/R", "within a day");
        assert_eq!(triple(&finding, later(25)), want, "a day is over");
    }
}

#[test]
fn an_old_value_is_not_blamed_on_a_change() {
    for (confidence, want) in [
        (Confidence::Definite, "A/A/B"),
        (Confidence::Probable, "A/A/R"),
        (Confidence::Hint, "A/A/R"),
    ] {
        let finding = secret(confidence, Origin::Baseline, "src/a.py");
        assert_eq!(triple(&finding, |c| c.scope = Scope::Change), want);
        // The baseline knows better than the scan.
        let finding = secret(confidence, Origin::New, "src/a.py");
        let known = |c: &mut Context| {
            c.scope = Scope::Change;
            c.baseline.insert("0f".to_owned());
        };
        assert_eq!(triple(&finding, known), want);
    }
}

#[test]
fn references_are_judged_by_the_table() {
    use Lifetime::{L0, L1, L2, L3, L4, L5, LU};
    for (lifetimes, alternative, new, baseline) in [
        (&[L4, L5][..], true, "R/R/B", "A/R/R"),
        (&[L4, L5], false, "A/R/R", "A/A/R"),
        (&[L3], true, "R/R/R", "A/R/R"),
        (&[L2], true, "A/A/R", "A/A/A"),
        (&[L2], false, "A/A/R", "A/A/A"),
        (&[LU], true, "A/R/R", "A/A/R"),
        (&[LU], false, "A/R/R", "A/A/R"),
        (&[L0, L1], false, "A/A/A", "A/A/A"),
    ] {
        for lifetime in lifetimes {
            let mut finding = Finding::new("0f", "ref", FindingKind::CredentialReference);
            finding.lifetime = *lifetime;
            finding.has_alternative = alternative;
            finding.place(vec![Location::of(".github/workflows/ci.yml", 3)]);
            assert_eq!(triple(&finding, |_| ()), new, "{lifetime} {alternative}");
            finding.origin = Origin::Baseline;
            assert_eq!(
                triple(&finding, |_| ()),
                baseline,
                "{lifetime} {alternative}"
            );
        }
    }
}

#[test]
fn what_is_around_a_reference_moves_its_verdict() {
    let base = || {
        let mut finding = Finding::new("0f", "ref", FindingKind::CredentialReference);
        finding.lifetime = Lifetime::L4;
        finding.has_alternative = true;
        finding.place(vec![Location::of(".github/workflows/ci.yml", 3)]);
        finding
    };
    type Change = fn(&mut Finding);
    let cases: [(Change, &str); 11] = [
        (|_| (), "R/R/B"),
        (|f| f.confidence = Confidence::Hint, "A/A/R"),
        (|f| f.reviewed_environment = true, "R/R/B"),
        (
            |f| {
                f.has_alternative = false;
                f.reviewed_environment = true;
            },
            "A/A/R",
        ),
        (|f| f.trigger = "pull_request_target".to_owned(), "B/B/B"),
        (|f| f.unpinned_action = true, "B/B/B"),
        (|f| f.privilege = Privilege::Admin, "B/B/B"),
        (|f| f.across_environments = true, "B/B/B"),
        (
            |f| {
                f.across_environments = true;
                f.place(vec![Location::of("docs/a.yml", 1)]);
            },
            "A/A/R",
        ),
        (|f| f.place(vec![Location::of("tests/a.yml", 1)]), "A/A/R"),
        (
            |f| f.own_verdict = Some([Verdict::Allow, Verdict::Allow, Verdict::Remediate]),
            "A/A/R",
        ),
    ];
    for (number, (change, want)) in cases.into_iter().enumerate() {
        let mut finding = base();
        change(&mut finding);
        assert_eq!(triple(&finding, |_| ()), want, "case {number}");
    }
}

#[test]
fn one_value_for_trying_out_and_for_users_is_harder() {
    use Confidence::{Definite, Hint, Probable};
    for (confidence, origin, path, want) in [
        (Definite, Origin::Baseline, "prod.env", "B/B/B"),
        (Probable, Origin::New, "prod.env", "B/B/B"),
        (Probable, Origin::Baseline, "prod.env", "B/B/B"),
        (Hint, Origin::New, "prod.env", "A/R/R"),
        (Definite, Origin::New, "tests/prod.env", "R/R/R"),
    ] {
        let mut finding = secret(confidence, origin, path);
        finding.across_environments = true;
        assert_eq!(
            triple(&finding, |_| ()),
            want,
            "{confidence} {origin} {path}"
        );
    }
}

#[test]
fn hard_rules_hold() {
    let kind = |kind: FindingKind| Finding::new("0f", "x", kind);
    assert_eq!(triple(&kind(FindingKind::BakePath), |_| ()), "R/B/B");
    assert_eq!(triple(&kind(FindingKind::CredentialMint), |_| ()), "R/R/B");
    assert_eq!(
        triple(&kind(FindingKind::FederationMisconfig), |_| ()),
        "R/R/B"
    );
    assert_eq!(triple(&kind(FindingKind::EvidenceGap), |_| ()), "A/R/B");
    assert_eq!(triple(&kind(FindingKind::GateTamper), |_| ()), "R/B/B");
    for who in [ActorKind::Agent, ActorKind::Bot] {
        let tamper = kind(FindingKind::GateTamper);
        assert_eq!(triple(&tamper, |c| c.actor.kind = who), "B/B/B");
        let mut deploys = kind(FindingKind::CredentialReference);
        deploys.lifetime = Lifetime::L2;
        deploys.tags = vec!["deploy".to_owned()];
        assert_eq!(triple(&deploys, |_| ()), "A/A/R");
        assert_eq!(triple(&deploys, |c| c.actor.kind = who), "A/B/B");
    }
    let mut key = secret(Confidence::Definite, Origin::New, "src/server.pem");
    key.lifetime = Lifetime::L5;
    assert_eq!(triple(&key, |_| ()), "B/B/B");
    key.suppressed = true;
    assert_eq!(
        triple(&key, |_| ()),
        "B/B/B",
        "a marker is worth no more than a waiver"
    );
    key.place(vec![Location::of("tests/server.pem", 1)]);
    assert_eq!(triple(&key, |_| ()), "A/A/A");
    key.suppressed = false;
    assert_eq!(triple(&key, |_| ()), "R/B/B");
    let nothing = secret(Confidence::Definite, Origin::Absent, "src/a.py");
    assert_eq!(triple(&nothing, |_| ()), "A/A/A");
}

#[test]
fn what_is_overdue_or_too_much_is_blocked() {
    let clock = Time::from_seconds(1_800_000_000);
    let finding = secret(Confidence::Probable, Origin::Baseline, "src/a.py");
    let owe = |opened: i64, due: i64| {
        move |c: &mut Context| {
            c.owed.push(Owed {
                finding: "0f".to_owned(),
                duty: Duty::Rotate,
                opened: clock.plus_days(opened),
                due: clock.plus_days(due),
            });
        }
    };
    assert_eq!(triple(&finding, owe(-5, 2)), "R/R/R");
    assert_eq!(triple(&finding, owe(-5, -1)), "B/B/B");
    assert_eq!(
        triple(&finding, owe(-31, 2)),
        "R/R/B",
        "older than the budget has it"
    );

    let mut context = Context::new(Stage::Release, clock);
    owe(-5, 2)(&mut context);
    let decision = decide(std::slice::from_ref(&finding), &context, &POLICY, &[]);
    let rotate = decision
        .obligations
        .iter()
        .find(|o| o.duty == Duty::Rotate)
        .expect("it is owed");
    assert_eq!(
        (rotate.opened, rotate.due),
        (clock.plus_days(-5), clock.plus_days(2))
    );
    let many: Vec<Finding> = (0..11)
        .map(|n| Finding {
            fingerprint: format!("{n}"),
            ..finding.clone()
        })
        .collect();
    let context = Context::new(Stage::Release, clock);
    assert_eq!(
        decide(&many[..10], &context, &POLICY, &[]).decision,
        Verdict::Remediate
    );
    let decision = decide(&many, &context, &POLICY, &[]);
    assert_eq!(decision.decision, Verdict::Block);
    assert_eq!(&*decision.reasons[0].code, "BUDGET");
}
