//! From what was thought of each finding to one decision.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Judge, Result};
use crate::decision::{Decision, Judged, Notice, PolicyId, SCHEMA, Seen, Summary, Tool};
use crate::reason::Reason;
use crate::words::{Column, Origin, Scope, Verdict};

impl Judge<'_> {
    /// Joins all results.
    pub(super) fn conclude(&self, results: Vec<Result>) -> Decision {
        let Self {
            context,
            policy,
            column,
            ..
        } = *self;
        let mut summary = Summary::default();
        let mut findings = Vec::with_capacity(results.len());
        let mut obligations = Vec::new();
        let mut notices = Vec::new();
        for Result {
            judged,
            obligations: owed,
            notices: said,
        } in results
        {
            *summary.by_decision.entry(judged.decision).or_default() += 1;
            *summary.by_kind.entry(judged.kind).or_default() += 1;
            summary.waived += usize::from(!judged.waiver.is_empty());
            summary.baseline += usize::from(judged.origin == Origin::Baseline);
            summary.marked += usize::from(judged.marked);
            findings.push(judged);
            obligations.extend(owed);
            notices.extend(said);
        }
        obligations.sort_by(|a, b| (a.due, &a.id).cmp(&(b.due, &b.id)));
        obligations.dedup_by(|a, b| a.id == b.id);
        let applied: BTreeSet<&str> = findings
            .iter()
            .map(|f| f.waiver.as_str())
            .filter(|w| !w.is_empty())
            .collect();
        let applied: Vec<String> = applied.into_iter().map(ToOwned::to_owned).collect();
        let reasons = self.budget(&summary);
        let worst = findings
            .iter()
            .map(|f| f.decision)
            .max()
            .unwrap_or(Verdict::Allow);
        let decision = if reasons.is_empty() {
            worst
        } else {
            Verdict::Block
        };
        let refused = context.refused.iter().map(|reason| Notice {
            about: "approval".to_owned(),
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
            decision,
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

    /// Too much is owed for something to go to users.
    fn budget(&self, summary: &Summary) -> Vec<Reason> {
        if self.column != Column::Prod {
            return Vec::new();
        }
        let budget = self.policy.budget;
        let open = summary.of(Verdict::Remediate);
        let oldest = self
            .context
            .owed
            .iter()
            .map(|o| o.opened.days_until(self.context.clock))
            .max();
        let is_old = oldest.is_some_and(|days| days > i64::from(budget.days));
        if open <= usize::from(budget.open) && !is_old {
            return Vec::new();
        }
        let reason = Reason::known("BUDGET")
            .fact("open", open)
            .fact("open_allowed", budget.open)
            .fact("oldest_days", oldest.unwrap_or(0))
            .fact("days_allowed", budget.days);
        vec![reason]
    }
}

/// What to do, each thing once, the most urgent first.
fn next(findings: &[Judged], reasons: &[Reason]) -> Vec<Arc<str>> {
    let mut out: Vec<Arc<str>> = Vec::new();
    if !reasons.is_empty() {
        out.push("remedy what is open before anything else goes to users".into());
    }
    for finding in findings {
        if !finding.next.is_empty() && !out.contains(&finding.next) {
            out.push(finding.next.clone());
        }
    }
    out
}
