//! Any text as a rule file: an error or a rule set, never a panic; and what was taken can
//! be searched with, explained and tested.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_core::Blob;
use sluicegate_fuzz::Collected;
use sluicegate_rules::{Rules, check};

fuzz_target!(|text: &str| {
    let rules = match Rules::builder().builtin(false).file("fuzz.toml", text) {
        Ok(builder) => builder.build(&["sluice:allow"]),
        Err(wrong) => Err(wrong),
    };
    match rules {
        Err(wrong) => {
            assert!(wrong.iter().next().is_some());
            let lines = text.split('\n').count();
            for diagnostic in wrong {
                assert!(!diagnostic.message().is_empty());
                assert!(
                    diagnostic
                        .line()
                        .is_none_or(|line| 1 <= line && line <= lines)
                );
            }
        }
        Ok(rules) => {
            assert!(!rules.set().is_empty());
            for id in rules.set().ids() {
                assert!(rules.is_loaded(id) && !rules.info(id).id.is_empty());
            }
            // The text holds its own anchors, so that the patterns are run.
            let mut found = Collected::default();
            let blob = Blob::new(text.as_bytes());
            rules
                .set()
                .scan_with(&mut rules.set().scratch(), &blob, &mut found);
            check(&rules, |_| true);
        }
    }
});
