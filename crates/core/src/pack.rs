//! Rule sets in a form that a program starts with at little cost: the literals to look for
//! stand ready, and a rule is read when the first of its own is met.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::anchor::Needle;
use crate::bytes::ByteSet;
use crate::error::{RuleError, RuleErrorKind};
use crate::lower::LoweredRule;
use crate::needles::{NeedleTable, Target};
use crate::rule::Rule;
use crate::ruleset::{Extent, RuleId, RuleSet};

#[derive(Serialize, Deserialize)]
struct Pack<'p> {
    #[serde(borrow)]
    rules: Vec<PackedRule<'p>>,
    #[serde(borrow)]
    needles: Vec<PackedNeedle<'p>>,
    extent: Extent,
}

#[derive(Serialize, Deserialize)]
struct PackedRule<'p> {
    id: &'p str,
    rank: u8,
    parts: Vec<(u32, usize)>,
    rule: &'p [u8],
}

#[derive(Serialize, Deserialize)]
struct PackedNeedle<'p> {
    literal: &'p [u8],
    ignore_case: bool,
    next: ByteSet,
    rarest: u8,
    /// The rules that ask for it, each with which of its anchors it is.
    targets: Vec<(u32, u32)>,
}

impl<'p> PackedRule<'p> {
    fn of((rule, bytes): (&'p Rule, &'p Vec<u8>)) -> Self {
        Self {
            id: &rule.id,
            rank: rule.rank,
            parts: rule
                .parts
                .iter()
                .map(|(id, within)| (id.0, *within))
                .collect(),
            rule: bytes,
        }
    }
}

impl RuleSet {
    /// The rules as bytes from which [`from_packed`](Self::from_packed) makes a set.
    ///
    /// # Errors
    ///
    /// As those of [`from_lowered`](Self::from_lowered); and if a rule has no anchor.
    pub fn pack(rules: &[LoweredRule]) -> Result<Vec<u8>, RuleError> {
        let set = Self::from_lowered(rules.to_vec(), &[])?;
        if let Some(&id) = set.unanchored.first() {
            let id = &set.rules[id.index()].id;
            return Err(RuleError::new(id, RuleErrorKind::NoAnchor));
        }
        let mut table = NeedleTable::of(rules);
        table.sort();
        let needles = table.needles.iter().zip(&table.targets);
        let bytes: Vec<Vec<u8>> = rules.iter().map(write).collect();
        let pack = Pack {
            rules: set.rules.iter().zip(&bytes).map(PackedRule::of).collect(),
            needles: needles
                .map(|(needle, targets)| PackedNeedle {
                    literal: &needle.literal,
                    ignore_case: needle.ignore_case,
                    next: needle.next,
                    rarest: needle.rarest,
                    targets: targets.iter().filter_map(Target::rule).collect(),
                })
                .collect(),
            extent: Extent::of(rules),
        };
        Ok(write(&pack))
    }

    /// A set of the rules that [`pack`](Self::pack) wrote, and literals to watch for; the
    /// same as [`from_lowered`](Self::from_lowered) makes, at a fraction of the cost.
    ///
    /// # Errors
    ///
    /// If the bytes are no pack.
    ///
    /// # Panics
    ///
    /// When a rule is first met, if the bytes were changed after they were written.
    pub fn from_packed(pack: &'static [u8], watch: &[&str]) -> Result<Self, RuleError> {
        let Pack {
            rules,
            needles,
            extent,
        } = read(pack)?;
        let rules = rules.into_iter().map(|rule| {
            let parts = rule
                .parts
                .into_iter()
                .map(|(id, within)| (RuleId(id), within));
            Rule::packed(rule.id, rule.rank, parts.collect(), rule.rule)
        });
        let rules = rules.collect();
        let mut table = NeedleTable::default();
        for needle in needles {
            table.needles.push(Needle {
                literal: Cow::Borrowed(needle.literal),
                ignore_case: needle.ignore_case,
                next: needle.next,
                rarest: needle.rarest,
            });
            let target = |(rule, anchor)| Target::Rule {
                rule: RuleId(rule),
                anchor,
            };
            table
                .targets
                .push(needle.targets.into_iter().map(target).collect());
        }
        Ok(Self::assemble(rules, table, extent, watch))
    }

    /// The rules that [`pack`](Self::pack) wrote.
    ///
    /// # Errors
    ///
    /// If the bytes are no pack.
    pub fn unpack(pack: &[u8]) -> Result<Vec<LoweredRule>, RuleError> {
        let pack = read(pack)?;
        Ok(pack.rules.iter().map(|packed| rule(packed.rule)).collect())
    }
}

fn write(value: &impl Serialize) -> Vec<u8> {
    postcard::to_stdvec(value).expect("a vector takes whatever is written to it")
}

fn read(pack: &[u8]) -> Result<Pack<'_>, RuleError> {
    postcard::from_bytes(pack).map_err(|_| RuleError::new("", RuleErrorKind::NoPack))
}

/// A single rule of a pack.
pub(crate) fn rule(bytes: &[u8]) -> LoweredRule {
    postcard::from_bytes(bytes).expect("a pack holds what was written to it")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::{Blob, Match, Sink};
    use crate::spec::{Part, Pattern, RuleSpec};

    #[derive(Default)]
    struct Found(Vec<Match>);

    impl Sink for Found {
        fn found(&mut self, _: &Blob<'_>, found: &Match) {
            self.0.push(*found);
        }
    }

    fn lowered() -> Vec<LoweredRule> {
        let rule = |id: &str, pattern: &str, anchor: &str| {
            let mut spec = RuleSpec::new(id, Pattern::Regex(pattern.to_owned()));
            spec.anchors = vec![anchor.to_owned()];
            spec.placeholders = false;
            spec
        };
        let mut joined = rule("joined", "sec_[a-f]{3}", "sec_");
        joined.parts = vec![Part {
            rule: "first".into(),
            within: 40,
            required: true,
            confidence: None,
        }];
        let specs = [rule("first", "key_[a-f]{4}", "key_"), joined];
        specs.map(|spec| spec.lower().expect("valid")).to_vec()
    }

    #[test]
    fn a_packed_set_finds_what_the_set_finds() {
        let text = b"key_abcd sec_abc, token = \"sec_abc\"";
        let scan = |set: &RuleSet| {
            let mut found = Found::default();
            set.scan_with(&mut set.scratch(), &Blob::new(text), &mut found);
            found.0
        };
        let eager = RuleSet::from_lowered(lowered(), &["token"]).expect("valid");
        let pack = RuleSet::pack(&lowered()).expect("valid").leak();
        let packed = RuleSet::from_packed(pack, &["token"]).expect("a pack");
        assert_eq!(scan(&packed), scan(&eager));
        assert_eq!(scan(&packed).len(), 3);
        assert_eq!(packed.find("joined"), eager.find("joined"));
        assert_eq!(packed.reach(), eager.reach());
        assert_eq!(RuleSet::unpack(pack).expect("a pack"), lowered());
    }

    #[test]
    fn what_is_no_pack_is_refused() {
        assert!(RuleSet::from_packed(&[0xFF; 9], &[]).is_err());
        let mut open = RuleSpec::new("open", Pattern::Regex("[a-f]{9}".to_owned()));
        open.unanchored = true;
        let open = open.lower().expect("valid");
        assert!(RuleSet::pack(&[open]).is_err());
    }
}
