//! Any bytes under any name through the whole pipeline and every renderer: documents are
//! well formed, and no value is in any of them.

#![no_main]

use std::io;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sluicegate::report::{Context, TextStyle, json, json_lines, sarif, text};
use sluicegate::{Confidence, Finding, Monitor, Options, Report, Rules, Scanner, Target};

static SCANNER: LazyLock<Scanner> = LazyLock::new(|| {
    let mut options = Options::default();
    options.threads = 1;
    options.min_confidence = Confidence::Hint;
    let rules = Rules::builder()
        .build(&Scanner::watch_words(&options.markers))
        .expect("the built-in rules are valid");
    Scanner::new(rules.into(), options)
});

fuzz_target!(|data: &[u8]| {
    let (name, bytes) = match data.iter().position(|&b| b == b'\n') {
        Some(end) if end < 100 => (&data[..end], &data[end + 1..]),
        _ => (&b"settings.py"[..], data),
    };
    let name = String::from_utf8_lossy(name).into_owned();
    let target = Target::Bytes {
        name: name.clone(),
        bytes: bytes.to_vec(),
    };
    let report = SCANNER
        .scan(std::slice::from_ref(&target), &Monitor::default())
        .expect("there is a target");
    let documents = render(&report);
    for finding in &report.findings {
        let public = [name.as_bytes(), b"\n", bytes].concat();
        if let Some(value) = telling(finding, &public) {
            for (format, document) in &documents {
                assert!(
                    !document.windows(value.len()).any(|w| w == value),
                    "{format} holds a value of {}",
                    finding.rule.id
                );
            }
        }
        for occurrence in finding.occurrences.iter().take(2) {
            let line = occurrence.start.line;
            let steps = SCANNER.explain(&target, line).expect("the target is there");
            assert!(
                !steps.is_empty(),
                "what is found on line {line} can be explained"
            );
        }
    }
});

type Render = fn(&Report, &Context<'_>, &mut dyn io::Write) -> io::Result<()>;

fn render(report: &Report) -> Vec<(&'static str, Vec<u8>)> {
    let renderers: [(&str, Render); 5] = [
        ("json", json),
        ("jsonl", json_lines),
        ("sarif", sarif),
        ("text", |report, ctx, out| {
            text(report, ctx, &TextStyle::plain(), out)
        }),
        ("terminal", |report, ctx, out| {
            text(report, ctx, &TextStyle::terminal(60), out)
        }),
    ];
    let ctx = Context::new("0.0.0");
    renderers
        .into_iter()
        .map(|(format, render)| {
            let mut out = Vec::new();
            render(report, &ctx, &mut out).expect("memory can be written to");
            check(format, &out);
            (format, out)
        })
        .collect()
}

fn check(format: &str, document: &[u8]) {
    match format {
        "json" | "sarif" => {
            let _: serde_json::Value = serde_json::from_slice(document).expect("it is JSON");
        }
        "jsonl" => {
            for line in document
                .split(|&b| b == b'\n')
                .filter(|line| !line.is_empty())
            {
                let _: serde_json::Value = serde_json::from_slice(line).expect("it is JSON");
            }
        }
        _ => {
            let text = std::str::from_utf8(document).expect("it is UTF-8");
            let is_bad = |c: char| c.is_control() && !matches!(c, '\n' | '\x1b');
            assert!(!text.contains(is_bad), "control characters in {format}");
            assert!(format == "terminal" || !text.contains('\x1b'));
        }
    }
}

/// The secret part of a value, if to find it in a document can only be a leak: it is
/// long enough, all of it could be shown, and the input says it once.
fn telling<'f>(finding: &'f Finding, input: &[u8]) -> Option<&'f [u8]> {
    let value = &finding.secret.expose_secret_bytes()[finding.public_prefix..];
    let is_plain = value.iter().all(u8::is_ascii_graphic)
        && !value.iter().any(|b| matches!(b, b'"' | b'\\'))
        && value.iter().filter(|b| b.is_ascii_alphanumeric()).count() >= 12
        && value.iter().any(u8::is_ascii_digit);
    let count = || input.windows(value.len()).filter(|w| *w == value).count();
    (is_plain && count() == 1).then_some(value)
}
