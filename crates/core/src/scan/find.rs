//! One rule and the text around one of its anchors.

use std::ops::{Range, RangeInclusive};

use regex_automata::{Anchored, Input};

use super::settle::{check_all, keep};
use super::{Blob, Match, RegexScratch, Sink};
use crate::filter::Rejection;
use crate::lower::{LoweredAnchor, NEAR, Shape};
use crate::near;
use crate::program::{Exhausted, Program, Trial};
use crate::rule::Rule;
use crate::ruleset::RuleId;
use crate::span::Span;
use crate::spec::Pattern;
use crate::vocabulary::Confidence;

/// Where a match that holds an anchor may start.
pub(crate) struct Window {
    pub(super) anchor: Span,
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

/// One rule, and what it is looked for in.
pub(super) struct Search<'s, 'b, S> {
    pub(super) rule: &'s Rule,
    pub(super) id: RuleId,
    /// What the rule's engine writes to, if it was ever needed.
    pub(super) scratch: &'s mut Option<Box<RegexScratch>>,
    pub(super) blob: &'s Blob<'b>,
    pub(super) sink: &'s mut S,
    pub(super) candidates: &'s mut Vec<Match>,
}

impl<S: Sink> Search<'_, '_, S> {
    /// Looks for a rule without an anchor everywhere.
    pub(super) fn everywhere(&mut self) {
        if S::PROFILE {
            self.sink.begin(self.id);
        }
        let mut found = Vec::new();
        let bytes = self.blob.bytes;
        sweep_starts(self.rule, bytes, 0..bytes.len(), &mut found);
        if S::PROFILE {
            self.sink.end(self.id, true);
        }
        for at in found {
            if S::PROFILE {
                self.sink.anchor(self.id);
            }
            self.within(&Window::at(at));
        }
    }

    /// Looks for a match around an anchor.
    pub(super) fn within(&mut self, window: &Window) {
        if S::PROFILE {
            self.sink.begin(self.id);
        }
        let ran = self.look(window);
        if S::PROFILE {
            self.sink.end(self.id, ran);
        }
    }

    /// Gives whether the pattern was run.
    fn look(&mut self, window: &Window) -> bool {
        let (rule, blob) = (self.rule, self.blob);
        if matches!(rule.lowered().spec.pattern, Pattern::Assignment) {
            if let Some((found, verdict)) = crate::assign::examine(blob, window.anchor) {
                let confidence = verdict.as_ref().copied().unwrap_or(Confidence::Hint);
                let candidate = Match {
                    rule: self.id,
                    span: found.span,
                    secret: found.value,
                    confidence,
                };
                let verdict = verdict
                    .map(drop)
                    .and_then(|()| check_all(rule, blob, &candidate));
                self.keep(verdict, candidate);
            } else if S::TRACE {
                self.sink.near(blob, self.id, window.anchor);
            }
            return true;
        }
        let found = find_near(rule, window, self.scratch, blob.bytes, &mut |_| {});
        let Some((span, secret)) = found else {
            if S::TRACE {
                self.sink.near(blob, self.id, window.anchor);
            }
            let is_near = || match rule.lowered().shape.as_ref() {
                Some(shape) => may_be_near(shape, window, blob.bytes, |_| {}).is_some(),
                None => true,
            };
            return S::PROFILE && is_near();
        };
        let candidate = Match {
            rule: self.id,
            span,
            secret,
            confidence: rule.lowered().spec.confidence,
        };
        self.keep(check_all(rule, blob, &candidate), candidate);
        true
    }

    fn keep(&mut self, verdict: Result<(), Rejection>, candidate: Match) {
        keep(verdict, candidate, self.blob, self.sink, self.candidates);
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

/// Where a value could start near the anchor, at the earliest: the pattern is only run where
/// one could.
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
