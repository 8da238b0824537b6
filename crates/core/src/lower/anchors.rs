//! Proves that an anchor stands in every match, and where.
//!
//! The pattern is written out into sequences, one for each way through its
//! alternations; a sequence is a row of byte sets and of stretches about which only
//! the length is known. Every sequence must hold an anchor.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::LoweredAnchor;

/// More ways than this through a pattern are not followed one by one.
const MAX_SEQUENCES: usize = 2048;

/// A class with at most this many members is followed member by member, so that
/// `[sr]k_live_` can have two anchors.
const MAX_MEMBERS: usize = 16;

/// A fixed repetition of at most so many is written out.
const MAX_COPIES: u32 = 32;

#[derive(Clone, Debug)]
enum Item {
    /// This byte.
    Byte(u8),
    /// This letter in either case, given in lower case.
    Letter(u8),
    /// Something of this length; no upper bound if `None`.
    Stretch(usize, Option<usize>),
}

impl Item {
    fn lengths(&self) -> (usize, Option<usize>) {
        match self {
            Self::Byte(_) | Self::Letter(_) => (1, Some(1)),
            Self::Stretch(min, max) => (*min, *max),
        }
    }
}

/// The anchors with their places in matches of at most `max_length` bytes, or `None`
/// if some match holds none of them.
pub(super) fn place(
    hir: &Hir,
    literals: &[String],
    max_length: usize,
) -> Option<Vec<LoweredAnchor>> {
    let mut longest_first: Vec<&[u8]> = literals.iter().map(String::as_bytes).collect();
    longest_first.sort_by_key(|l| std::cmp::Reverse(l.len()));
    let mut placed: Vec<LoweredAnchor> = Vec::new();
    for sequence in expand(hir) {
        let (literal, ignore_case, min, max) = longest_first
            .iter()
            .find_map(|literal| find(&sequence, literal, max_length))?;
        match placed.iter_mut().find(|a| a.literal == literal) {
            Some(anchor) => {
                anchor.ignore_case |= ignore_case;
                anchor.min_offset = anchor.min_offset.min(min);
                anchor.max_offset = anchor.max_offset.max(max);
            }
            None => placed.push(LoweredAnchor {
                literal: literal.to_vec(),
                ignore_case,
                min_offset: min,
                max_offset: max,
            }),
        }
    }
    for anchor in &mut placed {
        if anchor.ignore_case {
            anchor.literal.make_ascii_lowercase();
        }
    }
    Some(placed)
}

/// The first place of `literal` in a row of items: whether case is open, and the
/// least and greatest number of bytes before it.
fn find<'l>(
    items: &[Item],
    literal: &'l [u8],
    max_length: usize,
) -> Option<(&'l [u8], bool, usize, usize)> {
    (0..items.len()).find_map(|start| {
        let row = items.get(start..start + literal.len())?;
        let mut ignore_case = false;
        for (item, &byte) in row.iter().zip(literal) {
            match item {
                Item::Byte(b) if *b == byte => {}
                Item::Letter(b) if *b == byte.to_ascii_lowercase() => ignore_case = true,
                _ => return None,
            }
        }
        let mut min = 0;
        let mut max = 0;
        for item in &items[..start] {
            let (least, most) = item.lengths();
            min += least;
            max += most.unwrap_or(max_length);
        }
        Some((literal, ignore_case, min, max.min(max_length)))
    })
}

fn expand(hir: &Hir) -> Vec<Vec<Item>> {
    let mut sequences = vec![Vec::new()];
    push(hir, &mut sequences);
    sequences
}

/// Appends what `hir` can match to every sequence.
fn push(hir: &Hir, sequences: &mut Vec<Vec<Item>>) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => {
            for sequence in sequences {
                sequence.extend(literal.0.iter().map(|&b| Item::Byte(b)));
            }
        }
        HirKind::Class(class) => push_class(class, sequences),
        HirKind::Capture(capture) => push(&capture.sub, sequences),
        HirKind::Concat(parts) => {
            for part in parts {
                push(part, sequences);
            }
        }
        HirKind::Alternation(branches) => {
            let mut ways = Vec::new();
            for branch in branches {
                let mut own = expand(branch);
                ways.append(&mut own);
            }
            cross(hir, &ways, sequences);
        }
        HirKind::Repetition(repetition) => {
            let sub = &repetition.sub;
            if repetition.min == 0 && repetition.max == Some(1) {
                let mut ways = vec![Vec::new()];
                ways.append(&mut expand(sub));
                cross(hir, &ways, sequences);
            } else if repetition.max == Some(repetition.min) && repetition.min <= MAX_COPIES {
                for _ in 0..repetition.min {
                    push(sub, sequences);
                }
            } else if repetition.min > 0 && matches!(sub.kind(), HirKind::Class(_)) {
                // The first is written out, as an anchor may reach into it.
                push(sub, sequences);
                let rest = Item::Stretch(
                    repetition.min as usize - 1,
                    repetition.max.map(|max| max as usize - 1),
                );
                for sequence in sequences {
                    sequence.push(rest.clone());
                }
            } else {
                push_stretch(hir, sequences);
            }
        }
    }
}

fn push_class(class: &Class, sequences: &mut Vec<Vec<Item>>) {
    let members: Vec<u8> = match class {
        Class::Bytes(bytes) => bytes.iter().flat_map(|r| r.start()..=r.end()).collect(),
        // Unicode is off, so only ASCII can come as characters.
        Class::Unicode(chars) => chars
            .iter()
            .flat_map(|r| r.start()..=r.end())
            .filter_map(|c| u8::try_from(c).ok())
            .collect(),
    };
    let is_case_pair = members.len() == 2
        && members[0].is_ascii_alphabetic()
        && members[0].eq_ignore_ascii_case(&members[1]);
    if is_case_pair {
        for sequence in sequences {
            sequence.push(Item::Letter(members[0].to_ascii_lowercase()));
        }
    } else if members.len() <= MAX_MEMBERS && members.len() * sequences.len() <= MAX_SEQUENCES {
        let ways: Vec<Vec<Item>> = members.iter().map(|&b| vec![Item::Byte(b)]).collect();
        *sequences = product(sequences, &ways);
    } else {
        for sequence in sequences {
            sequence.push(Item::Stretch(1, Some(1)));
        }
    }
}

fn push_stretch(hir: &Hir, sequences: &mut [Vec<Item>]) {
    let min = hir.properties().minimum_len().unwrap_or(0);
    let max = hir.properties().maximum_len();
    for sequence in sequences {
        sequence.push(Item::Stretch(min, max));
    }
}

fn cross(hir: &Hir, ways: &[Vec<Item>], sequences: &mut Vec<Vec<Item>>) {
    if ways.len() * sequences.len() > MAX_SEQUENCES {
        push_stretch(hir, sequences);
    } else {
        *sequences = product(sequences, ways);
    }
}

fn product(sequences: &[Vec<Item>], ways: &[Vec<Item>]) -> Vec<Vec<Item>> {
    sequences
        .iter()
        .flat_map(|sequence| {
            ways.iter()
                .map(move |way| [sequence.as_slice(), way].concat())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn placed(regex: &str, literals: &[&str]) -> Option<Vec<(String, bool, usize, usize)>> {
        let literals: Vec<String> = literals.iter().map(|s| (*s).to_owned()).collect();
        let hir = super::super::parse(regex).expect("a valid pattern");
        place(&hir, &literals, 100).map(|found| {
            found
                .into_iter()
                .map(|a| {
                    let literal = String::from_utf8(a.literal).expect("text");
                    (literal, a.ignore_case, a.min_offset, a.max_offset)
                })
                .collect()
        })
    }

    #[test]
    fn anchors_are_found_where_they_stand() {
        let one = |l: &str, ci, min, max| Some(vec![(l.to_owned(), ci, min, max)]);
        assert_eq!(placed("abcd[0-9]{4}", &["abcd"]), one("abcd", false, 0, 0));
        assert_eq!(
            placed("(?i)abCD[0-9]{4}", &["abcd"]),
            one("abcd", true, 0, 0)
        );
        assert_eq!(placed("[a-z]+abcd", &["abcd"]), one("abcd", false, 1, 100));
        assert_eq!(
            placed("[0-9]{2,5}abcd", &["abcd"]),
            one("abcd", false, 2, 5)
        );
        assert_eq!(
            placed("(?<x>[0-9]?abcd)", &["abcd"]),
            one("abcd", false, 0, 1)
        );
        assert_eq!(placed("[0-9]+abcd", &["abcd"]), one("abcd", false, 1, 100));
        assert_eq!(placed("x(?:abc|dabc)", &["abc"]), one("abc", false, 1, 2));
        assert_eq!(
            placed("[sr]k_(?:live|test)_", &["sk_live_", "rk_live_", "k_test_"]),
            Some(vec![
                ("rk_live_".into(), false, 0, 0),
                ("k_test_".into(), false, 1, 1),
                ("sk_live_".into(), false, 0, 0),
            ])
        );
    }

    #[test]
    fn a_match_without_an_anchor_is_noticed() {
        assert_eq!(placed("abcd|efgh", &["abcd"]), None);
        assert_eq!(placed("(?:abcd)?efgh", &["abcd"]), None);
        assert_eq!(placed("(?i)abcd", &["abcde"]), None);
        assert_eq!(placed("[0-9]*", &["abcd"]), None);
    }
}
