//! From what was thought of each finding to one decision.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::judge::{Beside, Judge};
use crate::decision::{
    Decision, Judged, Notice, Obligation, PolicyId, SCHEMA, Seen, Summary, Tool,
};
use crate::reason::Reason;
use crate::words::{Column, Origin, Scope, Verdict};

impl Judge<'_> {
    /// Joins what was judged, worst first, and what came out beside it.
    pub(super) fn conclude(&self, findings: Vec<Judged>, beside: Beside) -> Decision {
        let Self {
            context,
            policy,
            column,
            ..
        } = *self;
        let Beside {
            obligations,
            mut notices,
        } = beside;
        let obligations = by_date(obligations);
        let mut summary = Summary::default();
        for judged in &findings {
            *summary.by_decision.entry(judged.decision).or_default() += 1;
            *summary.by_kind.entry(judged.kind).or_default() += 1;
            summary.waived += usize::from(!judged.waiver.is_empty());
            summary.baseline += usize::from(judged.origin == Origin::Baseline);
            summary.marked += usize::from(judged.marked);
        }
        let applied: BTreeSet<&str> = findings
            .iter()
            .map(|f| f.waiver.as_str())
            .filter(|w| !w.is_empty())
            .collect();
        let applied: Vec<String> = applied.into_iter().map(ToOwned::to_owned).collect();
        let (own, reasons) = self.own_reasons(&summary, &findings, &obligations);
        // They are sorted, the worst first.
        let worst = findings.first().map_or(Verdict::Allow, |f| f.decision);
        let refused = context.refused.iter().map(|reason| Notice {
            about: about(&reason.code).to_owned(),
            reason: reason.clone(),
        });
        notices.extend(refused);
        notices.extend(self.unused(&applied));
        notices.sort();
        notices.dedup();
        let mut skipped = context.evidence.skipped.clone();
        skipped.sort();
        let mut inputs = context.evidence.inputs.clone();
        inputs.sort();
        Decision {
            schema: SCHEMA.to_owned(),
            decision: worst.max(own),
            stage: context.stage,
            column,
            scope: context.scope,
            subject: context.subject.clone(),
            policy: PolicyId {
                name: policy.name.clone(),
                version: policy.version.clone(),
                digest: policy.digest.clone(),
            },
            tool: Tool {
                name: "sluicegate".to_owned(),
                version: context.tool_version.clone(),
                rules_digest: context.rules_digest.clone(),
            },
            clock: context.clock,
            actor: context.actor.clone(),
            next: next(&findings, &reasons),
            reasons,
            summary,
            findings,
            obligations,
            waivers_applied: applied,
            notices,
            evidence: Seen {
                complete: skipped.is_empty(),
                scanned_files: context.evidence.files,
                skipped,
                inputs,
            },
            approvals: context.approved.clone(),
            break_glass: context.emergency.clone(),
        }
    }

    /// Waivers for this stage that hold and let nothing pass. Where only a change is judged
    /// nobody can tell: what they are for may stand elsewhere.
    fn unused(&self, applied: &[String]) -> impl Iterator<Item = Notice> {
        let is_whole = self.context.scope == Scope::Whole;
        let for_stage = self.waivers.all.iter().filter(move |examined| {
            is_whole && examined.waiver.stages.contains(&self.context.stage)
        });
        for_stage
            .filter(|e| e.standing.is_ok() && !applied.contains(&e.waiver.id))
            .map(|examined| Notice {
                about: examined.waiver.id.clone(),
                reason: Reason::known("WAIVER-UNUSED"),
            })
    }

    /// Reasons that are about no finding, and what they ask for.
    fn own_reasons(
        &self,
        summary: &Summary,
        findings: &[Judged],
        obligations: &[Obligation],
    ) -> (Verdict, Vec<Reason>) {
        let mut worst = Verdict::Allow;
        let mut reasons = Vec::new();
        let emergency = self.context.emergency.is_some();
        let mut add = |verdict: Verdict, reason: Reason| {
            let held = if emergency {
                verdict.min(Verdict::Remediate)
            } else {
                verdict
            };
            worst = worst.max(held);
            reasons.push(reason.fact("verdict", held));
        };
        if let Some(reason) = self.budget(summary, findings, obligations) {
            add(Verdict::Block, reason);
        }
        if let Some(reason) = self.previous() {
            add(Verdict::Block, reason);
        }
        for opinion in &self.context.opinions {
            let reason = Reason::known("REGO")
                .fact("policy", &opinion.policy)
                .fact("message", &opinion.message);
            add(opinion.verdict, reason);
        }
        reasons.sort();
        reasons.dedup();
        (worst, reasons)
    }

    /// What is missing of the stage before. Who has passed a later one has passed that, too:
    /// otherwise a later stage could ask for less.
    fn previous(&self) -> Option<Reason> {
        let wanted = self.policy.previous[self.context.stage as usize];
        let passed = &self.context.passed;
        let is_missing = wanted.filter(|stage| passed.last() < Some(stage));
        if self.context.has_failed && (passed.is_empty() || is_missing.is_some()) {
            return Some(Reason::known("PREVIOUS-FAILED"));
        }
        is_missing.map(|stage| Reason::known("PREVIOUS-MISSING").fact("stage", stage))
    }

    /// Too much is owed for something to go to users. What was owed once and is no longer
    /// found does not count.
    fn budget(
        &self,
        summary: &Summary,
        findings: &[Judged],
        obligations: &[Obligation],
    ) -> Option<Reason> {
        if self.column != Column::Prod {
            return None;
        }
        let budget = self.policy.budget;
        let open = summary.of(Verdict::Remediate);
        let waiting: BTreeSet<&str> = findings
            .iter()
            .filter(|f| f.decision == Verdict::Remediate)
            .map(|f| f.fingerprint.as_str())
            .collect();
        let oldest = obligations
            .iter()
            .filter(|o| waiting.contains(&*o.finding))
            .map(|o| o.opened.days_until(self.context.clock))
            .max()
            .unwrap_or(0);
        let is_old = oldest > i64::from(budget.days);
        if open <= usize::from(budget.open) && !is_old {
            return None;
        }
        let reason = Reason::known("BUDGET")
            .fact("open", open)
            .fact("open_allowed", budget.open)
            .fact("oldest_days", oldest)
            .fact("days_allowed", budget.days);
        Some(reason)
    }
}

/// What something that does not count is.
fn about(code: &str) -> &'static str {
    match code {
        "WAIVER-MALFORMED" => "waiver",
        code if code.starts_with("PREVIOUS-") => "summary",
        _ => "approval",
    }
}

/// What is owed, the most urgent first, each thing once; whichever way it came in.
fn by_date(mut all: Vec<Obligation>) -> Vec<Obligation> {
    all.sort_unstable_by(|a, b| {
        let by_date = (a.due, &a.id).cmp(&(b.due, &b.id));
        by_date.then_with(|| (a.opened, &a.owner).cmp(&(b.opened, &b.owner)))
    });
    all.dedup_by(|a, b| a.id == b.id);
    all
}

/// What to do, each thing once, the most urgent first.
fn next(findings: &[Judged], reasons: &[Reason]) -> Vec<Arc<str>> {
    let mut out: Vec<Arc<str>> = Vec::new();
    if reasons.iter().any(|reason| &*reason.code == "BUDGET") {
        out.push("remedy what is open before anything else goes to users".into());
    }
    if reasons
        .iter()
        .any(|reason| reason.code.starts_with("PREVIOUS-"))
    {
        out.push("give the summary of the stage before with --evidence, once it has passed".into());
    }
    for finding in findings {
        if !finding.next.is_empty() && !out.contains(&finding.next) {
            out.push(finding.next.clone());
        }
    }
    out
}
