//! What a user's lists let pass, and which paths a rule looks at by pattern. Patterns are
//! compiled when they are first asked; lists that many rules share are compiled once.

use std::ops::Range;
use std::sync::OnceLock;

use regex_automata::Input;
use regex_automata::meta::{Config, Regex};
use regex_automata::util::syntax;

use crate::lower::NEAR;
use crate::span::Span;
use crate::spec::{Allow, AllowTarget};

/// Some patterns as one question: does any of them match somewhere?
pub(crate) struct AnyOf {
    patterns: Vec<String>,
    compiled: OnceLock<Option<Regex>>,
}

impl AnyOf {
    /// The question, or `None` if there are no patterns.
    pub(crate) fn patterns(patterns: &[String]) -> Option<Self> {
        (!patterns.is_empty()).then(|| Self {
            patterns: patterns.to_vec(),
            compiled: OnceLock::new(),
        })
    }

    /// Whether one of the words stands somewhere, in any case.
    pub(crate) fn words(words: &[String]) -> Option<Self> {
        Self::patterns(&word_pattern(words).into_iter().collect::<Vec<_>>())
    }

    fn regex(&self) -> Option<&Regex> {
        self.compiled
            .get_or_init(|| compile(&self.patterns).ok())
            .as_ref()
    }

    pub(crate) fn is_in(&self, text: &[u8]) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text))
    }

    /// Where the next match starts in `range`, and where it ends.
    pub(crate) fn next(&self, text: &[u8], range: Range<usize>) -> Option<Span> {
        let found = self.regex()?.find(Input::new(text).range(range))?;
        Some(Span::new(found.start(), found.end()))
    }
}

fn word_pattern(words: &[String]) -> Option<String> {
    let escaped: Vec<String> = words
        .iter()
        .filter(|word| !word.is_empty())
        .map(|word| bytes_pattern(word))
        .collect();
    (!escaped.is_empty()).then(|| format!("(?i:{})", escaped.join("|")))
}

/// The word as a pattern over bytes.
fn bytes_pattern(word: &str) -> String {
    let escaped = regex_syntax::escape(word);
    let byte = |b: u8| match b {
        0x80.. => format!("\\x{b:02X}"),
        _ => char::from(b).to_string(),
    };
    escaped.bytes().map(byte).collect()
}

fn compile(patterns: &[String]) -> Result<Regex, String> {
    Regex::builder()
        .syntax(syntax::Config::new().unicode(false).utf8(false))
        .configure(
            Config::new()
                .utf8_empty(false)
                .nfa_size_limit(Some(16 << 20))
                .hybrid_cache_capacity(1 << 20),
        )
        .build_many(patterns)
        .map_err(|why| {
            let cause = std::error::Error::source(&why);
            cause.map_or_else(|| why.to_string(), ToString::to_string)
        })
}

/// What is wrong with these patterns, if anything.
pub(crate) fn mistake(patterns: &[String]) -> Option<String> {
    patterns
        .iter()
        .find_map(|one| {
            compile(std::slice::from_ref(one))
                .err()
                .map(|why| (one, why))
        })
        .map(|(one, why)| format!("the pattern `{one}` is not valid: {why}"))
}

impl Allow {
    /// What is wrong with the list, if anything.
    pub(crate) fn mistake(&self) -> Option<String> {
        if self.paths.is_empty() && self.regexes.is_empty() && self.stopwords.is_empty() {
            return Some("a list of what passes has no condition".to_owned());
        }
        if self.unless && !self.paths.is_empty() {
            return Some("`unless` is not for a list with paths".to_owned());
        }
        mistake(&self.paths).or_else(|| mistake(&self.regexes))
    }

    /// Whether the list asks for a path and for bytes at once.
    pub(crate) fn joins(&self) -> bool {
        self.all
            && !self.paths.is_empty()
            && !(self.regexes.is_empty() && self.stopwords.is_empty())
    }
}

/// An [`Allow`], ready to be asked.
pub(crate) struct AllowList {
    all: bool,
    unless: bool,
    joins: bool,
    target: AllowTarget,
    paths: Option<AnyOf>,
    regexes: Option<AnyOf>,
    stopwords: Option<AnyOf>,
}

impl AllowList {
    pub(crate) fn new(allow: &Allow) -> Self {
        Self {
            all: allow.all,
            unless: allow.unless,
            joins: allow.joins(),
            target: allow.target,
            paths: AnyOf::patterns(&allow.paths),
            regexes: AnyOf::patterns(&allow.regexes),
            stopwords: AnyOf::words(&allow.stopwords),
        }
    }

    /// Whether it asks for a path and for bytes at once.
    pub(crate) fn joins(&self) -> bool {
        self.joins
    }

    /// Whether everything at this path passes.
    pub(crate) fn passes_path(&self, path: Option<&str>) -> bool {
        !self.joins && self.holds_path(path)
    }

    /// Whether the path is one of its paths.
    pub(crate) fn holds_path(&self, path: Option<&str>) -> bool {
        let paths = self.paths.as_ref();
        paths.is_some_and(|paths| path.is_some_and(|path| paths.is_in(path.as_bytes())))
    }

    /// Whether this match passes at any path.
    pub(crate) fn passes(&self, hay: &[u8], span: Span, secret: Span) -> bool {
        !self.joins && self.holds(hay, span, secret) != self.unless
    }

    /// Whether the conditions on bytes hold.
    pub(crate) fn holds(&self, hay: &[u8], span: Span, secret: Span) -> bool {
        let target = || match self.target {
            AllowTarget::Secret => secret,
            AllowTarget::Match => span,
            AllowTarget::Line => lines(hay, span),
        };
        let by_regex = self
            .regexes
            .as_ref()
            .map(|regexes| regexes.is_in(target().of(hay)));
        let by_word = || {
            self.stopwords
                .as_ref()
                .map(|words| words.is_in(secret.of(hay)))
        };
        if self.all {
            // A list with paths alone says nothing about bytes.
            let any = self.regexes.is_some() || self.stopwords.is_some();
            any && by_regex != Some(false) && by_word() != Some(false)
        } else {
            by_regex == Some(true) || by_word() == Some(true)
        }
    }
}

/// The lines that a match stands on, without the last line break, and no farther from it
/// than [`NEAR`].
fn lines(hay: &[u8], span: Span) -> Span {
    let first = span.start.saturating_sub(NEAR);
    let start = memchr::memrchr(b'\n', &hay[first..span.start]).map_or(first, |at| first + at + 1);
    let last = hay.len().min(span.end + NEAR);
    let end = memchr::memchr(b'\n', &hay[span.end..last]).map_or(last, |at| span.end + at);
    Span::new(start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is put into the list, and whether the match passes.
    type Case = (fn(&mut Allow), bool);

    fn list(change: impl FnOnce(&mut Allow)) -> AllowList {
        let mut allow = Allow::default();
        change(&mut allow);
        assert_eq!(allow.mistake(), None);
        AllowList::new(&allow)
    }

    #[test]
    fn conditions_are_joined_as_the_list_says() {
        let hay = b"before\nkey = abcdefgh # demo\nafter";
        let (span, secret) = (Span::new(7, 21), Span::new(13, 21));
        let text = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        let cases: &[Case] = &[
            (|a| a.regexes = vec!["^abc".into()], true),
            (|a| a.regexes = vec!["^key".into()], false),
            (
                |a| (a.regexes, a.target) = (vec!["^key".into()], AllowTarget::Match),
                true,
            ),
            (
                |a| (a.regexes, a.target) = (vec!["demo$".into()], AllowTarget::Line),
                true,
            ),
            (
                |a| (a.regexes, a.target) = (vec!["after".into()], AllowTarget::Line),
                false,
            ),
            (|a| a.stopwords = vec!["CDE".into()], true),
            (|a| a.stopwords = vec!["key".into()], false),
            (
                |a| (a.regexes, a.stopwords) = (vec!["x".into()], vec!["cde".into()]),
                true,
            ),
            (
                |a| (a.all, a.regexes, a.stopwords) = (true, vec!["x".into()], vec!["cde".into()]),
                false,
            ),
            (|a| (a.unless, a.regexes) = (true, vec!["x".into()]), true),
            (
                |a| (a.unless, a.regexes) = (true, vec!["abc".into()]),
                false,
            ),
        ];
        for (number, (change, passes)) in cases.iter().enumerate() {
            assert_eq!(list(change).passes(hay, span, secret), *passes, "{number}");
        }
        let both = list(|a| {
            (a.all, a.paths, a.regexes) = (true, text(&["^docs/"]), text(&["abc"]));
        });
        assert!(both.joins() && !both.passes(hay, span, secret));
        assert!(both.holds(hay, span, secret) && both.holds_path(Some("docs/a.md")));
        assert!(!both.passes_path(Some("docs/a.md")));
        let either = list(|a| (a.paths, a.regexes) = (text(&["^docs/"]), text(&["abc"])));
        assert!(either.passes_path(Some("docs/a.md")) && !either.passes_path(Some("src/a.md")));
        assert!(either.passes(hay, span, secret));
    }
}
