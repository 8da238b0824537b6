//! The engine for regular expressions says the same.

use proptest::prelude::*;
use regex_automata::meta::Regex;
use regex_automata::{Anchored, Input};

use super::{Exhausted, Program, Trial};
use crate::lower::{Search, compile, is_secret_group, parse};
use crate::span::Span;

fn program(pattern: &str) -> Option<Program> {
    Program::of(&parse(pattern).expect("a pattern"))
}

/// The end and the secret of the match that starts at `at`.
fn by_engine(engine: &Regex, hay: &[u8], at: usize, end: usize) -> Option<(usize, Option<Span>)> {
    let mut captures = engine.create_captures();
    let input = Input::new(hay).range(at..end).anchored(Anchored::Yes);
    engine.search_captures(&input, &mut captures);
    let whole = captures.get_match()?;
    let names = captures.group_info().pattern_names(captures.pattern()?);
    let secret = names
        .enumerate()
        .filter(|(_, name)| name.is_some_and(is_secret_group))
        .filter_map(|(number, _)| captures.get_group(number))
        .find(|group| !group.is_empty());
    Some((whole.end(), secret.map(|g| Span::new(g.start, g.end))))
}

/// Every start and some ends.
fn agree(pattern: &str, hay: &[u8]) -> Result<(), TestCaseError> {
    let Some(program) = program(pattern) else {
        return Ok(());
    };
    let engine = compile(pattern, 100, Search::Window).expect("a pattern");
    for at in 0..=hay.len() {
        for end in [hay.len(), hay.len().min(at + 3)] {
            let mut trial = Trial::new();
            let Ok(found) = program.end_of_match(hay, at, end, &mut trial) else {
                continue;
            };
            let found = found.map(|end| (end, program.secret(&trial)));
            let wanted = by_engine(&engine, hay, at, end);
            prop_assert_eq!(found, wanted, "{} at {}..{} of {:?}", pattern, at, end, hay);
            prop_assert!(
                found.is_none()
                    || at == hay.len()
                    || program.may_start(hay, at)
                    || found == Some((at, None))
            );
        }
    }
    Ok(())
}

/// Patterns of a small alphabet, so that many match; `@` stands where a group may be.
fn patterns() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[ab-]{1,3}",
        Just("[ab]".to_owned()),
        Just("[^a]".to_owned()),
        Just("(?i:ab)".to_owned()),
        Just(r"\b".to_owned()),
        Just(r"\B".to_owned()),
        Just("^".to_owned()),
        Just("(?m:$)".to_owned()),
        Just("(?s:.)".to_owned()),
    ];
    let many = prop_oneof![
        Just("?"),
        Just("*"),
        Just("+"),
        Just("??"),
        Just("*?"),
        Just("{2}"),
        Just("{1,3}"),
        Just("{0,2}?"),
        Just("{2,}"),
        Just("{4,6}"),
        Just("{0,5}?"),
        Just("{5,}"),
        Just("{1,4}")
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| parts.concat()),
            prop::collection::vec(inner.clone(), 2..4)
                .prop_map(|parts| format!("(?:{})", parts.join("|"))),
            (inner.clone(), many.clone()).prop_map(|(part, many)| format!("(?:{part}){many}")),
            inner.prop_map(|part| format!("(@{part})")),
        ]
    })
    .prop_map(|pattern| {
        let mut groups = 0;
        let parts: Vec<&str> = pattern.split('@').collect();
        let mut out = parts[0].to_owned();
        for part in &parts[1..] {
            groups += 1;
            out.push_str(&match groups {
                1 => "?<secret>".to_owned(),
                2..=4 => format!("?<secret{groups}>"),
                _ => "?:".to_owned(),
            });
            out.push_str(part);
        }
        out
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
    #[test]
    fn steps_find_what_the_engine_finds(pattern in patterns(), hay in "[abAB\n-]{0,14}") {
        agree(&pattern, hay.as_bytes())?;
    }
}

#[test]
fn patterns_of_tokens_are_steps() {
    for (pattern, text, secret) in [
        (
            "ghp_[0-9A-Za-z]{36}",
            format!("ghp_{}", "a1".repeat(18)),
            None,
        ),
        (
            r"key\s*[:=]\s*'(?<secret>[^']{4,40})'",
            "key = 'abcdef'".to_owned(),
            Some("abcdef"),
        ),
        (
            r"https?://[^\s:/]{1,80}:(?<secret>[^\s/@]{2,120})@",
            "http://me:it@".to_owned(),
            Some("it"),
        ),
        (
            "(?:aa|a)(?<secret>[0-9a-f]{4,}?)-(?:x|y)+",
            "a00aa-yxz".to_owned(),
            Some("00aa"),
        ),
    ] {
        let program = program(pattern).expect("steps do it");
        let hay = text.as_bytes();
        let mut trial = Trial::new();
        let end = program.end_of_match(hay, 0, hay.len(), &mut trial);
        assert!(matches!(end, Ok(Some(_))), "{pattern}");
        let found = program.secret(&trial).map(|span| span.of(hay));
        assert_eq!(found, secret.map(str::as_bytes), "{pattern}");
        agree(pattern, hay).expect("the engine says the same");
    }
}

#[test]
fn what_can_match_in_too_many_ways_is_given_up() {
    let program = program("(?:a|a)(?:a|a)(?:[ab]{0,9}[ab]{0,9}){9}c").expect("steps do it");
    let hay = [b'a'; 80];
    let found = program.end_of_match(&hay, 0, hay.len(), &mut Trial::new());
    assert_eq!(found, Err(Exhausted));
    assert!(super::tests::program("(?:a*)*b").is_none());
}
