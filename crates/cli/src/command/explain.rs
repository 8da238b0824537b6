//! `sluice explain`

use std::io::{self, Write};
use std::sync::Arc;

use sluicegate::{ExplainOutcome, ExplainStep, Scanner};

use super::{Run, compile};
use crate::args::{ExplainArgs, Place};
use crate::failure::{Failure, Failures, reason};
use crate::layers::Flags;
use crate::plan::{is_stdin, target};
use crate::printer::harmless;
use crate::status::Status;
use crate::table::{BOLD, Styles, plural};

pub(super) fn run(args: &ExplainArgs, run: Run<'_>) -> Result<Status, Failures> {
    let place = &args.place;
    let stdin = is_stdin(&place.path);
    let near = if stdin {
        ".".as_ref()
    } else {
        place.path.as_path()
    };
    let flags = Flags {
        tuning: Some(&args.tuning),
        rules: Some(&args.rules),
        color: run.color,
    };
    let target = target(&place.path)?;
    if near.is_dir() && !stdin {
        let shown = near.display();
        return Err(Failure::usage(format!("`{shown}` is a folder"))
            .hint("name a file and a line in it, such as src/settings.py:12")
            .into());
    }
    let settings = flags.over_config(&args.config, near)?.settings;
    let rules = compile(&settings)?;
    let mut options = settings
        .options()
        .map_err(|error| Failures::config(&error))?;
    args.tuning.choose(&mut options);
    let scanner = Scanner::new(Arc::new(rules), options);
    let mut steps = scanner.explain(&target, place.line)?;
    if steps.is_empty() && !stdin {
        line_exists(place)?;
    }
    if let Some(column) = place.column {
        steps.retain(|s| s.line == place.line && (s.column..s.end_column).contains(&column));
    }
    let least = scanner.options().min_confidence.as_str();
    let styles = run.styles(&settings);
    run.printer
        .result(|out| write(out, place, &steps, least, styles))?;
    Ok(Status::Clean)
}

/// Tells a line that nothing came near from one that is not there.
fn line_exists(place: &Place) -> Result<(), Failure> {
    let shown = place.path.display();
    let bytes = std::fs::read(&place.path)
        .map_err(|error| Failure::failed(format!("cannot read `{shown}`: {}", reason(&error))))?;
    let breaks = bytes.iter().filter(|b| **b == b'\n').count();
    let lines = breaks + usize::from(bytes.last().is_some_and(|b| *b != b'\n'));
    if place.line > lines.max(1) {
        let message = format!("`{shown}` has no line {}", place.line);
        let hint = format!("it has {}", plural(lines, "line"));
        return Err(Failure::usage(message).hint(hint));
    }
    Ok(())
}

fn write(
    out: &mut dyn Write,
    place: &Place,
    steps: &[ExplainStep],
    least: &str,
    styles: Styles,
) -> io::Result<()> {
    let path = place.path.to_string_lossy();
    let at = format!("{}:{}", harmless(&path), place.line);
    let (near, matched): (Vec<_>, Vec<_>) = steps
        .iter()
        .partition(|step| step.outcome == ExplainOutcome::NoMatch);
    writeln!(out, "{}", styles.paint(BOLD, &at))?;
    for step in matched {
        writeln!(out)?;
        let ExplainStep {
            rule,
            line,
            column,
            end_column,
            outcome,
            weighing,
        } = step;
        writeln!(
            out,
            "  {}  {}",
            styles.paint(BOLD, &harmless(&rule.id)),
            harmless(&rule.title)
        )?;
        let from = if *line == place.line {
            String::new()
        } else {
            format!("line {line}, ")
        };
        writeln!(
            out,
            "    {from}columns {column} to {}",
            end_column.saturating_sub(1).max(*column)
        )?;
        writeln!(out, "    {}", became(outcome, least))?;
        if let Some(weighing) = weighing {
            writeln!(out, "    probability {:.2}:", weighing.probability())?;
            for (what, moved) in weighing.features() {
                writeln!(out, "      {moved:+.2}  {what}")?;
            }
        }
    }
    if !near.is_empty() {
        writeln!(
            out,
            "\n  An anchor of these rules stands there, and their pattern does not match:"
        )?;
        for step in near {
            let id = harmless(&step.rule.id);
            writeln!(out, "    {id}  column {}", step.column)?;
        }
    }
    writeln!(out, "\n{}", styles.paint(BOLD, &verdict(steps, least)))
}

/// What became of a match.
fn became(outcome: &ExplainOutcome, least: &str) -> String {
    match outcome {
        ExplainOutcome::Reported { confidence } => format!("reported, {confidence}"),
        ExplainOutcome::Suppressed { marker, line } => {
            format!("suppressed by `{marker}` on line {line}")
        }
        ExplainOutcome::BelowConfidence { confidence } => {
            format!("left out: {confidence} is below the least confidence, {least}")
        }
        ExplainOutcome::Rejected { filter, why } => {
            format!("rejected by the filter `{filter}`: {}", harmless(why))
        }
        ExplainOutcome::NoMatch => "the pattern does not match".to_owned(),
        other => format!("{other:?}"),
    }
}

/// The answer in one line, by the step that came nearest to a finding.
fn verdict(steps: &[ExplainStep], least: &str) -> String {
    let reported: Vec<_> = steps
        .iter()
        .filter(|s| matches!(s.outcome, ExplainOutcome::Reported { .. }))
        .map(|s| format!("`{}`", harmless(&s.rule.id)))
        .collect();
    if !reported.is_empty() {
        return format!("reported: by {}", reported.join(", "));
    }
    let nearest = steps.iter().min_by_key(|step| match step.outcome {
        ExplainOutcome::Suppressed { .. } => 0,
        ExplainOutcome::BelowConfidence { .. } => 1,
        // A rule for other files says nothing about this one.
        ExplainOutcome::Rejected { filter: "path", .. } => 3,
        ExplainOutcome::Rejected { .. } => 2,
        _ => 4,
    });
    match nearest.map(|step| (&step.outcome, &step.rule.id)) {
        None => "not reported: no rule came near".to_owned(),
        Some((ExplainOutcome::NoMatch, _)) => "not reported: no pattern matches".to_owned(),
        Some((ExplainOutcome::BelowConfidence { confidence }, _)) => format!(
            "not reported: {confidence} is below {least}; --min-confidence {confidence} would show it"
        ),
        Some((outcome, id)) => format!(
            "not reported: the match of `{}` is {}",
            harmless(id),
            became(outcome, least)
        ),
    }
}
