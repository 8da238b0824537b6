//! Large reports take time in proportion to their size.

mod support;

use std::time::{Duration, Instant};

use sluicegate_core::{Confidence, Report, Severity};
use sluicegate_report::{Context, TextStyle, json, json_lines, sarif, text};
use support::{at, finding, rule, suppress};

/// So many findings, or one finding in so many places; some of them suppressed.
fn report(number: usize, is_one_value: bool) -> Report {
    let rule = rule(
        "generic-password",
        "Password",
        Severity::High,
        Confidence::Probable,
    );
    let mut report = Report::default();
    for n in 0..number {
        if n == 0 || !is_one_value {
            report
                .findings
                .push(finding(n as u64, rule.clone(), &support::password(), 0));
        }
        let last = report.findings.last_mut().expect("one was added");
        at(
            last,
            &format!("d/{:06}.env", n / 10),
            1 + n % 10,
            "export P=@ # note",
        );
        // The first half of one value, so that it takes long to find one that counts.
        if n % 7 == 3 || (is_one_value && n < number / 2) {
            suppress(last, Some("fixture"));
        }
    }
    report
}

fn time(report: &Report) -> Duration {
    let ctx = Context::new("0.1.0");
    let mut out = Vec::new();
    let started = Instant::now();
    text(report, &ctx, &TextStyle::plain(), &mut out).expect("a vector takes all");
    json(report, &ctx, &mut out).expect("a vector takes all");
    json_lines(report, &ctx, &mut out).expect("a vector takes all");
    sarif(report, &ctx, &mut out).expect("a vector takes all");
    started.elapsed()
}

#[test]
fn ten_times_the_findings_take_about_ten_times_as_long() {
    for is_one_value in [false, true] {
        let small = report(1_000, is_one_value);
        let small = (0..3).map(|_| time(&small)).min().unwrap_or_default();
        let large = time(&report(10_000, is_one_value));
        // A square would be a hundred times.
        assert!(large < small * 40, "{small:?} became {large:?}");
    }
}
