//! Rules that look like those of providers nobody has heard of.

use sluicegate_core::{Pattern, RuleError, RuleSet, RuleSpec};

use crate::random::Random;

/// What stands between a provider's name and its token, as often as real ones have it.
const MIDDLES: &[&str] = &[
    "_", "-", "_live_", "_test_", "_api_", "_pat_", "-api-", "_sk_", "_key_", "_v1_",
];

/// A set of so many rules. The rules of a smaller set are also in a larger one.
///
/// Two of three have a prefix and one has names before a value, as with the built-in
/// rules (counted in 2026-11: 502 and 252), and the prefixes are as long as theirs: most
/// have four to fifteen bytes.
///
/// # Errors
///
/// If one of the rules is not valid.
pub fn rules(count: usize) -> Result<RuleSet, RuleError> {
    let mut random = Random::new(1_500);
    let specs: Vec<RuleSpec> = (0..count).map(|number| rule(number, &mut random)).collect();
    RuleSet::compile(&specs)
}

fn rule(number: usize, random: &mut Random) -> RuleSpec {
    let id = format!("provider-{number}");
    if number % 3 == 2 {
        let name = brand(random, 3);
        let names = vec![name.clone(), format!("{}_{}", &name[..4], &name[4..])];
        let pattern = Pattern::Context {
            names,
            words: Vec::new(),
            value: Some("[0-9a-f]{32}".to_owned()),
        };
        return RuleSpec::new(&id, pattern);
    }
    // A few are as short as `sk-`, the others spell the provider's name.
    let prefix = if random.one_in(12) {
        format!(
            "{}{}",
            random.text(b"abcdefghijklmnopqrstuvwxyz", 3),
            random.pick(&["_", "-"])
        )
    } else {
        let syllables = random.between(2, 4);
        format!("{}{}", brand(random, syllables), random.pick(MIDDLES))
    };
    let length = random.between(24, 48);
    let pattern = Pattern::Regex(format!("{prefix}[0-9A-Za-z]{{{length}}}"));
    let mut spec = RuleSpec::new(&id, pattern);
    spec.anchors = vec![prefix];
    spec
}

/// A name that can be spoken.
fn brand(random: &mut Random, syllables: usize) -> String {
    const STARTS: &[&str] = &[
        "b", "br", "c", "cl", "d", "f", "fl", "g", "gr", "h", "k", "l", "m", "n", "p", "pl", "qu",
        "r", "s", "sl", "st", "t", "tr", "v", "w", "x", "z",
    ];
    const ENDS: &[&str] = &[
        "a", "ai", "e", "ea", "i", "io", "o", "oo", "u", "an", "en", "er", "ex", "ic", "im", "in",
        "on", "or", "um", "yn",
    ];
    (0..syllables)
        .map(|_| [random.pick(STARTS), random.pick(ENDS)].concat())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_rules_as_asked_for_and_none_finds_anything() {
        for count in [150, 1500] {
            let rules = rules(count).expect("valid rules");
            assert_eq!(rules.len(), count);
            for corpus in crate::corpus::quiet(32 << 10) {
                let found = crate::count(&rules, &mut rules.scratch(), corpus.path, &corpus.bytes);
                assert_eq!(found, 0, "{}", corpus.name);
            }
        }
    }
}
