//! What every rule made of one line.

use std::io::Read as _;
use std::sync::Arc;

use sluicegate_core::text::{self, Encoding};
use sluicegate_core::{
    Blob, Confidence, Match, Rejection, RuleId, RuleInfo, RuleSet, Sink, Span, WatchId, Weighing,
};
use sluicegate_references::Reference;

use crate::blob::Found;
use crate::error::{ScanError, ScanErrorKind};
use crate::lines::Lines;
use crate::options::{Monitor, Target};
use crate::reference;
use crate::scanner::Scanner;

/// What one rule made of one place.
#[derive(Clone, Debug)]
pub struct ExplainStep {
    /// The rule.
    pub rule: Arc<RuleInfo>,
    /// The line, counted from 1.
    pub line: usize,
    /// Where the value starts, or the anchor if there is no value; counted from 1.
    pub column: usize,
    /// The column after its last character.
    pub end_column: usize,
    /// What became of it.
    pub outcome: ExplainOutcome,
    /// The probability of an assignment that was found, and what moved it.
    pub weighing: Option<Weighing>,
}

/// What became of a place that a rule came near.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ExplainOutcome {
    /// It is reported.
    Reported {
        /// How sure it is.
        confidence: Confidence,
    },
    /// It is found, and a marker lets it pass.
    Suppressed {
        /// The marker.
        marker: &'static str,
        /// Its line, counted from 1.
        line: usize,
    },
    /// It is found, with less confidence than was asked for.
    BelowConfidence {
        /// How sure it is.
        confidence: Confidence,
    },
    /// The pattern matched and a filter said no.
    Rejected {
        /// The name of the filter.
        filter: &'static str,
        /// What it saw, without any byte of the value.
        why: String,
    },
    /// One of the rule's anchors stands there, and its pattern does not match.
    NoMatch,
}

impl Scanner {
    /// What every rule that came near line `line` (counted from 1) of the target made
    /// of it, in order of the column.
    ///
    /// # Errors
    ///
    /// If the target is no file that can be read whole.
    pub fn explain(&self, target: &Target, line: usize) -> Result<Vec<ExplainStep>, ScanError> {
        let (name, bytes) = load(target)?;
        let encoding = text::encoding(&bytes);
        let text = match encoding {
            Encoding::Wide(wide) => text::decode(&bytes, wide).0,
            Encoding::Text | Encoding::Binary => bytes.clone(),
        };
        let set = self.rules().set();
        let mut trace = Trace {
            set,
            steps: Vec::new(),
            watched: Vec::new(),
        };
        let blob = Blob {
            bytes: &text,
            path: Some(&name),
            binary: encoding == Encoding::Binary,
        };
        set.scan_with(&mut set.scratch(), &blob, &mut trace);
        let mut lines = Lines::new(&text, 1);
        let mut steps: Vec<(Span, ExplainStep)> = Vec::new();
        for (rule, span, outcome, weighing) in std::mem::take(&mut trace.steps) {
            let (start, end) = (lines.position(span.start), lines.position(span.end));
            if (start.line..=end.line).contains(&line) {
                let rule = Arc::clone(self.rules().info(rule));
                let end_column = if end.line == start.line {
                    end.column
                } else {
                    start.column + 1
                };
                let (line, column) = (start.line, start.column);
                steps.push((
                    span,
                    ExplainStep {
                        rule,
                        line,
                        column,
                        end_column,
                        outcome,
                        weighing,
                    },
                ));
            }
        }
        for reference in self.references(&name, &text, &trace) {
            let span = reference.span;
            let (start, end) = (lines.position(span.start), lines.position(span.end));
            if !(start.line..=end.line).contains(&line) {
                continue;
            }
            let step = ExplainStep {
                rule: reference.pattern.pattern().info(),
                line: start.line,
                column: start.column,
                end_column: if end.line == start.line {
                    end.column
                } else {
                    start.column + 1
                },
                outcome: ExplainOutcome::Reported {
                    confidence: reference.confidence,
                },
                weighing: None,
            };
            steps.push((span, step));
        }
        self.apply_report(&name, bytes, &mut steps)?;
        // A rule with several anchors comes near one place several times.
        steps.sort_by(|(a, x), (b, y)| (a, &x.rule.id).cmp(&(b, &y.rule.id)));
        steps.dedup_by(|(a, x), (b, y)| a == b && x.rule.id == y.rule.id && x.outcome == y.outcome);
        Ok(steps.into_iter().map(|(_, step)| step).collect())
    }

    /// The references in the file, if they are asked for.
    fn references(&self, name: &str, text: &[u8], trace: &Trace<'_>) -> Vec<Reference> {
        let mut unused = Found::default();
        reference::look(name, text, &trace.watched, self.options(), &mut unused)
    }

    /// Puts in what the scan proper makes of the matches: confidence and markers.
    fn apply_report(
        &self,
        name: &str,
        bytes: Vec<u8>,
        steps: &mut [(Span, ExplainStep)],
    ) -> Result<(), ScanError> {
        let target = Target::Bytes {
            name: name.to_owned(),
            bytes,
        };
        let report = self.scan(&[target], &Monitor::default())?;
        for (_, step) in steps {
            let ExplainOutcome::Reported { confidence } = step.outcome else {
                continue;
            };
            let occurrence = report
                .findings
                .iter()
                .filter(|f| f.rule.id == step.rule.id)
                .flat_map(|f| &f.occurrences)
                .find(|o| (o.start.line, o.start.column) == (step.line, step.column));
            step.outcome = match occurrence.map(|o| &o.suppression) {
                Some(Some(s)) => ExplainOutcome::Suppressed {
                    marker: s.marker,
                    line: s.line,
                },
                Some(None) => ExplainOutcome::Reported { confidence },
                None => ExplainOutcome::BelowConfidence { confidence },
            };
        }
        Ok(())
    }
}

fn load(target: &Target) -> Result<(String, Vec<u8>), ScanError> {
    let unreadable = |what: &str, why: std::io::Error| {
        let kind = match why.kind() {
            std::io::ErrorKind::NotFound => ScanErrorKind::MissingTarget,
            _ => ScanErrorKind::UnreadableTarget,
        };
        ScanError::new(
            kind,
            format!("cannot read `{what}`: {}", sluicegate_source::reason(&why)),
        )
    };
    match target {
        Target::Bytes { name, bytes } => Ok((name.clone(), bytes.clone())),
        Target::Stdin => {
            let mut bytes = Vec::new();
            std::io::stdin()
                .read_to_end(&mut bytes)
                .map_err(|why| unreadable("-", why))?;
            Ok(("-".to_owned(), bytes))
        }
        Target::Path(path) => {
            let name = sluicegate_source::shown(path);
            let bytes = std::fs::read(path).map_err(|why| unreadable(&name, why))?;
            Ok((name, bytes))
        }
    }
}

struct Trace<'r> {
    set: &'r RuleSet,
    steps: Vec<(RuleId, Span, ExplainOutcome, Option<Weighing>)>,
    watched: Vec<(WatchId, Span)>,
}

impl Sink for Trace<'_> {
    const TRACE: bool = true;

    fn found(&mut self, blob: &Blob<'_>, found: &Match) {
        let outcome = ExplainOutcome::Reported {
            confidence: found.confidence,
        };
        let weighing = self.set.weigh(blob, found);
        self.steps
            .push((found.rule, found.secret, outcome, weighing));
    }

    fn watched(&mut self, _: &Blob<'_>, watch: WatchId, span: Span) {
        self.watched.push((watch, span));
    }

    fn near(&mut self, _: &Blob<'_>, rule: RuleId, anchor: Span) {
        self.steps
            .push((rule, anchor, ExplainOutcome::NoMatch, None));
    }

    fn rejected(&mut self, _: &Blob<'_>, candidate: &Match, why: &Rejection) {
        let outcome = ExplainOutcome::Rejected {
            filter: why.filter(),
            why: why.to_string(),
        };
        self.steps
            .push((candidate.rule, candidate.secret, outcome, None));
    }
}
