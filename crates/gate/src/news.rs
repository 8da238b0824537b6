//! What a decision brings that its log does not have yet, beside the decision itself.

use std::collections::BTreeSet;

use crate::decision::{Decision, Judged};
use crate::log::{Event, Log};

impl Event {
    /// What the log should say before it says what was decided: that another policy holds,
    /// who has approved the change, which waivers count for the first time, and which do not
    /// any more. Each is said once.
    pub fn news(log: Option<&Log>, decision: &Decision) -> Vec<Self> {
        let known: Vec<&Self> = log
            .iter()
            .flat_map(|log| log.records.iter().map(|record| &record.event))
            .collect();
        let is_news = |event: &Self| !known.contains(&event);
        let mut out = Vec::new();
        let last = known.iter().rev().find_map(|event| match event {
            Self::Decision(decided) => Some(&decided.policy_digest),
            _ => None,
        });
        let digest = &decision.policy.digest;
        if let Some(last) = last.filter(|last| *last != digest) {
            out.push(Self::PolicyChange {
                from: last.clone(),
                to: digest.clone(),
            });
        }
        let approvals = decision.approvals.iter().map(|approval| Self::Approval {
            subject: decision.subject.commit.clone(),
            stage: decision.stage.to_string(),
            principal: approval.principal.clone(),
            signature_digest: approval.signature_digest.clone(),
        });
        out.extend(approvals.filter(is_news));
        let waived = decision.findings.iter().filter_map(added).filter(is_news);
        let expired = decision.notices.iter().filter_map(|notice| {
            let is_it = &*notice.reason.code == "WAIVER-EXPIRED";
            is_it.then(|| Self::WaiverExpire {
                id: notice.about.clone(),
            })
        });
        // Many findings may have one waiver.
        let mut seen = BTreeSet::new();
        for event in waived.chain(expired.filter(is_news)) {
            if seen.insert(crate::canonical::canonical(&event)) {
                out.push(event);
            }
        }
        out
    }
}

/// The waiver that lets a finding pass.
fn added(judged: &Judged) -> Option<Event> {
    let reason = judged.reasons.iter().find(|r| &*r.code == "WAIVED")?;
    let fact = |name: &str| reason.facts.get(name).cloned().unwrap_or_default();
    Some(Event::WaiverAdd {
        id: judged.waiver.clone(),
        approved_by: fact("approved_by"),
        expires: fact("expires"),
    })
}
