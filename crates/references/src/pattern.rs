//! The catalogue: what each pattern is called and what it says.

use std::sync::Arc;

use sluicegate_core::{Confidence, Lifetime, Remediation, RuleInfo, Severity};

/// The number of a pattern in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PatternId(pub(crate) u16);

impl PatternId {
    /// What the catalogue says about it.
    pub fn pattern(self) -> &'static Pattern {
        &TABLE[usize::from(self.0)]
    }
}

/// One way to depend on a stored credential, and what to do instead.
#[derive(Debug)]
pub struct Pattern {
    pub(crate) code: &'static str,
    pub(crate) id: &'static str,
    pub(crate) family: &'static str,
    pub(crate) title: &'static str,
    pub(crate) provider: &'static str,
    pub(crate) lifetime: Lifetime,
    pub(crate) severity: Severity,
    pub(crate) taxa: &'static [&'static str],
    pub(crate) labels: &'static [&'static str],
    pub(crate) stages: &'static str,
    pub(crate) alternative: bool,
    pub(crate) why: &'static str,
    pub(crate) instead: &'static str,
    pub(crate) url: &'static str,
}

impl Pattern {
    /// All of them, by family and code.
    pub fn all() -> &'static [Self] {
        &TABLE
    }

    /// The stable code, such as `GHA-01`.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// The id that reports show.
    pub fn id(&self) -> &'static str {
        self.id
    }

    /// The family, such as `github-actions`.
    pub fn family(&self) -> &'static str {
        self.family
    }

    /// A short noun phrase.
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// The lifetime class of the credential behind it.
    pub fn lifetime(&self) -> Lifetime {
        self.lifetime
    }

    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// What it asks for in development, staging and production: one letter each, `A` to
    /// allow, `R` to remediate, `B` to block.
    pub fn stages(&self) -> &'static str {
        self.stages
    }

    /// Whether something short-lived is known that does the same.
    pub fn has_alternative(&self) -> bool {
        self.alternative
    }

    /// Why the credential is long-lived and what follows from it.
    pub fn why(&self) -> &'static str {
        self.why
    }

    /// What to write instead.
    pub fn instead(&self) -> &'static str {
        self.instead
    }

    /// Entries of taxonomies such as `CWE-522` and `NHI7:2025`.
    pub fn taxa(&self) -> &'static [&'static str] {
        self.taxa
    }

    /// The pattern as reports describe rules.
    pub fn info(&self) -> Arc<RuleInfo> {
        let mut tags = vec!["reference".to_owned(), self.code.to_owned()];
        tags.extend(self.labels.iter().map(|&label| label.to_owned()));
        if !self.alternative {
            tags.push("no-known-alternative".to_owned());
        }
        Arc::new(RuleInfo {
            id: self.id.to_owned(),
            provider: self.provider.to_owned(),
            provider_name: crate::provider::name(self.provider).to_owned(),
            title: self.title.to_owned(),
            description: self.why.to_owned(),
            confidence: Confidence::Definite,
            severity: self.severity,
            lifetime: self.lifetime,
            taxa: self.taxa.iter().map(|&t| t.to_owned()).collect(),
            tags,
            remediation: Remediation {
                revoke: "once nothing uses it any more, delete the stored credential".to_owned(),
                rotate: self.instead.to_owned(),
                url: self.url.to_owned(),
            },
            references: Vec::new(),
            basis: "the structure of the file".to_owned(),
        })
    }
}

include!(concat!(env!("OUT_DIR"), "/patterns.rs"));
