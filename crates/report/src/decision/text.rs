//! For people: what is in the way, why, and what to do next.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use sluicegate_gate::{Decision, FindingKind, Judged, Verdict};

use super::{exceptions, glass, headline, own_reason, place, plural, why};
use crate::escape::{visible, wrap};
use crate::text::TextStyle;

/// The blanks before what belongs to a finding.
const INDENT: &str = "    ";

/// Reasons that say nothing new beside the one that decided.
const BEHIND: &[&str] = &["REF-PATTERN", "REF-OTHER", "GATE-OWN", "UNKNOWN"];

/// For so many days the exception is that is shown as an example.
const DAYS: i64 = 14;

/// So many files that were not read are named.
const NAMED: usize = 5;

/// Writes the decision for people: the exceptions, what there is to know beside them, and
/// what to do next. Quiet is one line for each exception.
///
/// ```
/// use sluicegate_gate::{Context, Policy, Stage, Time, decide};
/// use sluicegate_report::{TextStyle, decision_text};
///
/// let context = Context::new(Stage::Merge, Time::from_seconds(1_800_000_000));
/// let allowed = decide(&[], &context, &Policy::builtin(), &[]);
/// let mut out = Vec::new();
/// decision_text(&allowed, &TextStyle::plain(), &mut out)?;
/// assert!(out.starts_with(b"allow at merge"));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn decision_text(
    decision: &Decision,
    style: &TextStyle,
    out: &mut dyn Write,
) -> io::Result<()> {
    let pen = Pen { style };
    for judged in exceptions(decision) {
        if style.quiet {
            let (code, says) = why(judged);
            let place = place(judged);
            let line = format!(
                "{place}: {}: {} [{code}] {says}",
                judged.decision, judged.title
            );
            writeln!(out, "{}", visible(&line))?;
        } else {
            pen.finding(judged, decision, out)?;
        }
    }
    if style.quiet {
        return Ok(());
    }
    pen.beside(decision, out)?;
    let line = headline(decision);
    writeln!(out, "{}", pen.ink(decision.decision, &visible(&line)))?;
    if decision.decision == Verdict::Allow {
        return Ok(());
    }
    pen.next(decision, out)
}

struct Pen<'s> {
    style: &'s TextStyle,
}

impl Pen<'_> {
    fn ink(&self, verdict: Verdict, text: &str) -> String {
        let style = match verdict {
            _ if !self.style.color => Style::new(),
            Verdict::Allow => AnsiColor::Green.on_default().bold(),
            Verdict::Remediate => AnsiColor::Yellow.on_default().bold(),
            Verdict::Block => AnsiColor::Red.on_default().bold(),
        };
        format!("{style}{text}{style:#}")
    }

    /// What to do: the steps, each once, and the commands that help with them.
    fn next(&self, decision: &Decision, out: &mut dyn Write) -> io::Result<()> {
        // Of a single finding they stand beside it.
        if exceptions(decision).nth(1).is_some() || !decision.reasons.is_empty() {
            writeln!(out, "\nwhat to do next:")?;
            for (number, step) in (1..).zip(&decision.next) {
                self.wrapped(&format!("  {number}. "), &visible(step), out)?;
            }
        }
        let Some(first) = exceptions(decision).find(|f| f.decision != Verdict::Allow) else {
            return Ok(());
        };
        let (code, _) = why(first);
        writeln!(
            out,
            "\nmore about a reason:\n  sluice policy explain {code}"
        )?;
        let exceptional = |f: &&Judged| {
            let own = [FindingKind::EvidenceGap, FindingKind::GateTamper];
            f.decision != Verdict::Allow && !own.contains(&f.kind)
        };
        if let Some(judged) = exceptions(decision).find(exceptional) {
            let text = "if it is no credential, or cannot go at once, ask for an exception, \
                which somebody else has to sign:";
            self.wrapped("", text, out)?;
            // Not wrapped: people copy it.
            writeln!(
                out,
                "  sluice waive {} \\\n      --reason false-positive --why TEXT \
                 --expires {} \\\n      --requested-by ADDRESS --stage {}",
                visible(&judged.fingerprint),
                decision.clock.plus_days(DAYS).date(),
                decision.stage,
            )?;
        }
        Ok(())
    }

    /// Text after a label; further lines stand under the text.
    fn wrapped(&self, label: &str, text: &str, out: &mut dyn Write) -> io::Result<()> {
        let width = self.style.width.max(40).saturating_sub(label.len());
        let blank = " ".repeat(label.len());
        for (number, line) in wrap(text, width).iter().enumerate() {
            writeln!(out, "{}{line}", if number == 0 { label } else { &blank })?;
        }
        Ok(())
    }

    fn finding(&self, judged: &Judged, decision: &Decision, out: &mut dyn Write) -> io::Result<()> {
        let verdict = if judged.waiver.is_empty() {
            judged.decision.as_str()
        } else {
            "waived"
        };
        let head = self.ink(judged.decision, verdict);
        let place = place(judged);
        writeln!(
            out,
            "{head}  {}  {}",
            visible(&place),
            visible(&judged.title)
        )?;
        let told = judged.reasons.iter().enumerate();
        let told = told.filter(|(n, reason)| *n == 0 || !BEHIND.contains(&&*reason.code));
        for (_, reason) in told {
            let facts: Vec<String> = reason
                .facts
                .iter()
                .map(|(name, value)| format!("{name} {value}"))
                .collect();
            let facts = if facts.is_empty() {
                String::new()
            } else {
                format!(" ({})", facts.join(", "))
            };
            let text = format!("{} [{}]{facts}", reason.says, reason.code);
            self.wrapped(&format!("{INDENT}why   "), &visible(&text), out)?;
        }
        if !judged.next.is_empty() {
            self.wrapped(&format!("{INDENT}next  "), &visible(&judged.next), out)?;
        }
        let advice = &judged.advice;
        if judged.decision != Verdict::Allow && !advice.revoke.is_empty() {
            let text = format!("{} {}", advice.revoke, advice.url);
            self.wrapped(
                &format!("{INDENT}how   "),
                visible(text.trim()).as_ref(),
                out,
            )?;
        }
        if judged.decision == Verdict::Remediate {
            let owed = decision
                .obligations
                .iter()
                .filter(|o| *o.finding == *judged.fingerprint);
            let duties: Vec<String> = owed
                .clone()
                .map(|o| o.duty.as_str().replace('_', " "))
                .collect();
            if let Some(first) = owed.clone().next() {
                let who = if first.owner.is_empty() {
                    "nobody in CODEOWNERS"
                } else {
                    &first.owner
                };
                let late = match (first.overdue, first.escalates_to.as_str()) {
                    (true, who) if !who.is_empty() => format!("; overdue, goes to {who}"),
                    (true, _) => "; overdue".to_owned(),
                    _ => String::new(),
                };
                let text = format!(
                    "{} by {} (owner: {who}{late})",
                    duties.join(", "),
                    first.due.date()
                );
                self.wrapped(&format!("{INDENT}owed  "), &visible(&text), out)?;
            }
        }
        writeln!(out, "{INDENT}id    {}\n", visible(&judged.fingerprint))
    }

    /// What there is to know beside the exceptions.
    fn beside(&self, decision: &Decision, out: &mut dyn Write) -> io::Result<()> {
        for reason in &decision.reasons {
            let (verdict, facts) = own_reason(reason);
            let text = format!("{} [{}] ({facts})", reason.says, reason.code);
            self.wrapped(&format!("{verdict}: "), &visible(&text), out)?;
        }
        if let Some(line) = glass(decision) {
            self.wrapped("note: ", &visible(&line), out)?;
        }
        for notice in &decision.notices {
            let until = notice
                .reason
                .facts
                .get("expires")
                .map(|e| format!(" ({e})"));
            let about = match notice.about.as_str() {
                "approval" => "approval".to_owned(),
                id => format!("waiver {id}"),
            };
            let text = format!(
                "{about}: {}{} [{}]",
                notice.reason.says,
                until.unwrap_or_default(),
                notice.reason.code
            );
            self.wrapped("note: ", &visible(&text), out)?;
        }
        let skipped = &decision.evidence.skipped;
        if !skipped.is_empty() {
            let named = skipped.iter().take(NAMED).map(|gap| {
                let path = if gap.path.is_empty() {
                    "the scan"
                } else {
                    &gap.path
                };
                format!("{path} ({})", gap.reason)
            });
            let named: Vec<String> = named.collect();
            let more = skipped.len().saturating_sub(NAMED);
            let rest = if more == 0 {
                String::new()
            } else {
                format!(" and {more} more")
            };
            let text = format!("not looked at: {}{rest}", named.join(", "));
            self.wrapped("note: ", &visible(&text), out)?;
        }
        let summary = &decision.summary;
        for (count, what) in [
            (summary.baseline, "known from before"),
            (summary.marked, "marked as harmless in the files"),
            (summary.waived, "waived"),
        ] {
            if count > 0 {
                writeln!(out, "note: {} {what}", plural(count, "finding"))?;
            }
        }
        Ok(())
    }
}
