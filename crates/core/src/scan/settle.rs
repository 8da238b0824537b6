//! From candidates to matches: filters, parts, overlaps.

use super::{Blob, Buffers, Decoded, Item, Match, Sink};
use crate::assign::Role;
use crate::encoded::{self, Deep};
use crate::filter::{self, Rejection};
use crate::rule::Rule;
use crate::ruleset::RuleSet;
use crate::span::Span;
use crate::spec::{Boundary, Checksum, Pattern};

/// Keeps the candidate, or says why not.
pub(super) fn keep<S: Sink>(
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

/// What all filters say that need no other match.
pub(super) fn check_all(rule: &Rule, blob: &Blob<'_>, candidate: &Match) -> Result<(), Rejection> {
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
