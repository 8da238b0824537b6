//! Literals that stand in every match of a pattern, for rules whose authors named none.

use regex_syntax::hir::{Class, Hir, HirKind};

/// More ways through a part of a pattern are not followed.
const MAX_WAYS: usize = 96;

/// Longer literals say no more.
const MAX_LITERAL: usize = 24;

/// The least length of an anchor.
const MIN_LITERAL: usize = 3;

/// A fixed repetition is written out so often at most.
const MAX_COPIES: u32 = 24;

/// A class of more members is not followed member by member.
const MAX_MEMBERS: usize = 8;

/// A pattern has only so many parts that are tried as the start of an anchor.
const MAX_STARTS: usize = 160;

/// Words that stand everywhere, so that an anchor made of one starts a search everywhere.
const COMMON: &[&str] = &[
    "key", "api", "auth", "token", "secret", "pass", "user", "http", "://", "type", "name", "data",
    "client", "access", "private", "account", "---", "===", "com", "url", "host", "server", "test",
];

/// Sets of literals, one literal of each of which stands in every match; the rarest set
/// first. In lower case where the pattern ignores it.
pub(super) fn candidates(hir: &Hir) -> Vec<Vec<String>> {
    let mut covers = look(hir, 0).covers;
    covers.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    covers.dedup_by(|a, b| a.literals == b.literals);
    covers.into_iter().map(|cover| cover.literals).collect()
}

#[derive(Clone)]
struct Cover {
    literals: Vec<String>,
    /// How often one of them stands in ordinary text, roughly; only the order matters.
    cost: f64,
}

/// What is known of a part of a pattern.
struct Known {
    /// All that it can match, if that is little.
    exact: Option<Vec<Vec<u8>>>,
    covers: Vec<Cover>,
}

/// Deeper parts are not looked into; the parser has a limit of its own above this.
const MAX_DEPTH: usize = 200;

fn look(hir: &Hir, depth: usize) -> Known {
    let nothing = Known {
        exact: None,
        covers: Vec::new(),
    };
    if depth > MAX_DEPTH {
        return nothing;
    }
    let exact = |ways: Vec<Vec<u8>>| Known {
        covers: cover(&ways).into_iter().collect(),
        exact: Some(ways),
    };
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => exact(vec![Vec::new()]),
        HirKind::Literal(literal) => exact(vec![literal.0.to_vec()]),
        HirKind::Class(class) => members(class).map_or(nothing, |bytes| {
            exact(bytes.into_iter().map(|b| vec![b]).collect())
        }),
        HirKind::Capture(capture) => look(&capture.sub, depth + 1),
        HirKind::Repetition(repetition) => {
            let sub = look(&repetition.sub, depth + 1);
            let fixed = repetition.max == Some(repetition.min) && repetition.min <= MAX_COPIES;
            let ways = match (&sub.exact, repetition.min, repetition.max) {
                (Some(ways), 0, Some(1)) => Some([vec![Vec::new()], ways.clone()].concat()),
                (Some(ways), count, _) if fixed => {
                    (0..count).try_fold(vec![Vec::new()], |done, _| product(&done, ways))
                }
                _ => None,
            };
            Known {
                exact: ways,
                covers: if repetition.min > 0 {
                    sub.covers
                } else {
                    Vec::new()
                },
            }
        }
        HirKind::Alternation(branches) => either(branches, depth),
        HirKind::Concat(parts) => row(parts, depth),
    }
}

/// One of several: an anchor for each is needed.
fn either(branches: &[Hir], depth: usize) -> Known {
    let mut ways = Some(Vec::new());
    let mut literals: Option<Vec<String>> = Some(Vec::new());
    for branch in branches {
        let known = look(branch, depth + 1);
        ways = ways
            .zip(known.exact)
            .map(|(ways, more)| [ways, more].concat())
            .filter(|ways: &Vec<_>| ways.len() <= MAX_WAYS);
        let best = known
            .covers
            .into_iter()
            .min_by(|a, b| a.cost.total_cmp(&b.cost));
        literals = literals
            .zip(best)
            .map(|(literals, best)| [literals, best.literals].concat());
    }
    Known {
        exact: ways,
        covers: literals.and_then(of_literals).into_iter().collect(),
    }
}

/// One after the other: any stretch of parts that are known exactly makes an anchor.
fn row(parts: &[Hir], depth: usize) -> Known {
    let known: Vec<Known> = parts.iter().map(|part| look(part, depth + 1)).collect();
    let mut covers = Vec::new();
    for start in 0..known.len().min(MAX_STARTS) {
        let mut ways = vec![Vec::new()];
        for part in &known[start..] {
            let Some(more) = part.exact.as_ref().and_then(|more| product(&ways, more)) else {
                break;
            };
            ways = more;
            covers.extend(cover(&ways));
            if ways.iter().all(|way| way.len() >= MAX_LITERAL) {
                break;
            }
        }
    }
    let exact = known.iter().try_fold(vec![Vec::new()], |done, part| {
        product(&done, part.exact.as_ref()?)
    });
    covers.extend(known.into_iter().flat_map(|part| part.covers));
    // Only good ones are worth carrying outwards.
    covers.sort_by(|a, b| a.cost.total_cmp(&b.cost));
    covers.truncate(24);
    Known { exact, covers }
}

fn product(left: &[Vec<u8>], right: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    if left.len() * right.len() > MAX_WAYS {
        return None;
    }
    let joined = left
        .iter()
        .flat_map(|a| right.iter().map(move |b| [a.as_slice(), b].concat()));
    let joined: Vec<Vec<u8>> = joined.collect();
    (joined.iter().all(|way| way.len() <= 256)).then_some(joined)
}

/// The members of a small class, those that differ in case only once.
fn members(class: &Class) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut add = |low: u32, high: u32| {
        for code in low..=high {
            match u8::try_from(code) {
                Ok(byte) if byte.is_ascii() && bytes.len() < 2 * MAX_MEMBERS => bytes.push(byte),
                _ => return None,
            }
        }
        Some(())
    };
    match class {
        Class::Bytes(class) => {
            for range in class.iter() {
                add(u32::from(range.start()), u32::from(range.end()))?;
            }
        }
        Class::Unicode(class) => {
            for range in class.iter() {
                add(u32::from(range.start()), u32::from(range.end()))?;
            }
        }
    }
    let is_pair = matches!(bytes.as_slice(), [a, b] if a.eq_ignore_ascii_case(b));
    if is_pair {
        bytes = vec![bytes[0].to_ascii_lowercase()];
    }
    (bytes.len() <= MAX_MEMBERS && !bytes.is_empty()).then_some(bytes)
}

fn cover(ways: &[Vec<u8>]) -> Option<Cover> {
    let literals = ways
        .iter()
        .map(|way| {
            let short = &way[..way.len().min(MAX_LITERAL)];
            String::from_utf8(short.to_vec()).ok()
        })
        .collect::<Option<Vec<_>>>()?;
    of_literals(literals)
}

fn of_literals(mut literals: Vec<String>) -> Option<Cover> {
    literals.sort();
    literals.dedup();
    if literals.is_empty()
        || literals
            .iter()
            .any(|l| l.len() < MIN_LITERAL || !l.is_ascii())
    {
        return None;
    }
    let cost = literals.iter().map(|literal| frequency(literal)).sum();
    Some(Cover { literals, cost })
}

fn frequency(literal: &str) -> f64 {
    let letters: f64 = literal
        .bytes()
        .map(|b| match b {
            b'a'..=b'z' | b' ' => 1.0 / 12.0,
            b'0'..=b'9' => 1.0 / 20.0,
            _ => 1.0 / 40.0,
        })
        .product();
    let lower = literal.to_ascii_lowercase();
    // Where one letter stands again and again, as in padding, there is a place at each.
    let mut pairs = lower.as_bytes().windows(2);
    if pairs.all(|pair| pair[0] == pair[1]) {
        return 1e-4;
    }
    let is_common = COMMON.contains(&lower.as_str());
    let holds_common = COMMON.iter().any(|word| lower.contains(word));
    match (is_common, holds_common) {
        (true, _) => letters.max(1e-4),
        (_, true) => letters.max(1e-7),
        _ => letters,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rarest_literal_that_is_always_there_comes_first() {
        for (regex, want) in [
            ("acme_[0-9a-f]{32}", &["acme_"][..]),
            ("(?i)adafruit.{0,20}key", &["adafruit"]),
            ("(?:foo_|bar_)[0-9]+", &["bar_", "foo_"]),
            ("(?:ghp|gho)_[0-9A-Za-z]{36}", &["gho_", "ghp_"]),
            ("(a|b)?xyz(?:[0-9]+)", &["xyz"]),
            ("[sr]k_live_[0-9]{4}", &["rk_live_", "sk_live_"]),
            ("(?:abc[0-9]){2}", &["abc"]),
            ("(?i)token.{1,5}zebra", &["zebra"]),
            ("(?i)zebra.{1,5}a{22}", &["zebra"]),
        ] {
            let hir = regex_syntax::ParserBuilder::new()
                .unicode(false)
                .utf8(false)
                .build()
                .parse(regex)
                .expect("valid");
            assert_eq!(candidates(&hir)[0], want, "{regex}");
        }
    }

    #[test]
    fn a_pattern_without_a_literal_has_none() {
        for regex in ["[0-9a-f]{32}", "(?:abc)?[0-9]+", "abc|[0-9]{3}", "ab[0-9]"] {
            let hir = regex_syntax::ParserBuilder::new()
                .unicode(false)
                .utf8(false)
                .build()
                .parse(regex)
                .expect("valid");
            assert!(candidates(&hir).is_empty(), "{regex}");
        }
    }
}
