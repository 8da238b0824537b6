//! Does a waiver hold, and who has approved what?

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use sluicegate_core::without_values;

use crate::actor::{Mailmap, kind_of};
use crate::canonical::canonical;
use crate::context::{Context, address};
use crate::decision::{Approval, Emergency};
use crate::policy::Policy;
use crate::reason::Reason;
use crate::roles::{Roles, SECURITY};
use crate::signers::{SignatureError, Signers};
use crate::time::Time;
use crate::waiver::{Examined, Signature, WAIVER_SCHEMA, Waiver, WaiverReason};
use crate::words::{ActorKind, Column, Scope, Stage, Verdict};

/// The version of the format of approvals.
pub const APPROVAL_SCHEMA: &str = "sluicegate.approval/1";

/// The version of the format of approvals in an emergency.
pub const BREAK_GLASS_SCHEMA: &str = "sluicegate.break-glass/1";

/// Who may approve, who is who, and who has which role: all from the base of the change.
#[derive(Clone, Debug, Default)]
pub struct Authority {
    /// Who may approve.
    pub signers: Signers,
    /// Who is who.
    pub mailmap: Mailmap,
    /// Who has which role.
    pub roles: Roles,
}

impl Waiver {
    /// The bytes that an approver signs: everything but the signatures.
    pub fn signed_bytes(&self) -> Vec<u8> {
        canonical(&Self {
            signatures: Vec::new(),
            ..self.clone()
        })
        .into_bytes()
    }

    /// Reads a waiver.
    ///
    /// # Errors
    ///
    /// If it is none, in words for people. A key that stands there twice is an error too,
    /// or two readers could read two waivers.
    pub fn parse(text: &str) -> Result<Self, String> {
        let waiver: Self =
            serde_json::from_str(text).map_err(|error| without_values(&error.to_string()))?;
        waiver.complete().map(|()| waiver)
    }

    /// When it begins to hold.
    pub fn begins(&self) -> Time {
        self.not_before.unwrap_or(self.created).max(self.created)
    }

    fn complete(&self) -> Result<(), String> {
        let selector = &self.selector;
        let by_place = !selector.rule.is_empty() && !selector.path.is_empty();
        let has_glob = |text: &str| text.contains(['*', '?', '[', ']', '{', '}']);
        let checks = [
            (self.schema == WAIVER_SCHEMA, "its schema is not known"),
            (!self.id.is_empty() && self.id.len() <= 64, "it has no name"),
            (
                !selector.fingerprint.is_empty() || by_place,
                "it has neither a fingerprint nor a rule and a path",
            ),
            (!has_glob(&selector.rule), "a rule is named as it is"),
            (
                selector.fingerprint.is_empty() || selector.rule.is_empty(),
                "it has both a fingerprint and a rule",
            ),
            (!self.stages.is_empty(), "it is for no stage"),
            (self.max_effect < Verdict::Block, "it waives nothing"),
            (!self.justification.trim().is_empty(), "it gives no reason"),
            (
                !self.requested_by.trim().is_empty(),
                "nobody has asked for it",
            ),
            (!self.owner.trim().is_empty(), "nobody answers for it"),
            (
                self.created.max(self.begins()) < self.expires,
                "it ends before it begins",
            ),
            (
                [&self.conditions.blob_oid, &self.conditions.action_sha]
                    .into_iter()
                    .all(|id| id.is_empty() || is_object_id(id)),
                "a condition is no id of git: 40 or 64 lower-case digits",
            ),
        ];
        match checks.iter().find(|(is_good, _)| !is_good) {
            Some((_, why)) => Err((*why).to_owned()),
            None => Ok(()),
        }
    }
}

fn is_object_id(text: &str) -> bool {
    let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    matches!(text.len(), 40 | 64) && text.bytes().all(is_digit)
}

impl Authority {
    /// Says for each waiver whether it holds here and now.
    pub fn examine(
        &self,
        waivers: Vec<Waiver>,
        context: &Context,
        policy: &Policy,
    ) -> Vec<Examined> {
        let one = |waiver: Waiver| {
            let standing = self.standing(&waiver, context, policy);
            Examined { waiver, standing }
        };
        waivers.into_iter().map(one).collect()
    }

    fn standing(
        &self,
        waiver: &Waiver,
        context: &Context,
        policy: &Policy,
    ) -> Result<Vec<String>, Reason> {
        let refuse = |code| Err(Reason::known(code));
        if let Err(why) = waiver.complete() {
            return Err(Reason::known("WAIVER-MALFORMED").fact("why", why));
        }
        let column = policy.column(context.stage);
        if context.clock < waiver.begins() {
            return refuse("WAIVER-EARLY");
        }
        if waiver.expires <= context.clock {
            return Err(Reason::known("WAIVER-EXPIRED").fact("expired", waiver.expires));
        }
        let allowed = policy.waivers.days(column);
        if waiver.created.plus_days(allowed) < waiver.expires {
            return Err(Reason::known("WAIVER-LONG").fact("days_allowed", allowed));
        }
        if waiver.renewals > policy.waivers.renewals {
            return refuse("WAIVER-RENEWALS");
        }
        if waiver.signatures.is_empty() {
            return refuse("WAIVER-UNSIGNED");
        }
        let banned = self.banned(context, &waiver.requested_by);
        let message = waiver.signed_bytes();
        let mut approvers: BTreeSet<String> = BTreeSet::new();
        let mut keys: BTreeSet<String> = BTreeSet::new();
        for signature in &waiver.signatures {
            let approval = self.check(signature, &message, &banned, (context, policy))?;
            // Two names of one key are one approver.
            if keys.insert(approval.key) {
                approvers.insert(approval.principal);
            }
        }
        let is_risk = waiver.reason == WaiverReason::AcceptedRisk && column == Column::Prod;
        let unknown = self.unknown_author(context);
        let needed = if is_risk || unknown.is_some() { 2 } else { 1 };
        if approvers.len() < needed {
            let reason = Reason::known("WAIVER-APPROVERS").fact("needed", needed);
            return Err(match unknown {
                Some(who) if !who.is_empty() => reason.fact("unknown_author", who),
                _ => reason,
            });
        }
        let roles = &self.roles;
        let is_asked = is_risk && roles.names(SECURITY);
        if is_asked && !approvers.iter().any(|who| roles.has(SECURITY, who)) {
            return refuse("WAIVER-ROLE");
        }
        Ok(approvers.into_iter().collect())
    }

    /// An author of the change that nobody knows; empty if no author is named at all. One
    /// approver might be that very person, under an address of the day.
    fn unknown_author(&self, context: &Context) -> Option<String> {
        if context.scope == Scope::Whole {
            return None;
        }
        if context.change.authors.is_empty() {
            return Some(String::new());
        }
        let authors = context.change.authors.iter().map(|who| address(who));
        let mut strangers = authors.filter(|who| {
            let is_program = kind_of(who) != ActorKind::Human;
            let known = self.signers.knows(who) || self.mailmap.knows(who);
            !is_program && !known && !self.signers.knows(&self.mailmap.proper(who))
        });
        strangers.next()
    }

    /// Everybody who may not approve: who had a part in the change, who asked for it, and
    /// for whom an agent works.
    fn banned(&self, context: &Context, requested_by: &str) -> BTreeSet<String> {
        let mut all = context.change.everybody();
        all.insert(address(requested_by));
        all.insert(address(&context.actor.operator));
        all.insert(address(&context.actor.id));
        let proper: Vec<String> = all.iter().map(|who| self.mailmap.proper(who)).collect();
        all.extend(proper);
        all.remove("");
        all
    }

    fn check(
        &self,
        signature: &Signature,
        message: &[u8],
        banned: &BTreeSet<String>,
        (context, policy): (&Context, &Policy),
    ) -> Result<Approval, Reason> {
        let Signature { principal, sshsig } = signature;
        let approval = self
            .signers
            .verify(principal, sshsig, message, context.clock)
            .map_err(|why| {
                let code = match why {
                    SignatureError::Bad => "WAIVER-SIGNATURE",
                    SignatureError::UnknownSigner => "WAIVER-UNKNOWN-SIGNER",
                    SignatureError::Revoked => "WAIVER-REVOKED",
                };
                Reason::known(code).fact("principal", principal)
            })?;
        if kind_of(principal) != ActorKind::Human {
            return Err(Reason::known("WAIVER-UNKNOWN-SIGNER").fact("principal", principal));
        }
        let is_asked = policy
            .devices
            .is_some_and(|from| from <= policy.column(context.stage));
        if is_asked && !approval.in_device {
            return Err(Reason::known("WAIVER-DEVICE").fact("principal", principal));
        }
        // A second address of a person is the same person, by the key or by the map.
        let names = self.signers.aliases(principal);
        let is_banned = names.iter().any(|name| {
            let (own, proper) = (address(name), self.mailmap.proper(name));
            banned
                .iter()
                .any(|who| *who == own || *who == proper || crate::signers::matches(&own, who))
        });
        if is_banned {
            return Err(Reason::known("WAIVER-SELF").fact("principal", principal));
        }
        Ok(approval)
    }

    /// The approvals that hold for this change, and what is wrong with the others.
    pub fn approvals(
        &self,
        requests: &[ApprovalFile],
        context: &Context,
        policy: &Policy,
    ) -> (Vec<Approval>, Vec<Reason>) {
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        for request in requests.iter().filter(|r| r.schema == APPROVAL_SCHEMA) {
            let (signed, refused) = self.signed(request, context, policy);
            good.extend(signed);
            bad.extend(refused);
        }
        one_for_each_key(&mut good);
        (good, bad)
    }

    /// The emergency that two people have agreed upon, and what is wrong with others.
    pub fn emergency(
        &self,
        requests: &[ApprovalFile],
        context: &Context,
        policy: &Policy,
    ) -> (Option<Emergency>, Vec<Reason>) {
        let mut bad = Vec::new();
        for request in requests.iter().filter(|r| r.schema == BREAK_GLASS_SCHEMA) {
            let (mut approvals, refused) = self.signed(request, context, policy);
            bad.extend(refused);
            one_for_each_key(&mut approvals);
            if approvals.len() >= 2 {
                let emergency = Emergency {
                    approvals,
                    justification: request.justification.clone(),
                    not_after: request.not_after,
                };
                return (Some(emergency), bad);
            }
            bad.push(Reason::known("APPROVAL-APPROVERS").fact("signed", approvals.len()));
        }
        (None, bad)
    }

    /// The signatures of a request that count here and now.
    fn signed(
        &self,
        request: &ApprovalFile,
        context: &Context,
        policy: &Policy,
    ) -> (Vec<Approval>, Vec<Reason>) {
        let subject = &context.subject;
        let is_about_this = request.stage == context.stage
            && request.policy_digest == policy.digest
            && !request.commit.is_empty()
            && request.commit == subject.commit
            && request.base == subject.base
            && request.repo == subject.repo
            && request.created <= context.clock
            && context.clock < request.not_after
            && request.not_after <= request.latest_end();
        if !is_about_this {
            return (Vec::new(), vec![Reason::known("APPROVAL-OTHER")]);
        }
        let banned = self.banned(context, &request.requested_by);
        let message = request.signed_bytes();
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        for signature in &request.signatures {
            match self.check(signature, &message, &banned, (context, policy)) {
                Ok(approval) => good.push(approval),
                Err(reason) => bad.push(reason),
            }
        }
        (good, bad)
    }
}

/// Two names of one key are one person.
fn one_for_each_key(approvals: &mut Vec<Approval>) {
    approvals.sort_by(|a, b| (&a.key, a).cmp(&(&b.key, b)));
    approvals.dedup_by(|a, b| a.key == b.key);
    approvals.sort();
}

/// An approval holds for so many days at most.
const MAX_APPROVAL_DAYS: i64 = 14;

/// An emergency lasts for so many hours at most.
const MAX_EMERGENCY_HOURS: i64 = 4;

/// Somebody agrees to a change: to one commit, at one stage, under one policy. A commit
/// more, and it is worth nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalFile {
    /// [`APPROVAL_SCHEMA`], or [`BREAK_GLASS_SCHEMA`].
    pub schema: String,
    /// The repository, as the decision has it.
    pub repo: String,
    /// The commit that it is compared with.
    pub base: String,
    /// The last commit of the change.
    pub commit: String,
    /// The stage.
    pub stage: Stage,
    /// The digest of the policy in the base.
    pub policy_digest: String,
    /// Why, in words.
    pub justification: String,
    /// Who asked for it.
    pub requested_by: String,
    /// When it was written.
    pub created: Time,
    /// When it ends.
    pub not_after: Time,
    /// Who agrees.
    #[serde(default)]
    pub signatures: Vec<Signature>,
}

impl ApprovalFile {
    /// The latest moment that it may hold to.
    pub fn latest_end(&self) -> Time {
        if self.schema == BREAK_GLASS_SCHEMA {
            self.created.plus_hours(MAX_EMERGENCY_HOURS)
        } else {
            self.created.plus_days(MAX_APPROVAL_DAYS)
        }
    }

    /// The bytes that an approver signs.
    pub fn signed_bytes(&self) -> Vec<u8> {
        canonical(&Self {
            signatures: Vec::new(),
            ..self.clone()
        })
        .into_bytes()
    }
}
