//! Any text as an example's template: no panic, the marks lie inside, and the same seed
//! gives the same text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_rules::expand;

fuzz_target!(|template: &str| {
    let first = expand(template, "seed");
    assert_eq!(first, expand(template, "seed"));
    match first {
        Ok(example) => {
            if let Some((start, end)) = example.marked {
                assert!(start < end && example.text.get(start..end).is_some());
            }
            if !template.contains("@{") {
                assert_eq!(example.text, template);
            }
        }
        Err(why) => assert!(!why.is_empty()),
    }
});
