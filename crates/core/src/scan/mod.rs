//! From anchors to matches: windows, patterns, filters, parts, overlaps.

mod find;
mod settle;

use regex_automata::meta::{Cache, Regex};
use regex_automata::util::captures::Captures;

use crate::encoded::{self, Codec, Deep, Depth, Trigger};
use crate::filter::Rejection;
use crate::needles::Target;
use crate::ruleset::{RuleId, RuleSet, WatchId};
use crate::secret::Secret;
use crate::span::Span;
use crate::vocabulary::Confidence;

use find::Search;
pub(crate) use find::{Window, find_near, sweep_starts};
pub(crate) use settle::{among_digests, check, resolve, settle, surviving};

/// Bytes to scan, and what is known about them.
#[derive(Clone, Copy, Debug)]
pub struct Blob<'a> {
    /// The bytes.
    pub bytes: &'a [u8],
    /// Where they come from, `/`-separated; some rules look at it.
    pub path: Option<&'a str>,
    /// Whether this is a binary file: then only printable matches count.
    pub binary: bool,
}

impl<'a> Blob<'a> {
    /// Text from nowhere in particular.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            path: None,
            binary: false,
        }
    }

    /// The same bytes, at this path.
    #[must_use]
    pub fn at(self, path: &'a str) -> Self {
        Self {
            path: Some(path),
            ..self
        }
    }
}

/// Where a rule found a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Match {
    /// The rule.
    pub rule: RuleId,
    /// All that the pattern matched.
    pub span: Span,
    /// The secret in it.
    pub secret: Span,
    /// How sure this match is; composite rules and context may differ from the rule.
    pub confidence: Confidence,
}

/// A match in text that is written in another way: base64, escapes and the like.
#[derive(Clone, Copy, Debug)]
pub struct Decoded<'d> {
    /// The match. Its spans are those of the original bytes, so the secret's bytes there
    /// are not the secret but what it is written as.
    pub found: Match,
    /// The secret itself.
    pub value: &'d [u8],
    /// How it is written, the outermost first; never empty.
    pub codecs: &'d [Codec],
}

/// Receives what a scan finds, while it scans.
pub trait Sink {
    /// Whether [`near`](Self::near) and [`rejected`](Self::rejected) are wanted. They
    /// cost nothing where they are not.
    const TRACE: bool = false;

    /// Whether [`anchor`](Self::anchor), [`begin`](Self::begin) and [`end`](Self::end) are
    /// wanted. They cost nothing where they are not.
    const PROFILE: bool = false;

    /// A match that survived.
    fn found(&mut self, blob: &Blob<'_>, found: &Match);

    /// A match in encoded text that survived. If a sink does not say otherwise, it is told
    /// as any other, with the spans of the bytes as they are written.
    fn decoded(&mut self, blob: &Blob<'_>, decoded: &Decoded<'_>) {
        self.found(blob, &decoded.found);
    }

    /// A watched literal.
    fn watched(&mut self, blob: &Blob<'_>, watch: WatchId, span: Span) {
        let _ = (blob, watch, span);
    }

    /// An anchor of the rule stands here, but its pattern does not match.
    fn near(&mut self, blob: &Blob<'_>, rule: RuleId, anchor: Span) {
        let _ = (blob, rule, anchor);
    }

    /// An anchor of the rule stands somewhere.
    fn anchor(&mut self, rule: RuleId) {
        let _ = rule;
    }

    /// The rule's pattern or detector is about to look at the bytes around an anchor.
    fn begin(&mut self, rule: RuleId) {
        let _ = rule;
    }

    /// It has, and `ran` says whether the pattern had to be run for it.
    fn end(&mut self, rule: RuleId, ran: bool) {
        let _ = (rule, ran);
    }

    /// The rule's pattern matched, but a filter said no.
    fn rejected(&mut self, blob: &Blob<'_>, candidate: &Match, why: &Rejection) {
        let _ = (blob, candidate, why);
    }
}

/// What a worker writes to while it scans. Lent to every scan, kept between them.
pub struct Scratch {
    caches: Caches,
    buffers: Buffers,
}

/// What the patterns of the rules write to, one for each.
type Caches = Vec<Option<Box<RegexScratch>>>;

pub(crate) struct RegexScratch {
    cache: Cache,
    captures: Captures,
}

impl RegexScratch {
    fn boxed(regex: &Regex) -> Box<Self> {
        Box::new(Self {
            cache: regex.create_cache(),
            captures: regex.create_captures(),
        })
    }
}

/// What is gathered about one text.
#[derive(Default)]
pub(crate) struct Buffers {
    /// For each rule whether the path of this blob suits it, once that was asked.
    pub(crate) paths: Vec<Option<bool>>,
    pub(crate) candidates: Vec<Match>,
    triggers: Vec<(usize, Trigger)>,
    /// What was found in encoded runs.
    pub(crate) deep: Vec<Deep>,
    joined: Vec<Match>,
    survivors: Vec<Item>,
}

/// A match, in plain text or in a run.
#[derive(Clone, Copy)]
pub(crate) struct Item {
    pub(crate) found: Match,
    /// Which of the buffers' `deep` it is.
    pub(crate) deep: Option<u32>,
}

/// Above this many candidates the memory is given back after a blob.
const KEPT_CANDIDATES: usize = 4096;

impl Buffers {
    pub(crate) fn new(rules: usize) -> Self {
        Self {
            paths: vec![None; rules],
            ..Self::default()
        }
    }

    fn clear(&mut self) {
        self.paths.fill(None);
        self.candidates.clear();
        self.triggers.clear();
        self.deep.clear();
        self.joined.clear();
        self.survivors.clear();
    }

    fn shrink(&mut self) {
        self.candidates.shrink_to(KEPT_CANDIDATES);
        self.triggers.shrink_to(KEPT_CANDIDATES);
        self.deep.shrink_to(KEPT_CANDIDATES);
        self.joined.shrink_to(KEPT_CANDIDATES);
        self.survivors.shrink_to(KEPT_CANDIDATES);
    }
}

impl Scratch {
    pub(crate) fn new(rules: usize) -> Self {
        Self {
            caches: (0..rules).map(|_| None).collect(),
            buffers: Buffers::new(rules),
        }
    }

    pub(crate) fn cache(&mut self, rule: RuleId) -> &mut Option<Box<RegexScratch>> {
        &mut self.caches[rule.index()]
    }

    /// What joining matches needs, emptied.
    pub(crate) fn settling(&mut self) -> &mut Buffers {
        self.buffers.clear();
        &mut self.buffers
    }
}

pub(crate) fn scan<S: Sink>(rules: &RuleSet, scratch: &mut Scratch, blob: &Blob<'_>, sink: &mut S) {
    let Scratch { caches, buffers } = scratch;
    buffers.clear();
    gather(rules, caches, buffers, blob, Depth::TOP, sink);
    settle(rules, blob, sink, buffers);
    buffers.shrink();
}

/// Finds candidates, in the text and in the encoded runs in it.
fn gather<S: Sink>(
    rules: &RuleSet,
    caches: &mut Caches,
    buffers: &mut Buffers,
    blob: &Blob<'_>,
    depth: Depth,
    sink: &mut S,
) {
    let Buffers {
        paths,
        candidates,
        triggers,
        ..
    } = buffers;
    rules.index.find_all(blob.bytes, |needle, at| {
        for target in rules.targets.of(needle) {
            match *target {
                Target::Watch(watch) => {
                    let length = rules.index.needle_len(needle);
                    sink.watched(blob, watch, Span::new(at, at + length));
                }
                Target::Encoded(ref encoded) => {
                    let end = at + rules.index.needle_len(needle);
                    if encoded::may_follow(encoded.trigger, &encoded.next, blob.bytes, end) {
                        triggers.push((at, encoded.trigger));
                    }
                }
                Target::Rule { rule: id, anchor } => {
                    if S::PROFILE {
                        sink.anchor(id);
                    }
                    let rule = &rules.rules[id.index()];
                    let lowered = &rule.lowered().anchors[anchor as usize];
                    let end = at + rules.index.needle_len(needle);
                    let window = Window::new(lowered, Span::new(at, end));
                    // What can be asked without the pattern is asked first: it is seldom
                    // run after that.
                    let wanted = S::TRACE
                        || *paths[id.index()].get_or_insert_with(|| rule.admits_path(blob.path));
                    if wanted && lowered.may_follow(blob.bytes, end) {
                        let mut search = Search {
                            rule,
                            id,
                            scratch: &mut caches[id.index()],
                            blob,
                            sink,
                            candidates,
                        };
                        search.within(&window);
                    } else if S::TRACE {
                        sink.near(blob, id, window.anchor);
                    }
                }
            }
        }
    });
    for &id in &rules.unanchored {
        let rule = &rules.rules[id.index()];
        if *paths[id.index()].get_or_insert_with(|| rule.admits_path(blob.path)) {
            let mut search = Search {
                rule,
                id,
                scratch: &mut caches[id.index()],
                blob,
                sink,
                candidates,
            };
            search.everywhere();
        }
    }
    encoded::find_others(
        blob.bytes,
        0..blob.bytes.len(),
        blob.binary,
        |at, trigger| {
            triggers.push((at, trigger));
        },
    );
    if !triggers.is_empty() {
        decode(rules, caches, buffers, blob, depth);
    }
}

/// Decodes the runs that triggers stand for, and scans what comes out.
#[cold]
fn decode(
    rules: &RuleSet,
    caches: &mut Caches,
    buffers: &mut Buffers,
    blob: &Blob<'_>,
    depth: Depth,
) {
    let mut triggers = std::mem::take(&mut buffers.triggers);
    triggers.sort_unstable();
    triggers.dedup();
    for (run, &(at, trigger)) in (0u32..).zip(&triggers) {
        let Some(layer) = encoded::decode(trigger, blob.bytes, at, blob.binary, depth) else {
            continue;
        };
        let inner = Blob {
            bytes: &layer.text,
            path: blob.path,
            binary: encoded::is_binary(&layer.text),
        };
        let mut own = Buffers::new(rules.rules.len());
        gather(
            rules,
            caches,
            &mut own,
            &inner,
            depth.inside(&layer),
            &mut Quiet,
        );
        let value = |found: &Match| Some(Secret::new(found.secret.of(&layer.text).to_vec()));
        resolve(rules, &inner, &mut Quiet, &mut own);
        for item in surviving(rules, &inner, &mut Quiet, &own) {
            buffers.deep.extend(
                own.lifted(item, value)
                    .and_then(|deep| encoded::lift(&layer, deep, run)),
            );
        }
    }
    buffers.triggers = triggers;
}

impl Buffers {
    /// A survivor as something to be lifted to the text around this one.
    pub(crate) fn lifted(
        &self,
        item: &Item,
        value: impl FnOnce(&Match) -> Option<Secret>,
    ) -> Option<Deep> {
        match item.deep {
            Some(deep) => Some(Deep {
                found: item.found,
                ..self.deep[deep as usize].clone()
            }),
            None => Some(Deep {
                found: item.found,
                value: value(&item.found)?,
                codecs: Vec::new(),
                run: 0,
            }),
        }
    }
}

/// Looks away: in decoded text nobody asks why something was not found.
pub(crate) struct Quiet;

impl Sink for Quiet {
    fn found(&mut self, _: &Blob<'_>, _: &Match) {}
}
