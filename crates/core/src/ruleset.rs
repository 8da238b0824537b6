//! A compiled set of rules: immutable, shared between workers.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::sync::{Arc, OnceLock};

use regex_automata::meta::Regex;

use crate::anchor::{AnchorIndex, Needle};
use crate::assign::Weighing;
use crate::bytes::ByteSet;
use crate::encoded::{self, Trigger};
use crate::error::{RuleError, RuleErrorKind};
use crate::filter::{AllowList, AnyOf, Rejection, Stopwords};
use crate::lower::{self, LoweredRule, NEAR};
use crate::scan::{Blob, Match, Scratch, Sink};
use crate::span::Span;
use crate::spec::{Allow, Pattern, RuleSpec};
use crate::vocabulary::Confidence;

/// The number of a rule in its rule set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub(crate) u32);

impl RuleId {
    /// The number, counted from zero in the order the rules were given.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The number of a watched literal; see [`RuleSet::from_lowered`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WatchId(pub(crate) u32);

impl WatchId {
    /// The number, counted from zero in the order the literals were given.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Rules, ready to be searched for. `Send + Sync`, never changes; what a search
/// needs to write to is lent to it as a [`Scratch`].
///
/// ```
/// use sluicegate_core::{Blob, Match, Pattern, RuleSet, RuleSpec, Sink};
///
/// struct Found(Vec<Match>);
/// impl Sink for Found {
///     fn found(&mut self, _: &Blob<'_>, m: &Match) {
///         self.0.push(*m);
///     }
/// }
///
/// let mut spec = RuleSpec::new("acme-token", Pattern::Regex("acme_[0-9a-f]{8}".into()));
/// spec.anchors = vec!["acme_".into()];
/// let rules = RuleSet::compile(&[spec])?;
///
/// let mut scratch = rules.scratch();
/// let mut found = Found(Vec::new());
/// rules.scan_with(&mut scratch, &Blob::new(b"token = acme_93b0c4e2"), &mut found);
/// assert_eq!(found.0[0].secret.of(b"token = acme_93b0c4e2"), b"acme_93b0c4e2");
/// # Ok::<(), sluicegate_core::RuleError>(())
/// ```
pub struct RuleSet {
    pub(crate) index: AnchorIndex,
    /// For each needle of the index, who asked for it.
    pub(crate) targets: Vec<Vec<Target>>,
    pub(crate) rules: Vec<Rule>,
    /// The rules without an anchor, which are run over everything.
    pub(crate) unanchored: Vec<RuleId>,
    by_id: HashMap<Box<str>, RuleId, Fnv>,
    reach: usize,
    pub(crate) longest_needle: usize,
}

/// What to do where a needle stands.
pub(crate) enum Target {
    Rule {
        rule: RuleId,
        anchor: u32,
    },
    Watch(WatchId),
    /// An encoded run may be here, if one of these bytes follows.
    Encoded {
        trigger: Trigger,
        next: ByteSet,
    },
}

pub(crate) struct Rule {
    pub(crate) lowered: LoweredRule,
    stopwords: Stopwords,
    path_regexes: Option<AnyOf>,
    pub(crate) near: Option<AnyOf>,
    allow: Vec<Arc<AllowList>>,
    pub(crate) rank: u8,
    pub(crate) parts: Vec<(RuleId, usize)>,
    regex: OnceLock<(Regex, Vec<usize>)>,
}

impl Rule {
    /// The compiled pattern and the numbers of the groups that may hold the secret, in the
    /// order in which they are asked.
    ///
    /// Compiled when the rule's anchor is first met: most scans meet few, and a hook
    /// on one line must not pay for all.
    pub(crate) fn regex(&self) -> &(Regex, Vec<usize>) {
        self.regex.get_or_init(|| {
            let search = lower::Search::of(&self.lowered.spec);
            let regex = lower::compile(&self.lowered.regex, self.lowered.max_length, search)
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

    pub(crate) fn admits_path(&self, path: Option<&str>) -> bool {
        let by_regex = |regexes: &AnyOf| path.is_some_and(|path| regexes.is_in(path.as_bytes()));
        crate::path::admits(&self.lowered.spec.paths, path)
            && self.path_regexes.as_ref().is_none_or(by_regex)
            && !self.allow.iter().any(|list| list.passes_path(path))
    }

    /// What the filters say that need neither the path nor other matches.
    pub(crate) fn check(&self, hay: &[u8], span: Span, secret: Span) -> Result<(), Rejection> {
        crate::filter::check(&self.lowered.spec, &self.stopwords, hay, span, secret)?;
        if self.allow.iter().any(|list| list.passes(hay, span, secret)) {
            return Err(Rejection::Allowed);
        }
        let around = || {
            let end = hay.len().min(span.end + NEAR);
            &hay[span.start.saturating_sub(NEAR)..end]
        };
        if self
            .near
            .as_ref()
            .is_some_and(|words| !words.is_in(around()))
        {
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
        self.allow.iter().filter(|list| list.joins()).enumerate()
    }
}

impl RuleSet {
    /// Lowers and compiles the rules.
    ///
    /// # Errors
    ///
    /// The first rule that is not valid; see [`RuleSpec::lower`]. Two rules with one
    /// id and a part that names no rule are errors as well.
    pub fn compile(specs: &[RuleSpec]) -> Result<Self, RuleError> {
        let lowered = specs
            .iter()
            .map(RuleSpec::lower)
            .collect::<Result<_, _>>()?;
        Self::from_lowered(lowered, &[])
    }

    /// Compiles rules that were lowered before, and literals to watch for: those are
    /// reported to [`Sink::watched`] wherever they stand, in any case. Cheap: patterns
    /// are compiled when they are first needed.
    ///
    /// # Errors
    ///
    /// If two rules have one id, a part names no rule, or there are too many of them.
    pub fn from_lowered(rules: Vec<LoweredRule>, watch: &[&str]) -> Result<Self, RuleError> {
        let mut by_id = HashMap::with_capacity_and_hasher(rules.len(), Fnv);
        for (number, rule) in rules.iter().enumerate() {
            let id = rule.spec.id.as_str();
            let number =
                u32::try_from(number).map_err(|_| RuleError::new(id, RuleErrorKind::TooMany))?;
            if by_id.insert(Box::from(id), RuleId(number)).is_some() {
                return Err(RuleError::new(id, RuleErrorKind::Duplicate));
            }
        }
        let table = NeedleTable::of(&rules, watch);
        let mut compiled = Vec::with_capacity(rules.len());
        let mut lists = HashMap::new();
        for lowered in rules {
            compiled.push(Rule::new(lowered, &by_id, &mut lists)?);
        }
        let longest = compiled
            .iter()
            .map(|r| r.lowered.max_length)
            .max()
            .unwrap_or(0);
        let part = compiled
            .iter()
            .flat_map(|r| r.lowered.spec.parts.iter().map(|p| p.within))
            .max()
            .unwrap_or(0);
        let near = compiled.iter().map(|r| r.lowered.margin()).max();
        let lengths = table.needles.iter().map(|n| n.literal.len());
        Ok(Self {
            longest_needle: lengths.max().unwrap_or(0),
            index: AnchorIndex::new(table.needles),
            targets: table.targets,
            unanchored: (0u32..)
                .zip(&compiled)
                .filter(|(_, rule)| rule.lowered.spec.unanchored)
                .map(|(number, _)| RuleId(number))
                .collect(),
            rules: compiled,
            by_id,
            // A match, a part of it at the greatest distance, and whatever covers it; any of
            // them may be in an encoded run.
            reach: longest * 3 + part + near.unwrap_or(0) + 64 + encoded::REACH,
        })
    }

    /// Scratch space for one worker.
    pub fn scratch(&self) -> Scratch {
        Scratch::new(self.rules.len())
    }

    /// Reports the matches in `blob` to `sink`, in order of where the secret starts.
    pub fn scan_with<S: Sink>(&self, scratch: &mut Scratch, blob: &Blob<'_>, sink: &mut S) {
        crate::scan::scan(self, scratch, blob, sink);
    }

    /// The distance that a match depends on, in bytes: whether it is reported is
    /// decided by the bytes from `reach` before its start to `reach` after its end,
    /// by the path, and by nothing else.
    pub fn reach(&self) -> usize {
        self.reach
    }

    /// Whether there are rules without an anchor: their matches can start anywhere.
    pub fn has_unanchored(&self) -> bool {
        !self.unanchored.is_empty()
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// The rule with this id.
    pub fn find(&self, id: &str) -> Option<RuleId> {
        self.by_id.get(id).copied()
    }

    /// What the rule says, as far as matching is concerned.
    pub fn spec(&self, rule: RuleId) -> &RuleSpec {
        &self.rules[rule.index()].lowered.spec
    }

    /// How many bytes at the start of a value of this rule belong to its format and not
    /// to the secret, such as `ghp_`.
    pub fn public_prefix(&self, rule: RuleId, value: &[u8]) -> usize {
        let lowered = &self.rules[rule.index()].lowered;
        if !matches!(lowered.spec.pattern, Pattern::Regex(_)) {
            return 0;
        }
        let starts = |literal: &[u8]| value.starts_with(literal) && literal.len() < value.len();
        lowered
            .anchors
            .iter()
            .map(|a| &a.literal)
            .filter(|l| starts(l))
            .map(Vec::len)
            .max()
            .unwrap_or(0)
    }

    /// What made the detector for assignments as sure of a match as it is; `None` for
    /// matches of other rules.
    pub fn weigh(&self, blob: &Blob<'_>, found: &Match) -> Option<Weighing> {
        match self.spec(found.rule).pattern {
            Pattern::Assignment => crate::assign::weigh(blob, found.span),
            Pattern::Regex(_) | Pattern::Context { .. } => None,
        }
    }

    /// All rules, in order.
    pub fn ids(&self) -> impl Iterator<Item = RuleId> + use<> {
        (0..u32::try_from(self.rules.len()).unwrap_or(u32::MAX)).map(RuleId)
    }

    /// Heap memory of the anchor index in bytes; patterns come on top as they are used.
    pub fn memory_usage(&self) -> usize {
        self.index.memory_usage()
    }
}

impl Rule {
    fn new(
        lowered: LoweredRule,
        by_id: &HashMap<Box<str>, RuleId, Fnv>,
        lists: &mut HashMap<Allow, Arc<AllowList>>,
    ) -> Result<Self, RuleError> {
        let spec = &lowered.spec;
        let parts = spec
            .parts
            .iter()
            .map(|part| match by_id.get(part.rule.as_str()) {
                Some(&id) => Ok((id, part.within)),
                None => Err(RuleError::new(
                    &spec.id,
                    RuleErrorKind::UnknownPart(part.rule.clone()),
                )),
            })
            .collect::<Result<_, _>>()?;
        let specificity = spec.specificity.unwrap_or(match spec.pattern {
            Pattern::Regex(_) => 6,
            Pattern::Context { value: Some(_), .. } => 4,
            Pattern::Context { value: None, .. } => 3,
            Pattern::Assignment => 1,
        });
        let rank = specificity.min(9) * 4 + confidence_rank(spec.confidence);
        Ok(Self {
            stopwords: Stopwords::of(spec),
            path_regexes: AnyOf::patterns(&spec.path_regexes),
            near: AnyOf::words(&spec.near),
            allow: spec
                .allow
                .iter()
                .map(|allow| {
                    let known = lists.entry(allow.clone());
                    Arc::clone(known.or_insert_with(|| Arc::new(AllowList::new(allow))))
                })
                .collect(),
            rank,
            parts,
            regex: OnceLock::new(),
            lowered,
        })
    }
}

fn confidence_rank(confidence: Confidence) -> u8 {
    match confidence {
        Confidence::Hint => 0,
        Confidence::Probable => 1,
        Confidence::Definite => 2,
    }
}

/// Needles, each once, however many rules ask for it.
struct NeedleTable {
    needles: Vec<Needle>,
    targets: Vec<Vec<Target>>,
}

impl NeedleTable {
    fn of(rules: &[LoweredRule], watch: &[&str]) -> Self {
        let watched: Vec<Vec<u8>> = watch
            .iter()
            .map(|word| word.to_ascii_lowercase().into_bytes())
            .collect();
        let most = rules.iter().map(|rule| rule.anchors.len()).sum::<usize>() + watch.len();
        let mut known = HashMap::with_capacity_and_hasher(most, Fnv);
        let mut table = Self {
            needles: Vec::with_capacity(most),
            targets: Vec::with_capacity(most),
        };
        for (number, rule) in (0u32..).zip(rules) {
            for (place, anchor) in (0u32..).zip(&rule.anchors) {
                let at = *known
                    .entry((anchor.literal.as_slice(), anchor.ignore_case))
                    .or_insert_with(|| {
                        table.push(&anchor.literal, anchor.ignore_case, anchor.rarest)
                    });
                table.needles[at].next.union(&anchor.next());
                table.targets[at].push(Target::Rule {
                    rule: RuleId(number),
                    anchor: place,
                });
            }
        }
        for (number, word) in (0u32..).zip(&watched) {
            let at = *known
                .entry((word.as_slice(), true))
                .or_insert_with(|| table.push(word, true, crate::anchor::rarest(word)));
            table.needles[at].next.union(&ByteSet::ALL);
            table.targets[at].push(Target::Watch(WatchId(number)));
        }
        for needle in encoded::needles() {
            let literal = needle.literal.as_bytes();
            let at = *known
                .entry((literal, needle.ignore_case))
                .or_insert_with(|| {
                    table.push(literal, needle.ignore_case, crate::anchor::rarest(literal))
                });
            table.needles[at].next.union(&needle.next);
            table.targets[at].push(Target::Encoded {
                trigger: needle.trigger,
                next: needle.next,
            });
        }
        table
    }

    /// A needle that nobody has asked for yet.
    fn push(&mut self, literal: &[u8], ignore_case: bool, rarest: u8) -> usize {
        self.needles.push(Needle {
            literal: literal.to_vec(),
            ignore_case,
            next: ByteSet::default(),
            rarest,
        });
        self.targets.push(Vec::new());
        self.needles.len() - 1
    }
}

/// Fowler, Noll and Vo's hash: the tables are made whenever the program starts, and nobody
/// chooses the rules to do harm.
#[derive(Clone, Copy, Default)]
struct Fnv;

struct FnvHasher(u64);

impl BuildHasher for Fnv {
    type Hasher = FnvHasher;

    fn build_hasher(&self) -> FnvHasher {
        FnvHasher(0xCBF2_9CE4_8422_2325)
    }
}

impl Hasher for FnvHasher {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
