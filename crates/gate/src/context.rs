//! What a decision is about, beside the findings: the stage, the change, who made it,
//! and what was looked at.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::decision::{Approval, Emergency, Opinion};
use crate::owners::Owners;
use crate::reason::Reason;
use crate::time::Time;
use crate::words::{ActorKind, Autonomy, Duty, Scope, Stage};

/// Everything that a decision depends on, beside findings, policy and exceptions. The
/// clock is here too: the gate has none of its own.
///
/// ```
/// use sluicegate_gate::{Context, Stage, Time};
///
/// let context = Context::new(Stage::Merge, Time::from_seconds(1_800_000_000));
/// assert!(context.evidence.skipped.is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct Context {
    /// The boundary.
    pub stage: Stage,
    /// Now.
    pub clock: Time,
    /// Whether all that is there is judged, or what a change brings.
    pub scope: Scope,
    /// What is judged.
    pub subject: Subject,
    /// Who made it.
    pub actor: Actor,
    /// Everybody who had a part in it.
    pub change: Change,
    /// What was looked at.
    pub evidence: Evidence,
    /// What is owed from before.
    pub owed: Vec<Owed>,
    /// Fingerprints of known debt, from the base.
    pub baseline: BTreeSet<String>,
    /// Who answers for which path.
    pub owners: Owners,
    /// What git calls the content of files, by path: of those that a waiver asks for.
    pub blobs: BTreeMap<String, String>,
    /// Stages that this very commit has passed, as a summary by a trusted verifier says.
    pub passed: BTreeSet<Stage>,
    /// Whether such a summary says that it has not passed somewhere.
    pub has_failed: bool,
    /// Environments of pipelines in which people agree before a job runs, from the base: the
    /// file of a pipeline cannot show that.
    pub reviewed: BTreeSet<String>,
    /// Who has approved what the change does to the gate.
    pub approved: Vec<Approval>,
    /// The emergency that lets what blocks go on for a few hours, if there is one.
    pub emergency: Option<Emergency>,
    /// What policies in other languages ask for; it can make the decision harder only.
    pub opinions: Vec<Opinion>,
    /// What there is to say about approvals that do not count.
    pub refused: Vec<Reason>,
    /// The version of the program.
    pub tool_version: String,
    /// Identifies the rules that were searched for.
    pub rules_digest: String,
}

impl Context {
    /// About a stage at a moment; everything else is unknown or empty.
    pub fn new(stage: Stage, clock: Time) -> Self {
        Self {
            stage,
            clock,
            scope: Scope::Whole,
            subject: Subject::default(),
            actor: Actor::default(),
            change: Change::default(),
            evidence: Evidence::default(),
            owed: Vec::new(),
            baseline: BTreeSet::new(),
            owners: Owners::default(),
            blobs: BTreeMap::new(),
            passed: BTreeSet::new(),
            has_failed: false,
            reviewed: BTreeSet::new(),
            approved: Vec::new(),
            emergency: None,
            opinions: Vec::new(),
            refused: Vec::new(),
            tool_version: String::new(),
            rules_digest: String::new(),
        }
    }
}

/// What is judged. What is not known is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The repository, as a URI.
    pub repo: String,
    /// The commit.
    pub commit: String,
    /// Its tree.
    pub tree: String,
    /// The commit that it is compared with.
    pub base: String,
    /// The reference that it goes to, such as `refs/heads/main`.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The digest of an artifact, such as `sha256:…`.
    pub artifact: String,
}

/// Who made the change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// A person, an agent or a bot.
    pub kind: ActorKind,
    /// Its name or address; may be empty.
    pub id: String,
    /// What it may do without asking.
    pub autonomy: Autonomy,
    /// The person that an agent works for; may be empty.
    pub operator: String,
}

impl Default for Actor {
    fn default() -> Self {
        Self {
            kind: ActorKind::Human,
            id: String::new(),
            autonomy: Autonomy::Unknown,
            operator: String::new(),
        }
    }
}

/// Everybody who had a part in a change, as addresses; none of them may approve it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Who wrote it.
    pub authors: BTreeSet<String>,
    /// Who committed it.
    pub committers: BTreeSet<String>,
    /// Who is named in trailers: `Co-authored-by`, `Signed-off-by`.
    pub coauthors: BTreeSet<String>,
    /// Who pushed it; may be empty.
    pub pusher: String,
    /// Who asked for it to be merged; may be empty.
    pub opener: String,
}

impl Change {
    /// Everybody, as addresses in lower case; nobody unknown.
    pub fn everybody(&self) -> BTreeSet<String> {
        let single = [&self.pusher, &self.opener];
        self.authors
            .iter()
            .chain(&self.committers)
            .chain(&self.coauthors)
            .chain(single)
            .map(|who| address(who))
            .filter(|who| !who.is_empty())
            .collect()
    }
}

/// The address in `Name <address>`, or the text itself, in lower case.
pub(crate) fn address(who: &str) -> String {
    let inner = who
        .split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'));
    inner
        .map_or(who, |(address, _)| address)
        .trim()
        .to_lowercase()
}

/// What was looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// How many files were read to the end.
    pub files: u64,
    /// What was not read, though it was asked for.
    pub skipped: Vec<Gap>,
    /// What else was looked at.
    pub inputs: Vec<Input>,
}

/// Something that was not looked at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Gap {
    /// The path; may be empty.
    pub path: String,
    /// Why, as a stable word.
    pub reason: String,
    /// What the system said; may be empty.
    #[serde(default)]
    pub detail: String,
}

/// A document that a decision rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Input {
    /// What it is.
    pub name: String,
    /// The SHA-256 of its bytes, in hexadecimal digits.
    pub digest: String,
}

/// Something that somebody owes since an earlier decision.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Owed {
    /// The fingerprint of the finding.
    pub finding: String,
    /// What.
    pub duty: Duty,
    /// When it was first asked for.
    pub opened: Time,
    /// By when.
    pub due: Time,
}
