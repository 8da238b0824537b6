//! Whatever stands in a file: no panic, and every place lies in it, between characters.

use std::path::Path;
use std::sync::LazyLock;

use proptest::prelude::*;
use sluicegate_core::Span;
use sluicegate_references::{WATCH, inspect, remedy};

static ALL: LazyLock<Vec<(String, String)>> = LazyLock::new(examples);

/// Paths and texts of all examples.
fn examples() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("patterns");
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be listed").path();
        let text = std::fs::read_to_string(path).expect("it can be read");
        let file: toml::Table = toml::from_str(&text).expect("it is valid");
        for pattern in file["pattern"].as_array().expect("a list") {
            for key in ["found", "silent"] {
                let texts = pattern.get(key).and_then(toml::Value::as_array);
                for example in texts.into_iter().flatten() {
                    let of = |key: &str| example[key].as_str().unwrap_or_default().to_owned();
                    all.push((of("path"), of("text")));
                }
            }
        }
    }
    all
}

fn check(path: &str, bytes: &[u8]) {
    let lower = String::from_utf8_lossy(bytes).to_ascii_lowercase();
    let mut watched = Vec::new();
    if lower.len() == bytes.len() {
        for (number, word) in WATCH.iter().enumerate() {
            for (at, _) in lower.match_indices(&word.to_ascii_lowercase()) {
                watched.push((number, Span::new(at, at + word.len())));
            }
        }
    }
    let text = std::str::from_utf8(bytes);
    for reference in inspect(path, bytes, &watched).references {
        let span = reference.span;
        assert!(span.end <= bytes.len(), "{path} {span:?}");
        if let Ok(text) = text {
            assert!(text.get(span.start..span.end).is_some(), "{path} {span:?}");
        }
        assert!(!reference.name.contains(char::is_control));
    }
    let Ok(text) = text else { return };
    let found = inspect(path, bytes, &[]).references;
    let wanted: Vec<_> = found
        .iter()
        .map(|r| (r.pattern.pattern().id(), r.span))
        .collect();
    if let Some(changed) = remedy(path, text, &wanted) {
        assert!(!changed.remedies.is_empty());
        let again = inspect(path, changed.text.as_bytes(), &[]);
        assert_eq!(again.trouble, None);
        assert!(again.references.len() < found.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn damaged_files_do_no_harm(
        number in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 0usize..12, "[ -~\\né𝒳\"'{}$\\[\\]<>:|&]{0,4}"), 0..5),
    ) {
        let all = &*ALL;
        let (path, text) = &all[number.index(all.len())];
        let (elsewhere, _) = &all[other.index(all.len())];
        let mut bytes = text.clone().into_bytes();
        for (at, length, new) in cuts {
            if bytes.is_empty() { break; }
            let at = at.index(bytes.len());
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, new.bytes());
        }
        check(path, &bytes);
        check(elsewhere, &bytes);
    }
}
