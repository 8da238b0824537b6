//! What stands between a raw hit and a match, from cheap to dear. Every rejection
//! has a name, so that `sluice explain` can say why something was not reported.

mod allow;
mod boundary;
pub mod checksum;
mod packed;
mod placeholder;
pub(crate) mod public;

use std::fmt;

pub(crate) use allow::{AllowList, AnyOf, mistake};
pub(crate) use boundary::{end_inside_word, is_word, left_is_free, may_escape, starts_part};
pub(crate) use packed::stands_alone;
pub(crate) use placeholder::placeholder;

use crate::assign::Weighing;
use crate::span::Span;
use crate::spec::{Alphabet, Boundary, CharClass, RuleSpec};

/// Why a candidate was not reported.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Rejection {
    /// The rule does not apply to this path.
    Path,
    /// The blob is binary and the candidate is not printable text.
    Binary,
    /// The candidate is a piece of something longer.
    Boundary,
    /// The secret is so many bytes long, which is out of range.
    Length(usize),
    /// The secret has a byte outside its alphabet.
    Alphabet,
    /// The secret has no character of this class.
    Require(CharClass),
    /// The secret has too few characters of some kind: so many.
    TooFew(usize),
    /// The checksum is wrong.
    Checksum,
    /// The secret is a placeholder, for this reason.
    Placeholder(&'static str),
    /// The secret holds this word.
    Stopword(String),
    /// The secret has so few bits per byte.
    Entropy(f32),
    /// No more bits per byte than these.
    EntropyAbove(f32),
    /// None of the words that must stand near it does.
    Near,
    /// A list of what is no finding lets it pass.
    Allowed,
    /// A part that the rule requires, this rule, is not near.
    Part(String),
    /// The rule is only a part of others.
    Hidden,
    /// What the value is, or how it is used, says that it is no credential.
    Context(&'static str),
    /// All that is seen there makes a credential unlikely.
    Unlikely(Weighing),
    /// A match of this more specific rule covers it.
    Covered(String),
}

impl Rejection {
    /// The name of the filter.
    pub fn filter(&self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Binary => "binary",
            Self::Boundary => "boundary",
            Self::Length(_) => "length",
            Self::Alphabet => "alphabet",
            Self::Require(_) | Self::TooFew(_) => "require",
            Self::Checksum => "checksum",
            Self::Placeholder(_) => "placeholder",
            Self::Stopword(_) => "stopword",
            Self::Entropy(_) | Self::EntropyAbove(_) => "entropy",
            Self::Near => "near",
            Self::Allowed => "allow",
            Self::Part(_) | Self::Hidden => "composite",
            Self::Context(_) => "context",
            Self::Unlikely(_) => "probability",
            Self::Covered(_) => "overlap",
        }
    }
}

/// Says what the filter saw, without any byte of the value.
impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path => f.write_str("the rule does not apply to this path"),
            Self::Binary => f.write_str("not printable, in a binary file"),
            Self::Boundary => f.write_str("a piece of something longer"),
            Self::Length(n) => write!(f, "{n} bytes long, which is out of range"),
            Self::Alphabet => f.write_str("holds a byte outside its alphabet"),
            Self::Require(class) => write!(f, "holds no {class:?} character"),
            Self::TooFew(count) => write!(f, "only {count} characters of a kind that it needs"),
            Self::Checksum => f.write_str("the checksum is wrong"),
            Self::Placeholder(why) => write!(f, "a placeholder: {why}"),
            Self::Stopword(word) => write!(f, "holds the stop word `{word}`"),
            Self::Entropy(bits) => write!(f, "only {bits:.2} bits per byte"),
            Self::EntropyAbove(bits) => write!(f, "no more than {bits:.2} bits per byte"),
            Self::Near => f.write_str("none of the rule's words stands near it"),
            Self::Allowed => f.write_str("a list of the rule lets it pass"),
            Self::Part(id) => write!(f, "no match of `{id}` near it"),
            Self::Hidden => f.write_str("no finding by itself, only a part of other rules"),
            Self::Context(why) => f.write_str(why),
            Self::Unlikely(weighing) => weighing.fmt(f),
            Self::Covered(id) => write!(f, "a match of `{id}` covers it"),
        }
    }
}

/// The stop words of a rule, in lower case.
pub(crate) struct Stopwords {
    secret: Vec<String>,
    whole: Vec<String>,
}

impl Stopwords {
    pub(crate) fn of(spec: &RuleSpec) -> Self {
        let lower = |words: &[String]| words.iter().map(|w| w.to_ascii_lowercase()).collect();
        Self {
            secret: lower(&spec.stopwords),
            whole: lower(&spec.match_stopwords),
        }
    }

    fn found(&self, whole: &[u8], secret: &[u8]) -> Option<&String> {
        let holds = |text: &[u8], word: &String| contains_ignore_case(text, word.as_bytes());
        let in_secret = self.secret.iter().find(|word| holds(secret, word));
        in_secret.or_else(|| self.whole.iter().find(|word| holds(whole, word)))
    }
}

/// Runs a rule's filters over a candidate, without those that need other matches. The
/// boundary is the rule's, or a wider one.
pub(crate) fn check(
    spec: &RuleSpec,
    stopwords: &Stopwords,
    boundary: Boundary,
    hay: &[u8],
    (span, secret): (Span, Span),
) -> Result<(), Rejection> {
    let value = secret.of(hay);
    if !boundary::admits(boundary, hay, secret) {
        return Err(Rejection::Boundary);
    }
    if spec.placeholders && boundary::goes_on_as_template(hay, secret) {
        return Err(Rejection::Placeholder("a template goes on behind it"));
    }
    if spec
        .length
        .is_some_and(|(min, max)| value.len() < min || value.len() > max)
    {
        return Err(Rejection::Length(value.len()));
    }
    if spec
        .alphabet
        .is_some_and(|alphabet| !value.iter().all(|&b| alphabet.contains(b)))
    {
        return Err(Rejection::Alphabet);
    }
    if let Some(&class) = spec
        .require
        .iter()
        .find(|c| !value.iter().any(|&b| c.contains(b)))
    {
        return Err(Rejection::Require(class));
    }
    for least in &spec.at_least {
        let count = least.of.count(value);
        if count < least.count {
            return Err(Rejection::TooFew(count));
        }
    }
    if spec.checksum.is_some_and(|checksum| !checksum.holds(value)) {
        return Err(Rejection::Checksum);
    }
    if spec.placeholders
        && let Some(why) = placeholder(value)
    {
        return Err(Rejection::Placeholder(why));
    }
    if let Some(word) = stopwords.found(span.of(hay), value) {
        return Err(Rejection::Stopword(word.clone()));
    }
    if let Some(least) = spec.entropy {
        let bits = entropy(value);
        if bits < least {
            return Err(Rejection::Entropy(bits));
        }
    }
    if let Some(floor) = spec.entropy_above {
        let bits = entropy(value);
        if bits <= floor {
            return Err(Rejection::EntropyAbove(bits));
        }
    }
    Ok(())
}

/// Shannon entropy of the bytes, in bits per byte (0 to 8); 0 for no bytes.
pub fn entropy(bytes: &[u8]) -> f32 {
    let mut counts = [0u32; 256];
    for &byte in bytes {
        counts[usize::from(byte)] += 1;
    }
    let total = bytes.len() as f32;
    counts
        .iter()
        .filter(|&&n| n > 0)
        .map(|&n| n as f32 / total)
        .map(|p| -p * p.log2())
        .sum()
}

/// Whether `hay` holds `lower`, which is in lower case, in any case.
pub(crate) fn contains_ignore_case(hay: &[u8], lower: &[u8]) -> bool {
    let Some(&first) = lower.first() else {
        return false;
    };
    // Most places are told by one byte, and there are many words and many places.
    hay.windows(lower.len())
        .any(|w| w[0].to_ascii_lowercase() == first && w.eq_ignore_ascii_case(lower))
}

impl Alphabet {
    /// Whether the byte belongs to it.
    pub fn contains(self, b: u8) -> bool {
        match self {
            Self::Digit => b.is_ascii_digit(),
            Self::Hex => b.is_ascii_hexdigit(),
            Self::Base32 => b.is_ascii_uppercase() || matches!(b, b'2'..=b'7'),
            Self::Base58 => b.is_ascii_alphanumeric() && !matches!(b, b'0' | b'O' | b'I' | b'l'),
            Self::Alnum => b.is_ascii_alphanumeric(),
            Self::Base64 => b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='),
            Self::Base64url => b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'='),
            Self::Printable => b.is_ascii_graphic(),
        }
    }
}

impl CharClass {
    /// Whether the byte belongs to it.
    pub fn contains(self, b: u8) -> bool {
        match self {
            Self::Digit => b.is_ascii_digit(),
            Self::Lower => b.is_ascii_lowercase(),
            Self::Upper => b.is_ascii_uppercase(),
            Self::Letter => b.is_ascii_alphabetic(),
            Self::Symbol => b.is_ascii_punctuation(),
        }
    }
}
