//! The words of decisions. Those of findings are in core.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The text is none of the known words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownWord {
    given: String,
    known: &'static [&'static str],
}

impl fmt::Display for UnknownWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is none of {}", self.given, self.known.join(", "))
    }
}

impl std::error::Error for UnknownWord {}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// All of them, in their order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// Their words, in the same order.
            pub const WORDS: &'static [&'static str] = &[$($word,)+];

            /// The stable word, as policies, reports and flags have it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                Self::ALL.iter().copied().find(|w| w.as_str() == text).ok_or_else(|| UnknownWord {
                    given: text.to_owned(),
                    known: Self::WORDS,
                })
            }
        }
    };
}

words! {
    /// What the gate says, the mildest first.
    Verdict {
        /// It may go on.
        Allow = "allow",
        /// It may go on, and somebody owes something by a date.
        Remediate = "remediate",
        /// It may not go on.
        Block = "block",
    }
}

words! {
    /// A boundary that a change is promoted over, the earliest first.
    Stage {
        /// On the machine of a developer or an agent.
        Commit = "commit",
        /// Into a shared branch.
        Merge = "merge",
        /// Into something that others can get.
        Release = "release",
        /// Into production.
        Deploy = "deploy",
    }
}

words! {
    /// The column of a policy that holds for a stage, the mildest first.
    Column {
        /// Drafts: advice at machine speed.
        Dev = "dev",
        /// What others build on.
        Staging = "staging",
        /// What users get.
        Prod = "prod",
    }
}

words! {
    /// What a finding is, for the gate.
    FindingKind {
        /// A value stands in the open.
        SecretValue = "secret_value",
        /// Something depends on a stored long-lived credential.
        CredentialReference = "credential_reference",
        /// Something makes a new long-lived credential.
        CredentialMint = "credential_mint",
        /// A trust without keys accepts more than it should.
        FederationMisconfig = "federation_misconfig",
        /// A credential reaches more places than it should.
        Oversharing = "oversharing",
        /// A value is built into an artifact or printed into a log.
        BakePath = "bake_path",
        /// The change edits what it is judged by.
        GateTamper = "gate_tamper",
        /// Something that was to be looked at was not.
        EvidenceGap = "evidence_gap",
    }
}

words! {
    /// What a provider said about a credential.
    Verification {
        /// It works.
        Live = "live",
        /// It does not work.
        Dead = "dead",
        /// Nobody asked.
        Unverified = "unverified",
        /// Nobody can ask.
        Unverifiable = "unverifiable",
        /// The question failed.
        Error = "error",
    }
}

words! {
    /// How far a finding has got, the least first.
    Exposure {
        /// In a file.
        Worktree = "worktree",
        /// About to be committed.
        Staged = "staged",
        /// On a branch that others can fetch.
        PushedBranch = "pushed_branch",
        /// In the history of the default branch.
        DefaultHistory = "default_history",
        /// In something built.
        Artifact = "artifact",
        /// Where everybody can read it.
        Public = "public",
    }
}

words! {
    /// Whether a finding comes with what is judged.
    Origin {
        /// It was not there before.
        New = "new",
        /// It was there, and the change makes it matter more.
        Changed = "changed",
        /// It was there before, or the baseline has it.
        Baseline = "baseline",
        /// It is gone.
        Absent = "absent",
    }
}

words! {
    /// What the file with a finding is for.
    PathClass {
        /// What runs; also whatever nothing is known about.
        Prod = "prod",
        /// What builds, tests and releases.
        Ci = "ci",
        /// What makes infrastructure.
        Iac = "iac",
        /// Tests and their data.
        Test = "test",
        /// Text for people.
        Docs = "docs",
        /// Something to copy from.
        Example = "example",
        /// Somebody else's code.
        Vendored = "vendored",
        /// For one machine only.
        Local = "local",
    }
}

words! {
    /// Who made the change.
    ActorKind {
        /// A person.
        Human = "human",
        /// A program that writes code on its own.
        Agent = "agent",
        /// A program that does one thing, such as updating dependencies.
        Bot = "bot",
    }
}

words! {
    /// What an actor may do without asking.
    Autonomy {
        /// Nothing is known.
        Unknown = "unknown",
        /// A person accepts each step.
        Supervised = "supervised",
        /// It works on its own.
        Autonomous = "autonomous",
    }
}

words! {
    /// What the holder of a credential can do.
    Privilege {
        /// Nothing is known.
        Unknown = "unknown",
        /// Read.
        Read = "read",
        /// Write.
        Write = "write",
        /// Everything, or make other credentials.
        Admin = "admin",
    }
}

words! {
    /// What is judged.
    Scope {
        /// All that is there.
        Whole = "whole",
        /// What a change brings.
        Change = "change",
    }
}

words! {
    /// What somebody owes.
    Duty {
        /// Make the credential worthless.
        Revoke = "revoke",
        /// Replace it by another.
        Rotate = "rotate",
        /// Take the value out of the files.
        Remove = "remove",
        /// Take it out of the history.
        PurgeHistory = "purge_history",
        /// Use a workload identity instead.
        ReplaceReference = "replace_reference",
        /// Let it expire.
        AddExpiry = "add_expiry",
        /// Let it do less.
        ScopeDown = "scope_down",
        /// Show what is not known.
        ProvideEvidence = "provide_evidence",
        /// Have somebody else agree.
        Approve = "approve",
    }
}

impl Default for Verdict {
    /// Nothing speaks against it.
    fn default() -> Self {
        Self::Allow
    }
}

impl Duty {
    /// What closes it, and who can tell: the kind of evidence and its verifier.
    pub fn evidence(self) -> (&'static str, &'static str) {
        match self {
            Self::Revoke | Self::Rotate => ("verified_dead", "provider"),
            Self::Remove | Self::ReplaceReference | Self::PurgeHistory => {
                ("fingerprint_absent", "rescan")
            }
            Self::AddExpiry | Self::ScopeDown => ("finding_changed", "rescan"),
            Self::ProvideEvidence => ("attestation", "owner"),
            Self::Approve => ("signed_approval", "approver"),
        }
    }
}
