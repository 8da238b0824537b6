//! Exceptions: for one finding, for a time, for a reason, and approved by somebody else.

use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::finding::Finding;
use crate::reason::Reason;
use crate::time::Time;
use crate::words::{Stage, Verdict};

/// The version of the format.
pub const WAIVER_SCHEMA: &str = "sluicegate.waiver/1";

/// An exception, as it stands in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Waiver {
    /// [`WAIVER_SCHEMA`].
    pub schema: String,
    /// Its name.
    pub id: String,
    /// What it is for.
    pub selector: Selector,
    /// The stages it is for.
    pub stages: Vec<Stage>,
    /// The hardest verdict that it leaves.
    pub max_effect: Verdict,
    /// Why, as one of few words.
    pub reason: WaiverReason,
    /// Why, in words.
    pub justification: String,
    /// Where it is followed up; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub ticket: String,
    /// Who asked for it.
    pub requested_by: String,
    /// Who answers for it.
    pub owner: String,
    /// When it was written.
    pub created: Time,
    /// When it begins to hold, if that is not when it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Time>,
    /// When it ends.
    pub expires: Time,
    /// How often it was renewed.
    #[serde(default)]
    pub renewals: u16,
    /// What must be as it was when somebody approved it.
    #[serde(default, skip_serializing_if = "Conditions::are_none")]
    pub conditions: Conditions,
    /// What is done instead; may be empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub compensating: Vec<String>,
    /// Who has approved it.
    #[serde(default)]
    pub signatures: Vec<Signature>,
}

/// What a waiver is for: a fingerprint, or a rule in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selector {
    /// The finding.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub fingerprint: String,
    /// The rule; needs a path.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub rule: String,
    /// The path, as it is: no globs.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// The name of the credential that is referred to.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub credential_name: String,
}

impl Selector {
    /// Whether it is for the finding. A finding that stands in other files as well is not
    /// what was approved.
    pub fn fits(&self, finding: &Finding) -> bool {
        if !self.fingerprint.is_empty() {
            return self.fingerprint == finding.fingerprint;
        }
        !self.rule.is_empty()
            && !self.path.is_empty()
            && self.rule == finding.rule
            && !finding.locations.is_empty()
            && finding.locations.iter().all(|l| l.path == self.path)
            && (self.credential_name.is_empty() || self.credential_name == finding.credential_name)
    }
}

/// What a waiver rests on: as soon as it is otherwise, the waiver does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conditions {
    /// The id that git has for the content of every file with the finding.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub blob_oid: String,
    /// The commit that every action is pinned to which is handed the credential.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub action_sha: String,
}

impl Conditions {
    /// Whether it rests on nothing.
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// Why they are not met; `None` if they are. What is not known is not met.
    pub(crate) fn broken(&self, finding: &Finding, context: &Context) -> Option<&'static str> {
        let is_blob = |path: &str| context.blobs.get(path) == Some(&self.blob_oid);
        let is_action = |action: &String| {
            let version = action.rsplit_once('@').map(|(_, version)| version);
            version == Some(self.action_sha.as_str())
        };
        let places = &finding.locations;
        if !self.blob_oid.is_empty()
            && (places.is_empty() || !places.iter().all(|l| is_blob(&l.path)))
        {
            return Some("blob_oid");
        }
        let actions = &finding.actions;
        let unmet = actions.is_empty() || !actions.iter().all(is_action);
        (!self.action_sha.is_empty() && unmet).then_some("action_sha")
    }
}

/// An approval of a waiver.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// Who, as the file of allowed signers has it.
    pub principal: String,
    /// The signature, armoured, as `ssh-keygen -Y sign` writes it.
    pub sshsig: String,
}

/// Why something may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaiverReason {
    /// It is no credential.
    FalsePositive,
    /// It is made up for a test.
    TestFixture,
    /// It is being replaced.
    Migration,
    /// There is no other way.
    NoAlternative,
    /// Somebody takes the risk.
    AcceptedRisk,
}

/// A waiver, and whether it holds.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Examined {
    /// The waiver.
    pub waiver: Waiver,
    /// Who has approved it, or why it does not hold.
    pub standing: Result<Vec<String>, Reason>,
}
