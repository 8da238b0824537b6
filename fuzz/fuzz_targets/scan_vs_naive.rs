//! Generated rules over generated text: the engine finds what a naive search finds, and
//! whether it finds it depends on nothing beyond its reach.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sluicegate_core::{Blob, Match, RuleErrorKind, RuleId, RuleSet, RuleSpec, Span};
use sluicegate_fuzz::Collected;
use sluicegate_fuzz::naive::{self, Case};

fuzz_target!(|case: Case| {
    let specs: Vec<RuleSpec> = case
        .shapes
        .iter()
        .enumerate()
        .map(|(number, shape)| shape.spec(number))
        .collect();
    let rules = match RuleSet::compile(&specs) {
        Ok(rules) => rules,
        // The proof gives up on some patterns that are right; to refuse them is no wrong
        // answer.
        Err(error) if *error.kind() == RuleErrorKind::AnchorNotRequired => return,
        Err(error) => panic!("every generated rule is valid: {error}: {specs:#?}"),
    };
    let found = scan(&rules, &case.hay);
    let ids: Vec<RuleId> = rules.ids().collect();
    let expected = naive::search(&case, &ids);
    assert_eq!(
        found,
        expected,
        "left is the engine's; the rules are {:#?}",
        specs
            .iter()
            .map(|spec| (&spec.pattern, &spec.parts))
            .collect::<Vec<_>>()
    );
    for &one in found.iter().take(8) {
        check_locality(&rules, &case.hay, one, &found);
    }
});

fn scan(rules: &RuleSet, hay: &[u8]) -> Vec<Match> {
    let mut found = Collected::default();
    rules.scan_with(&mut rules.scratch(), &Blob::new(hay), &mut found);
    found.found
}

/// Cuts the text at the reach of one match: it must still be found, and nothing whose
/// own reach lies inside may come or go.
fn check_locality(rules: &RuleSet, hay: &[u8], one: Match, all: &[Match]) {
    let reach = rules.reach();
    let from = one.span.start.saturating_sub(reach);
    let to = hay.len().min(one.span.end + reach);
    let inside = |m: &Match| {
        (from == 0 || m.span.start >= from + reach) && (to == hay.len() || m.span.end + reach <= to)
    };
    let shift = |span: Span| Span::new(span.start + from, span.end + from);
    let cut: Vec<Match> = scan(rules, &hay[from..to])
        .into_iter()
        .map(|m| Match {
            span: shift(m.span),
            secret: shift(m.secret),
            ..m
        })
        .filter(inside)
        .collect();
    let whole: Vec<Match> = all
        .iter()
        .filter(|m| m.span.start >= from && m.span.end <= to && inside(m))
        .copied()
        .collect();
    assert!(whole.contains(&one));
    assert_eq!(cut, whole, "left is what the bytes {from}..{to} alone give");
}
