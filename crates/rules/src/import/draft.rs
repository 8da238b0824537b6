//! A rule on its way into the engine: bounds and anchors that its author never stated.

use std::collections::HashSet;

use regex_syntax::hir::{Class, Hir, HirKind};
use sluicegate_core::{
    Boundary, Confidence, Lifetime, MAX_LENGTH, Pattern, Remediation, RuleErrorKind, RuleInfo,
    RuleSpec, Severity,
};

use super::anchor;
use super::{Fate, ImportFormat, ImportNote};
use crate::examples::Examples;
use crate::format::{Loaded, default_taxa};

/// The most that a match of a pattern without a bound may be, in bytes, if it stays on a
/// line.
const BOUND: usize = 4096;

/// So many sets of anchors are tried, the rarest first.
const TRIED: usize = 8;

/// A rule as read, not proved yet.
pub(super) struct Draft {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) spec: RuleSpec,
    pub(super) info: RuleInfo,
    pub(super) examples: Examples,
    /// One of these stands somewhere in the text, in any case; none if there are none.
    pub(super) keywords: Vec<String>,
    /// The same pattern with bytes for characters, which is smaller.
    pub(super) narrow: Option<String>,
    pub(super) remarks: Vec<String>,
    pub(super) left_out: Vec<String>,
}

impl Draft {
    /// A rule with this pattern, the engine's own filters switched off.
    pub(super) fn new(format: ImportFormat, name: &str, id: String, line: usize) -> Self {
        let mut spec = RuleSpec::new(&id, Pattern::Regex(String::new()));
        spec.boundary = Boundary::None;
        spec.placeholders = false;
        let info = RuleInfo {
            id,
            provider: "imported".to_owned(),
            provider_name: "Imported rules".to_owned(),
            title: name.to_owned(),
            description: String::new(),
            confidence: Confidence::Probable,
            severity: Severity::High,
            lifetime: Lifetime::L4,
            taxa: default_taxa(Lifetime::L4),
            tags: Vec::new(),
            remediation: Remediation {
                revoke: "Revoke it where it was issued.".to_owned(),
                rotate: "Issue a new one, deploy it from a secret store, then revoke this one."
                    .to_owned(),
                url: String::new(),
            },
            references: Vec::new(),
            basis: format!("the rule `{name}` in a rule file of {format}"),
        };
        Self {
            name: name.to_owned(),
            line,
            spec,
            info,
            examples: Examples::default(),
            keywords: Vec::new(),
            narrow: None,
            remarks: Vec::new(),
            left_out: Vec::new(),
        }
    }

    pub(super) fn set_confidence(&mut self, confidence: Confidence) {
        self.spec.confidence = confidence;
        self.info.confidence = confidence;
    }

    /// The note for a rule that is left out.
    pub(super) fn refused(self, why: String) -> ImportNote {
        ImportNote {
            rule: self.name,
            id: self.spec.id,
            line: self.line,
            fate: Fate::Refused,
            remarks: vec![why],
            left_out: self.left_out,
        }
    }

    /// The rule, proved, and what became of it.
    pub(super) fn finish(mut self) -> (Option<Loaded>, ImportNote) {
        match self.lower() {
            Ok(lowered) => {
                let fate = if self.remarks.is_empty() {
                    Fate::Translated
                } else {
                    Fate::Approximated
                };
                let note = ImportNote {
                    rule: self.name,
                    id: self.spec.id,
                    line: self.line,
                    fate,
                    remarks: self.remarks,
                    left_out: self.left_out,
                };
                let loaded = Loaded {
                    lowered,
                    info: self.info,
                    examples: self.examples,
                };
                (Some(loaded), note)
            }
            Err(why) => (None, self.refused(why)),
        }
    }

    fn lower(&mut self) -> Result<sluicegate_core::LoweredRule, String> {
        let hir = self.hir()?;
        let properties = hir.properties();
        if properties.minimum_len().unwrap_or(0) == 0 {
            return Err("the pattern can match nothing at all".to_owned());
        }
        if properties.minimum_len().is_some_and(|min| min > MAX_LENGTH) {
            return Err(format!("a match is longer than {MAX_LENGTH} bytes"));
        }
        if properties.maximum_len().is_none_or(|max| max > MAX_LENGTH) {
            let bound = bound(&hir);
            self.spec.max_length = Some(bound);
            self.remarks.push(format!(
                "a match could be of any length: here it is at most {bound} bytes"
            ));
        }
        let covers = anchor::candidates(&hir);
        if !self.spec.unanchored {
            self.keywords_near(&covers);
        }
        for anchors in covers.into_iter().take(TRIED) {
            if self.spec.unanchored {
                break;
            }
            self.spec.anchors = anchors;
            match self.spec.lower() {
                Ok(lowered) => return Ok(lowered),
                Err(error) => match error.kind() {
                    RuleErrorKind::AnchorNotRequired => {}
                    RuleErrorKind::TooLarge(_) if self.narrow.is_some() => {
                        return self.lower_narrow();
                    }
                    kind => return Err(kind.to_string()),
                },
            }
        }
        self.spec.anchors.clear();
        if !self.spec.unanchored {
            self.spec.unanchored = true;
            self.remarks.push(match self.spec.near.is_empty() {
                true => "no literal of three bytes stands in every match, so that the pattern is run over all bytes, which is slow".to_owned(),
                false => "no literal of three bytes stands in every match, so that the pattern is run over all bytes around its keywords, which is slow".to_owned(),
            });
        }
        self.spec.lower().map_err(|error| error.kind().to_string())
    }

    /// Once more, with a pattern over bytes.
    fn lower_narrow(&mut self) -> Result<sluicegate_core::LoweredRule, String> {
        let narrow = self.narrow.take().unwrap_or_default();
        self.spec.pattern = Pattern::Regex(narrow);
        self.spec.near.clear();
        self.remarks
            .retain(|remark| !remark.starts_with("a match could"));
        self.remarks.push(
            "lengths are counted in bytes and not in characters, or the pattern would be too large"
                .to_owned(),
        );
        self.lower()
    }

    fn hir(&self) -> Result<Hir, String> {
        let Pattern::Regex(regex) = &self.spec.pattern else {
            return Err("the rule has no pattern".to_owned());
        };
        regex_syntax::ParserBuilder::new()
            .unicode(false)
            .utf8(false)
            .build()
            .parse(regex)
            .map_err(|why| {
                let text = why.to_string();
                let last = text.lines().last().unwrap_or_default();
                let reason = last.trim_start_matches("error: ");
                format!("the pattern is not valid here: {reason}")
            })
    }

    /// Keywords that the pattern brings along itself need not be asked for.
    fn keywords_near(&mut self, covers: &[Vec<String>]) {
        let lower: Vec<String> = self
            .keywords
            .iter()
            .map(|k| k.to_ascii_lowercase())
            .collect();
        let holds_one = |literal: &String| {
            let literal = literal.to_ascii_lowercase();
            lower.iter().any(|keyword| literal.contains(keyword))
        };
        let implied = covers.iter().any(|cover| cover.iter().all(holds_one));
        if !(lower.is_empty() || implied) {
            self.spec.near = lower;
            self.remarks.push(format!(
                "a keyword must stand within {} bytes of the match, and not anywhere in the file",
                sluicegate_core::NEAR
            ));
        }
    }
}

/// The bound for a pattern without one: more where it runs over lines, as keys do.
fn bound(hir: &Hir) -> usize {
    let least = hir.properties().minimum_len().unwrap_or(0);
    if over_lines(hir) {
        MAX_LENGTH
    } else {
        BOUND.max(least * 2).min(MAX_LENGTH)
    }
}

/// Whether something without a bound runs over text and line breaks alike.
fn over_lines(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Repetition(repetition) => {
            (repetition.max.is_none() && takes_lines(&repetition.sub))
                || over_lines(&repetition.sub)
        }
        HirKind::Capture(capture) => over_lines(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().any(over_lines),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => false,
    }
}

fn takes_lines(hir: &Hir) -> bool {
    let has = |class: &Class, byte: u8| match class {
        Class::Bytes(class) => class.iter().any(|r| (r.start()..=r.end()).contains(&byte)),
        Class::Unicode(class) => class
            .iter()
            .any(|r| (r.start()..=r.end()).contains(&char::from(byte))),
    };
    match hir.kind() {
        HirKind::Class(class) => has(class, b'\n') && has(class, b'A'),
        HirKind::Capture(capture) => takes_lines(&capture.sub),
        HirKind::Alternation(parts) | HirKind::Concat(parts) => {
            let line_break = |part: &Hir| match part.kind() {
                HirKind::Literal(literal) => literal.0.contains(&b'\n'),
                HirKind::Class(class) => has(class, b'\n'),
                _ => takes_lines(part),
            };
            parts.iter().any(line_break)
        }
        HirKind::Repetition(repetition) => takes_lines(&repetition.sub),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Look(_) => false,
    }
}

/// Ids of ours for ids of theirs, each once.
#[derive(Default)]
pub(super) struct Ids(HashSet<String>);

impl Ids {
    /// The id for a rule of this name: lower-case letters, digits and hyphens.
    pub(super) fn take(&mut self, name: &str) -> String {
        let mut id = String::with_capacity(name.len());
        for c in name.chars() {
            match c.to_ascii_lowercase() {
                c @ ('a'..='z' | '0'..='9') => id.push(c),
                _ if id.ends_with('-') || id.is_empty() => {}
                _ => id.push('-'),
            }
        }
        let base = match id.trim_end_matches('-') {
            "" => "rule".to_owned(),
            id => id.to_owned(),
        };
        let mut id = base.clone();
        let mut number = 2;
        while !self.0.insert(id.clone()) {
            id = format!("{base}-{number}");
            number += 1;
        }
        id
    }
}

/// The bytes that so many lines are taken to have, at most what a rule can reach.
pub(super) fn bytes_of_lines(lines: usize) -> usize {
    /// Longer lines are rare where people write keys beneath each other.
    const LINE: usize = 160;
    lines
        .saturating_add(1)
        .saturating_mul(LINE)
        .min(sluicegate_core::MAX_PART_DISTANCE)
}
