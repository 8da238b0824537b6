//! What a blob could be found to hold, before its path is known.
//!
//! A scan of history meets each blob once, in the order of storage, and learns only later
//! at which paths it stood; and most blobs are a few changed bytes in one that was just
//! read. So the scan is taken apart here into steps that can be kept and carried over:
//!
//! 1. [`RuleSet::anchors_in`]: which [`Anchor`]s start in a stretch. Depends on the bytes
//!    from the start of an anchor to [`RuleSet::anchor_reach`] behind it.
//! 2. [`RuleSet::lead`]: what stands at an anchor, for every path at once: a [`Lead`].
//!    Depends on the bytes within [`RuleSet::context`] of the anchor.
//! 3. [`RuleSet::settle`]: the matches at one path, from all leads of a blob. Looks at no
//!    bytes any more.
//!
//! Together they give what [`RuleSet::scan_with`] gives; a property test holds it.

use std::ops::Range;

use crate::assign::{self, FileKind, Role};
use crate::ruleset::{RuleId, RuleSet, Target};
use crate::scan::{self, Blob, Match, Scratch, Sink, Window};
use crate::span::Span;
use crate::spec::Pattern;
use crate::vocabulary::Confidence;

/// How far filters look beyond what a pattern can match, in bytes: boundaries, escapes
/// and the shape of a value ask for less.
const MARGIN: usize = 256;

/// A place where an anchor of a rule stands, and what follows it may belong to a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Anchor {
    /// The offset of its first byte.
    pub at: usize,
    rule: RuleId,
    place: u32,
}

impl Anchor {
    /// The same anchor elsewhere.
    #[must_use]
    pub fn moved(self, at: usize) -> Self {
        Self { at, ..self }
    }
}

/// What stands at an anchor, for every path that the blob may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    rule: RuleId,
    forms: Vec<Form>,
}

/// What it is in files of some kinds. Places are relative to the anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Form {
    /// One bit for each of [`FileKind::ALL`].
    kinds: u8,
    span: (isize, isize),
    secret: (isize, isize),
    confidence: Confidence,
    is_comment: bool,
    /// The lists that let it pass at some paths, one bit for each.
    allowed: u32,
}

impl Lead {
    /// The rule.
    pub fn rule(&self) -> RuleId {
        self.rule
    }

    /// Where the secret stands in each of its forms, if its anchor starts at `at`.
    pub fn secrets(&self, at: usize) -> impl Iterator<Item = Span> + '_ {
        self.forms.iter().map(move |form| absolute(form.secret, at))
    }
}

fn relative(span: Span, at: usize) -> (isize, isize) {
    let place = |offset: usize| offset.wrapping_sub(at).cast_signed();
    (place(span.start), place(span.end))
}

fn absolute((start, end): (isize, isize), at: usize) -> Span {
    Span::new(at.wrapping_add_signed(start), at.wrapping_add_signed(end))
}

impl RuleSet {
    /// How many bytes, from its first, tell whether an anchor stands at a place.
    pub fn anchor_reach(&self) -> usize {
        let follow = |rows: &[(u8, _)]| rows.iter().map(|(n, _)| usize::from(*n)).sum::<usize>();
        self.rules
            .iter()
            .flat_map(|rule| &rule.lowered.anchors)
            .map(|anchor| anchor.literal.len() + follow(&anchor.follow))
            .max()
            .unwrap_or(0)
    }

    /// Appends the anchors that start in `starts`, sorted.
    pub fn anchors_in(&self, bytes: &[u8], starts: Range<usize>, out: &mut Vec<Anchor>) {
        let from = out.len();
        let end = bytes
            .len()
            .min(starts.end.saturating_add(self.longest_needle));
        let Some(stretch) = bytes.get(starts.start..end) else {
            return;
        };
        self.index.find_all(stretch, |needle, at| {
            let at = starts.start + at;
            if at >= starts.end {
                return;
            }
            for target in &self.targets[needle] {
                let Target::Rule { rule, anchor } = *target else {
                    continue;
                };
                let lowered = &self.rules[rule.index()].lowered.anchors[anchor as usize];
                if lowered.may_follow(bytes, at + lowered.literal.len()) {
                    out.push(Anchor {
                        at,
                        rule,
                        place: anchor,
                    });
                }
            }
        });
        // The context of such a rule says nothing about where a match can start, so history
        // hands over whole blobs where there are any.
        for &rule in &self.unanchored {
            let mut found = Vec::new();
            scan::sweep_starts(&self.rules[rule.index()], bytes, starts.clone(), &mut found);
            out.extend(found.into_iter().map(|at| Anchor { at, rule, place: 0 }));
        }
        out[from..].sort_unstable();
    }

    /// The bytes that [`lead`](Self::lead) looks at: so many before the anchor's first
    /// byte, and so many from it on.
    pub fn context(&self, anchor: Anchor) -> (usize, usize) {
        let lowered = &self.rules[anchor.rule.index()].lowered;
        match lowered.spec.pattern {
            Pattern::Assignment => (lowered.max_length + MARGIN, lowered.max_length + MARGIN),
            Pattern::Regex(_) | Pattern::Context { .. } => {
                let margin = lowered.margin() + MARGIN;
                let place = lowered.anchors.get(anchor.place as usize);
                let before = place.map_or(0, |place| place.max_offset);
                (before + margin, lowered.max_length + margin)
            }
        }
    }

    /// What stands at the anchor, or `None` if it is a match under no path.
    pub fn lead(
        &self,
        scratch: &mut Scratch,
        bytes: &[u8],
        binary: bool,
        anchor: Anchor,
    ) -> Option<Lead> {
        let rule = &self.rules[anchor.rule.index()];
        let lowered = rule.lowered.anchors.get(anchor.place as usize);
        let length = lowered.map_or(0, |lowered| lowered.literal.len());
        let span = Span::new(anchor.at, anchor.at + length);
        let blob = Blob {
            bytes,
            path: None,
            binary,
        };
        let mut forms: Vec<Form> = Vec::new();
        let mut add = |kinds: u8, candidate: &Match, is_comment: bool| {
            let form = Form {
                kinds,
                span: relative(candidate.span, anchor.at),
                secret: relative(candidate.secret, anchor.at),
                confidence: candidate.confidence,
                is_comment,
                allowed: rule.allowed_by_path(bytes, candidate.span, candidate.secret),
            };
            match forms.iter_mut().find(|f| {
                Form {
                    kinds,
                    ..(*f).clone()
                } == form
            }) {
                Some(known) => known.kinds |= kinds,
                None => forms.push(form),
            }
        };
        if matches!(rule.lowered.spec.pattern, Pattern::Assignment) {
            if !assign::names_a_secret(bytes, span) {
                return None;
            }
            for (number, kind) in FileKind::ALL.into_iter().enumerate() {
                let Some(reading) = assign::read(bytes, span, kind) else {
                    continue;
                };
                let Ok(confidence) = reading.verdict else {
                    continue;
                };
                let candidate = Match {
                    rule: anchor.rule,
                    span: reading.found.span,
                    secret: reading.found.value,
                    confidence,
                };
                if scan::check(rule, &blob, &candidate).is_ok() {
                    add(1 << number, &candidate, reading.is_comment(bytes));
                }
            }
        } else {
            let window = lowered.map_or_else(|| Window::at(anchor.at), |at| Window::new(at, span));
            let (found, secret) =
                scan::find_near(rule, &window, scratch.cache(anchor.rule), bytes)?;
            let candidate = Match {
                rule: anchor.rule,
                span: found,
                secret,
                confidence: rule.lowered.spec.confidence,
            };
            if scan::check(rule, &blob, &candidate).is_ok() {
                add(u8::MAX, &candidate, false);
            }
        }
        if forms.is_empty() {
            return None;
        }
        Some(Lead {
            rule: anchor.rule,
            forms,
        })
    }

    /// Reports the matches of a blob at `path` to `sink`, in order of where the secret
    /// starts. `leads` are all that its anchors have, each with the place of its anchor.
    ///
    /// The blob that the sink is given has no bytes.
    pub fn settle<'l, S: Sink>(
        &self,
        scratch: &mut Scratch,
        path: Option<&str>,
        leads: impl IntoIterator<Item = (usize, &'l Lead)>,
        sink: &mut S,
    ) {
        let (kind, role) = (FileKind::of(path), Role::of(path));
        let bit = FileKind::ALL
            .iter()
            .position(|k| *k == kind)
            .map_or(0, |n| 1 << n);
        let (paths, candidates, survivors) = scratch.settling();
        for (at, lead) in leads {
            let rule = &self.rules[lead.rule.index()];
            let admits = paths[lead.rule.index()].get_or_insert_with(|| rule.admits_path(path));
            let Some(form) = lead.forms.iter().find(|f| f.kinds & bit != 0 && *admits) else {
                continue;
            };
            if scan::among_digests(rule, || role) || rule.allows(form.allowed, path) {
                continue;
            }
            let is_assignment = matches!(rule.lowered.spec.pattern, Pattern::Assignment);
            let confidence = if is_assignment {
                assign::temper(form.confidence, role, form.is_comment)
            } else {
                Ok(form.confidence)
            };
            candidates.extend(confidence.ok().map(|confidence| Match {
                rule: lead.rule,
                span: absolute(form.span, at),
                secret: absolute(form.secret, at),
                confidence,
            }));
        }
        let blob = Blob {
            bytes: &[],
            path,
            binary: false,
        };
        scan::settle(self, &blob, sink, candidates, survivors);
    }
}
