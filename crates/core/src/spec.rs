//! What a rule says, as far as matching is concerned.
//!
//! Titles, advice and examples are not here: they live with the rule files, and
//! nothing on the hot path may need them.

use serde::{Deserialize, Serialize};

use crate::vocabulary::Confidence;

/// One rule, as its author wrote it.
///
/// ```
/// use sluicegate_core::{Pattern, RuleSpec};
///
/// let mut spec = RuleSpec::new("acme-token", Pattern::Regex("acme_[0-9a-f]{32}".into()));
/// spec.anchors = vec!["acme_".into()];
/// assert!(spec.lower().is_ok());
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleSpec {
    /// The stable identifier, unique in a rule set.
    pub id: String,
    /// How a match is found.
    pub pattern: Pattern,
    /// Literals, one of which stands in every match of a [`Pattern::Regex`].
    pub anchors: Vec<String>,
    /// Upper bound of a match in bytes, where the pattern has none.
    pub max_length: Option<usize>,
    /// What may stand next to the secret.
    pub boundary: Boundary,
    /// Globs of the paths that the rule applies to; empty for all.
    pub paths: Vec<String>,
    /// Least and greatest length of the secret in bytes.
    pub length: Option<(usize, usize)>,
    /// The alphabet that the secret keeps to.
    pub alphabet: Option<Alphabet>,
    /// Classes of which the secret has at least one character each.
    pub require: Vec<CharClass>,
    /// The checksum that the secret carries.
    pub checksum: Option<Checksum>,
    /// Whether placeholders are rejected.
    pub placeholders: bool,
    /// Words that rule a secret out, in any case.
    pub stopwords: Vec<String>,
    /// Words that rule a match out wherever they stand in it, in any case: a host such as
    /// `@localhost` says more about a URL than its password does.
    pub match_stopwords: Vec<String>,
    /// Least Shannon entropy of the secret, bits per byte.
    pub entropy: Option<f32>,
    /// Shannon entropy that the secret must have more of, bits per byte.
    pub entropy_above: Option<f32>,
    /// Characters of which the secret has a number at least.
    pub at_least: Vec<AtLeast>,
    /// Regular expressions, one of which matches somewhere in the path; empty for all.
    pub path_regexes: Vec<String>,
    /// Words, one of which stands near the match, in any case; see [`NEAR`](crate::NEAR).
    pub near: Vec<String>,
    /// What is no finding after all.
    pub allow: Vec<Allow>,
    /// Whether matches are no findings themselves and only parts of others.
    pub hidden: bool,
    /// Whether the pattern is run over all bytes, for want of an anchor. Slow.
    pub unanchored: bool,
    /// Other rules that this one is joined with.
    pub parts: Vec<Part>,
    /// How sure a match is.
    pub confidence: Confidence,
    /// Which rule wins where two find the same value, 0 to 9; `None` for the default:
    /// 6 for a regex, 4 for a value of a known form near a name, 3 for one that only looks
    /// random, 1 for a detector.
    pub specificity: Option<u8>,
}

impl RuleSpec {
    /// A rule with this id and pattern, and the defaults for everything else.
    pub fn new(id: &str, pattern: Pattern) -> Self {
        Self {
            id: id.to_owned(),
            pattern,
            anchors: Vec::new(),
            max_length: None,
            boundary: Boundary::Word,
            paths: Vec::new(),
            length: None,
            alphabet: None,
            require: Vec::new(),
            checksum: None,
            placeholders: true,
            stopwords: Vec::new(),
            match_stopwords: Vec::new(),
            entropy: None,
            entropy_above: None,
            at_least: Vec::new(),
            path_regexes: Vec::new(),
            near: Vec::new(),
            allow: Vec::new(),
            hidden: false,
            unanchored: false,
            parts: Vec::new(),
            confidence: Confidence::Probable,
            specificity: None,
        }
    }
}

/// How a rule finds its matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pattern {
    /// A regular expression over bytes; the secret is the group named `secret`, or
    /// the whole match. Of several groups `secret`, `secret2`, `secret3` and so on it is
    /// the first that matched anything.
    Regex(String),
    /// A value with no shape of its own, near one of the names.
    Context {
        /// The names, in any case, at the start of a word or of a part of one.
        names: Vec<String>,
        /// Names that are ordinary words as well: they count only where a word such as
        /// `key` or `token` follows at once.
        words: Vec<String>,
        /// The pattern of the value alone; `None` for whatever looks random and is tied to
        /// the name by a word such as `key`.
        value: Option<String>,
    },
    /// The detector for values assigned to telling names.
    Assignment,
}

/// What may stand next to a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Boundary {
    /// Anything.
    None,
    /// No word character on either side.
    Word,
    /// As `Word`, and nothing on the right that continues a longer token.
    Token,
}

/// A set of bytes that a secret keeps to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Alphabet {
    /// `0-9`
    Digit,
    /// `0-9a-fA-F`
    Hex,
    /// `A-Z2-7`
    Base32,
    /// Base 58 as Bitcoin has it: no `0`, `O`, `I`, `l`.
    Base58,
    /// `0-9A-Za-z`
    Alnum,
    /// `0-9A-Za-z+/=`
    Base64,
    /// `0-9A-Za-z_=-`
    Base64url,
    /// Printable ASCII without the blank.
    Printable,
}

/// A class of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CharClass {
    /// `0-9`
    Digit,
    /// `a-z`
    Lower,
    /// `A-Z`
    Upper,
    /// `A-Za-z`
    Letter,
    /// Printable ASCII that is neither letter nor digit.
    Symbol,
}

/// A checksum or a structure that the secret must satisfy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Checksum {
    /// CRC-32 of the part after the last `_`, in six base-62 digits at its end.
    /// Source: GitHub's note on its token formats of 2021; npm does the same.
    Crc32Base62,
    /// Three base64url parts, the first a JSON object with a member that headers have
    /// (RFC 7515, section 7.1).
    Jwt,
    /// A base-32 part that decodes to an account number of at most 12 digits.
    AwsKeyId,
    /// Base64 of a user, a colon and a password that is not made of the words of
    /// placeholders (RFC 7617).
    BasicAuth,
    /// What decodes to text must be a user, a colon and a password; what does not decode
    /// passes.
    BasicIfText,
    /// A password that is not made of the words of placeholders.
    Password,
    /// The same, and it reads as random to the character model.
    Random,
    /// The head of a store of keys: of Java, of KeePass, or PKCS#12. A rule with it finds
    /// bytes that are no text, and characters up to U+00FF in its anchors stand for bytes.
    KeyStore,
    /// The length of the payload in two base-36 digits, and the CRC-32 of all before it in
    /// seven. Source: GitLab's generator of routable tokens.
    GitlabRoutable,
}

/// Another rule that a rule is joined with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The id of the other rule.
    pub rule: String,
    /// The greatest distance between the two matches in bytes.
    pub within: usize,
    /// Whether there is no finding without it.
    pub required: bool,
    /// The confidence where the part is there.
    pub confidence: Option<Confidence>,
}

/// Characters of which a secret must have a number at least.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AtLeast {
    /// The characters.
    pub of: Characters,
    /// How many.
    pub count: usize,
}

/// Some characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Characters {
    /// Those of a class.
    Class(CharClass),
    /// These.
    These(String),
}

impl Characters {
    /// How many of them stand in `value`.
    pub fn count(&self, value: &[u8]) -> usize {
        match self {
            Self::Class(class) => value.iter().filter(|&&b| class.contains(b)).count(),
            Self::These(text) => value.iter().filter(|b| text.as_bytes().contains(b)).count(),
        }
    }
}

/// A list of what is no finding after all: a match passes if one of the conditions holds,
/// or if all kinds of condition that are given hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Allow {
    /// Whether all kinds must hold: a path and a regex, and not one of the two.
    pub all: bool,
    /// Whether what is *not* described passes. Not for lists with paths.
    pub unless: bool,
    /// Regular expressions, one of which matches somewhere in the path.
    pub paths: Vec<String>,
    /// Regular expressions, one of which matches somewhere in `target`.
    pub regexes: Vec<String>,
    /// What the regular expressions look at.
    pub target: AllowTarget,
    /// Words, one of which stands in the secret, in any case.
    pub stopwords: Vec<String>,
}

/// What the regular expressions of an [`Allow`] look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AllowTarget {
    /// The secret.
    #[default]
    Secret,
    /// All that the pattern matched.
    Match,
    /// The lines that the match stands on, as far as [`NEAR`](crate::NEAR).
    Line,
}
