//! A test report: each exception is a test case.

use std::io::{self, Write};

use sluicegate_gate::{Decision, FindingKind, Reason, Verdict};

use super::{exceptions, own_reason, place, why};
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
    let blocks = |reason: &&Reason| own_reason(reason).0 == Verdict::Block;
    let own_failures = decision.reasons.iter().filter(blocks).count();
    let (failures, errors) = (
        count(Verdict::Block, false) + own_failures,
        count(Verdict::Block, true),
    );
    let skipped =
        count(Verdict::Remediate, false) + count(Verdict::Remediate, true) + own - own_failures;
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
        let (verdict, facts) = own_reason(reason);
        let code = escape(&reason.code);
        let (name, says) = (escape(&facts), escape(&reason.says));
        writeln!(
            out,
            "    <testcase classname=\"gate\" name=\"{code}: {name}\">"
        )?;
        let element = match verdict {
            Verdict::Block => format!("<failure message=\"{says}\" type=\"{code}\"/>"),
            _ => format!("<skipped message=\"{says}\"/>"),
        };
        writeln!(out, "      {element}\n    </testcase>")?;
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
