//! The literals that one pass looks for, and who asked for each.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use crate::anchor::Needle;
use crate::bytes::ByteSet;
use crate::common::rarest;
use crate::encoded::{self, Trigger};
use crate::lower::LoweredRule;
use crate::ruleset::{RuleId, WatchId};

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

impl Target {
    /// The rule and which of its anchors it is.
    pub(crate) fn rule(&self) -> Option<(u32, u32)> {
        match *self {
            Self::Rule { rule, anchor } => Some((rule.0, anchor)),
            Self::Watch(_) | Self::Encoded { .. } => None,
        }
    }
}

/// Needles, each once, however many rules ask for it.
#[derive(Default)]
pub(crate) struct NeedleTable {
    pub(crate) needles: Vec<Needle>,
    /// For each needle, who asked for it.
    pub(crate) targets: Vec<Vec<Target>>,
}

impl NeedleTable {
    /// What the rules ask for.
    pub(crate) fn of(rules: &[LoweredRule]) -> Self {
        let most = rules.iter().map(|rule| rule.anchors.len()).sum();
        let mut known = HashMap::with_capacity_and_hasher(most, Fnv);
        let mut table = Self::default();
        for (number, rule) in (0u32..).zip(rules) {
            for (place, anchor) in (0u32..).zip(&rule.anchors) {
                let at = *known
                    .entry((anchor.literal.as_slice(), anchor.ignore_case))
                    .or_insert_with(|| {
                        table.push(
                            Cow::Owned(anchor.literal.clone()),
                            anchor.ignore_case,
                            anchor.rarest,
                        )
                    });
                table.needles[at].next.union(&anchor.next());
                table.targets[at].push(Target::Rule {
                    rule: RuleId(number),
                    anchor: place,
                });
            }
        }
        table
    }

    /// Puts them into the order in which the index has them.
    pub(crate) fn sort(&mut self) {
        let needles = std::mem::take(&mut self.needles);
        let mut both: Vec<_> = needles.into_iter().zip(self.targets.drain(..)).collect();
        both.sort_by_key(|(needle, _)| needle.place());
        (self.needles, self.targets) = both.into_iter().unzip();
    }

    /// Adds what is looked for whatever the rules are.
    pub(crate) fn add_others(&mut self, watch: &[&str]) {
        for (number, word) in (0u32..).zip(watch) {
            let word = word.to_ascii_lowercase().into_bytes();
            let rarest = rarest(&word);
            let at = self.push(Cow::Owned(word), true, rarest);
            self.needles[at].next = ByteSet::ALL;
            self.targets[at].push(Target::Watch(WatchId(number)));
        }
        for needle in encoded::needles() {
            let literal = needle.literal.as_bytes();
            let at = self.push(Cow::Borrowed(literal), needle.ignore_case, rarest(literal));
            self.needles[at].next = needle.next;
            self.targets[at].push(Target::Encoded {
                trigger: needle.trigger,
                next: needle.next,
            });
        }
    }

    /// A needle that nobody has asked for yet.
    fn push(&mut self, literal: Cow<'static, [u8]>, ignore_case: bool, rarest: u8) -> usize {
        self.needles.push(Needle {
            literal,
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
