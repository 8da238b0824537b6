//! From a rule as written to one that can be searched for: bounds, anchors and
//! where they sit, all read off the pattern's HIR and proved, never trusted.

mod anchors;
mod limits;
mod row;
mod shape;

use regex_automata::meta;
use regex_automata::util::syntax;
use regex_syntax::hir::Hir;
use serde::{Deserialize, Serialize};

pub(crate) use limits::{Limits, alphabet};
pub(crate) use row::Row;
pub(crate) use shape::Shape;

use crate::bytes::ByteSet;
use crate::common::rarest;
use crate::error::{RuleError, RuleErrorKind};
use crate::near;
use crate::program::Program;
use crate::spec::{Allow, AllowTarget, Checksum, Pattern, RuleSpec};

/// The longest match that a rule may have, in bytes.
pub const MAX_LENGTH: usize = 16 * 1024;

/// The greatest distance between the parts of a composite rule, in bytes.
pub const MAX_PART_DISTANCE: usize = 4096;

/// How far from a match its words may stand, and how much of its lines is looked at, in
/// bytes.
pub const NEAR: usize = 4096;

const ANCHOR_MIN: usize = 3;
pub(crate) const ANCHOR_MAX: usize = 64;

/// More lists that ask for a path and a value at once are not kept apart.
const MAX_JOINED: usize = 32;

/// Whether a group of this name holds the secret: `secret`, or `secret` and a number.
pub(crate) fn is_secret_group(name: &str) -> bool {
    name.strip_prefix("secret")
        .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit()))
}

/// A rule that is ready to be put into a [`RuleSet`](crate::RuleSet): checked, with
/// its bounds and the places of its anchors worked out. Serialisable, so that
/// built-in rules are lowered when the program is built.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoweredRule {
    pub(crate) spec: RuleSpec,
    pub(crate) regex: String,
    pub(crate) anchors: Vec<LoweredAnchor>,
    pub(crate) max_length: usize,
    /// What must follow the name, where a value has no shape of its own.
    pub(crate) shape: Option<Shape>,
    /// What its matches are made of.
    pub(crate) limits: Limits,
    /// What every match holds.
    pub(crate) row: Option<Row>,
    /// The pattern as steps, unless it is one for the engine.
    pub(crate) program: Option<Program>,
}

impl LoweredRule {
    /// The rule as its author wrote it.
    pub fn spec(&self) -> &RuleSpec {
        &self.spec
    }

    /// The same rule without the parts that `unwanted` names. A part that was required
    /// goes with its demand: whoever left out the other rule wants this one all the same.
    #[must_use]
    pub fn without_parts(mut self, unwanted: impl Fn(&String) -> bool) -> Self {
        self.spec.parts.retain(|part| !unwanted(&part.rule));
        self
    }

    /// The same rule under another name: `name` gives the new id for its own and for those
    /// of its parts.
    #[must_use]
    pub fn renamed(mut self, name: impl Fn(&str) -> String) -> Self {
        self.spec.id = name(&self.spec.id);
        for part in &mut self.spec.parts {
            part.rule = name(&part.rule);
        }
        self
    }

    /// The same rule with further lists of what is no finding.
    ///
    /// # Errors
    ///
    /// If a pattern in them is not valid.
    pub fn with_allow(mut self, allow: &[Allow]) -> Result<Self, RuleError> {
        self.spec.allow.extend_from_slice(allow);
        self.spec.conditions()?;
        Ok(self)
    }

    /// How far from a match the rule looks, in bytes, for words and lines.
    pub(crate) fn margin(&self) -> usize {
        let spec = &self.spec;
        let by_line = |allow: &Allow| allow.target == AllowTarget::Line;
        if spec.near.is_empty() && !spec.allow.iter().any(by_line) {
            0
        } else {
            NEAR
        }
    }

    /// The literals that start a search for it, each with whether case matters.
    pub fn anchors(&self) -> impl Iterator<Item = (&[u8], bool)> {
        self.anchors
            .iter()
            .map(|a| (a.literal.as_slice(), !a.ignore_case))
    }
}

/// A literal and how many bytes of a match may stand before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LoweredAnchor {
    pub(crate) literal: Vec<u8>,
    pub(crate) ignore_case: bool,
    pub(crate) min_offset: usize,
    pub(crate) max_offset: usize,
    /// What the bytes behind it must be, as rows: so many bytes of a set.
    pub(crate) follow: Vec<(u8, ByteSet)>,
    /// Whether it is a name that is an ordinary word as well.
    pub(crate) is_word: bool,
    /// Where its rarest bytes start.
    pub(crate) rarest: u8,
}

impl LoweredAnchor {
    /// The bytes that may follow it.
    pub(crate) fn next(&self) -> ByteSet {
        self.follow.first().map_or(ByteSet::ALL, |(_, set)| *set)
    }

    /// Whether what stands behind an anchor that ends at `end` can belong to a match.
    pub(crate) fn may_follow(&self, hay: &[u8], end: usize) -> bool {
        self.may_follow_within(hay, end, usize::MAX)
    }

    /// The same by no more than so many bytes behind it.
    pub(crate) fn may_follow_within(&self, hay: &[u8], end: usize, most: usize) -> bool {
        let mut rest = hay.get(end..).unwrap_or_default();
        let mut most = most;
        self.follow.iter().all(|(count, set)| {
            let count = usize::from(*count).min(most);
            most -= count;
            let row = rest.get(..count);
            rest = rest.get(count..).unwrap_or_default();
            row.is_some_and(|row| row.iter().all(|&b| set.contains(b)))
        })
    }
}

impl RuleSpec {
    /// Checks the rule and works out what a search for it needs.
    ///
    /// # Errors
    ///
    /// If the pattern is not valid, can match nothing, has no upper bound, or can
    /// match a text without any of the anchors; and if a bound is out of range.
    pub fn lower(&self) -> Result<LoweredRule, RuleError> {
        let fail = |kind| RuleError::new(&self.id, kind);
        for part in &self.parts {
            if part.within > MAX_PART_DISTANCE {
                return Err(fail(RuleErrorKind::PartTooFar(part.within)));
            }
        }
        for glob in &self.paths {
            if let Some(why) = crate::path::mistake(glob) {
                return Err(fail(RuleErrorKind::Glob(format!("`{glob}`: {why}"))));
            }
        }
        self.conditions()?;
        let (regex, anchors, max_length) = match &self.pattern {
            Pattern::Assignment => (
                String::new(),
                crate::assign::anchors(),
                crate::assign::MAX_LENGTH,
            ),
            Pattern::Regex(regex) => {
                let (anchors, max) = self.prove(regex, &self.anchors).map_err(fail)?;
                (regex.clone(), anchors, max)
            }
            Pattern::Context {
                names,
                words,
                value,
            } => {
                let anchors = names_as_anchors(names, words).map_err(fail)?;
                let longest = match value {
                    Some(value) => self.bound(&parse(value).map_err(fail)?).map_err(fail)?,
                    None => near::LONGEST,
                };
                let max = near::BEFORE_VALUE + longest;
                let regex = value.clone().unwrap_or_default();
                compile(&regex, max, Search::of(self))
                    .map_err(|why| fail(RuleErrorKind::TooLarge(why)))?;
                (regex, anchors, max)
            }
        };
        let shape = match &self.pattern {
            Pattern::Context { value, .. } => {
                let value = value.as_deref().unwrap_or(ANY_VALUE);
                Some(Shape::of(&parse(value).map_err(fail)?))
            }
            _ => None,
        };
        let literals = anchors.iter().map(|anchor| anchor.literal.as_slice());
        let hir = parse(&regex).map_err(fail)?;
        let limits = Limits::of(&hir, literals);
        Ok(LoweredRule {
            spec: self.clone(),
            limits,
            row: Row::of(&hir),
            program: Program::of(&hir),
            regex,
            anchors,
            max_length,
            shape,
        })
    }

    /// Checks what is no pattern of a secret.
    fn conditions(&self) -> Result<(), RuleError> {
        let wrong = |why| RuleError::new(&self.id, RuleErrorKind::Condition(why));
        if let Some(why) = crate::filter::mistake(&self.path_regexes) {
            return Err(wrong(why));
        }
        if let Some(why) = self.allow.iter().find_map(Allow::mistake) {
            return Err(wrong(why));
        }
        if self.allow.iter().filter(|allow| allow.joins()).count() > MAX_JOINED {
            let why = format!("more than {MAX_JOINED} lists ask for a path and a value at once");
            return Err(wrong(why));
        }
        if self.unanchored && !matches!(self.pattern, Pattern::Regex(_)) {
            return Err(wrong(
                "only a rule with `regex` can be `unanchored`".to_owned(),
            ));
        }
        Ok(())
    }

    fn prove(
        &self,
        regex: &str,
        literals: &[String],
    ) -> Result<(Vec<LoweredAnchor>, usize), RuleErrorKind> {
        if literals.is_empty() != self.unanchored {
            return Err(RuleErrorKind::NoAnchor);
        }
        literals.iter().try_for_each(|l| measure(l))?;
        let literals: Vec<Vec<u8>> = match self.checksum {
            Some(Checksum::KeyStore) => literals.iter().map(|l| latin1(l)).collect(),
            _ => literals.iter().map(|l| l.clone().into_bytes()).collect(),
        };
        let hir = parse(regex)?;
        let max_length = self.bound(&hir)?;
        // Compiled here only to refuse what would fail later; see `compile`.
        compile(regex, max_length, Search::of(self)).map_err(RuleErrorKind::TooLarge)?;
        if self.unanchored {
            return Ok((Vec::new(), max_length));
        }
        let anchors =
            anchors::place(&hir, &literals, max_length).ok_or(RuleErrorKind::AnchorNotRequired)?;
        Ok((anchors, max_length))
    }

    /// The length of the longest match.
    fn bound(&self, hir: &Hir) -> Result<usize, RuleErrorKind> {
        let max_length = match (self.max_length, hir.properties().maximum_len()) {
            (Some(stated), Some(own)) => stated.min(own),
            (Some(stated), None) => stated,
            (None, Some(own)) => own,
            (None, None) => return Err(RuleErrorKind::Unbounded),
        };
        if max_length > MAX_LENGTH {
            return Err(RuleErrorKind::BoundTooLarge(max_length));
        }
        if hir.properties().minimum_len().unwrap_or(0) == 0 {
            return Err(RuleErrorKind::MatchesEmpty);
        }
        Ok(max_length)
    }
}

/// The shape of values that have no pattern; see `near::end_of_token`.
const ANY_VALUE: &str = r#"[!#-&*-;=?-\[\]-_a-z|~]{12}"#;

/// The bytes that the characters stand for, by their numbers.
fn latin1(literal: &str) -> Vec<u8> {
    let byte = |c: char| u8::try_from(u32::from(c)).unwrap_or(b'?');
    literal.chars().map(byte).collect()
}

fn measure(literal: &str) -> Result<(), RuleErrorKind> {
    match literal.len() {
        ..ANCHOR_MIN => Err(RuleErrorKind::AnchorTooShort(literal.to_owned())),
        ANCHOR_MIN..=ANCHOR_MAX => Ok(()),
        _ => Err(RuleErrorKind::AnchorTooLong(literal.to_owned())),
    }
}

fn names_as_anchors(
    names: &[String],
    words: &[String],
) -> Result<Vec<LoweredAnchor>, RuleErrorKind> {
    if names.is_empty() && words.is_empty() {
        return Err(RuleErrorKind::NoAnchor);
    }
    let anchor = |name: &String, is_word| {
        measure(name)?;
        Ok(LoweredAnchor {
            literal: name.to_ascii_lowercase().into_bytes(),
            ignore_case: true,
            min_offset: 0,
            max_offset: 0,
            // Nearly anything may follow a name; the shape of the value says more.
            follow: if is_word {
                vec![(1, near::after_word())]
            } else {
                Vec::new()
            },
            is_word,
            rarest: rarest(name.to_ascii_lowercase().as_bytes()),
        })
    };
    let names = names.iter().map(|name| anchor(name, false));
    names
        .chain(words.iter().map(|word| anchor(word, true)))
        .collect()
}

pub(crate) fn parse(regex: &str) -> Result<Hir, RuleErrorKind> {
    regex_syntax::ParserBuilder::new()
        .unicode(false)
        .utf8(false)
        .build()
        .parse(regex)
        .map_err(|why| RuleErrorKind::Syntax(why.to_string()))
}

/// Up to this length of a match, patterns are run without a lazy automaton: building it
/// costs more than it saves on a window that short.
const SHORT: usize = 600;

/// Where a pattern is run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Search {
    /// Around an anchor.
    Window,
    /// Over all bytes.
    Everything,
}

impl Search {
    pub(crate) fn of(spec: &RuleSpec) -> Self {
        if spec.unanchored {
            Self::Everything
        } else {
            Self::Window
        }
    }
}

/// Compiles a pattern for matches of at most `max_length` bytes.
pub(crate) fn compile(
    regex: &str,
    max_length: usize,
    search: Search,
) -> Result<meta::Regex, String> {
    let everything = search == Search::Everything;
    meta::Regex::builder()
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .configure(
            meta::Config::new()
                .utf8_empty(false)
                .nfa_size_limit(Some(4 << 20))
                // Anchors have found the place already, and captures are asked for once a
                // match is known: what helps a long search only makes compiling dearer.
                .auto_prefilter(everything)
                .hybrid(everything || max_length > SHORT)
                .onepass(false)
                // A window is short: a large cache would only cost memory, once per
                // rule and worker.
                .hybrid_cache_capacity(if everything { 2 << 20 } else { 256 << 10 }),
        )
        .build(regex)
        .map_err(|why| {
            let mut text = why.to_string();
            let mut source = std::error::Error::source(&why);
            while let Some(cause) = source {
                text = format!("{text}: {cause}");
                source = cause.source();
            }
            text
        })
}
