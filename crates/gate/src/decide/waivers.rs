//! Waivers, ordered by what they are for.

use std::collections::BTreeMap;

use crate::context::Context;
use crate::finding::Finding;
use crate::waiver::Examined;

/// Waivers for this stage, by what they are for.
pub(super) struct Waivers<'j> {
    pub(super) all: Vec<&'j Examined>,
    by_fingerprint: BTreeMap<&'j str, Vec<usize>>,
    by_rule: BTreeMap<&'j str, Vec<usize>>,
}

impl<'j> Waivers<'j> {
    pub(super) fn of(waivers: &'j [Examined], context: &Context) -> Self {
        let mut all: Vec<&Examined> = waivers.iter().collect();
        all.sort();
        let mut by_fingerprint: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut by_rule: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, waiver) in all.iter().enumerate() {
            let waiver = &waiver.waiver;
            if !waiver.stages.contains(&context.stage) {
                continue;
            }
            let selector = &waiver.selector;
            let (index, key) = if selector.fingerprint.is_empty() {
                (&mut by_rule, selector.rule.as_str())
            } else {
                (&mut by_fingerprint, selector.fingerprint.as_str())
            };
            index.entry(key).or_default().push(number);
        }
        Self {
            all,
            by_fingerprint,
            by_rule,
        }
    }

    pub(super) fn of_finding(&self, finding: &Finding) -> impl Iterator<Item = &'j Examined> {
        let direct = self.by_fingerprint.get(finding.fingerprint.as_str());
        let by_rule = self.by_rule.get(finding.rule.as_str());
        direct
            .into_iter()
            .chain(by_rule)
            .flatten()
            .map(|number| self.all[*number])
            .filter(|examined| examined.waiver.selector.fits(finding))
    }
}
