//! What holds for every decision, whatever the findings.

mod support;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;
use sluicegate_gate::*;
use support::{context, finding, findings, waiver, waivers};

static POLICY: LazyLock<Policy> = LazyLock::new(Policy::builtin);

fn verdicts(decision: &Decision) -> BTreeMap<String, Verdict> {
    let mut out = BTreeMap::new();
    for judged in &decision.findings {
        // Everything about a finding but what was decided tells it from others.
        let mut key = judged.clone();
        key.decision = Verdict::Allow;
        key.reasons.clear();
        key.waiver.clear();
        key.next = std::sync::Arc::default();
        key.obligations.clear();
        let known = out.entry(canonical(&key)).or_insert(judged.decision);
        *known = judged.decision.max(*known);
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn more_findings_are_never_milder(
        mut some in findings(), more in finding(), context in context(), waivers in waivers(),
    ) {
        let policy = &*POLICY;
        let before = decide(&some, &context, policy, &waivers);
        some.push(more);
        let after = decide(&some, &context, policy, &waivers);
        prop_assert!(before.decision <= after.decision);
        let after = verdicts(&after);
        for (finding, verdict) in verdicts(&before) {
            prop_assert!(verdict <= after[&finding]);
        }
    }

    #[test]
    fn a_later_stage_is_never_milder(some in findings(), mut context in context()) {
        let policy = &*POLICY;
        let mut before = Verdict::Allow;
        for stage in Stage::ALL {
            context.stage = *stage;
            let decision = decide(&some, &context, policy, &[]).decision;
            prop_assert!(before <= decision, "{stage}");
            before = decision;
        }
    }

    #[test]
    fn the_order_of_findings_and_waivers_does_not_matter(
        some in findings(), mut context in context(), waivers in waivers(), seed in any::<u64>(),
    ) {
        let policy = &*POLICY;
        let one = decide(&some, &context, policy, &waivers).to_canonical_json();
        let again = decide(&some, &context, policy, &waivers).to_canonical_json();
        prop_assert_eq!(&one, &again);
        let (mut mixed, mut turned) = (some, waivers);
        let turn = usize::try_from(seed % 97).unwrap_or(0);
        mixed.reverse();
        turned.reverse();
        context.owed.reverse();
        context.evidence.skipped.reverse();
        if !mixed.is_empty() {
            let by = turn % mixed.len();
            mixed.rotate_left(by);
        }
        prop_assert_eq!(one, decide(&mixed, &context, policy, &turned).to_canonical_json());
    }

    #[test]
    fn a_waiver_touches_only_what_it_is_for(
        some in findings(), context in context(), mut waivers in waivers(), one in waiver(),
    ) {
        let policy = &*POLICY;
        let before = verdicts(&decide(&some, &context, policy, &waivers));
        waivers.push(one.clone());
        let decision = decide(&some, &context, policy, &waivers);
        let is_meant = |judged: &Judged| {
            some.iter().any(|f| f.fingerprint == judged.fingerprint && one.waiver.selector.fits(f))
        };
        let meant: Vec<String> = decision.findings.iter().filter(|j| is_meant(j))
            .map(|j| j.fingerprint.clone()).collect();
        for (finding, verdict) in verdicts(&decision) {
            prop_assert!(verdict <= before[&finding]);
            if !meant.iter().any(|id| finding.contains(id.as_str())) {
                prop_assert_eq!(verdict, before[&finding]);
            }
        }
    }

    #[test]
    fn what_is_not_waivable_is_never_waived(
        mut one in finding(), context in context(), mut waiver in waiver(),
    ) {
        one.kind = FindingKind::SecretValue;
        one.verified = Verification::Live;
        one.origin = Origin::New;
        let context = Context { baseline: Default::default(), ..context };
        waiver.waiver.selector =
            Selector { fingerprint: one.fingerprint.clone(), ..Selector::default() };
        waiver.waiver.stages = Stage::ALL.to_vec();
        waiver.waiver.max_effect = Verdict::Allow;
        waiver.standing = Ok(vec!["b@example.com".to_owned()]);
        for suppressed in [false, true] {
            one.suppressed = suppressed;
            let decision = decide(&[one.clone()], &context, &POLICY, &[waiver.clone()]);
            prop_assert_eq!(decision.decision, Verdict::Block);
        }
    }

    #[test]
    fn what_was_not_looked_at_is_no_allow_where_the_stage_fails_closed(
        some in findings(), mut context in context(),
    ) {
        let policy = &*POLICY;
        prop_assume!(policy.fails_closed(context.stage));
        context.evidence.skipped.push(Gap {
            path: "a.bin".to_owned(), reason: "unreadable".to_owned(), detail: String::new(),
        });
        prop_assert!(decide(&some, &context, policy, &[]).decision > Verdict::Allow);
    }

    #[test]
    fn a_policy_can_only_be_stricter(
        some in findings(), context in context(), waivers in waivers(), pick in 0..4_usize,
    ) {
        let when = [
            "finding.provider == \"acme\"",
            "finding.paths.exists(p, p.startsWith(\"src/\"))",
            "actor.kind != \"human\"",
            "finding.occurrences > 1",
        ][pick];
        let text = format!(
            "schema = \"sluicegate.policy/1\"\nname = \"x\"\n[due]\nhigh = 1\n[budget]\nopen = 1\n\
             [stages]\nmerge = \"prod\"\n[[floor]]\ncode = \"X-1\"\nwhen = '''{when}'''\n\
             verdict = \"R/R/B\"\nsays = \"because\"\n"
        );
        let own = Policy::with(&text).expect("it is sound");
        let ours = decide(&some, &context, &own, &waivers);
        let builtin = decide(&some, &context, &POLICY, &waivers);
        prop_assert!(ours.decision >= builtin.decision);
    }
}
