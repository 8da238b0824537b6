//! For summaries of CI systems and comments on changes.

use std::io::{self, Write};

use sluicegate_gate::{Decision, Verdict};

use super::{exceptions, glass, headline, own_reason, place, plural, why};
use crate::escape::is_unsafe;

/// So many rows are written: summaries have a limit of 1 MiB.
const ROWS: usize = 500;

pub(super) fn write(decision: &Decision, out: &mut dyn Write) -> io::Result<()> {
    let sign = match decision.decision {
        Verdict::Allow => "✅",
        Verdict::Remediate => "⚠️",
        Verdict::Block => "⛔",
    };
    writeln!(
        out,
        "## {sign} sluice gate: {}\n",
        escape(&headline(decision))
    )?;
    let all: Vec<_> = exceptions(decision).collect();
    if !all.is_empty() {
        writeln!(
            out,
            "| verdict | where | what | why | next | id |\n|---|---|---|---|---|---|"
        )?;
        for judged in all.iter().take(ROWS) {
            let (code, says) = why(judged);
            let verdict = if judged.waiver.is_empty() {
                judged.decision.as_str()
            } else {
                "waived"
            };
            writeln!(
                out,
                "| {verdict} | {} | {} | {} ({}) | {} | {} |",
                code_span(&place(judged)),
                escape(&judged.title),
                escape(says),
                code_span(code),
                escape(&judged.next),
                code_span(&judged.fingerprint),
            )?;
        }
        if all.len() > ROWS {
            writeln!(
                out,
                "\n{} are not shown here.",
                plural(all.len() - ROWS, "more finding")
            )?;
        }
        writeln!(out)?;
    }
    for reason in &decision.reasons {
        let (verdict, facts) = own_reason(reason);
        let (says, code) = (escape(&reason.says), code_span(&reason.code));
        writeln!(out, "- {verdict}: {says} ({code}): {}", escape(&facts))?;
    }
    if let Some(line) = glass(decision) {
        writeln!(out, "- {}", escape(&line))?;
    }
    for obligation in decision.obligations.iter().filter(|o| o.overdue) {
        let duty = obligation.duty.as_str().replace('_', " ");
        writeln!(
            out,
            "- overdue since {}: {duty} {}{}",
            obligation.due.date(),
            code_span(&obligation.finding),
            match obligation.escalates_to.as_str() {
                "" => String::new(),
                who => format!(", goes to {}", escape(who)),
            },
        )?;
    }
    for notice in &decision.notices {
        writeln!(
            out,
            "- waiver {}: {}",
            code_span(&notice.about),
            escape(&notice.reason.says)
        )?;
    }
    for gap in decision.evidence.skipped.iter().take(ROWS) {
        writeln!(
            out,
            "- not looked at: {} ({})",
            code_span(&gap.path),
            escape(&gap.reason)
        )?;
    }
    let policy = &decision.policy;
    writeln!(
        out,
        "\nPolicy {} ({}), stage {}, decision {}.",
        code_span(&policy.name),
        code_span(&policy.digest[..policy.digest.len().min(12)]),
        decision.stage,
        code_span(&decision.digest()[..12]),
    )
}

/// Text that draws nothing: no links, no images, no tags, no new cells.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '(' | ')' | '#' | '+' | '!' | '|'
            | '~' | '@' => {
                out.push('\\');
                out.push(c);
            }
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            c if is_unsafe(c) => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Text as code. A backtick cannot be escaped in there, so it is replaced.
fn code_span(text: &str) -> String {
    let safe: String = text
        .chars()
        .map(|c| {
            if c == '`' || is_unsafe(c) {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect();
    format!("`{}`", safe.replace('|', "\\|"))
}
