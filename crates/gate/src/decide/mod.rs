//! The one function that this crate is about.

mod conclude;
mod judge;
mod waivers;

use crate::context::Context;
use crate::decision::Decision;
use crate::finding::Finding;
use crate::policy::Policy;
use crate::waiver::Examined;

use crate::decision::Judged;
use judge::{Beside, Judge};

/// Decides. The result depends on the arguments and on nothing else; in particular the
/// order of findings and waivers does not matter.
///
/// ```
/// use sluicegate_gate::{Context, Policy, Stage, Time, Verdict, decide};
///
/// let context = Context::new(Stage::Release, Time::from_seconds(1_800_000_000));
/// let decision = decide(&[], &context, &Policy::builtin(), &[]);
/// assert_eq!(decision.decision, Verdict::Allow);
/// ```
pub fn decide(
    findings: &[Finding],
    context: &Context,
    policy: &Policy,
    waivers: &[Examined],
) -> Decision {
    let gaps: Vec<Finding> = context
        .evidence
        .skipped
        .iter()
        .map(|gap| Finding::gap(&gap.path, &gap.reason, &gap.detail))
        .collect();
    let judge = Judge::new(context, policy, waivers);
    let all: Vec<&Finding> = findings.iter().chain(&gaps).collect();
    let mut beside = Beside::default();
    let mut judged: Vec<Option<Judged>> = all
        .iter()
        .map(|finding| Some(judge.judge(finding, &mut beside)))
        .collect();
    // Numbers are sorted instead of what was judged, which is large. Where two are equal to
    // the eye of a reader, everything that is known of the findings decides, so that the
    // order they came in does not.
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.sort_unstable_by(|&a, &b| {
        let ranks = judged[a]
            .as_ref()
            .map(rank)
            .cmp(&judged[b].as_ref().map(rank));
        ranks.then_with(|| all[a].cmp(all[b]))
    });
    let sorted = order.into_iter().filter_map(|number| judged[number].take());
    judge.conclude(sorted.collect(), beside)
}

/// Worst first, then by place.
fn rank(judged: &Judged) -> impl Ord + '_ {
    let worst = std::cmp::Reverse((judged.decision, judged.severity, judged.confidence));
    (
        worst,
        &judged.locations,
        &judged.rule,
        &judged.fingerprint,
        judged.kind,
    )
}
