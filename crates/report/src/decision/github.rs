//! Workflow commands of GitHub Actions, and the outputs of a step.

use std::io::{self, Write};

use sluicegate_gate::{Decision, Verdict};

use super::{exceptions, headline, own_reason, plural, why};
use crate::escape::visible;

/// GitHub shows so many annotations of a step for each level and drops the others.
const SHOWN: usize = 10;

/// A line for each exception that is shown, and one for the rest.
pub(super) fn annotations(decision: &Decision, out: &mut dyn Write) -> io::Result<()> {
    for (verdict, level) in [
        (Verdict::Block, "error"),
        (Verdict::Remediate, "warning"),
        (Verdict::Allow, "notice"),
    ] {
        let all: Vec<_> = exceptions(decision)
            .filter(|f| f.decision == verdict)
            .collect();
        // The last place is for the line that says how many there are.
        let shown = if all.len() > SHOWN {
            SHOWN - 1
        } else {
            all.len()
        };
        for judged in &all[..shown] {
            let (code, says) = why(judged);
            let mut properties = Vec::new();
            if let Some(place) = judged.locations.first() {
                properties.push(format!("file={}", property(&place.path)));
                let numbers = [
                    ("line", place.line),
                    ("endLine", place.end_line),
                    ("col", place.column),
                    ("endColumn", place.end_column),
                ];
                let known = numbers.iter().filter(|(_, number)| *number > 0);
                properties.extend(known.map(|(name, number)| format!("{name}={number}")));
            }
            properties.push(format!(
                "title={}",
                property(&format!("{verdict}: {}", judged.title))
            ));
            let message = format!(
                "{says} [{code}]\n{}\nid {}",
                judged.next, judged.fingerprint
            );
            writeln!(
                out,
                "::{level} {}::{}",
                properties.join(","),
                data(&message)
            )?;
        }
        if shown < all.len() {
            let rest = plural(all.len() - shown, "more finding");
            writeln!(
                out,
                "::{level}::{rest} with the verdict {verdict}: see the summary"
            )?;
        }
    }
    for reason in &decision.reasons {
        let (verdict, facts) = own_reason(reason);
        let level = if verdict == Verdict::Block {
            "error"
        } else {
            "warning"
        };
        let text = format!("{} [{}] ({facts})", reason.says, reason.code);
        writeln!(out, "::{level}::{}", data(&text))?;
    }
    // A command has to start its line; this is none.
    writeln!(out, "{}", data(&headline(decision)))
}

/// `GITHUB_OUTPUT`: none of the values can hold a line break.
pub(super) fn outputs(decision: &Decision, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "decision={}", decision.decision)?;
    writeln!(out, "block-count={}", decision.summary.of(Verdict::Block))?;
    writeln!(
        out,
        "remediate-count={}",
        decision.summary.of(Verdict::Remediate)
    )?;
    writeln!(out, "waived-count={}", decision.summary.waived)?;
    writeln!(out, "decision-digest={}", decision.digest())
}

fn data(text: &str) -> String {
    // The log is shown in terminals, too, and names come from archives and changes.
    let lines: Vec<_> = text.split('\n').map(visible).collect();
    lines.join("\n").replace('%', "%25").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
