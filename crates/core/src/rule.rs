//! One rule of a set, and what is only worked out once it is needed.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use regex_automata::meta::Regex;

use crate::filter::{AllowList, AnyOf, Rejection, Stopwords};
use crate::lower::{self, LoweredAnchor, LoweredRule, NEAR};
use crate::ruleset::RuleId;
use crate::span::Span;
use crate::spec::{Allow, Boundary, Pattern, RuleSpec};
use crate::vocabulary::Confidence;

/// Lists of what passes that several rules share.
pub(crate) type Lists = HashMap<Allow, Arc<AllowList>>;

/// Shorter tokens need something around them to be told.
const LEAST_LENGTH: usize = 20;

/// Whether few names end like this: `ion_` and `ser.` stand in many that linkers make.
fn is_no_word(start: &[u8]) -> bool {
    let is_rare = |b: &u8| b.is_ascii_uppercase() || b.is_ascii_digit();
    start.len() > 4 || start.len() == 4 && start.iter().any(is_rare)
}

pub(crate) struct Rule {
    pub(crate) id: Cow<'static, str>,
    pub(crate) rank: u8,
    pub(crate) parts: Vec<(RuleId, usize)>,
    /// The rule as a pack has it, if it is from one: read when it is first asked for, as
    /// most scans meet an anchor of few rules.
    packed: &'static [u8],
    held: OnceLock<Box<Held>>,
}

/// The rule itself, and its conditions ready to be asked.
struct Held {
    lowered: LoweredRule,
    stopwords: Stopwords,
    path_regexes: Option<AnyOf>,
    near: Option<AnyOf>,
    allow: Vec<Arc<AllowList>>,
    is_for_names: bool,
    regex: OnceLock<(Regex, Vec<usize>)>,
    only_length: OnceLock<Option<usize>>,
}

impl Held {
    fn new(lowered: LoweredRule, lists: &mut Lists) -> Self {
        let spec = &lowered.spec;
        Self {
            stopwords: Stopwords::of(spec),
            path_regexes: AnyOf::patterns(&spec.path_regexes),
            near: AnyOf::words(&spec.near),
            is_for_names: crate::names::are_asked_for(&spec.paths),
            allow: spec
                .allow
                .iter()
                .map(|allow| {
                    let known = lists.entry(allow.clone());
                    Arc::clone(known.or_insert_with(|| Arc::new(AllowList::new(allow))))
                })
                .collect(),
            regex: OnceLock::new(),
            only_length: OnceLock::new(),
            lowered,
        }
    }
}

impl Rule {
    pub(crate) fn new(
        lowered: LoweredRule,
        parts: Vec<(RuleId, usize)>,
        lists: &mut Lists,
    ) -> Self {
        Self {
            id: Cow::Owned(lowered.spec.id.clone()),
            rank: rank(&lowered.spec),
            parts,
            packed: &[],
            held: OnceLock::from(Box::new(Held::new(lowered, lists))),
        }
    }

    /// A rule that is still packed.
    pub(crate) fn packed(
        id: &'static str,
        rank: u8,
        parts: Vec<(RuleId, usize)>,
        packed: &'static [u8],
    ) -> Self {
        Self {
            id: Cow::Borrowed(id),
            rank,
            parts,
            packed,
            held: OnceLock::new(),
        }
    }

    fn held(&self) -> &Held {
        self.held.get_or_init(|| {
            let lowered = crate::pack::rule(self.packed);
            Box::new(Held::new(lowered, &mut Lists::new()))
        })
    }

    pub(crate) fn lowered(&self) -> &LoweredRule {
        &self.held().lowered
    }

    /// Whether it looks only at files of certain names; see
    /// [`RuleSet::names`](crate::RuleSet::names).
    pub(crate) fn is_for_names(&self) -> bool {
        self.held().is_for_names
    }

    pub(crate) fn near(&self) -> Option<&AnyOf> {
        self.held().near.as_ref()
    }

    /// The compiled pattern and the numbers of the groups that may hold the secret, in the
    /// order in which they are asked.
    ///
    /// Compiled when steps are not enough: most scans never need it, and a hook on one line
    /// must not pay for all.
    pub(crate) fn regex(&self) -> &(Regex, Vec<usize>) {
        self.held().regex.get_or_init(|| {
            let search = lower::Search::of(&self.lowered().spec);
            let regex = lower::compile(&self.lowered().regex, self.lowered().max_length, search)
                .expect("the pattern compiled when the rule was lowered");
            let names = regex
                .group_info()
                .pattern_names(regex_automata::PatternID::ZERO);
            let groups = names
                .enumerate()
                .filter(|(_, name)| name.is_some_and(lower::is_secret_group))
                .map(|(number, _)| number)
                .collect();
            (regex, groups)
        })
    }

    /// Whether this part of the text holds the longest row of bytes that every match does.
    pub(crate) fn has_row(&self, part: &[u8]) -> bool {
        self.lowered()
            .row
            .as_ref()
            .is_none_or(|row| row.is_in(part))
    }

    pub(crate) fn admits_path(&self, path: Option<&str>) -> bool {
        let by_regex = |regexes: &AnyOf| path.is_some_and(|path| regexes.is_in(path.as_bytes()));
        crate::path::admits(&self.lowered().spec.paths, path)
            && self.held().path_regexes.as_ref().is_none_or(by_regex)
            && !self.held().allow.iter().any(|list| list.passes_path(path))
    }

    /// The length of all matches, if each says by itself where it starts and ends: it starts
    /// with an anchor and is as long as any other.
    pub(crate) fn only_length(&self) -> Option<usize> {
        *self.held().only_length.get_or_init(|| {
            let lowered = self.lowered();
            let starts =
                |a: &LoweredAnchor| a.max_offset == 0 && !a.ignore_case && is_no_word(&a.literal);
            if !matches!(lowered.spec.pattern, Pattern::Regex(_))
                || lowered.anchors.is_empty()
                || !lowered.anchors.iter().all(starts)
            {
                return None;
            }
            let hir = lower::parse(&lowered.regex).ok()?;
            let least = hir.properties().minimum_len();
            least.filter(|&least| least == lowered.max_length && least >= LEAST_LENGTH)
        })
    }

    /// What the filters say that need neither the path nor other matches, with the rule's
    /// boundary or a wider one.
    pub(crate) fn check(
        &self,
        hay: &[u8],
        (span, secret): (Span, Span),
        boundary: Boundary,
    ) -> Result<(), Rejection> {
        let spec = &self.lowered().spec;
        let stopwords = &self.held().stopwords;
        crate::filter::check(spec, stopwords, boundary, hay, (span, secret))?;
        if self
            .held()
            .allow
            .iter()
            .any(|list| list.passes(hay, span, secret))
        {
            return Err(Rejection::Allowed);
        }
        let around = || {
            let end = hay.len().min(span.end + NEAR);
            &hay[span.start.saturating_sub(NEAR)..end]
        };
        if self.near().is_some_and(|words| !words.is_in(around())) {
            return Err(Rejection::Near);
        }
        Ok(())
    }

    /// The lists that let this match pass if the path is right too: one bit for each.
    pub(crate) fn allowed_by_path(&self, hay: &[u8], span: Span, secret: Span) -> u32 {
        let mut bits = 0;
        for (number, list) in self.joined() {
            bits |= u32::from(list.holds(hay, span, secret)) << number;
        }
        bits
    }

    /// Whether one of those lists has this path.
    pub(crate) fn allows(&self, bits: u32, path: Option<&str>) -> bool {
        bits != 0
            && self
                .joined()
                .any(|(number, list)| bits >> number & 1 == 1 && list.holds_path(path))
    }

    /// The lists that ask for a path and bytes at once; at most 32.
    fn joined(&self) -> impl Iterator<Item = (usize, &Arc<AllowList>)> {
        self.held()
            .allow
            .iter()
            .filter(|list| list.joins())
            .enumerate()
    }
}

/// Which of two rules counts where both match.
fn rank(spec: &RuleSpec) -> u8 {
    let specificity = spec.specificity.unwrap_or(match spec.pattern {
        Pattern::Regex(_) => 6,
        Pattern::Context { value: Some(_), .. } => 4,
        Pattern::Context { value: None, .. } => 3,
        Pattern::Assignment => 1,
    });
    let confidence = match spec.confidence {
        Confidence::Hint => 0,
        Confidence::Probable => 1,
        Confidence::Definite => 2,
    };
    specificity.min(9) * 4 + confidence
}
