//! A compiled set of rules: immutable, shared between workers.

use std::collections::HashMap;
use std::sync::OnceLock;

use crate::anchor::AnchorIndex;
use crate::assign::Weighing;
use crate::encoded;
use crate::error::{RuleError, RuleErrorKind};
use crate::lower::LoweredRule;
use crate::needles::{Fnv, NeedleTable, Targets};
use crate::rule::{Lists, Rule};
use crate::scan::{Blob, Match, Scratch, Sink};
use crate::spec::{Part, Pattern, RuleSpec};

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
    pub(crate) targets: Targets,
    pub(crate) rules: Vec<Rule>,
    /// The rules without an anchor, which are run over everything.
    pub(crate) unanchored: Vec<RuleId>,
    by_id: OnceLock<HashMap<Box<str>, RuleId, Fnv>>,
    reach: usize,
}

/// How far the rules of a set reach, in bytes; see [`RuleSet::reach`].
pub(crate) fn reach_of(rules: &[LoweredRule]) -> usize {
    let most = |length: fn(&LoweredRule) -> usize| rules.iter().map(length).max().unwrap_or(0);
    let longest = most(|rule| rule.max_length);
    let part = most(|rule| rule.spec.parts.iter().map(|p| p.within).max().unwrap_or(0));
    // A match, a part of it at the greatest distance, and whatever covers it; any of them may
    // be in an encoded run.
    longest * 3 + part + most(LoweredRule::margin) + 64 + encoded::REACH
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
        let mut by_id: HashMap<Box<str>, RuleId, Fnv> =
            HashMap::with_capacity_and_hasher(rules.len(), Fnv);
        for (number, rule) in rules.iter().enumerate() {
            let id = rule.spec.id.as_str();
            let number =
                u32::try_from(number).map_err(|_| RuleError::new(id, RuleErrorKind::TooMany))?;
            if by_id.insert(Box::from(id), RuleId(number)).is_some() {
                return Err(RuleError::new(id, RuleErrorKind::Duplicate));
            }
        }
        let table = NeedleTable::of(&rules);
        let reach = reach_of(&rules);
        let mut compiled = Vec::with_capacity(rules.len());
        let mut unanchored = Vec::new();
        let mut lists = Lists::new();
        for (number, lowered) in (0u32..).zip(rules) {
            let known = |part: &Part| match by_id.get(part.rule.as_str()) {
                Some(&id) => Ok((id, part.within)),
                None => Err(RuleError::new(
                    &lowered.spec.id,
                    RuleErrorKind::UnknownPart(part.rule.clone()),
                )),
            };
            let parts = lowered
                .spec
                .parts
                .iter()
                .map(known)
                .collect::<Result<_, _>>()?;
            if lowered.spec.unanchored {
                unanchored.push(RuleId(number));
            }
            compiled.push(Rule::new(lowered, parts, &mut lists));
        }
        let mut set = Self::assemble(compiled, table.index(watch), reach);
        set.unanchored = unanchored;
        set.by_id = OnceLock::from(by_id);
        Ok(set)
    }

    /// A set of these rules, all of which have an anchor.
    pub(crate) fn assemble(
        rules: Vec<Rule>,
        (index, targets): (AnchorIndex, Targets),
        reach: usize,
    ) -> Self {
        Self {
            index,
            targets,
            unanchored: Vec::new(),
            rules,
            by_id: OnceLock::new(),
            reach,
        }
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
        let by_id = self.by_id.get_or_init(|| {
            let ids = self.rules.iter().map(|rule| Box::from(&*rule.id));
            ids.zip(self.ids()).collect()
        });
        by_id.get(id).copied()
    }

    /// What the rule says, as far as matching is concerned.
    pub fn spec(&self, rule: RuleId) -> &RuleSpec {
        &self.rules[rule.index()].lowered().spec
    }

    /// How many bytes at the start of a value of this rule belong to its format and not
    /// to the secret, such as `ghp_`.
    pub fn public_prefix(&self, rule: RuleId, value: &[u8]) -> usize {
        let lowered = self.rules[rule.index()].lowered();
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
