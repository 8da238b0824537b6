//! Decisions of the gate, for people and for CI systems. A decision holds no value, so
//! nothing here has to redact one.

mod github;
mod gitlab;
mod junit;
mod markdown;
mod sarif;
mod text;

use std::io::{self, Write};

use sluicegate_gate::{Decision, Head, Judged, Location, Plans, Reason, Verdict};

pub use text::decision_text;

use crate::json::{schema_text, write_compact};

/// How a decision is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DecisionFormat {
    /// One line of JSON, in its canonical form.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// Outputs of a step of GitHub Actions, a line for each.
    GithubOutput,
    /// A secret detection report of GitLab.
    Gitlab,
    /// A code quality report of GitLab.
    CodeQuality,
    /// A test report.
    Junit,
    /// For summaries and comments.
    Markdown,
    /// Plans for what is owed, as JSON.
    Plan,
}

impl DecisionFormat {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Json,
        Self::Sarif,
        Self::Github,
        Self::GithubOutput,
        Self::Gitlab,
        Self::CodeQuality,
        Self::Junit,
        Self::Markdown,
        Self::Plan,
    ];

    /// The stable word, as flags have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Sarif => "sarif",
            Self::Github => "github",
            Self::GithubOutput => "github-output",
            Self::Gitlab => "gitlab",
            Self::CodeQuality => "code-quality",
            Self::Junit => "junit",
            Self::Markdown => "markdown",
            Self::Plan => "plan",
        }
    }

    /// What it is, in a few words.
    pub const fn help(self) -> &'static str {
        match self {
            Self::Json => "One line of JSON in its canonical form",
            Self::Sarif => "SARIF 2.1.0",
            Self::Github => "Annotations of GitHub Actions",
            Self::GithubOutput => "Outputs of a step of GitHub Actions",
            Self::Gitlab => "A secret detection report of GitLab",
            Self::CodeQuality => "A code quality report of GitLab",
            Self::Junit => "A test report",
            Self::Markdown => "For summaries and comments",
            Self::Plan => {
                "Plans for what is owed, as JSON: steps, their order and what closes them"
            }
        }
    }
}

/// Writes a decision.
///
/// ```
/// use sluicegate_gate::{Context, Policy, Stage, Time, decide};
/// use sluicegate_report::{DecisionFormat, decision};
///
/// let context = Context::new(Stage::Merge, Time::from_seconds(1_800_000_000));
/// let allowed = decide(&[], &context, &Policy::builtin(), &[]);
/// let mut out = Vec::new();
/// decision(&allowed, DecisionFormat::GithubOutput, &mut out)?;
/// assert!(String::from_utf8_lossy(&out).contains("decision=allow\n"));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn decision(
    decision: &Decision,
    format: DecisionFormat,
    out: &mut dyn Write,
) -> io::Result<()> {
    match format {
        DecisionFormat::Json => writeln!(out, "{}", decision.to_canonical_json()),
        DecisionFormat::Sarif => write_compact(&sarif::log(decision), out),
        DecisionFormat::Github => github::annotations(decision, out),
        DecisionFormat::GithubOutput => github::outputs(decision, out),
        DecisionFormat::Gitlab => write_compact(&gitlab::secret_detection(decision), out),
        DecisionFormat::CodeQuality => write_compact(&gitlab::code_quality(decision), out),
        DecisionFormat::Junit => junit::write(decision, out),
        DecisionFormat::Markdown => markdown::write(decision, out),
        DecisionFormat::Plan => write_compact(&Plans::of(decision), out),
    }
}

/// Writes behind a decision where the log ends that keeps it, in the formats that CI systems
/// keep for people; nothing in the others. A log whose end was cut off later does not hold
/// that end any more. The decision itself cannot say it: the log holds its digest.
///
/// ```
/// use sluicegate_gate::Head;
/// use sluicegate_report::{DecisionFormat, log_head};
///
/// let mut out = Vec::new();
/// log_head(&Head::genesis("local"), DecisionFormat::GithubOutput, &mut out)?;
/// assert!(out.starts_with(b"log-head=0:"));
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// If `out` cannot be written to.
pub fn log_head(head: &Head, format: DecisionFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        DecisionFormat::Markdown => writeln!(
            out,
            "\nThe log ends with `{head}`; `sluice log verify --head {head}` shows later whether \
             anything up to there was cut off or changed."
        ),
        DecisionFormat::GithubOutput => writeln!(out, "log-head={head}"),
        _ => Ok(()),
    }
}

/// The JSON Schema of the document that [`DecisionFormat::Plan`] writes, ending in a line
/// break.
///
/// ```
/// assert!(sluicegate_report::plan_schema().contains("depends_on"));
/// ```
pub fn plan_schema() -> String {
    schema_text(schemars::schema_for!(Plans))
}

/// What is not simply allowed, worst first.
fn exceptions(decision: &Decision) -> impl Iterator<Item = &Judged> {
    let findings = decision.findings.iter();
    findings.filter(|f| f.decision != Verdict::Allow || !f.waiver.is_empty())
}

/// Where it stands, in short: `a.py:3`, and how many more places there are.
fn place(judged: &Judged) -> String {
    let Some(first) = judged.locations.first() else {
        return "the repository".to_owned();
    };
    let more = judged.locations.len() - 1;
    let rest = if more == 0 {
        String::new()
    } else {
        format!(" and {more} more")
    };
    format!("{}{rest}", spot(first))
}

fn spot(location: &Location) -> String {
    match location.line {
        0 => location.path.clone(),
        line => format!("{}:{line}", location.path),
    }
}

/// Why, in one line: the reason that decided.
fn why(judged: &Judged) -> (&str, &str) {
    judged
        .reasons
        .first()
        .map_or(("", ""), |r| (&r.code, &r.says))
}

/// What there is to say of an emergency.
fn glass(decision: &Decision) -> Option<String> {
    let emergency = decision.break_glass.as_ref()?;
    let by = emergency.approvals.iter().map(|a| a.principal.as_str());
    let by: Vec<&str> = by.collect();
    Some(format!(
        "the glass is broken until {} by {}: {}",
        emergency.not_after,
        by.join(" and "),
        emergency.justification
    ))
}

/// What a reason of the decision itself asks for, and the facts that belong to it.
fn own_reason(reason: &Reason) -> (Verdict, String) {
    let verdict = reason.facts.get("verdict").and_then(|v| v.parse().ok());
    let facts = reason.facts.iter().filter(|(name, _)| *name != "verdict");
    let facts: Vec<String> = facts
        .map(|(name, value)| format!("{} {value}", name.replace('_', " ")))
        .collect();
    (verdict.unwrap_or(Verdict::Block), facts.join(", "))
}

/// `1 finding`, `2 findings`.
fn plural(count: usize, word: &str) -> String {
    let end = if count == 1 { "" } else { "s" };
    format!("{count} {word}{end}")
}

/// The verdict as one sentence without an end.
fn headline(decision: &Decision) -> String {
    let count = |verdict| decision.summary.of(verdict);
    let (block, remediate) = (count(Verdict::Block), count(Verdict::Remediate));
    let what = match decision.decision {
        Verdict::Allow => {
            let read = match decision.evidence.scanned_files {
                0 => "there was nothing to read".to_owned(),
                1 => "1 file read".to_owned(),
                files => format!("{files} files read"),
            };
            format!("nothing stands in the way ({read})")
        }
        Verdict::Remediate if remediate == 0 => "it may go on, with reservations".to_owned(),
        Verdict::Remediate => format!(
            "it may go on, and {} to remedy",
            plural(remediate, "finding")
        ),
        Verdict::Block if block == 0 => "a rule about all of it stands in the way".to_owned(),
        Verdict::Block if remediate == 0 => format!("{} in the way", plural(block, "finding")),
        Verdict::Block => {
            format!(
                "{} in the way, {} to remedy",
                plural(block, "finding"),
                remediate
            )
        }
    };
    format!("{} at {}: {what}", decision.decision, decision.stage)
}
