//! Which matches a marker lets pass.

use std::sync::Arc;

use memchr::{memchr, memrchr};
use sluicegate_core::{Span, Suppression, UnusedSuppression};
use sluicegate_rules::Rules;

use crate::blob::Hit;
use crate::lines::Lines;
use crate::marker::MarkerKind;

/// A marker in a text.
#[derive(Debug)]
pub(crate) struct Mark {
    kind: MarkerKind,
    line: usize,
    offset: usize,
    /// The rule that it is for; any if `None`.
    rule: Option<String>,
    reason: Option<String>,
    /// Whether it lies in the stretch that is scanned, and not in its context.
    own: bool,
}

impl Mark {
    /// Reads the marker at `span`, unless what stands there is only its text: a marker
    /// is not part of a word or of a string about it.
    pub(crate) fn read(
        kind: MarkerKind,
        text: &[u8],
        span: Span,
        lines: &mut Lines<'_>,
        own: bool,
    ) -> Option<Self> {
        let line_start = memrchr(b'\n', &text[..span.start]).map_or(0, |at| at + 1);
        let line_end = memchr(b'\n', &text[span.end..]).map_or(text.len(), |at| span.end + at);
        let after = &text[span.end..line_end];
        let exact = span.of(text) == kind.text().as_bytes();
        let mut mark = Self {
            kind,
            line: lines.position(span.start).line,
            offset: span.start,
            rule: None,
            reason: None,
            own,
        };
        match kind {
            MarkerKind::Kingfisher => {}
            _ if !exact => return None,
            MarkerKind::Sluice => mark.read_own(&text[line_start..span.start], after)?,
            MarkerKind::DetectSecretsNextLine => {
                let around = [&text[line_start..span.start], after].concat();
                let comment = |b: &u8| b.is_ascii_whitespace() || b"#/*-<>!;%\"'".contains(b);
                if !around.iter().all(comment) {
                    return None;
                }
            }
            _ => {}
        }
        Some(mark)
    }

    /// `sluice:allow`, `sluice:allow(rule-id)`, either with a reason behind it.
    fn read_own(&mut self, before: &[u8], after: &[u8]) -> Option<()> {
        let opens = |b: &u8| b.is_ascii_whitespace() || b"#/*-;!%<>".contains(b);
        if !before.last().is_none_or(opens) {
            return None;
        }
        let rest = match after.first() {
            Some(b'(') => {
                let close = memchr(b')', after)?;
                self.rule = Some(String::from_utf8_lossy(&after[1..close]).trim().to_owned());
                &after[close + 1..]
            }
            Some(b) if !b.is_ascii_whitespace() && !b":*-".contains(b) => return None,
            _ => after,
        };
        let reason = String::from_utf8_lossy(rest);
        let reason = reason.trim().trim_end_matches("*/").trim_end_matches("-->");
        let reason = reason.trim_start_matches([':', '-', ' ']).trim();
        self.reason = (!reason.is_empty()).then(|| reason.to_owned());
        Some(())
    }

    fn covers(&self, secret: Span, hit: &Hit) -> bool {
        let on_its_lines = (hit.start.line..=hit.end.line).contains(&self.line);
        match self.kind {
            MarkerKind::Sluice
            | MarkerKind::Gitleaks
            | MarkerKind::Betterleaks
            | MarkerKind::DetectSecrets
            | MarkerKind::Ggshield => on_its_lines,
            MarkerKind::Trufflehog => self.line == hit.end.line && self.offset >= secret.end,
            MarkerKind::Kingfisher => {
                (hit.start.line.saturating_sub(1)..=hit.end.line + 1).contains(&self.line)
            }
            MarkerKind::DetectSecretsNextLine => self.line + 1 == hit.start.line,
        }
    }

    fn suppression(&self) -> Suppression {
        let (marker, line) = (self.kind.text(), self.line);
        Suppression {
            marker,
            line,
            reason: self.reason.clone(),
        }
    }
}

/// Marks the hits that a marker lets pass; gives our own markers that cover nothing.
pub(crate) fn apply(
    marks: &[Mark],
    hits: &mut [(Span, Hit)],
    rules: &Rules,
    path: &Arc<str>,
) -> Vec<UnusedSuppression> {
    let mut unused = Vec::new();
    for mark in marks {
        let named = |hit: &Hit| {
            mark.rule
                .as_ref()
                .is_none_or(|id| *id == hit.rule.id(rules))
        };
        let mut used = false;
        for (secret, hit) in hits.iter_mut() {
            if mark.covers(*secret, hit) && named(hit) {
                hit.suppression.get_or_insert_with(|| mark.suppression());
                used = true;
            }
        }
        if mark.kind != MarkerKind::Sluice {
            continue;
        }
        // On a line of its own it speaks of the next. Beside a value it speaks of that
        // one only, or a marker for one secret would cover a second below it.
        let alone = !hits.iter().any(|(secret, hit)| mark.covers(*secret, hit));
        if alone {
            for (_, hit) in hits.iter_mut() {
                if hit.start.line == mark.line + 1 && named(hit) {
                    hit.suppression.get_or_insert_with(|| mark.suppression());
                    used = true;
                }
            }
        }
        if !used && mark.own {
            let (path, line, marker) = (Arc::clone(path), mark.line, mark.kind.text());
            unused.push(UnusedSuppression { path, line, marker });
        }
    }
    unused
}
