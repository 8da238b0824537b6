//! References: any bytes as any kind of file.

use sluicegate_core::Span;
use sluicegate_references::{WATCH, inspect, remedy};

/// Reads the bytes as the file at one of `paths`, and lets everything that is found be
/// changed. Nothing panics, every place lies in the file, and what is changed is still read.
pub fn look(paths: &[&str], input: (u8, &[u8])) {
    let (choice, bytes) = input;
    let path = paths[usize::from(choice) % paths.len()];
    let mut watched = Vec::new();
    for (number, word) in WATCH.iter().enumerate() {
        let places = bytes.windows(word.len()).enumerate();
        let same = places.filter(|(_, window)| window.eq_ignore_ascii_case(word.as_bytes()));
        watched.extend(same.map(|(at, _)| (number, Span::new(at, at + word.len()))));
    }
    let seen = inspect(path, bytes, &watched);
    let mut wanted = Vec::new();
    for reference in &seen.references {
        assert!(reference.span.end <= bytes.len());
        wanted.push((reference.pattern.pattern().id(), reference.span));
    }
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Some(changed) = remedy(path, text, &wanted) {
        assert!(!changed.remedies.is_empty());
        let again = inspect(path, changed.text.as_bytes(), &[]);
        assert!(again.trouble.is_none());
    }
}
