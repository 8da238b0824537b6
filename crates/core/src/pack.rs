//! Rule sets in a form that a program starts with at little cost: the literals to look for
//! stand ready, and a rule is read when the first of its own is met.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::anchor::{Entry, Literal};
use crate::encoded;
use crate::error::{RuleError, RuleErrorKind};
use crate::lower::LoweredRule;
use crate::needles::{NeedleTable, Target, Targets, encoded_needle, indexed};
use crate::rule::Rule;
use crate::ruleset::{RuleId, RuleSet, reach_of};

#[derive(Serialize, Deserialize)]
struct Pack<'p> {
    #[serde(borrow)]
    rules: Vec<PackedRule<'p>>,
    /// The literals of the rules, one behind the other.
    literals: &'p [u8],
    /// For each the length, and a bit that says whether case is ignored.
    lengths: &'p [u8],
    /// How many rules ask for each, and which, each with which of its anchors it is.
    counts: Vec<u32>,
    targets: Vec<(u32, u32)>,
    /// Where they and the triggers of encoded runs enter the index.
    entries: &'p [u8],
    reach: usize,
}

#[derive(Serialize, Deserialize)]
struct PackedRule<'p> {
    id: &'p str,
    rank: u8,
    parts: Vec<(u32, usize)>,
    rule: &'p [u8],
}

/// Set in the length of a literal whose case is ignored; none is longer than 64 bytes.
const IGNORE_CASE: u8 = 0x80;

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
        let table = NeedleTable::of(rules);
        let own = table.iter().filter_map(|(literal, targets)| {
            let asked: Vec<_> = targets.iter().filter_map(Target::rule).collect();
            (!asked.is_empty()).then_some((literal, asked))
        });
        let (mut literals, mut lengths) = (Vec::new(), Vec::new());
        let (mut counts, mut targets) = (Vec::new(), Vec::new());
        for (literal, asked) in own {
            literals.extend_from_slice(&literal.bytes);
            let length = u8::try_from(literal.bytes.len()).expect("measured when it was lowered");
            lengths.push(length | if literal.ignore_case { IGNORE_CASE } else { 0 });
            counts.push(u32::try_from(asked.len()).expect("no more than there are rules"));
            targets.extend(asked);
        }
        let bytes: Vec<Vec<u8>> = rules.iter().map(write).collect();
        let entries: Vec<u8> = table.entries().into_iter().flat_map(Entry::write).collect();
        let pack = Pack {
            rules: set.rules.iter().zip(&bytes).map(PackedRule::of).collect(),
            literals: &literals,
            lengths: &lengths,
            counts,
            targets,
            entries: &entries,
            reach: reach_of(rules),
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
        let pack = read(pack)?;
        let rules = pack.rules.into_iter().map(|rule| {
            let parts = rule
                .parts
                .into_iter()
                .map(|(id, within)| (RuleId(id), within));
            Rule::packed(rule.id, rule.rank, parts.collect(), rule.rule)
        });
        let triggers = encoded::needles();
        let needles = pack.lengths.len() + triggers.len() + watch.len();
        let mut literals = Vec::with_capacity(needles);
        let mut targets =
            Targets::with_capacity(needles, pack.targets.len() + triggers.len() + watch.len());
        let mut bytes = pack.literals;
        let mut asked = pack.targets.iter().map(|&(rule, anchor)| Target::Rule {
            rule: RuleId(rule),
            anchor,
        });
        for (length, count) in pack.lengths.iter().zip(&pack.counts) {
            let (own, rest) = bytes
                .split_at_checked(usize::from(length & !IGNORE_CASE))
                .ok_or_else(no_pack)?;
            bytes = rest;
            literals.push(Literal {
                bytes: Cow::Borrowed(own),
                ignore_case: length & IGNORE_CASE != 0,
            });
            targets.push(asked.by_ref().take(*count as usize));
        }
        for needle in triggers {
            let (literal, target) = encoded_needle(needle);
            literals.push(literal);
            targets.push([target]);
        }
        let (entries, _) = pack.entries.as_chunks();
        let entries = entries.iter().map(Entry::read);
        if !entries.clone().all(|entry| entry.is_of(&literals)) {
            return Err(no_pack());
        }
        let index = indexed(literals, entries, targets, watch);
        Ok(Self::assemble(rules.collect(), index, pack.reach))
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
    postcard::from_bytes(pack).map_err(|_| no_pack())
}

fn no_pack() -> RuleError {
    RuleError::new("", RuleErrorKind::NoPack)
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
