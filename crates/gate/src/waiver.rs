//! Exceptions: for one finding, for a time, for a reason, and approved by somebody else.

use serde::{Deserialize, Serialize};

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
    /// When it ends.
    pub expires: Time,
    /// How often it was renewed.
    #[serde(default)]
    pub renewals: u16,
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
