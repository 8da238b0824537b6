//! Every pattern of the catalogue proves itself: the texts it finds, and the texts that
//! look alike and must stay silent.

#[path = "../src/format.rs"]
#[allow(
    dead_code,
    reason = "shared with the build script, which needs more of it"
)]
mod format;

use std::collections::BTreeSet;
use std::path::Path;

use format::{PatternEntry, PatternFile};
use sluicegate_core::{Confidence, Span};
use sluicegate_references::{Inspection, Pattern, WATCH, inspect};

fn patterns() -> Vec<PatternEntry> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("patterns");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        if path.extension().is_some_and(|e| e == "toml") {
            let text = std::fs::read_to_string(&path).expect("it can be read");
            let file: PatternFile = toml::from_str(&text).expect("the build script has read it");
            all.extend(file.pattern);
        }
    }
    assert_eq!(all.len(), Pattern::all().len());
    all
}

/// What the scan hands over for source code.
fn watched(text: &str) -> Vec<(usize, Span)> {
    let lower = text.to_ascii_lowercase();
    let mut places = Vec::new();
    for (number, word) in WATCH.iter().enumerate() {
        let word = word.to_ascii_lowercase();
        places.extend(
            lower
                .match_indices(&word)
                .map(|(at, _)| (number, Span::new(at, at + word.len()))),
        );
    }
    places
}

fn look(path: &str, text: &str) -> Inspection {
    inspect(path, text.as_bytes(), &watched(text))
}

#[test]
fn every_pattern_finds_its_examples_and_leaves_look_alikes() {
    let mut wrong = Vec::new();
    for pattern in patterns() {
        for example in &pattern.found {
            let seen = look(&example.path, &example.text);
            let least = match example.confidence.as_str() {
                "" => Confidence::Probable,
                word => word.parse().expect("a known word"),
            };
            let hit = seen.references.iter().any(|r| {
                r.pattern.pattern().code() == pattern.code
                    && r.name == example.name
                    && r.confidence >= least
            });
            if !hit {
                let others: Vec<_> = seen
                    .references
                    .iter()
                    .map(|r| (r.pattern.pattern().code(), &r.name, r.confidence))
                    .collect();
                wrong.push(format!(
                    "{}: not found in\n{}\nbut {others:?} {:?}",
                    pattern.code, example.text, seen.trouble
                ));
            }
        }
        for example in &pattern.silent {
            let seen = look(&example.path, &example.text);
            assert_eq!(seen.trouble, None, "{}", example.text);
            let loud: Vec<_> = seen
                .references
                .iter()
                .filter(|r| {
                    r.pattern.pattern().code() == pattern.code && r.confidence > Confidence::Hint
                })
                .map(|r| (&r.name, r.confidence))
                .collect();
            if !loud.is_empty() {
                wrong.push(format!(
                    "{}: {loud:?} found in\n{}",
                    pattern.code, example.text
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n---\n"));
}

#[test]
fn places_lie_in_the_text_and_say_what_is_named() {
    for pattern in patterns() {
        for example in pattern.found.iter().chain(&pattern.silent) {
            for reference in look(&example.path, &example.text).references {
                let span = reference.span;
                assert!(span.start < span.end, "{} {span:?}", pattern.code);
                assert!(
                    example.text.get(span.start..span.end).is_some(),
                    "{} {span:?}",
                    pattern.code
                );
            }
        }
    }
}

#[test]
fn the_catalogue_is_whole() {
    let mut ids = BTreeSet::new();
    let mut codes = BTreeSet::new();
    let mut wrong = Vec::new();
    for pattern in patterns() {
        assert!(
            ids.insert(pattern.id.clone()),
            "{} is there twice",
            pattern.id
        );
        assert!(
            codes.insert(pattern.code.clone()),
            "{} is there twice",
            pattern.code
        );
        assert!(pattern.id.starts_with("ref-"), "{}", pattern.id);
        if pattern.found.is_empty() {
            wrong.push(format!("{} has no example", pattern.code));
        }
        if pattern.silent.is_empty() {
            wrong.push(format!("{} has no look-alike", pattern.code));
        }
        for text in [&pattern.why, &pattern.instead] {
            assert!(text.len() > 30, "{}: says too little", pattern.code);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
