//! Findings and contexts of every kind, for properties.

#![allow(dead_code, reason = "each test file uses a part of it")]

use proptest::prelude::*;
use proptest::sample::select;
use sluicegate_core::{Confidence, Lifetime, Severity};
use sluicegate_gate::*;

pub(crate) const NOW: i64 = 1_800_000_000;

const PATHS: &[&str] = &[
    "src/app.py",
    "tests/a.py",
    "docs/a.md",
    ".github/workflows/ci.yml",
    "infra/main.tf",
    "a.example",
    "vendor/x.c",
    ".env.local",
    "zz/ü.txt",
];

/// Any finding. Fingerprints are few, so that some meet waivers, debts and the baseline.
pub(crate) fn finding() -> impl Strategy<Value = Finding> {
    let what = (
        0..12_u8,
        select(FindingKind::ALL),
        select(&["acme", "github", "stripe"][..]),
    );
    let how = (
        select(Lifetime::ALL),
        select(Confidence::ALL),
        select(Severity::ALL),
        select(Verification::ALL),
        proptest::option::of(-3..3_i64),
    );
    let place = (
        select(Exposure::ALL),
        select(Origin::ALL),
        proptest::collection::vec((select(PATHS), 1..4_usize), 0..3),
    );
    let rest = (
        any::<[bool; 5]>(),
        select(Privilege::ALL),
        select(&["", "push", "issues", "fork"][..]),
        select(&["", "marker", "policy"][..]),
        proptest::option::of(any::<[u8; 3]>()),
        proptest::sample::subsequence(vec!["deploy", "publish", "ci"], 0..3),
    );
    (what, how, place, rest).prop_map(|(what, how, place, rest)| {
        let mut finding = Finding::new(format!("{:032x}", what.0), "acme-token", what.1);
        finding.provider = what.2.to_owned();
        finding.lifetime = how.0;
        finding.confidence = how.1;
        finding.severity = how.2;
        finding.verified = how.3;
        finding.verified_at = how.4.map(|days| Time::from_seconds(NOW).plus_days(days));
        finding.exposure = place.0;
        finding.origin = place.1;
        finding.place(
            place
                .2
                .iter()
                .map(|(path, line)| Location::of(*path, *line))
                .collect(),
        );
        [
            finding.has_alternative,
            finding.autofix,
            finding.reviewed_environment,
            finding.unpinned_action,
            finding.suppressed,
        ] = rest.0;
        finding.privilege = rest.1;
        finding.trigger = rest.2.to_owned();
        finding.subject = rest.3.to_owned();
        finding.own_verdict = rest
            .4
            .map(|own| own.map(|n| Verdict::ALL[usize::from(n) % 3]));
        finding.tags = rest.5.iter().map(ToString::to_string).collect();
        finding
    })
}

pub(crate) fn findings() -> impl Strategy<Value = Vec<Finding>> {
    proptest::collection::vec(finding(), 0..8)
}

/// Any context.
pub(crate) fn context() -> impl Strategy<Value = Context> {
    let who = (
        select(Stage::ALL),
        select(Scope::ALL),
        select(ActorKind::ALL),
    );
    let gap = (select(PATHS), select(&["unreadable", "too-large"][..]));
    let debt = (0..12_u8, select(Duty::ALL), -60..5_i64, -30..30_i64);
    let known = proptest::collection::btree_set(0..12_u8, 0..4);
    let gaps = proptest::collection::vec(gap, 0..3);
    let debts = proptest::collection::vec(debt, 0..4);
    (who, known, gaps, debts).prop_map(|(who, known, gaps, debts)| {
        let clock = Time::from_seconds(NOW);
        let mut context = Context::new(who.0, clock);
        context.scope = who.1;
        context.actor.kind = who.2;
        context.baseline = known.into_iter().map(|n| format!("{n:032x}")).collect();
        let gap = |(path, reason): (&str, &str)| Gap {
            path: path.to_owned(),
            reason: reason.to_owned(),
            detail: String::new(),
        };
        context.evidence.skipped = gaps.into_iter().map(gap).collect();
        let debt = |(n, duty, opened, due): (u8, Duty, i64, i64)| Owed {
            finding: format!("{n:032x}"),
            duty,
            opened: clock.plus_days(opened),
            due: clock.plus_days(due),
        };
        context.owed = debts.into_iter().map(debt).collect();
        context
    })
}

/// A waiver, which holds or does not.
pub(crate) fn waiver() -> impl Strategy<Value = Examined> {
    let stages = proptest::sample::subsequence(Stage::ALL.to_vec(), 1..4);
    (
        0..12_u8,
        stages,
        select(Verdict::ALL),
        any::<bool>(),
        1..30_i64,
        any::<bool>(),
    )
        .prop_map(|(number, stages, max_effect, holds, days, by_path)| {
            let clock = Time::from_seconds(NOW);
            let selector = if by_path {
                Selector {
                    rule: "acme-token".to_owned(),
                    path: PATHS[usize::from(number) % PATHS.len()].to_owned(),
                    ..Selector::default()
                }
            } else {
                Selector {
                    fingerprint: format!("{number:032x}"),
                    ..Selector::default()
                }
            };
            let waiver = Waiver {
                schema: WAIVER_SCHEMA.to_owned(),
                id: format!("w{number}"),
                selector,
                stages,
                max_effect,
                reason: WaiverReason::Migration,
                justification: "moves next week".to_owned(),
                ticket: String::new(),
                requested_by: "a@example.com".to_owned(),
                owner: "a@example.com".to_owned(),
                created: clock,
                expires: clock.plus_days(days),
                not_before: None,
                conditions: Conditions::default(),
                renewals: 0,
                compensating: Vec::new(),
                signatures: Vec::new(),
            };
            let refused = Reason {
                code: "WAIVER-UNSIGNED".into(),
                says: "nobody has signed it".into(),
                facts: std::collections::BTreeMap::new(),
            };
            let standing = if holds {
                Ok(vec!["b@example.com".to_owned()])
            } else {
                Err(refused)
            };
            Examined { waiver, standing }
        })
}

pub(crate) fn waivers() -> impl Strategy<Value = Vec<Examined>> {
    proptest::collection::vec(waiver(), 0..4)
}
