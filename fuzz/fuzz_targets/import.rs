//! Any text as a rule file of another scanner: an error with a line, or rules that can be
//! built and searched with; and what they are written as is read as the same rules.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_core::Blob;
use sluicegate_fuzz::Collected;
use sluicegate_rules::{Fate, Imported, Rules, Scope, import};

fuzz_target!(|input: (bool, &str)| {
    let (yaml, text) = input;
    let name = if yaml { "fuzz.yml" } else { "fuzz.toml" };
    // A file that extends another one extends itself.
    let read = |_: &str| Ok(text.to_owned());
    match import(name, text, &read) {
        None => {}
        Some(Err(wrong)) => {
            let lines = text.split('\n').count();
            assert!(!wrong.message().is_empty());
            assert!(
                wrong.line().is_none_or(|line| 1 <= line && line <= lines),
                "{wrong}"
            );
        }
        Some(Ok(imported)) => check(&imported, text),
    }
});

fn check(imported: &Imported, text: &str) {
    for note in imported.notes() {
        assert_eq!(note.fate == Fate::Translated, note.remarks.is_empty());
    }
    let builder = Rules::builder().builtin(false);
    let direct = builder
        .add(imported.clone(), Scope::AllRules)
        .build(&[])
        .expect("what was imported fits together");
    let all = imported.count(Fate::Translated) + imported.count(Fate::Approximated);
    assert_eq!(direct.set().len(), all);
    let find = |rules: &Rules| {
        let mut found = Collected::default();
        let blob = Blob::new(text.as_bytes()).at("fuzz.txt");
        let set = rules.set();
        set.scan_with(&mut set.scratch(), &blob, &mut found);
        found
    };
    let found = find(&direct);
    if all == 0 {
        return;
    }
    let written = Rules::builder()
        .builtin(false)
        .file("written.toml", &imported.to_toml())
        .expect("what was written can be read")
        .build(&[])
        .expect("and fits together");
    assert_eq!(find(&written).found, found.found);
}
