//! A file too large for one buffer gives what it gives whole, on any number of threads.

use std::sync::Arc;

use sluicegate_core::{Confidence, Finding, Report};
use sluicegate_rules::Rules;
use sluicegate_scan::{Monitor, Options, Scanner, Target};

const PIECE: usize = 2 << 20;

fn scanner(threads: usize) -> Scanner {
    let mut options = Options::default();
    options.threads = threads;
    options.min_confidence = Confidence::Hint;
    let words = Scanner::watch_words(&options.markers);
    let rules = Rules::builder()
        .build(&words)
        .expect("the built-in rules are valid");
    Scanner::new(Arc::new(rules), options)
}

/// A value that the detector for assignments finds, different for every number.
fn line(number: usize) -> String {
    format!("smtp_password = \"Kq{number}!vR7xT\"\n")
}

/// Some 5 MB of text with values at and around the edges of the pieces.
fn text() -> String {
    let mut text = String::new();
    let mut number = 0;
    let filler = "nothing to see on this line, and nothing on the next one either\n";
    for edge in [PIECE, 2 * PIECE] {
        for place in [
            edge - 70_000,
            edge - 60,
            edge - 31,
            edge - 12,
            edge + 2,
            edge + 40_000,
        ] {
            while text.len() + filler.len() < place.saturating_sub(20) {
                text.push_str(filler);
            }
            while text.len() < place.saturating_sub(20) {
                text.push(' ');
            }
            number += 1;
            if number == 3 {
                // The blank is written so that this is no marker to who scans this file.
                text.push_str("#\x20sluice:allow a reason\n");
            }
            text.push_str(&line(number));
        }
    }
    text.push_str(&filler.repeat(12_000));
    text.push_str(&line(99));
    text
}

type Row = (
    String,
    Vec<(usize, usize, usize, usize, usize, Option<usize>)>,
);

fn rows(report: &Report) -> Vec<Row> {
    let row = |f: &Finding| {
        let places = f.occurrences.iter().map(|o| {
            let (start, end) = (o.start, o.end);
            (
                o.span.start,
                start.line,
                start.column,
                end.line,
                end.column,
                o.suppression.as_ref().map(|s| s.line),
            )
        });
        (f.fingerprint.clone(), places.collect())
    };
    let mut rows: Vec<Row> = report.findings.iter().map(row).collect();
    rows.sort();
    rows
}

fn compare(bytes: Vec<u8>) {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("large.conf");
    std::fs::write(&path, &bytes).expect("room");
    let whole = Target::Bytes {
        name: "large.conf".into(),
        bytes,
    };
    let expected = scanner(1)
        .scan(&[whole], &Monitor::default())
        .expect("it can be scanned");
    assert_eq!(expected.findings.len(), 13, "every planted value is found");
    assert_eq!(
        expected
            .findings
            .iter()
            .filter(|f| f.is_suppressed())
            .count(),
        1
    );
    for threads in [1, 2, 5] {
        let target = Target::Path(path.clone());
        let report = scanner(threads)
            .scan(&[target], &Monitor::default())
            .expect("readable");
        assert_eq!(rows(&report), rows(&expected), "{threads} threads");
        assert!(!report.coverage.is_incomplete());
    }
}

#[test]
fn large_text_gives_what_it_gives_whole() {
    compare(text().into_bytes());
}

#[test]
fn columns_are_right_on_a_line_longer_than_any_piece() {
    let line = text()
        .replace('\n', " \u{fc} ")
        .replace("# sluice:allow", "allow");
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("large.conf");
    std::fs::write(&path, &line).expect("room");
    let whole = Target::Bytes {
        name: "large.conf".into(),
        bytes: line.into_bytes(),
    };
    let expected = scanner(1)
        .scan(&[whole], &Monitor::default())
        .expect("it can be scanned");
    assert_eq!(expected.findings.len(), 13, "every planted value is found");
    let report = scanner(2)
        .scan(&[Target::Path(path)], &Monitor::default())
        .expect("readable");
    assert_eq!(rows(&report), rows(&expected));
}

#[test]
fn large_utf16_gives_what_it_gives_whole() {
    let marked = format!("\u{FEFF}{}", text());
    compare(marked.encode_utf16().flat_map(u16::to_le_bytes).collect());
}
