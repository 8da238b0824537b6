//! Any bytes at any path through the built-in rules: nothing panics, everything is in
//! range and in order, lent scratch space leaves no trace, and what lies beyond the
//! reach changes nothing.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use sluicegate_core::{Blob, Match, Scratch};
use sluicegate_fuzz::{BUILTIN, Collected};

/// Paths that rules and the assignment detector look at.
const PATHS: &[&str] = &[
    ".env",
    ".npmrc",
    ".netrc",
    ".pypirc",
    ".docker/config.json",
    ".kube/config",
    ".aws/credentials",
    "src/main.py",
    "src/App.tsx",
    "config/settings.yaml",
    "pom.xml",
    "terraform.tfvars",
    "notes.md",
    "test/fixtures/keys.json",
    "Dockerfile",
];

thread_local! {
    /// Lent to all scans of this process, as a worker does.
    static SCRATCH: RefCell<Scratch> = RefCell::new(BUILTIN.set().scratch());
}

fuzz_target!(|data: &[u8]| {
    let Some((&flags, rest)) = data.split_first() else {
        return;
    };
    let named = String::from_utf8_lossy(rest.split(|&b| b == b'\n').next().unwrap_or_default());
    let path = match usize::from(flags >> 3) {
        31 => None,
        number => Some(PATHS.get(number).copied().unwrap_or(&named)),
    };
    let binary = flags & 1 == 1;
    let found = scan(&Blob {
        bytes: rest,
        path,
        binary,
    });
    if flags & 2 != 0 {
        let blob = Blob {
            bytes: rest,
            path,
            binary,
        };
        let mut fresh = Collected::default();
        BUILTIN
            .set()
            .scan_with(&mut BUILTIN.set().scratch(), &blob, &mut fresh);
        assert_eq!(found, fresh.found, "left is what used scratch space gives");
    }
    if flags & 4 != 0 {
        check_locality(rest, path, binary);
    }
});

fn scan(blob: &Blob<'_>) -> Vec<Match> {
    let mut found = Collected::default();
    SCRATCH.with_borrow_mut(|scratch| BUILTIN.set().scan_with(scratch, blob, &mut found));
    found.found
}

/// The same bytes between two stretches as long as the reach: what lies beyond those
/// may be anything, here the bytes themselves.
fn check_locality(bytes: &[u8], path: Option<&str>, binary: bool) {
    let reach = BUILTIN.set().reach();
    let calm: Vec<u8> = b"all is calm here\n"
        .iter()
        .copied()
        .cycle()
        .take(reach)
        .collect();
    let inner = [&calm, bytes, &calm].concat();
    let outer = [bytes, &inner, bytes].concat();
    let middle = |bytes: &[u8], from: usize, length: usize| -> Vec<(usize, usize, Match)> {
        scan(&Blob {
            bytes,
            path,
            binary,
        })
        .into_iter()
        .filter(|m| m.span.start >= from && m.span.end <= from + length)
        .map(|m| (m.secret.start - from, m.secret.end - from, m))
        .collect()
    };
    let places = |found: Vec<(usize, usize, Match)>| -> Vec<_> {
        found
            .into_iter()
            .map(|(start, end, m)| (start, end, m.rule, m.confidence))
            .collect()
    };
    let alone = places(middle(&inner, calm.len(), bytes.len()));
    let among = places(middle(&outer, bytes.len() + calm.len(), bytes.len()));
    assert_eq!(alone, among, "left is without anything beyond the reach");
}
