//! The answer. The names here are a published format, `sluicegate.decision/1`: a field
//! may be added, none may change its meaning.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sluicegate_core::{Confidence, Lifetime, Severity};

use crate::canonical::{canonical, sha256};
use crate::context::{Actor, Gap, Input, Subject};
use crate::finding::{Advice, Location};
use crate::fix::Fix;
use crate::reason::Reason;
use crate::time::Time;
use crate::words::{
    Column, Duty, FindingKind, Origin, PathClass, Scope, Stage, Verdict, Verification,
};

/// The version of the format.
pub(crate) const SCHEMA: &str = "sluicegate.decision/1";

/// A decision, with everything it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// The version of the format.
    pub schema: String,
    /// The answer: the worst verdict of all findings, or of the decision's own reasons.
    pub decision: Verdict,
    /// The boundary.
    pub stage: Stage,
    /// The column of the policy that holds there.
    pub column: Column,
    /// Whether all that is there was judged, or what a change brings.
    pub scope: Scope,
    /// What was judged.
    pub subject: Subject,
    /// What was asked.
    pub policy: PolicyId,
    /// What decided.
    pub tool: Tool,
    /// When.
    pub clock: Time,
    /// Who made the change.
    pub actor: Actor,
    /// Reasons beside those of findings.
    pub reasons: Vec<Reason>,
    /// Counts.
    pub summary: Summary,
    /// The findings, worst first.
    pub findings: Vec<Judged>,
    /// What is owed because of this decision, by date.
    pub obligations: Vec<Obligation>,
    /// The waivers that let something pass.
    pub waivers_applied: Vec<String>,
    /// What there is to say about waivers and other exceptions.
    pub notices: Vec<Notice>,
    /// What was looked at.
    pub evidence: Seen,
    /// Who has approved the change.
    pub approvals: Vec<Approval>,
    /// The emergency in which it was decided, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub break_glass: Option<Emergency>,
    /// What to do next, the most urgent first.
    pub next: Vec<Arc<str>>,
}

impl Decision {
    /// The decision as one line of JSON in its canonical form (RFC 8785).
    pub fn to_canonical_json(&self) -> String {
        canonical(self)
    }

    /// The SHA-256 of the canonical form.
    pub fn digest(&self) -> String {
        sha256(self.to_canonical_json().as_bytes())
    }
}

/// What was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyId {
    /// Its name.
    pub name: String,
    /// Its version; may be empty.
    pub version: String,
    /// Its SHA-256.
    pub digest: String,
}

/// What decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// `sluicegate`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// Identifies the rules that were searched for.
    pub rules_digest: String,
}

/// Counts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Findings by verdict.
    pub by_decision: BTreeMap<Verdict, usize>,
    /// Findings by kind.
    pub by_kind: BTreeMap<FindingKind, usize>,
    /// Findings that a waiver lets pass.
    pub waived: usize,
    /// Findings that were there before.
    pub baseline: usize,
    /// Findings that markers let pass.
    pub marked: usize,
}

impl Summary {
    /// How many findings have that verdict.
    pub fn of(&self, verdict: Verdict) -> usize {
        self.by_decision.get(&verdict).copied().unwrap_or(0)
    }
}

/// A finding and what is said about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// Its identity.
    pub fingerprint: String,
    /// The verdict.
    pub decision: Verdict,
    /// The rule that found it.
    pub rule: String,
    /// The provider of the credential.
    pub provider: String,
    /// What it is, in a few words.
    pub title: String,
    /// What it is, for the gate.
    pub kind: FindingKind,
    /// How bad it is if it is real.
    pub severity: Severity,
    /// How sure it is.
    pub confidence: Confidence,
    /// How long the credential lives.
    pub lifetime: Lifetime,
    /// What the provider said.
    pub verified: Verification,
    /// Whether it comes with what is judged.
    pub origin: Origin,
    /// What the file is for.
    pub path_class: PathClass,
    /// Where it stands.
    pub locations: Vec<Location>,
    /// Why, the reason that decided first.
    pub reasons: Vec<Reason>,
    /// What to do, in words; empty if nothing.
    pub next: Arc<str>,
    /// The waiver that lets it pass; empty if none does.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub waiver: String,
    /// Whether markers let it pass.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub marked: bool,
    /// Who answers for the path; empty if nobody is known.
    pub owner: String,
    /// What is owed, by name.
    pub obligations: Vec<Arc<str>>,
    /// What to do about such a credential.
    pub advice: Advice,
    /// A change that turns it off, if one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
}

/// What somebody owes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obligation {
    /// Its name: the same for the same finding and duty.
    pub id: Arc<str>,
    /// What.
    #[serde(rename = "type")]
    pub duty: Duty,
    /// The fingerprint of the finding.
    pub finding: Arc<str>,
    /// Who; empty if nobody is known.
    pub owner: String,
    /// Who is asked once it is overdue: the owner of the policy; empty if nobody is known.
    #[serde(default)]
    pub escalates_to: String,
    /// When it was first asked for.
    pub opened: Time,
    /// By when.
    pub due: Time,
    /// Whether that is past.
    pub overdue: bool,
    /// What shows that it was done.
    pub evidence_required: EvidenceRequired,
    /// The plan that leads there.
    #[serde(default = "no_plan")]
    pub plan_ref: Arc<str>,
}

/// What obligations have that were written before there were plans.
fn no_plan() -> Arc<str> {
    "".into()
}

/// What shows that something was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EvidenceRequired {
    /// The kind of evidence.
    pub kind: Cow<'static, str>,
    /// Who can tell.
    pub verifier: Cow<'static, str>,
}

/// Something to say about an exception.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Notice {
    /// What it is about, such as the name of a waiver.
    pub about: String,
    /// What there is to say.
    pub reason: Reason,
}

/// What was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Whether nothing that was asked for is missing.
    pub complete: bool,
    /// How many files were read to the end.
    pub scanned_files: u64,
    /// What was not read.
    pub skipped: Vec<Gap>,
    /// What else was looked at.
    pub inputs: Vec<Input>,
}

/// Two people have agreed that something goes on though it is blocked, for a few hours.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Emergency {
    /// Who.
    pub approvals: Vec<Approval>,
    /// Why, in words.
    pub justification: String,
    /// When it ends.
    pub not_after: Time,
}

/// What a policy in another language asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Opinion {
    /// The verdict.
    pub verdict: Verdict,
    /// The policy, such as the name of its package.
    pub policy: String,
    /// What it says.
    pub message: String,
}

/// Somebody has agreed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Approval {
    /// Who, as the file of allowed signers has it.
    pub principal: String,
    /// The fingerprint of the key.
    pub key: String,
    /// The SHA-256 of the signature.
    pub signature_digest: String,
    /// Whether the key is in a device that somebody has to touch.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_device: bool,
}
