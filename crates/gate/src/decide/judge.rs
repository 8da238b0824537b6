//! What is thought of one finding.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::waivers::Waivers;
use crate::condition::Scene;
use crate::context::{Context, Owed};
use crate::decision::{EvidenceRequired, Judged, Notice, Obligation};
use crate::finding::Finding;
use crate::plan;
use crate::policy::{Floor, Policy, Row, Shift, Verdicts};
use crate::reason::Reason;
use crate::tamper;
use crate::waiver::Examined;
use crate::words::{Column, Duty, FindingKind, Origin, Verdict, Verification};

/// What comes out beside the findings.
#[derive(Default)]
pub(super) struct Beside {
    pub(super) obligations: Vec<Obligation>,
    pub(super) notices: Vec<Notice>,
}

/// What is known before any finding is looked at.
pub(super) struct Judge<'j> {
    pub(super) context: &'j Context,
    pub(super) policy: &'j Policy,
    pub(super) column: Column,
    pub(super) waivers: Waivers<'j>,
    /// Of the policy, what can hold for this change.
    floors: Vec<&'j Floor>,
    rows: Vec<&'j Row>,
    shifts: Vec<&'j Shift>,
    caps: Vec<&'j Row>,
    owed: BTreeMap<(&'j str, Duty), &'j Owed>,
    escalates_to: &'j str,
}

impl<'j> Judge<'j> {
    pub(super) fn new(context: &'j Context, policy: &'j Policy, waivers: &'j [Examined]) -> Self {
        let mut owed: BTreeMap<(&str, Duty), &Owed> = BTreeMap::new();
        for debt in &context.owed {
            // What was asked for twice is owed since the first time.
            let known = owed.entry((&debt.finding, debt.duty)).or_insert(debt);
            if (debt.opened, debt.due) < (known.opened, known.due) {
                *known = debt;
            }
        }
        let rows = |rows: &'j [Row]| rows.iter().filter(|r| r.when.can_hold(context)).collect();
        let floors = policy.floors.iter();
        let shifts = policy.shifts.iter();
        Self {
            context,
            policy,
            column: policy.column(context.stage),
            waivers: Waivers::of(waivers, context),
            floors: floors.filter(|f| f.row.when.can_hold(context)).collect(),
            rows: rows(&policy.rows),
            shifts: shifts.filter(|s| s.when.can_hold(context)).collect(),
            caps: rows(&policy.caps),
            owed,
            escalates_to: context.owners.of(tamper::POLICY),
        }
    }

    pub(super) fn judge(&self, finding: &Finding, beside: &mut Beside) -> Judged {
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
        let waiver = self.waive(finding, &mut opinion, &mut beside.notices);
        self.break_glass(finding, &mut opinion);
        // The reason that decided goes first.
        if let Some(code) = &opinion.decisive
            && opinion.reasons.first().is_some_and(|r| r.code != *code)
        {
            opinion.reasons.sort_by_key(|reason| reason.code != *code);
        }
        let path = finding.locations.first().map_or("", |l| &l.path);
        let owner = self.context.owners.of(path);
        let obligations = self.oblige(finding, &opinion, owner, &mut beside.obligations);
        Judged {
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
            obligations,
            advice: finding.advice.clone(),
            fix: finding.fix.clone(),
        }
    }

    /// The verdict of the table.
    fn row(&self, scene: &Scene<'_>, opinion: &mut Opinion) {
        let finding = scene.finding;
        if finding.suppressed {
            opinion.reasons.push(Reason::known("MARKED"));
            return;
        }
        let row = self.rows.iter().find(|row| row.when.holds_in(scene));
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
        match row {
            Some(row) => {
                opinion.reasons.push(Reason::new(&row.code, &row.says));
                opinion.next.clone_from(&row.next);
                opinion.owes(&row.duties);
            }
            None => opinion.reasons.push(Reason::known("UNKNOWN")),
        }
        // The row says why in words for people, the pattern how hard.
        if own.is_some() {
            opinion.reasons.push(Reason::known("REF-PATTERN"));
        }
        self.shift(scene, &mut verdicts, &mut opinion.reasons);
        opinion.verdict = verdicts[self.column as usize];
        opinion.decisive = opinion.reasons.first().map(|r| Arc::clone(&r.code));
    }

    fn shift(&self, scene: &Scene<'_>, verdicts: &mut Verdicts, reasons: &mut Vec<Reason>) {
        for shift in &self.shifts {
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
        for cap in &self.caps {
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
        for floor in &self.floors {
            // A marker is worth no more than a waiver.
            if (marked && floor.waivable) || !floor.row.when.holds_in(scene) {
                continue;
            }
            let verdict = floor.row.verdict[self.column as usize];
            opinion
                .reasons
                .push(Reason::new(&floor.row.code, &floor.row.says));
            if verdict == Verdict::Allow && opinion.verdict == Verdict::Allow {
                continue;
            }
            opinion.owes(&floor.row.duties);
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

    /// What is owed and overdue becomes one step harder. A marker that the base has is an
    /// answer to what was owed.
    fn overdue(&self, finding: &Finding, opinion: &mut Opinion) {
        if self.owed.is_empty() || finding.suppressed {
            return;
        }
        let first = (finding.fingerprint.as_str(), Duty::Revoke);
        let debts = self.owed.range(first..);
        let own = debts.take_while(|((id, _), _)| *id == finding.fingerprint);
        let late = own
            .map(|(_, owed)| owed.due)
            .filter(|due| *due < self.context.clock)
            .min();
        if let Some(due) = late.filter(|_| opinion.verdict < Verdict::Block) {
            step(&mut opinion.verdict, 1);
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
            let broken = waiver.conditions.broken(finding, self.context);
            match &examined.standing {
                Err(reason) => {
                    opinion
                        .reasons
                        .push(reason.clone().fact("waiver", &waiver.id));
                    notices.push(about(reason));
                }
                // It asks for no more than there is anyway.
                Ok(_) if waiver.max_effect >= opinion.verdict => {}
                Ok(_) if broken.is_some() => {
                    let what = broken.unwrap_or_default();
                    let reason = Reason::known("WAIVER-CONDITION").fact("condition", what);
                    opinion
                        .reasons
                        .push(reason.clone().fact("waiver", &waiver.id));
                    notices.push(about(&reason));
                }
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

    /// In an emergency what blocks may go on, and is owed at once. What works right now
    /// stays blocked: it can be revoked, emergency or not.
    fn break_glass(&self, finding: &Finding, opinion: &mut Opinion) {
        let Some(emergency) = &self.context.emergency else {
            return;
        };
        if opinion.verdict < Verdict::Block || finding.verified == Verification::Live {
            return;
        }
        opinion.verdict = Verdict::Remediate;
        opinion.owes(&[Duty::Approve]);
        opinion.in_emergency = true;
        opinion.decisive = Some("BREAK-GLASS".into());
        let approvers = emergency.approvals.iter().map(|a| a.principal.as_str());
        let approvers: Vec<&str> = approvers.collect();
        let reason = Reason::known("BREAK-GLASS")
            .fact("until", emergency.not_after)
            .fact("approved_by", approvers.join(", "));
        opinion.reasons.push(reason);
    }

    /// Writes down what is owed, and gives the names of it.
    fn oblige(
        &self,
        finding: &Finding,
        opinion: &Opinion,
        owner: &str,
        into: &mut Vec<Obligation>,
    ) -> Vec<Arc<str>> {
        if opinion.verdict == Verdict::Allow || opinion.duties == 0 {
            return Vec::new();
        }
        let print: Arc<str> = finding.fingerprint.as_str().into();
        let plan = plan::name(&print);
        let clock = self.context.clock;
        let days = match opinion.in_emergency {
            true => 1,
            false => self.policy.due.days(finding.severity),
        };
        let mut one = |duty: &Duty| {
            let known = self.owed.get(&(finding.fingerprint.as_str(), *duty));
            let opened = known.map_or(clock, |owed| owed.opened.min(clock));
            // A policy that became stricter shortens what is owed; none lengthens it.
            let due = known.map_or(opened.plus_days(days), |o| {
                o.due.min(opened.plus_days(days))
            });
            let (kind, verifier) = duty.evidence();
            let id: Arc<str> = [&*print, ":", duty.as_str()].concat().into();
            into.push(Obligation {
                id: Arc::clone(&id),
                duty: *duty,
                finding: Arc::clone(&print),
                owner: owner.to_owned(),
                escalates_to: self.escalates_to.to_owned(),
                opened,
                due,
                overdue: due < clock,
                evidence_required: EvidenceRequired {
                    kind: kind.into(),
                    verifier: verifier.into(),
                },
                plan_ref: Arc::clone(&plan),
            });
            id
        };
        let owed = Duty::ALL
            .iter()
            .filter(|duty| opinion.duties & bit(**duty) != 0);
        owed.map(&mut one).collect()
    }
}

/// What is thought of a finding while it is judged.
#[derive(Default)]
struct Opinion {
    verdict: Verdict,
    /// What no waiver goes below.
    floor: Verdict,
    by_floor: bool,
    in_emergency: bool,
    reasons: Vec<Reason>,
    /// The code of the reason that decided.
    decisive: Option<Arc<str>>,
    next: Arc<str>,
    /// A bit for each duty.
    duties: u16,
}

impl Opinion {
    fn owes(&mut self, duties: &[Duty]) {
        self.duties |= duties.iter().fold(0, |all, duty| all | bit(*duty));
    }
}

fn bit(duty: Duty) -> u16 {
    1 << duty as u16
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
