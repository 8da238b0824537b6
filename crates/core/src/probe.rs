//! What a blob could be found to hold, before its path is known.
//!
//! A scan of history meets each blob once, in the order of storage, and learns only later
//! at which paths it stood; and most blobs are a few changed bytes in one that was just
//! read. So the scan is taken apart here into steps that can be kept and carried over:
//!
//! 1. [`RuleSet::literals_touching`] and [`RuleSet::runs_in`]: which [`Anchor`]s stand in a
//!    stretch. Depends on the [`RuleSet::extent`] of an anchor, and for those that are no
//!    literals on the bytes from [`RuleSet::anchor_back`] before it on.
//! 2. [`RuleSet::lead`]: what stands at an anchor, for every path at once: a [`Lead`].
//!    Depends on the bytes that it says it has [`Looked`] at.
//! 3. [`RuleSet::settle`]: the matches at one path, from all leads of a blob. Looks at no
//!    bytes any more.
//!
//! Together they give what [`RuleSet::scan_with`] gives; a property test holds it.

use std::ops::Range;

use crate::assign::{self, Evidence, FileKind, Role};
use crate::common::NEAR;
use crate::encoded::{self, Deep, Depth, Layer, Trigger};
use crate::looked::Looked;
use crate::needles::{Encoded, Target};
use crate::rule::Rule;
use crate::ruleset::{RuleId, RuleSet};
use crate::scan::{self, Blob, Buffers, Match, Quiet, Scratch, Sink, Window};
use crate::secret::Secret;
use crate::span::Span;
use crate::spec::Pattern;
use crate::vocabulary::Confidence;

/// How far filters look beyond what a pattern can match, in bytes: boundaries, escapes
/// and the shape of a value ask for less.
const MARGIN: usize = 64;

/// How far before a name is looked for where a word starts, in bytes.
const BEFORE_NAME: usize = 24;

/// How many bytes beside those that were seen behind a name may tell how they go on.
const AHEAD: usize = 8;

/// The number in the place of a rule's where an anchor is a trigger of an encoded run.
const TRIGGER: RuleId = RuleId(u32::MAX);

/// Which rules are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All but those that look only at files of certain names: at a path that ends with none
    /// of [`RuleSet::names`], and for a blob without one, that is the same as all.
    Common,
    /// All of them.
    All,
}

/// A place where an anchor of a rule stands, and what follows it may belong to a match; or
/// where an encoded run may be.
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

    /// Whether it is a literal, which depends on no bytes before it.
    #[must_use]
    pub fn is_literal(self) -> bool {
        self.trigger().is_none_or(Trigger::is_literal)
    }

    fn trigger(self) -> Option<Trigger> {
        Trigger::from_number(self.place).filter(|_| self.rule == TRIGGER)
    }
}

/// What stands at an anchor, for every path that the blob may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead(What);

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    /// A rule's, as it is in files of each kind.
    Rule { rule: RuleId, forms: Vec<Form> },
    /// An encoded run.
    Run(Box<Run>),
}

/// What it is in files of some kinds. Places are relative to the anchor.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Form {
    /// One bit for each of [`FileKind::ALL`].
    kinds: u8,
    span: (isize, isize),
    secret: (isize, isize),
    value: Secret,
    confidence: Confidence,
    /// What an assignment's name and value say; the path has the rest of it.
    evidence: Evidence,
    is_comment: bool,
    /// The lists that let it pass at some paths, one bit for each.
    allowed: u32,
}

/// What an encoded run holds. The layer has no text, and no start: that is here.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    layer: Layer,
    /// From the trigger to where the run starts.
    start: isize,
    /// The anchors in the decoded text, with their leads.
    leads: Vec<(usize, Lead)>,
}

impl Lead {
    /// The values of a rule in plain text that it may turn out to be, and where they
    /// stand, if its anchor starts at `at`. Those in encoded text come with
    /// [`Sink::decoded`].
    pub fn values(&self, at: usize) -> impl Iterator<Item = (RuleId, Span, &Secret)> + '_ {
        let (rule, forms) = match &self.0 {
            What::Rule { rule, forms } => (*rule, forms.as_slice()),
            What::Run(_) => (TRIGGER, [].as_slice()),
        };
        forms
            .iter()
            .map(move |form| (rule, absolute(form.secret, at), &form.value))
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
    /// Appends the anchors that are literals and touch a stretch, which may be empty: those
    /// that start before its end, and whose [`extent`](Self::extent) ends behind its start.
    /// In no order; they depend on no bytes before them.
    pub fn literals_touching(
        &self,
        bytes: &[u8],
        stretch: Range<usize>,
        scope: Scope,
        out: &mut Vec<Anchor>,
    ) {
        self.index
            .find_touching(bytes, stretch.clone(), |needle, at| {
                let length = self.index.needle_len(needle);
                if at >= stretch.end || at + length.max(NEAR) <= stretch.start {
                    return;
                }
                let (end, most) = (at + length, NEAR.saturating_sub(length));
                for target in self.targets.of(needle) {
                    match *target {
                        Target::Rule { rule, anchor } => {
                            let asked = &self.rules[rule.index()];
                            if scope == Scope::Common && asked.is_for_names() {
                                continue;
                            }
                            let lowered = &asked.lowered().anchors[anchor as usize];
                            if lowered.may_follow_within(bytes, end, most) {
                                out.push(Anchor {
                                    at,
                                    rule,
                                    place: anchor,
                                });
                            }
                        }
                        Target::Encoded(ref encoded) => {
                            let Encoded { trigger, ref next } = **encoded;
                            if encoded::may_follow_within(trigger, next, bytes, end, most) {
                                out.push(trigger_at(at, trigger));
                            }
                        }
                        Target::Watch(_) => {}
                    }
                }
            });
    }

    /// How many bytes, from its first, tell whether an anchor stands at a place.
    pub fn extent(&self, anchor: Anchor) -> usize {
        match anchor.trigger() {
            Some(trigger) if !trigger.is_literal() => encoded::AHEAD,
            // No literal of a trigger is longer.
            Some(_) => NEAR,
            None => {
                let rule = self.rules[anchor.rule.index()].lowered();
                let anchor = rule.anchors.get(anchor.place as usize);
                anchor.map_or(0, |anchor| anchor.literal.len()).max(NEAR)
            }
        }
    }

    /// The most that [`extent`](Self::extent) is for an anchor that is no literal.
    pub fn run_extent(&self) -> usize {
        encoded::AHEAD
    }

    /// Appends those that are no literals, in no order and some more than once: runs of
    /// digits, and where rules without an anchor match.
    pub fn runs_in(&self, bytes: &[u8], starts: Range<usize>, out: &mut Vec<Anchor>) {
        encoded::find_others(bytes, starts.clone(), true, |at, trigger| {
            out.push(trigger_at(at, trigger))
        });
        // The context of such a rule says nothing about where a match can start, so history
        // hands over whole blobs where there are any.
        for &rule in &self.unanchored {
            let mut found = Vec::new();
            scan::sweep_starts(&self.rules[rule.index()], bytes, starts.clone(), &mut found);
            out.extend(found.into_iter().map(|at| Anchor { at, rule, place: 0 }));
        }
    }

    /// How many bytes before an anchor that is no literal tell whether it is one: whether an encoded run starts
    /// at a place depends on what stands before.
    pub fn anchor_back(&self) -> usize {
        encoded::DIGITS_BACK
    }

    /// Whether working out what stands at the anchor takes so long that it pays to compare the
    /// bytes around it with those around others.
    pub fn is_dear(&self, anchor: Anchor) -> bool {
        let lowered = |rule: RuleId| self.rules[rule.index()].lowered();
        anchor.trigger().is_none()
            && (matches!(lowered(anchor.rule).spec.pattern, Pattern::Assignment)
                || lowered(anchor.rule).shape.is_some())
    }

    /// What stands at the anchor, or `None` if it is a match under no path; and which bytes
    /// around it said so.
    pub fn lead(
        &self,
        scratch: &mut Scratch,
        bytes: &[u8],
        binary: bool,
        anchor: Anchor,
        scope: Scope,
    ) -> (Option<Lead>, Looked) {
        self.lead_at(scratch, bytes, binary, anchor, (Depth::TOP, scope))
    }

    fn lead_at(
        &self,
        scratch: &mut Scratch,
        bytes: &[u8],
        binary: bool,
        anchor: Anchor,
        (depth, scope): (Depth, Scope),
    ) -> (Option<Lead>, Looked) {
        if let Some(trigger) = anchor.trigger() {
            let layer = encoded::decode(trigger, bytes, anchor.at, binary, depth);
            let looked = trigger.looked(bytes, anchor.at, layer.as_ref());
            let run = |layer| self.run(scratch, layer, anchor.at, (depth, scope));
            let lead = layer.and_then(run);
            return (lead, looked);
        }
        let rule = &self.rules[anchor.rule.index()];
        let lowered = rule.lowered().anchors.get(anchor.place as usize);
        let length = lowered.map_or(0, |lowered| lowered.literal.len());
        let span = Span::new(anchor.at, anchor.at + length);
        let blob = Blob {
            bytes,
            path: None,
            binary,
        };
        let mut forms: Vec<Form> = Vec::new();
        let mut looked;
        let mut add = |kinds: u8, candidate: &Match, evidence: Evidence, is_comment: bool| {
            let form = Form {
                kinds,
                span: relative(candidate.span, anchor.at),
                secret: relative(candidate.secret, anchor.at),
                value: Secret::new(candidate.secret.of(bytes).to_vec()),
                confidence: candidate.confidence,
                evidence,
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
        if matches!(rule.lowered().spec.pattern, Pattern::Assignment) {
            let readings = assign::read_all(bytes, span);
            looked = readings.looked();
            let checked = rule.looked(looked);
            for (number, reading) in readings.iter() {
                let Ok(evidence) = reading.verdict else {
                    continue;
                };
                let candidate = Match {
                    rule: anchor.rule,
                    span: reading.found.span,
                    secret: reading.found.value,
                    confidence: rule.lowered().spec.confidence,
                };
                looked = checked;
                if scan::check(rule, &blob, &candidate).is_ok() {
                    let is_comment = reading.is_comment(bytes);
                    add(1 << number, &candidate, evidence, is_comment);
                }
            }
        } else {
            let window = lowered.map_or_else(|| Window::at(anchor.at), |at| Window::new(at, span));
            looked = rule.looked_for_match(anchor.place, length);
            let mut far = span.end;
            let cache = scratch.cache(anchor.rule);
            let found = scan::find_near(rule, &window, cache, bytes, &mut |at| far = far.max(at));
            let Some((found, secret)) = found else {
                let is_near = rule.lowered().shape.is_some();
                let nowhere = is_near.then(|| Looked::new(BEFORE_NAME, far - anchor.at + AHEAD));
                return (None, nowhere.unwrap_or(looked));
            };
            looked = rule.looked(looked);
            let candidate = Match {
                rule: anchor.rule,
                span: found,
                secret,
                confidence: rule.lowered().spec.confidence,
            };
            if scan::check(rule, &blob, &candidate).is_ok() {
                add(u8::MAX, &candidate, Evidence::default(), false);
            }
        }
        let lead = (!forms.is_empty()).then_some(Lead(What::Rule {
            rule: anchor.rule,
            forms,
        }));
        (lead, looked)
    }

    /// What a run holds whose trigger is at `at`.
    fn run(
        &self,
        scratch: &mut Scratch,
        mut layer: Layer,
        at: usize,
        (depth, scope): (Depth, Scope),
    ) -> Option<Lead> {
        let text = std::mem::take(&mut layer.text);
        let binary = encoded::is_binary(&text);
        let inside = (depth.inside(&layer), scope);
        let mut anchors = Vec::new();
        self.literals_touching(&text, 0..text.len(), scope, &mut anchors);
        self.runs_in(&text, 0..text.len(), &mut anchors);
        anchors.sort_unstable();
        anchors.dedup();
        let leads: Vec<(usize, Lead)> = anchors
            .into_iter()
            .filter_map(|anchor| {
                let (lead, _) = self.lead_at(scratch, &text, binary, anchor, inside);
                Some((anchor.at, lead?))
            })
            .collect();
        if leads.is_empty() {
            return None;
        }
        let start = layer.start.wrapping_sub(at).cast_signed();
        layer.start = 0;
        let run = Run {
            layer,
            start,
            leads,
        };
        Some(Lead(What::Run(Box::new(run))))
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
        let buffers = scratch.settling();
        let place = Place {
            path,
            kind: FileKind::ALL
                .iter()
                .position(|k| *k == FileKind::of(path))
                .map_or(0, |n| 1 << n),
            role: Role::of(path),
        };
        self.take_up(&place, leads, buffers);
        scan::settle(self, &place.blob(), sink, buffers);
    }

    /// Puts what the leads are at a place into the buffers.
    fn take_up<'l>(
        &self,
        place: &Place<'_>,
        leads: impl IntoIterator<Item = (usize, &'l Lead)>,
        buffers: &mut Buffers,
    ) {
        let mut runs = 0u32;
        for (at, Lead(what)) in leads {
            let (rule, forms) = match what {
                What::Rule { rule, forms } => (*rule, forms),
                What::Run(run) => {
                    self.take_up_run(place, run, at, runs, buffers);
                    runs += 1;
                    continue;
                }
            };
            let known = &self.rules[rule.index()];
            let admits =
                buffers.paths[rule.index()].get_or_insert_with(|| known.admits_path(place.path));
            let of_kind = |form: &&Form| form.kinds & place.kind != 0;
            let Some(form) = forms.iter().find(of_kind).filter(|_| *admits) else {
                continue;
            };
            if scan::among_digests(known, || place.role) || known.allows(form.allowed, place.path) {
                continue;
            }
            let is_assignment = matches!(known.lowered().spec.pattern, Pattern::Assignment);
            let confidence = if is_assignment {
                assign::temper(form.evidence, place.role, form.is_comment)
            } else {
                Ok(form.confidence)
            };
            buffers
                .candidates
                .extend(confidence.ok().map(|confidence| Match {
                    rule,
                    span: absolute(form.span, at),
                    secret: absolute(form.secret, at),
                    confidence,
                }));
        }
    }

    /// Settles what a run holds, and lifts what is left of it.
    fn take_up_run(
        &self,
        place: &Place<'_>,
        run: &Run,
        at: usize,
        number: u32,
        buffers: &mut Buffers,
    ) {
        let mut own = Buffers::new(self.rules.len());
        let leads = || run.leads.iter().map(|(at, lead)| (*at, lead));
        self.take_up(place, leads(), &mut own);
        let blob = place.blob();
        scan::resolve(self, &blob, &mut Quiet, &mut own);
        let value = |found: &Match| {
            let mut values = leads().flat_map(|(at, lead)| lead.values(at));
            let same = |(rule, span, _): &(RuleId, Span, &Secret)| {
                (*rule, *span) == (found.rule, found.secret)
            };
            values.find(same).map(|(_, _, value)| value.clone())
        };
        let layer = Layer {
            start: at.wrapping_add_signed(run.start),
            ..run.layer.clone()
        };
        for item in scan::surviving(self, &blob, &mut Quiet, &own) {
            let lifted: Option<Deep> = own
                .lifted(item, value)
                .and_then(|deep| encoded::lift(&layer, deep, number));
            buffers.deep.extend(lifted);
        }
    }
}

impl Rule {
    /// What a search looks at for a match that holds an anchor of so many bytes.
    fn looked_for_match(&self, place: u32, anchor: usize) -> Looked {
        let lowered = self.lowered();
        let before = match lowered.anchors.get(place as usize) {
            // A name stands at the start of its match.
            Some(_) if lowered.shape.is_some() => 0,
            Some(place) => place.max_offset,
            None => 0,
        };
        Looked::new(before + MARGIN, lowered.max_length.max(anchor) + MARGIN)
    }

    /// What was looked at, if the filters were asked as well.
    fn looked(&self, found: Looked) -> Looked {
        let margin = self.lowered().margin() + MARGIN;
        Looked::new(found.before() + margin, found.after() + margin)
    }
}

/// What a path says.
struct Place<'p> {
    path: Option<&'p str>,
    /// The bit of the file's kind.
    kind: u8,
    role: Role,
}

impl<'p> Place<'p> {
    fn blob(&self) -> Blob<'p> {
        Blob {
            bytes: &[],
            path: self.path,
            binary: false,
        }
    }
}

fn trigger_at(at: usize, trigger: Trigger) -> Anchor {
    Anchor {
        at,
        rule: TRIGGER,
        place: trigger.number(),
    }
}
