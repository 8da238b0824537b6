//! From anchors to matches: windows, patterns, filters, parts, overlaps.

use std::ops::{Range, RangeInclusive};

use regex_automata::meta::{Cache, Regex};
use regex_automata::util::captures::Captures;
use regex_automata::{Anchored, Input};

use crate::assign::Role;
use crate::encoded::{self, Codec, Deep, Depth, Trigger};
use crate::filter::{self, Rejection};
use crate::lower::{LoweredAnchor, NEAR, Shape};
use crate::near;
use crate::needles::Target;
use crate::program::{Exhausted, Program, Trial};
use crate::rule::Rule;
use crate::ruleset::{RuleId, RuleSet, WatchId};
use crate::secret::Secret;
use crate::span::Span;
use crate::spec::{Boundary, Checksum, Pattern};
use crate::vocabulary::Confidence;

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
                    // What can be asked without the pattern is asked first: most rules of
                    // a scan never have theirs compiled.
                    let wanted = S::TRACE
                        || *paths[id.index()].get_or_insert_with(|| rule.admits_path(blob.path));
                    if wanted && lowered.may_follow(blob.bytes, end) {
                        let scratch = &mut caches[id.index()];
                        search(rule, id, window, scratch, blob, sink, candidates);
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
            sweep(rule, id, &mut caches[id.index()], blob, sink, candidates);
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

/// Runs the pattern of a rule without an anchor over everything.
fn sweep<S: Sink>(
    rule: &Rule,
    id: RuleId,
    scratch: &mut Option<Box<RegexScratch>>,
    blob: &Blob<'_>,
    sink: &mut S,
    candidates: &mut Vec<Match>,
) {
    if S::PROFILE {
        sink.begin(id);
    }
    let mut found = Vec::new();
    sweep_starts(rule, blob.bytes, 0..blob.bytes.len(), &mut found);
    if S::PROFILE {
        sink.end(id, true);
    }
    for at in found {
        if S::PROFILE {
            sink.anchor(id);
        }
        search(rule, id, Window::at(at), scratch, blob, sink, candidates);
    }
}

/// Appends where matches of a rule without an anchor start. Every place counts, whatever
/// matches before it: which of several that overlap is reported is decided as for all
/// others, by the bytes around them and not by where the search began.
pub(crate) fn sweep_starts(rule: &Rule, hay: &[u8], starts: Range<usize>, out: &mut Vec<usize>) {
    let (regex, _) = rule.regex();
    let length = rule.lowered().max_length;
    let mut within = |starts: Range<usize>| {
        let mut start = starts.start;
        while start < starts.end {
            let end = hay.len().min(starts.end.saturating_add(length));
            let Some(found) = regex.find(Input::new(hay).range(start..end)) else {
                return;
            };
            if found.start() >= starts.end {
                return;
            }
            if !found.is_empty() {
                out.push(found.start());
            }
            start = found.start() + 1;
        }
    };
    let Some(words) = rule.near() else {
        return within(starts);
    };
    // Far from its words there is nothing to find, and most bytes are.
    let far = NEAR + length;
    let mut from = starts.start;
    let mut word_from = starts.start.saturating_sub(far);
    let last = hay.len().min(starts.end.saturating_add(far));
    while let Some(word) = words.next(hay, word_from.min(last)..last) {
        let own = word.start.saturating_sub(far).max(from)..(word.end + far).min(starts.end);
        from = from.max(own.end);
        word_from = word.start + 1;
        if !own.is_empty() {
            within(own);
            // What starts there has been looked for, and a word in it adds nothing to it.
            word_from = word_from.max(from.saturating_sub(far));
        }
    }
}

/// Where a match that holds an anchor may start.
pub(crate) struct Window {
    anchor: Span,
    is_word: bool,
    first: usize,
    /// `None` if the text starts too late for a match to hold the anchor.
    last: Option<usize>,
}

impl Window {
    /// A match starts here.
    pub(crate) fn at(at: usize) -> Self {
        Self {
            anchor: Span::new(at, at),
            is_word: false,
            first: at,
            last: Some(at),
        }
    }

    pub(crate) fn new(lowered: &LoweredAnchor, anchor: Span) -> Self {
        Self {
            anchor,
            is_word: lowered.is_word,
            first: anchor.start.saturating_sub(lowered.max_offset),
            last: anchor.start.checked_sub(lowered.min_offset),
        }
    }
}

fn search<S: Sink>(
    rule: &Rule,
    id: RuleId,
    window: Window,
    scratch: &mut Option<Box<RegexScratch>>,
    blob: &Blob<'_>,
    sink: &mut S,
    candidates: &mut Vec<Match>,
) {
    if S::PROFILE {
        sink.begin(id);
    }
    let ran = look(rule, id, window, scratch, blob, sink, candidates);
    if S::PROFILE {
        sink.end(id, ran);
    }
}

/// Gives whether the pattern was run.
fn look<S: Sink>(
    rule: &Rule,
    id: RuleId,
    window: Window,
    scratch: &mut Option<Box<RegexScratch>>,
    blob: &Blob<'_>,
    sink: &mut S,
    candidates: &mut Vec<Match>,
) -> bool {
    if matches!(rule.lowered().spec.pattern, Pattern::Assignment) {
        if let Some((found, verdict)) = crate::assign::examine(blob, window.anchor) {
            let confidence = verdict.as_ref().copied().unwrap_or(Confidence::Hint);
            let candidate = Match {
                rule: id,
                span: found.span,
                secret: found.value,
                confidence,
            };
            let verdict = verdict
                .map(drop)
                .and_then(|()| check_all(rule, blob, &candidate));
            keep(verdict, candidate, blob, sink, candidates);
        } else if S::TRACE {
            sink.near(blob, id, window.anchor);
        }
        return true;
    }
    let found = find_near(rule, &window, scratch, blob.bytes, &mut |_| {});
    let Some((span, secret)) = found else {
        if S::TRACE {
            sink.near(blob, id, window.anchor);
        }
        let is_near = || match rule.lowered().shape.as_ref() {
            Some(shape) => may_be_near(shape, &window, blob.bytes, |_| {}).is_some(),
            None => true,
        };
        return S::PROFILE && is_near();
    };
    let candidate = Match {
        rule: id,
        span,
        secret,
        confidence: rule.lowered().spec.confidence,
    };
    keep(
        check_all(rule, blob, &candidate),
        candidate,
        blob,
        sink,
        candidates,
    );
    true
}

fn keep<S: Sink>(
    verdict: Result<(), Rejection>,
    candidate: Match,
    blob: &Blob<'_>,
    sink: &mut S,
    candidates: &mut Vec<Match>,
) {
    match verdict {
        Ok(()) => candidates.push(candidate),
        Err(why) if S::TRACE => sink.rejected(blob, &candidate, &why),
        Err(_) => {}
    }
}

/// The leftmost match that holds the anchor, and the secret in it; for a value near a name
/// the first that is tied to it. `seen` is told how far was looked behind a name.
pub(crate) fn find_near(
    rule: &Rule,
    window: &Window,
    scratch: &mut Option<Box<RegexScratch>>,
    hay: &[u8],
    seen: &mut impl FnMut(usize),
) -> Option<(Span, Span)> {
    let Some(shape) = rule.lowered().shape.as_ref() else {
        return find(rule, window, scratch, hay);
    };
    let first = may_be_near(shape, window, hay, &mut *seen)?;
    let mut far = 0;
    let query = near::Query {
        shape,
        is_word: window.is_word,
        has_form: !rule.lowered().regex.is_empty(),
        boundary: rule.lowered().spec.boundary,
    };
    if !query.has_form {
        let token = |at| near::end_of_token(hay, at, |place| far = far.max(place));
        let found = near::find(&query, hay, (window.anchor, first), token, &mut *seen);
        seen(far);
        return found;
    }
    let value = |at| {
        if let Some(end) = shape.end_of_row(hay, at) {
            far = far.max(end.unwrap_or(at));
            return end;
        }
        // As short as can be: what the search needs to write to grows with it.
        let longest = rule.lowered().max_length - near::BEFORE_VALUE;
        let end = shape.farthest_end(hay, at, hay.len().min(at + longest));
        far = far.max(end);
        if let Some(program) = by_steps(rule, scratch)
            && let Ok(found) = program.end_of_match(hay, at, end, &mut Trial::new())
        {
            return found;
        }
        let (regex, _) = rule.regex();
        let scratch = scratch.get_or_insert_with(|| RegexScratch::boxed(regex));
        let input = Input::new(hay).range(at..end).anchored(Anchored::Yes);
        regex
            .search_with(&mut scratch.cache, &input)
            .map(|found| found.end())
    };
    let found = near::find(&query, hay, (window.anchor, first), value, &mut *seen);
    seen(far);
    found
}

/// Where a value could start near the anchor, at the earliest: the pattern is only run, or
/// even compiled, where one could.
fn may_be_near(
    shape: &Shape,
    window: &Window,
    hay: &[u8],
    seen: impl FnOnce(usize),
) -> Option<usize> {
    let first = shape.first_near(hay, window.anchor.end, seen)?;
    crate::filter::starts_part(hay, window.anchor.start).then_some(first)
}

/// Longer matches than this are looked for place by place, if there are few places.
const LONG: usize = 600;

/// How many places those are at most.
const STEPS: usize = 256;

fn find(
    rule: &Rule,
    window: &Window,
    scratch: &mut Option<Box<RegexScratch>>,
    hay: &[u8],
) -> Option<(Span, Span)> {
    let last = window.last?;
    let (start, end) = (window.anchor.start, window.anchor.end);
    let farthest = hay.len().min(last + rule.lowered().max_length).max(end);
    let (first, limit) =
        rule.lowered()
            .limits
            .narrow(hay, (window.first, farthest), (start, end))?;
    if first > last || !rule.has_row(&hay[first..limit]) {
        return None;
    }
    if let Some(program) = by_steps(rule, scratch)
        && let Ok(found) = tried(rule, program, hay, (first..=last, limit), end)
    {
        return found;
    }
    // Where the anchor's place is fixed there is one place to start, and the search need
    // not look for another.
    let anchored = |only: bool| if only { Anchored::Yes } else { Anchored::No };
    let (regex, groups) = rule.regex();
    let scratch = scratch.get_or_insert_with(|| RegexScratch::boxed(regex));
    let mut start = first;
    let step = start == last || (rule.lowered().max_length > LONG && last - start <= STEPS);
    let span = loop {
        // Where a match may be long, a search that may start anywhere goes on to the end of
        // the window and carries all its possible starts along: to ask at each place by
        // itself is over at once at nearly all of them.
        let input = Input::new(hay).range(start..limit).anchored(anchored(step));
        match regex.search_with(&mut scratch.cache, &input) {
            Some(found) if found.start() > last => return None,
            Some(found) => {
                // A match that started early may have gone on past the bound.
                let end = found.end().min(found.start() + rule.lowered().max_length);
                if end == found.end() && end >= window.anchor.end {
                    break Span::new(found.start(), end);
                }
                start = found.start() + 1;
            }
            None if step => start += 1,
            None => return None,
        }
        if start > last {
            return None;
        }
    };
    if groups.is_empty() {
        return Some((span, span));
    }
    let input = Input::new(hay)
        .range(span.start..span.end)
        .anchored(Anchored::Yes);
    regex.search_captures_with(&mut scratch.cache, &input, &mut scratch.captures);
    let group = |&number: &usize| scratch.captures.get_group(number);
    let secret = groups
        .iter()
        .filter_map(group)
        .find(|found| !found.is_empty())
        .map_or(span, |g| Span::new(g.start, g.end));
    Some((span, secret))
}

/// The steps of the rule, as long as they were enough: where they once were not, the engine
/// is ready, and they would not be again.
fn by_steps<'r>(rule: &'r Rule, engine: &Option<Box<RegexScratch>>) -> Option<&'r Program> {
    let program = rule.lowered().program.as_ref();
    program.filter(|_| engine.is_none())
}

/// What [`find`] finds, by steps.
fn tried(
    rule: &Rule,
    program: &Program,
    hay: &[u8],
    (starts, limit): (RangeInclusive<usize>, usize),
    anchor_end: usize,
) -> Result<Option<(Span, Span)>, Exhausted> {
    let mut trial = Trial::new();
    for start in starts.filter(|&start| program.may_start(hay, start)) {
        let Some(end) = program.end_of_match(hay, start, limit, &mut trial)? else {
            continue;
        };
        if end - start <= rule.lowered().max_length && end >= anchor_end {
            let span = Span::new(start, end);
            return Ok(Some((span, program.secret(&trial).unwrap_or(span))));
        }
    }
    Ok(None)
}

fn check_all(rule: &Rule, blob: &Blob<'_>, candidate: &Match) -> Result<(), Rejection> {
    if !rule.admits_path(blob.path) {
        return Err(Rejection::Path);
    }
    if among_digests(rule, || Role::of(blob.path)) {
        return Err(Rejection::Context(
            "in a file that a tool wrote, among digests",
        ));
    }
    check(rule, blob, candidate)?;
    let bits = rule.allowed_by_path(blob.bytes, candidate.span, candidate.secret);
    if rule.allows(bits, blob.path) {
        return Err(Rejection::Allowed);
    }
    Ok(())
}

/// Whether the rule cannot tell a value from a digest, and the file is full of those.
pub(crate) fn among_digests(rule: &Rule, role: impl FnOnce() -> Role) -> bool {
    matches!(rule.lowered().spec.pattern, Pattern::Context { .. }) && role() == Role::Generated
}

/// What a rule's filters say, apart from those that need the path or other matches.
pub(crate) fn check(rule: &Rule, blob: &Blob<'_>, candidate: &Match) -> Result<(), Rejection> {
    let printable = |b: &u8| b.is_ascii_graphic() || matches!(b, b' ' | b'\t' | b'\n' | b'\r');
    let text = rule.lowered().spec.checksum != Some(Checksum::KeyStore);
    if blob.binary && text && !candidate.span.of(blob.bytes).iter().all(printable) {
        return Err(Rejection::Binary);
    }
    let spans = (candidate.span, candidate.secret);
    match rule.check(blob.bytes, spans, rule.lowered().spec.boundary) {
        Err(Rejection::Boundary) if blob.binary && is_packed(rule, blob.bytes, candidate) => {
            rule.check(blob.bytes, spans, Boundary::None)
        }
        checked => checked,
    }
}

/// Whether the match may be a text of its own although letters stand next to it: programs
/// have their texts without anything between them.
fn is_packed(rule: &Rule, hay: &[u8], candidate: &Match) -> bool {
    let (spec, secret) = (&rule.lowered().spec, candidate.secret);
    if candidate.span != secret {
        return false;
    }
    match spec.checksum {
        Some(Checksum::Crc32Base62) => true,
        _ => rule.only_length() == Some(secret.len()) && filter::stands_alone(hay, secret),
    }
}

/// Joins parts, drops what a better match covers, and reports the rest in order.
pub(crate) fn settle<S: Sink>(
    rules: &RuleSet,
    blob: &Blob<'_>,
    sink: &mut S,
    buffers: &mut Buffers,
) {
    if buffers.candidates.is_empty() && buffers.deep.is_empty() {
        return;
    }
    resolve(rules, blob, sink, buffers);
    let survivors: Vec<Item> = surviving(rules, blob, sink, buffers).copied().collect();
    for item in survivors {
        let deep = item.deep.map(|number| &buffers.deep[number as usize]);
        match deep.filter(|deep| !deep.codecs.is_empty()) {
            None => sink.found(blob, &item.found),
            Some(deep) => sink.decoded(
                blob,
                &Decoded {
                    found: item.found,
                    value: deep.value.expose_secret_bytes(),
                    codecs: &deep.codecs,
                },
            ),
        }
    }
}

/// Joins parts, and puts what is plain and what is encoded into one list, in order.
pub(crate) fn resolve<S: Sink>(
    rules: &RuleSet,
    blob: &Blob<'_>,
    sink: &mut S,
    buffers: &mut Buffers,
) {
    let Buffers {
        candidates,
        joined,
        survivors,
        deep,
        ..
    } = buffers;
    // Complete, so that it does not matter in which order they came.
    candidates.sort_unstable_by_key(|m| {
        let sure = std::cmp::Reverse(m.confidence);
        (m.secret, m.rule, m.span, sure)
    });
    candidates.dedup_by_key(|m| (m.secret, m.rule));
    for candidate in candidates.iter() {
        let rule = &rules.rules[candidate.rule.index()];
        let mut own = *candidate;
        let mut missing = None;
        for ((other, within), part) in rule.parts.iter().zip(&rule.lowered().spec.parts) {
            let near = around(candidates, candidate.span, *within).iter().any(|m| {
                m.rule == *other
                    && gap(m.span, candidate.span) <= *within
                    && m.secret != candidate.secret
            });
            if near {
                own.confidence = part.confidence.unwrap_or(own.confidence);
            } else if part.required {
                missing = Some(Rejection::Part(part.rule.clone()));
            }
        }
        if rule.lowered().spec.hidden {
            if S::TRACE {
                sink.rejected(blob, &own, &Rejection::Hidden);
            }
            continue;
        }
        keep(missing.map_or(Ok(()), Err), own, blob, sink, joined);
    }
    survivors.extend(joined.iter().map(|found| Item {
        found: *found,
        deep: None,
    }));
    if !deep.is_empty() {
        deep.sort_by(|a, b| {
            let key = |d: &Deep| (d.found.secret, d.found.rule, d.found.span, d.run);
            key(a).cmp(&key(b)).then_with(|| a.value.cmp(&b.value))
        });
        survivors.extend((0u32..).zip(deep.iter()).map(|(number, deep)| Item {
            found: deep.found,
            deep: Some(number),
        }));
        survivors.sort_by_key(|item| (item.found.secret, item.deep));
    }
}

/// What no better match covers.
pub(crate) fn surviving<'b, S: Sink>(
    rules: &RuleSet,
    blob: &Blob<'_>,
    sink: &mut S,
    buffers: &'b Buffers,
) -> impl Iterator<Item = &'b Item> {
    let mut kept = Vec::with_capacity(buffers.survivors.len());
    for (number, item) in buffers.survivors.iter().enumerate() {
        match covering(rules, buffers, number) {
            None => kept.push(item),
            Some(better) if S::TRACE => {
                let id = rules.spec(better.rule).id.clone();
                sink.rejected(blob, &item.found, &Rejection::Covered(id));
            }
            Some(_) => {}
        }
    }
    kept.into_iter()
}

/// The candidates, sorted by where the secret starts, that can lie within a distance.
fn around(candidates: &[Match], span: Span, within: usize) -> &[Match] {
    let first = span.start.saturating_sub(within + crate::lower::MAX_LENGTH);
    let last = span.end + within + crate::lower::MAX_LENGTH;
    let from = candidates.partition_point(|m| m.secret.start < first);
    let to = candidates.partition_point(|m| m.secret.start <= last);
    &candidates[from..to]
}

fn gap(a: Span, b: Span) -> usize {
    if a.overlaps(b) {
        0
    } else {
        a.start.max(b.start) - a.end.min(b.end)
    }
}

/// A match of higher rank whose secret shares a byte with that of a survivor.
///
/// Whether the better one is itself covered does not matter: asking would let a
/// chain of overlaps decide about a match any distance away. What was found in one run
/// was settled there.
fn covering<'b>(rules: &RuleSet, buffers: &'b Buffers, number: usize) -> Option<&'b Match> {
    let survivors = &buffers.survivors;
    let own = &survivors[number];
    let deep = |item: &Item| item.deep.map(|deep| &buffers.deep[deep as usize]);
    let own_run = deep(own).map(|deep| deep.run);
    let rank = |item: &Item| {
        let m = &item.found;
        let rule = &rules.rules[m.rule.index()];
        // At the same place the value as it is meant says more than as it is written, and
        // what is found without decoding more than what is found with it.
        let written = match deep(item).map(|deep| deep.codecs.is_empty()) {
            Some(false) => 2,
            None => 1,
            Some(true) => 0,
        };
        (
            rule.rank,
            m.secret.len(),
            std::cmp::Reverse(m.secret.start),
            std::cmp::Reverse(m.rule),
            m.confidence,
            written,
            std::cmp::Reverse(item.deep),
        )
    };
    let better = |item: &&Item| {
        let same_run = own_run.is_some() && deep(item).map(|deep| deep.run) == own_run;
        !same_run && item.found.secret.overlaps(own.found.secret) && rank(item) > rank(own)
    };
    // Sorted by start: what starts later than our end is out of the question, and so
    // is, by the greatest length of a match, what starts long before.
    let after = survivors[number + 1..]
        .iter()
        .take_while(|item| item.found.secret.start < own.found.secret.end);
    let longest = if buffers.deep.is_empty() {
        crate::lower::MAX_LENGTH
    } else {
        encoded::MAX_RUN.max(crate::lower::MAX_LENGTH)
    };
    let before = survivors[..number]
        .iter()
        .rev()
        .take_while(|item| item.found.secret.start + longest >= own.found.secret.start);
    after
        .clone()
        .find(better)
        .or_else(|| before.clone().find(better))
        .map(|item| &item.found)
}
