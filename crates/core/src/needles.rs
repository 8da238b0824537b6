//! The literals that one pass looks for, and who asked for each.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use crate::anchor::{AnchorIndex, Entry, Literal, Needle};
use crate::bytes::ByteSet;
use crate::common::rarest;
use crate::encoded::{self, Trigger, TriggerNeedle};
use crate::lower::LoweredRule;
use crate::ruleset::{RuleId, WatchId};

/// What to do where a needle stands.
pub(crate) enum Target {
    Rule { rule: RuleId, anchor: u32 },
    Watch(WatchId),
    Encoded(Box<Encoded>),
}

/// An encoded run may be here, if one of these bytes follows.
pub(crate) struct Encoded {
    pub(crate) trigger: Trigger,
    pub(crate) next: ByteSet,
}

impl Target {
    /// The rule and which of its anchors it is.
    pub(crate) fn rule(&self) -> Option<(u32, u32)> {
        match *self {
            Self::Rule { rule, anchor } => Some((rule.0, anchor)),
            Self::Watch(_) | Self::Encoded(_) => None,
        }
    }
}

/// For each needle of an index, who asked for it.
#[derive(Default)]
pub(crate) struct Targets {
    all: Vec<Target>,
    /// Where those of each needle end.
    ends: Vec<u32>,
}

impl Targets {
    pub(crate) fn with_capacity(needles: usize, targets: usize) -> Self {
        Self {
            all: Vec::with_capacity(targets),
            ends: Vec::with_capacity(needles),
        }
    }

    /// The next needle's.
    pub(crate) fn push(&mut self, targets: impl IntoIterator<Item = Target>) {
        self.all.extend(targets);
        let end = u32::try_from(self.all.len());
        self.ends
            .push(end.expect("there are fewer targets than anchors of rules"));
    }

    #[inline]
    pub(crate) fn of(&self, needle: usize) -> &[Target] {
        let start = match needle.checked_sub(1) {
            Some(before) => self.ends[before],
            None => 0,
        };
        &self.all[start as usize..self.ends[needle] as usize]
    }
}

/// Needles, each once, however many rules ask for it.
#[derive(Default)]
pub(crate) struct NeedleTable {
    needles: Vec<Needle>,
    /// For each needle, who asked for it.
    targets: Vec<Vec<Target>>,
}

impl NeedleTable {
    /// What the rules ask for, and the triggers of encoded runs behind them.
    pub(crate) fn of(rules: &[LoweredRule]) -> Self {
        let most = rules.iter().map(|rule| rule.anchors.len()).sum();
        let mut known = HashMap::with_capacity_and_hasher(most, Fnv);
        let mut table = Self::default();
        for (number, rule) in (0u32..).zip(rules) {
            for (place, anchor) in (0u32..).zip(&rule.anchors) {
                let at = *known
                    .entry((anchor.literal.as_slice(), anchor.ignore_case))
                    .or_insert_with(|| {
                        let literal = Literal {
                            bytes: Cow::Owned(anchor.literal.clone()),
                            ignore_case: anchor.ignore_case,
                        };
                        table.push(literal, anchor.rarest)
                    });
                table.needles[at].next.union(&anchor.next());
                table.targets[at].push(Target::Rule {
                    rule: RuleId(number),
                    anchor: place,
                });
            }
        }
        for needle in encoded::needles() {
            let (literal, target) = encoded_needle(needle);
            let rarest = rarest(&literal.bytes);
            let at = table.push(literal, rarest);
            if let Target::Encoded(encoded) = &target {
                table.needles[at].next = encoded.next;
            }
            table.targets[at].push(target);
        }
        table
    }

    /// The needles, with the rules that ask for each.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Literal, &[Target])> {
        let targets = self.targets.iter().map(Vec::as_slice);
        self.needles
            .iter()
            .map(|needle| &needle.literal)
            .zip(targets)
    }

    /// Where the needles enter an index.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        Entry::of(&self.needles, 0)
    }

    /// The index, with words to watch for.
    pub(crate) fn index(self, watch: &[&str]) -> (AnchorIndex, Targets) {
        let entries = self.entries();
        let mut targets = Targets::default();
        self.targets.into_iter().for_each(|own| targets.push(own));
        let literals = self.needles.into_iter().map(|needle| needle.literal);
        indexed(literals.collect(), entries.into_iter(), targets, watch)
    }

    /// A needle that nobody has asked for yet.
    fn push(&mut self, literal: Literal, rarest: u8) -> usize {
        self.needles.push(Needle {
            literal,
            next: ByteSet::default(),
            rarest,
        });
        self.targets.push(Vec::new());
        self.needles.len() - 1
    }
}

/// What is looked for whatever the rules are.
pub(crate) fn encoded_needle(needle: TriggerNeedle) -> (Literal, Target) {
    let literal = Literal {
        bytes: Cow::Borrowed(needle.literal.as_bytes()),
        ignore_case: needle.ignore_case,
    };
    let target = Target::Encoded(Box::new(Encoded {
        trigger: needle.trigger,
        next: needle.next,
    }));
    (literal, target)
}

/// The index of literals whose entries are known, with words to watch for behind them.
pub(crate) fn indexed(
    mut literals: Vec<Literal>,
    known: impl Iterator<Item = Entry>,
    mut targets: Targets,
    watch: &[&str],
) -> (AnchorIndex, Targets) {
    let first = literals.len();
    let mut words = Vec::with_capacity(watch.len());
    for (number, word) in (0u32..).zip(watch) {
        let word = word.to_ascii_lowercase().into_bytes();
        words.push(Needle {
            rarest: rarest(&word),
            literal: Literal {
                bytes: Cow::Owned(word),
                ignore_case: true,
            },
            next: ByteSet::ALL,
        });
        targets.push([Target::Watch(WatchId(number))]);
    }
    let others = Entry::of(&words, first);
    literals.extend(words.into_iter().map(|word| word.literal));
    (AnchorIndex::joined(literals, known, others), targets)
}

/// Fowler, Noll and Vo's hash: the tables are made whenever the program starts, and nobody
/// chooses the rules to do harm.
#[derive(Clone, Copy, Default)]
pub(crate) struct Fnv;

pub(crate) struct FnvHasher(u64);

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
