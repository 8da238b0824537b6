//! The one function that this crate is about.

mod conclude;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::canonical::sha256;
use crate::condition::Scene;
use crate::context::{Context, Owed};
use crate::decision::{Decision, EvidenceRequired, Judged, Notice, Obligation};
use crate::finding::Finding;
use crate::policy::{Policy, Verdicts};
use crate::reason::Reason;
use crate::waiver::Examined;
use crate::words::{Column, Duty, FindingKind, Origin, Verdict};

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
    let mut all: Vec<&Finding> = findings.iter().chain(&gaps).collect();
    all.sort();
    let mut results: Vec<Result> = all.iter().map(|finding| judge.judge(finding)).collect();
    results.sort_by(|a, b| rank(&a.judged).cmp(&rank(&b.judged)));
    judge.conclude(results)
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

/// What is known before any finding is looked at.
struct Judge<'j> {
    context: &'j Context,
    policy: &'j Policy,
    column: Column,
    waivers: Waivers<'j>,
    owed: BTreeMap<(&'j str, Duty), &'j Owed>,
}

/// Waivers for this stage, by what they are for.
struct Waivers<'j> {
    all: Vec<&'j Examined>,
    by_fingerprint: BTreeMap<&'j str, Vec<usize>>,
    by_rule: BTreeMap<&'j str, Vec<usize>>,
}

impl<'j> Waivers<'j> {
    fn of(waivers: &'j [Examined], context: &Context) -> Self {
        let mut all: Vec<&Examined> = waivers.iter().collect();
        all.sort();
        let mut by_fingerprint: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut by_rule: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, waiver) in all.iter().enumerate() {
            let waiver = &waiver.waiver;
            if !waiver.stages.contains(&context.stage) {
                continue;
            }
            let selector = &waiver.selector;
            let (index, key) = if selector.fingerprint.is_empty() {
                (&mut by_rule, selector.rule.as_str())
            } else {
                (&mut by_fingerprint, selector.fingerprint.as_str())
            };
            index.entry(key).or_default().push(number);
        }
        Self {
            all,
            by_fingerprint,
            by_rule,
        }
    }

    fn of_finding(&self, finding: &Finding) -> impl Iterator<Item = &'j Examined> {
        let direct = self.by_fingerprint.get(finding.fingerprint.as_str());
        let by_rule = self.by_rule.get(finding.rule.as_str());
        direct
            .into_iter()
            .chain(by_rule)
            .flatten()
            .map(|number| self.all[*number])
            .filter(|examined| examined.waiver.selector.fits(finding))
    }
}

/// What came out for one finding.
struct Result {
    judged: Judged,
    obligations: Vec<Obligation>,
    notices: Vec<Notice>,
}

impl<'j> Judge<'j> {
    fn new(context: &'j Context, policy: &'j Policy, waivers: &'j [Examined]) -> Self {
        let mut owed: BTreeMap<(&str, Duty), &Owed> = BTreeMap::new();
        for debt in &context.owed {
            // What was asked for twice is owed since the first time.
            let known = owed.entry((&debt.finding, debt.duty)).or_insert(debt);
            if (debt.opened, debt.due) < (known.opened, known.due) {
                *known = debt;
            }
        }
        Self {
            context,
            policy,
            column: policy.column(context.stage),
            waivers: Waivers::of(waivers, context),
            owed,
        }
    }

    fn judge(&self, finding: &Finding) -> Result {
        let scene = Scene::new(finding, self.context);
        let mut opinion = Opinion::default();
        if scene.origin() == Origin::Absent {
            opinion.reasons.push(Reason::known("ABSENT"));
        } else if finding.kind == FindingKind::GateTamper && !self.context.approved.is_empty() {
            let by = self.context.approved.iter().map(|a| a.principal.as_str());
            let by: Vec<&str> = by.collect();
            opinion
                .reasons
                .push(Reason::known("APPROVED").fact("by", by.join(", ")));
        } else {
            self.row(&scene, &mut opinion);
            self.floors(&scene, &mut opinion);
            self.overdue(finding, &mut opinion);
        }
        let mut notices = Vec::new();
        let waiver = self.waive(finding, &mut opinion, &mut notices);
        // The reason that decided goes first.
        opinion
            .reasons
            .sort_by_key(|reason| opinion.decisive.as_ref() != Some(&reason.code));
        let path = finding.locations.first().map_or("", |l| &l.path);
        let owner = self.context.owners.of(path);
        let obligations = self.obligations(finding, &opinion, owner);
        let judged = Judged {
            fingerprint: finding.fingerprint.clone(),
            decision: opinion.verdict,
            rule: finding.rule.clone(),
            provider: finding.provider.clone(),
            title: finding.title.clone(),
            kind: finding.kind,
            severity: finding.severity,
            confidence: finding.confidence,
            lifetime: finding.lifetime,
            verified: finding.verified,
            origin: scene.origin(),
            path_class: finding.path_class,
            locations: finding.locations.clone(),
            next: if opinion.verdict == Verdict::Allow {
                Arc::default()
            } else {
                opinion.next
            },
            reasons: opinion.reasons,
            waiver,
            marked: finding.suppressed,
            owner: owner.to_owned(),
            obligations: obligations.iter().map(|o| o.id.clone()).collect(),
            advice: finding.advice.clone(),
        };
        Result {
            judged,
            obligations,
            notices,
        }
    }

    /// The verdict of the table.
    fn row(&self, scene: &Scene<'_>, opinion: &mut Opinion) {
        let finding = scene.finding;
        if finding.suppressed {
            opinion.reasons.push(Reason::known("MARKED"));
            return;
        }
        let row = self.policy.rows.iter().find(|row| row.when.holds_in(scene));
        let is_new = matches!(scene.origin(), Origin::New | Origin::Changed);
        let own = finding
            .own_verdict
            .filter(|own| is_new && finding.kind != FindingKind::SecretValue && own.is_sorted());
        let mut verdicts = match (own, row) {
            (Some(own), _) => own,
            (None, Some(row)) => row.verdict,
            // What nobody thought of is not let through.
            (None, None) => [Verdict::Remediate, Verdict::Remediate, Verdict::Block],
        };
        let mut reasons = Vec::new();
        if own.is_some() {
            reasons.push(Reason::known("REF-PATTERN"));
        }
        match row {
            Some(row) => {
                reasons.push(Reason::new(&row.code, &row.says));
                opinion.next.clone_from(&row.next);
                opinion.duties.extend(&row.duties);
            }
            None => reasons.push(Reason::known("UNKNOWN")),
        }
        self.shift(scene, &mut verdicts, &mut reasons);
        opinion.verdict = verdicts[self.column as usize];
        opinion.decisive = reasons.first().map(|reason| Arc::clone(&reason.code));
        opinion.reasons.extend(reasons);
    }

    fn shift(&self, scene: &Scene<'_>, verdicts: &mut Verdicts, reasons: &mut Vec<Reason>) {
        for shift in &self.policy.shifts {
            if shift.when.holds_in(scene) {
                let before = *verdicts;
                for column in &shift.columns {
                    step(&mut verdicts[*column as usize], shift.step);
                }
                keep_order(verdicts);
                if *verdicts != before {
                    reasons.push(Reason::new(&shift.code, &shift.says));
                }
            }
        }
        for cap in &self.policy.caps {
            let is_lower = verdicts.iter().zip(cap.verdict).any(|(is, cap)| *is > cap);
            if is_lower && cap.when.holds_in(scene) {
                for (verdict, cap) in verdicts.iter_mut().zip(cap.verdict) {
                    *verdict = cap.min(*verdict);
                }
                reasons.push(Reason::new(&cap.code, &cap.says));
            }
        }
    }

    fn floors(&self, scene: &Scene<'_>, opinion: &mut Opinion) {
        let marked = scene.finding.suppressed;
        for floor in &self.policy.floors {
            // A marker is worth no more than a waiver.
            if (marked && floor.waivable) || !floor.row.when.holds_in(scene) {
                continue;
            }
            let verdict = floor.row.verdict[self.column as usize];
            if verdict == Verdict::Allow && opinion.verdict == Verdict::Allow {
                opinion
                    .reasons
                    .push(Reason::new(&floor.row.code, &floor.row.says));
                continue;
            }
            opinion
                .reasons
                .push(Reason::new(&floor.row.code, &floor.row.says));
            opinion.duties.extend(&floor.row.duties);
            if !floor.waivable {
                opinion.floor = opinion.floor.max(verdict);
            }
            // Of equal verdicts that of a floor says more than that of a row.
            if verdict > opinion.verdict || (verdict == opinion.verdict && !opinion.by_floor) {
                opinion.verdict = verdict;
                opinion.by_floor = true;
                opinion.decisive = Some(Arc::clone(&floor.row.code));
                opinion.next.clone_from(&floor.row.next);
            }
        }
    }

    /// What is owed and overdue becomes one step harder.
    fn overdue(&self, finding: &Finding, opinion: &mut Opinion) {
        let first = (finding.fingerprint.as_str(), Duty::Revoke);
        let debts = self.owed.range(first..);
        let own = debts.take_while(|((id, _), _)| *id == finding.fingerprint);
        let late = own
            .map(|(_, owed)| owed.due)
            .filter(|due| *due < self.context.clock)
            .min();
        if let Some(due) = late.filter(|_| opinion.verdict == Verdict::Remediate) {
            opinion.verdict = Verdict::Block;
            opinion
                .reasons
                .push(Reason::known("OVERDUE").fact("due", due));
            opinion.decisive = Some("OVERDUE".into());
        }
    }

    /// Lets the finding pass if a waiver says so; gives the name of that waiver.
    fn waive(&self, finding: &Finding, opinion: &mut Opinion, notices: &mut Vec<Notice>) -> String {
        if opinion.verdict == Verdict::Allow {
            return String::new();
        }
        for examined in self.waivers.of_finding(finding) {
            let waiver = &examined.waiver;
            let about = |reason: &Reason| Notice {
                about: waiver.id.clone(),
                reason: reason.clone().fact("finding", &finding.fingerprint),
            };
            match &examined.standing {
                Err(reason) => {
                    opinion
                        .reasons
                        .push(reason.clone().fact("waiver", &waiver.id));
                    notices.push(about(reason));
                }
                // It asks for no more than there is anyway.
                Ok(_) if waiver.max_effect >= opinion.verdict => {}
                Ok(_) if opinion.floor >= opinion.verdict => {
                    let reason = Reason::known("WAIVER-DENIED");
                    opinion
                        .reasons
                        .push(reason.clone().fact("waiver", &waiver.id));
                    notices.push(about(&reason));
                }
                Ok(approvers) => {
                    opinion.verdict = waiver.max_effect.max(opinion.floor);
                    opinion.decisive = Some("WAIVED".into());
                    let reason = Reason::known("WAIVED")
                        .fact("waiver", &waiver.id)
                        .fact("expires", waiver.expires)
                        .fact("approved_by", approvers.join(", "));
                    opinion.reasons.push(reason);
                    let days = self.context.clock.days_until(waiver.expires);
                    if days < i64::from(self.policy.waivers.warn) {
                        let soon = Reason::known("WAIVER-SOON").fact("expires", waiver.expires);
                        notices.push(about(&soon));
                    }
                    return waiver.id.clone();
                }
            }
        }
        String::new()
    }

    fn obligations(&self, finding: &Finding, opinion: &Opinion, owner: &str) -> Vec<Obligation> {
        if opinion.verdict == Verdict::Allow {
            return Vec::new();
        }
        let clock = self.context.clock;
        let days = self.policy.due.days(finding.severity);
        let one = |duty: &Duty| {
            let known = self.owed.get(&(finding.fingerprint.as_str(), *duty));
            let opened = known.map_or(clock, |owed| owed.opened.min(clock));
            // A policy that became stricter shortens what is owed; none lengthens it.
            let due = known.map_or(opened.plus_days(days), |o| {
                o.due.min(opened.plus_days(days))
            });
            let (kind, verifier) = duty.evidence();
            Obligation {
                id: sha256(format!("{}\0{duty}", finding.fingerprint).as_bytes())[..16].to_owned(),
                duty: *duty,
                finding: finding.fingerprint.clone(),
                owner: owner.to_owned(),
                opened,
                due,
                overdue: due < clock,
                evidence_required: EvidenceRequired {
                    kind: kind.into(),
                    verifier: verifier.into(),
                },
            }
        };
        opinion.duties.iter().map(one).collect()
    }
}

/// What is thought of a finding while it is judged.
#[derive(Default)]
struct Opinion {
    verdict: Verdict,
    /// What no waiver goes below.
    floor: Verdict,
    by_floor: bool,
    reasons: Vec<Reason>,
    /// The code of the reason that decided.
    decisive: Option<Arc<str>>,
    next: Arc<str>,
    duties: BTreeSet<Duty>,
}

fn step(verdict: &mut Verdict, by: i8) {
    *verdict = match (*verdict, by > 0) {
        (Verdict::Allow, true) | (Verdict::Block, false) => Verdict::Remediate,
        (Verdict::Remediate, true) | (Verdict::Block, true) => Verdict::Block,
        (Verdict::Allow | Verdict::Remediate, false) => Verdict::Allow,
    };
}

/// A later column is never milder than an earlier one.
fn keep_order(verdicts: &mut Verdicts) {
    for column in 1..verdicts.len() {
        verdicts[column] = verdicts[column].max(verdicts[column - 1]);
    }
}
