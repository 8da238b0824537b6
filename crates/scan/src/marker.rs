//! Markers in files that say: this one does not count.
//!
//! Our own, `sluice:allow`, may name a rule and give a reason. The markers of other
//! scanners are honoured where their owners honour them, so that nobody has to mark a
//! line twice.

use std::fmt;
use std::str::FromStr;

/// A marker, and where it has to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum MarkerKind {
    /// `sluice:allow`, `sluice:allow(rule-id)`, either with a reason behind it: on a line
    /// of the value, or on the line above if nothing is found on its own.
    Sluice,
    /// `gitleaks:allow`, on any line of the value.
    Gitleaks,
    /// `betterleaks:allow`, on any line of the value.
    Betterleaks,
    /// `trufflehog:ignore`, behind the value on its last line.
    Trufflehog,
    /// `kingfisher:ignore`, on a line of the value, the one before or the one after.
    Kingfisher,
    /// `pragma: allowlist secret`, on a line of the value (detect-secrets, ripsecrets).
    DetectSecrets,
    /// `pragma: allowlist nextline secret`, alone on the line before the value.
    DetectSecretsNextLine,
    /// `ggignore`, on a line of the value.
    Ggshield,
}

impl MarkerKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Sluice,
        Self::Gitleaks,
        Self::Betterleaks,
        Self::Trufflehog,
        Self::Kingfisher,
        Self::DetectSecrets,
        Self::DetectSecretsNextLine,
        Self::Ggshield,
    ];

    /// The name that configuration has for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sluice => "sluice",
            Self::Gitleaks => "gitleaks",
            Self::Betterleaks => "betterleaks",
            Self::Trufflehog => "trufflehog",
            Self::Kingfisher => "kingfisher",
            Self::DetectSecrets => "detect-secrets",
            Self::DetectSecretsNextLine => "detect-secrets-nextline",
            Self::Ggshield => "ggshield",
        }
    }

    /// The text as it stands in files.
    pub fn text(self) -> &'static str {
        match self {
            Self::Sluice => "sluice:allow",
            Self::Gitleaks => "gitleaks:allow",
            Self::Betterleaks => "betterleaks:allow",
            Self::Trufflehog => "trufflehog:ignore",
            Self::Kingfisher => "kingfisher:ignore",
            Self::DetectSecrets => "pragma: allowlist secret",
            Self::DetectSecretsNextLine => "pragma: allowlist nextline secret",
            Self::Ggshield => "ggignore",
        }
    }
}

impl fmt::Display for MarkerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for MarkerKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.name() == name)
            .ok_or_else(|| {
                let known: Vec<_> = Self::ALL.iter().map(|kind| kind.name()).collect();
                format!("`{name}` is none of {}", known.join(", "))
            })
    }
}
