//! Why a rule cannot be used.

use std::fmt;

/// A rule that cannot be compiled, with the rule and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleError {
    rule: String,
    kind: RuleErrorKind,
}

/// What is wrong with a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RuleErrorKind {
    /// The pattern is no regular expression.
    Syntax(String),
    /// The pattern can match the empty string.
    MatchesEmpty,
    /// The pattern has no upper bound and the rule states none.
    Unbounded,
    /// The stated bound is larger than a rule may have.
    BoundTooLarge(usize),
    /// No anchor was given.
    NoAnchor,
    /// An anchor is shorter than three bytes.
    AnchorTooShort(String),
    /// An anchor is longer than 64 bytes.
    AnchorTooLong(String),
    /// A match is possible that holds none of the anchors.
    AnchorNotRequired,
    /// The pattern compiles to something too large.
    TooLarge(String),
    /// Another rule has the same id.
    Duplicate,
    /// A part names a rule that is not there.
    UnknownPart(String),
    /// A distance is larger than a rule may have.
    PartTooFar(usize),
    /// A condition on paths or on what passes is not valid.
    Condition(String),
    /// A path glob is not valid.
    Glob(String),
    /// More rules or anchors than a rule set can hold.
    TooMany,
    /// The bytes are no packed rules.
    NoPack,
}

impl RuleError {
    pub(crate) fn new(rule: &str, kind: RuleErrorKind) -> Self {
        Self {
            rule: rule.to_owned(),
            kind,
        }
    }

    /// The id of the rule.
    pub fn rule(&self) -> &str {
        &self.rule
    }

    /// What is wrong with it.
    pub fn kind(&self) -> &RuleErrorKind {
        &self.kind
    }
}

impl fmt::Display for RuleErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(why) => write!(f, "the pattern is not valid: {why}"),
            Self::MatchesEmpty => f.write_str("the pattern can match nothing at all"),
            Self::Unbounded => f.write_str(
                "the pattern has no upper bound: write {20,100} for + or {20,}, or state `max-length`",
            ),
            Self::BoundTooLarge(n) => {
                write!(f, "a match could be {n} bytes long: the limit is {}", crate::lower::MAX_LENGTH)
            }
            Self::NoAnchor => f.write_str("no anchor: give a literal that stands in every match"),
            Self::AnchorTooShort(a) => write!(f, "anchor `{a}` is shorter than three bytes"),
            Self::AnchorTooLong(a) => write!(f, "anchor `{a}` is longer than 64 bytes"),
            Self::AnchorNotRequired => {
                f.write_str("the pattern can match a text in which none of the anchors stands")
            }
            Self::TooLarge(why) => write!(f, "the pattern is too large: {why}"),
            Self::Duplicate => f.write_str("another rule has the same id"),
            Self::UnknownPart(id) => write!(f, "its part `{id}` is not a rule"),
            Self::PartTooFar(n) => {
                write!(f, "a part may be {n} bytes away: the limit is {}", crate::lower::MAX_PART_DISTANCE)
            }
            Self::Condition(why) => f.write_str(why),
            Self::Glob(why) => write!(f, "a path pattern is not valid: {why}"),
            Self::TooMany => f.write_str("more rules or anchors than a rule set can hold"),
            Self::NoPack => f.write_str("the bytes are no packed rules"),
        }
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rule `{}`: {}", self.rule, self.kind)
    }
}

impl std::error::Error for RuleError {}
