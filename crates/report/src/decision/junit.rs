//! A test report: each exception is a test case.

use std::io::{self, Write};

use sluicegate_gate::{Decision, FindingKind, Verdict};

use super::{exceptions, place, why};
use crate::escape::is_unsafe;

/// Writes one suite. What blocks has failed, what was not looked at is an error; a test
/// report knows nothing between passed and failed, so what is to be remedied was skipped.
pub(super) fn write(decision: &Decision, out: &mut dyn Write) -> io::Result<()> {
    let all: Vec<_> = exceptions(decision).collect();
    let is_gap = |kind| kind == FindingKind::EvidenceGap;
    let count = |verdict, gap| {
        all.iter()
            .filter(|f| f.decision == verdict && is_gap(f.kind) == gap)
            .count()
    };
    let own = decision.reasons.len();
    let (failures, errors) = (
        count(Verdict::Block, false) + own,
        count(Verdict::Block, true),
    );
    let skipped = count(Verdict::Remediate, false) + count(Verdict::Remediate, true);
    // A suite without cases looks like one that did not run.
    let tests = (all.len() + own).max(1);
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>")?;
    writeln!(
        out,
        "<testsuites>\n  <testsuite name=\"sluice gate {}\" tests=\"{tests}\" \
         failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\" timestamp=\"{}\">",
        decision.stage,
        decision.clock.to_string().trim_end_matches('Z'),
    )?;
    for judged in &all {
        let (code, says) = why(judged);
        let place = place(judged);
        write!(
            out,
            "    <testcase classname=\"{}\" name=\"{}\"",
            escape(&judged.rule),
            escape(&format!(
                "{place}: {} ({})",
                judged.title, judged.fingerprint
            )),
        )?;
        let element = match judged.decision {
            Verdict::Block if is_gap(judged.kind) => "error",
            Verdict::Block => "failure",
            Verdict::Remediate => "skipped",
            Verdict::Allow => {
                writeln!(out, "/>")?;
                continue;
            }
        };
        let message = escape(&format!("{}: {says} [{code}]", judged.decision));
        let kind = if element == "skipped" {
            String::new()
        } else {
            format!(" type=\"{code}\"")
        };
        let next = escape(&judged.next);
        writeln!(
            out,
            ">\n      <{element} message=\"{message}\"{kind}>{next}</{element}>"
        )?;
        writeln!(out, "    </testcase>")?;
    }
    for reason in &decision.reasons {
        let (code, says) = (escape(&reason.code), escape(&reason.says));
        writeln!(out, "    <testcase classname=\"gate\" name=\"{code}\">")?;
        writeln!(
            out,
            "      <failure message=\"{says}\" type=\"{code}\"/>\n    </testcase>"
        )?;
    }
    if all.is_empty() && own == 0 {
        writeln!(
            out,
            "    <testcase classname=\"gate\" name=\"nothing stands in the way\"/>"
        )?;
    }
    writeln!(out, "  </testsuite>\n</testsuites>")
}

/// For attributes and text; what XML cannot hold at all is replaced.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            c if is_unsafe(c) || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
