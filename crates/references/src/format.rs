//! The format of the files in `patterns/`, for the build script and for the tests.

use serde::Deserialize;

/// One file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PatternFile {
    /// The patterns in it.
    pub(crate) pattern: Vec<PatternEntry>,
}

/// One pattern.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PatternEntry {
    /// The stable code, such as `GHA-01`.
    pub(crate) code: String,
    /// The id that reports show.
    pub(crate) id: String,
    /// A short noun phrase.
    pub(crate) title: String,
    /// The provider, where the pattern alone tells it.
    pub(crate) provider: String,
    /// The lifetime class of the credential.
    pub(crate) lifetime: String,
    /// How bad it is.
    pub(crate) severity: String,
    /// Which standards it touches.
    pub(crate) profile: String,
    /// What each of development, staging and production asks for: `A`, `R` or `B`.
    pub(crate) stages: String,
    /// Whether the provider offers something short-lived.
    #[serde(default = "yes")]
    pub(crate) alternative: bool,
    /// What else it is than a reference, and what its holder can do; see `LABELS` in the
    /// build script. Unless it is given, profile and family tell.
    #[serde(default)]
    pub(crate) labels: Option<Vec<String>>,
    /// Why the credential is long-lived and what that means.
    pub(crate) why: String,
    /// What to write instead.
    pub(crate) instead: String,
    /// Where the provider describes it.
    #[serde(default)]
    pub(crate) url: String,
    /// Texts in which it is found.
    #[serde(default)]
    pub(crate) found: Vec<Example>,
    /// Texts that look alike and in which it is not.
    #[serde(default)]
    pub(crate) silent: Vec<Example>,
}

/// A text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Example {
    /// The path of the file.
    pub(crate) path: String,
    /// What stands in it.
    pub(crate) text: String,
    /// The name that is found.
    #[serde(default)]
    pub(crate) name: String,
    /// The least confidence it is found with; `probable` if not said.
    #[serde(default)]
    pub(crate) confidence: String,
}

fn yes() -> bool {
    true
}
