//! What a rule has to say: titles and advice. None of it is needed to match.

use serde::{Deserialize, Serialize};

use crate::vocabulary::{Confidence, Lifetime, Severity};

/// Everything about a rule that matching does not need and reports do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleInfo {
    /// The stable identifier.
    pub id: String,
    /// The identifier of the provider or family.
    pub provider: String,
    /// Its name.
    pub provider_name: String,
    /// A short noun phrase.
    pub title: String,
    /// What the holder of the credential can do with it.
    pub description: String,
    /// How sure a match is, before its context is looked at.
    pub confidence: Confidence,
    /// How bad it is if a match is real.
    pub severity: Severity,
    /// How long such a credential lives.
    pub lifetime: Lifetime,
    /// Entries of taxonomies such as `CWE-798` and `NHI2:2025`.
    pub taxa: Vec<String>,
    /// Free labels.
    pub tags: Vec<String>,
    /// What to do about a finding.
    pub remediation: Remediation,
    /// The provider's documentation.
    pub references: Vec<String>,
    /// Where the format is known from.
    pub basis: String,
}

/// What to do about a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remediation {
    /// How to make the credential worthless.
    pub revoke: String,
    /// How to replace it.
    pub rotate: String,
    /// Where that is done; may be empty.
    pub url: String,
}
