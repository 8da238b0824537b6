//! Proves that an anchor stands in every match, and where.
//!
//! The pattern is written out into sequences, one for each way through its
//! alternations; a sequence is a row of byte sets and of stretches about which only
//! the length is known. Every sequence must hold an anchor.

use regex_syntax::hir::{Class, Hir, HirKind};

use super::LoweredAnchor;
use crate::bytes::ByteSet;
use crate::common::{NEAR, rarest};

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
    /// Something of this length; no upper bound if `None`. The bytes it is made of, if
    /// they are all of one class.
    Stretch(usize, Option<usize>, Option<ByteSet>),
}

impl Item {
    fn lengths(&self) -> (usize, Option<usize>) {
        match self {
            Self::Byte(_) | Self::Letter(_) => (1, Some(1)),
            Self::Stretch(min, max, _) => (*min, *max),
        }
    }
}

/// The anchors with their places in matches of at most `max_length` bytes, or `None`
/// if some match holds none of them.
pub(super) fn place(
    hir: &Hir,
    literals: &[Vec<u8>],
    max_length: usize,
) -> Option<Vec<LoweredAnchor>> {
    let mut longest_first: Vec<&[u8]> = literals.iter().map(Vec::as_slice).collect();
    longest_first.sort_by_key(|l| std::cmp::Reverse(l.len()));
    let mut placed: Vec<Placed<'_>> = Vec::new();
    let expander = Expander::new(literals);
    for sequence in expander.expand(hir) {
        let here = longest_first
            .iter()
            .find_map(|literal| find(&sequence, literal, max_length))?;
        match placed
            .iter_mut()
            .find(|other| other.literal == here.literal)
        {
            Some(other) => other.merge(&here),
            None => placed.push(here),
        }
    }
    Some(placed.into_iter().map(Placed::lowered).collect())
}

/// An anchor and its place in one or more sequences.
struct Placed<'l> {
    literal: &'l [u8],
    ignore_case: bool,
    min_offset: usize,
    max_offset: usize,
    follow: Vec<ByteSet>,
}

impl Placed<'_> {
    fn merge(&mut self, other: &Self) {
        self.ignore_case |= other.ignore_case;
        self.min_offset = self.min_offset.min(other.min_offset);
        self.max_offset = self.max_offset.max(other.max_offset);
        self.follow.truncate(other.follow.len());
        for (own, other) in self.follow.iter_mut().zip(&other.follow) {
            own.union(other);
        }
    }

    fn lowered(self) -> LoweredAnchor {
        let mut literal = self.literal.to_vec();
        if self.ignore_case {
            literal.make_ascii_lowercase();
        }
        let mut follow = self.follow;
        if literal.len() > LONG {
            literal.truncate(LONG);
            follow.clear();
        }
        let rows = follow.chunk_by(PartialEq::eq);
        let rarest = rarest(&literal);
        LoweredAnchor {
            literal,
            ignore_case: self.ignore_case,
            min_offset: self.min_offset,
            max_offset: self.max_offset,
            follow: rows.map(|row| (row.len() as u8, row[0])).collect(),
            is_word: false,
            rarest,
        }
    }
}

/// No more of a literal is looked for: with that, what is looked for of it can be near its
/// start and its end; see [`NEAR`].
const LONG: usize = 2 * NEAR;

/// How many bytes behind an anchor are looked at before a pattern is run.
const FOLLOW: usize = 12;

/// What the bytes behind an anchor must be: the rest of a sequence, as far as each byte
/// is known.
fn follow(rest: &[Item]) -> Vec<ByteSet> {
    let mut sets = Vec::new();
    for item in rest {
        match item {
            Item::Byte(b) => sets.push(ByteSet::from_iter([*b])),
            Item::Letter(b) => sets.push(ByteSet::from_iter([*b, b.to_ascii_uppercase()])),
            Item::Stretch(min, max, Some(set)) => {
                sets.extend(std::iter::repeat_n(*set, (*min).min(FOLLOW)));
                if *max != Some(*min) {
                    break;
                }
            }
            Item::Stretch(_, _, None) => break,
        }
        if sets.len() >= FOLLOW {
            break;
        }
    }
    sets.truncate(FOLLOW);
    sets
}

/// The first place of `literal` in a row of items: whether case is open, the least and
/// greatest number of bytes before it, and what follows.
fn find<'l>(items: &[Item], literal: &'l [u8], max_length: usize) -> Option<Placed<'l>> {
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
        Some(Placed {
            literal,
            ignore_case,
            min_offset: min,
            max_offset: max.min(max_length),
            follow: follow(&items[start + literal.len()..]),
        })
    })
}

/// Writes a pattern out into sequences.
struct Expander {
    /// The bytes that the literals hold. A class with others is not worth following.
    used: [bool; 256],
}

impl Expander {
    fn new(literals: &[Vec<u8>]) -> Self {
        let mut used = [false; 256];
        for byte in literals.iter().flatten().copied() {
            used[usize::from(byte)] = true;
        }
        Self { used }
    }

    fn expand(&self, hir: &Hir) -> Vec<Vec<Item>> {
        let mut sequences = vec![Vec::new()];
        self.push(hir, &mut sequences);
        sequences
    }

    /// Appends what `hir` can match to every sequence.
    fn push(&self, hir: &Hir, sequences: &mut Vec<Vec<Item>>) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => {
                for sequence in sequences {
                    sequence.extend(literal.0.iter().map(|&b| Item::Byte(b)));
                }
            }
            HirKind::Class(class) => self.push_class(class, sequences),
            HirKind::Capture(capture) => self.push(&capture.sub, sequences),
            HirKind::Concat(parts) => {
                for part in parts {
                    self.push(part, sequences);
                }
            }
            HirKind::Alternation(branches) => {
                let mut ways = Vec::new();
                for branch in branches {
                    let mut own = self.expand(branch);
                    ways.append(&mut own);
                }
                cross(hir, &ways, sequences);
            }
            HirKind::Repetition(repetition) => {
                let sub = &repetition.sub;
                if repetition.min == 0 && repetition.max == Some(1) {
                    let mut ways = vec![Vec::new()];
                    ways.append(&mut self.expand(sub));
                    cross(hir, &ways, sequences);
                } else if repetition.max == Some(repetition.min) && repetition.min <= MAX_COPIES {
                    for _ in 0..repetition.min {
                        self.push(sub, sequences);
                    }
                } else if let HirKind::Class(class) = sub.kind()
                    && repetition.min > 0
                    && !is_wide(class)
                {
                    // The first is written out, as an anchor may reach into it.
                    self.push(sub, sequences);
                    let rest = Item::Stretch(
                        repetition.min as usize - 1,
                        repetition.max.map(|max| max as usize - 1),
                        Some(members(class).into_iter().collect()),
                    );
                    for sequence in sequences {
                        sequence.push(rest.clone());
                    }
                } else if repetition.min > 0 {
                    // It comes once at least, and an anchor may stand in it.
                    self.push(sub, sequences);
                    let once = sub.properties();
                    let min = once
                        .minimum_len()
                        .unwrap_or(0)
                        .saturating_mul(repetition.min as usize - 1);
                    let max = once
                        .maximum_len()
                        .zip(repetition.max)
                        .map(|(len, max)| len.saturating_mul(max as usize - 1));
                    for sequence in sequences {
                        sequence.push(Item::Stretch(min, max, None));
                    }
                } else {
                    push_stretch(hir, sequences);
                }
            }
        }
    }

    fn push_class(&self, class: &Class, sequences: &mut Vec<Vec<Item>>) {
        if is_wide(class) {
            let (min, max) = (class.minimum_len().unwrap_or(0), class.maximum_len());
            for sequence in sequences {
                sequence.push(Item::Stretch(min, max, None));
            }
            return;
        }
        let members = members(class);
        let is_case_pair = members.len() == 2
            && members[0].is_ascii_alphabetic()
            && members[0].eq_ignore_ascii_case(&members[1]);
        if is_case_pair {
            for sequence in sequences {
                sequence.push(Item::Letter(members[0].to_ascii_lowercase()));
            }
        } else if members.len() <= MAX_MEMBERS
            && members.iter().all(|&b| self.used[usize::from(b)])
            && members.len() * sequences.len() <= MAX_SEQUENCES
        {
            let ways: Vec<Vec<Item>> = members.iter().map(|&b| vec![Item::Byte(b)]).collect();
            *sequences = product(sequences, &ways);
        } else {
            for sequence in sequences {
                sequence.push(Item::Stretch(
                    1,
                    Some(1),
                    Some(members.iter().copied().collect()),
                ));
            }
        }
    }
}

/// Whether a class has characters of several bytes: a pattern may ask for Unicode itself.
fn is_wide(class: &Class) -> bool {
    matches!(class, Class::Unicode(chars) if chars.iter().any(|r| !r.end().is_ascii()))
}

fn members(class: &Class) -> Vec<u8> {
    match class {
        Class::Bytes(bytes) => bytes.iter().flat_map(|r| r.start()..=r.end()).collect(),
        // Wide ones do not come here.
        Class::Unicode(chars) => chars
            .iter()
            .flat_map(|r| r.start()..=r.end())
            .filter_map(|c| u8::try_from(c).ok())
            .collect(),
    }
}

fn push_stretch(hir: &Hir, sequences: &mut [Vec<Item>]) {
    let min = hir.properties().minimum_len().unwrap_or(0);
    let max = hir.properties().maximum_len();
    for sequence in sequences {
        sequence.push(Item::Stretch(min, max, None));
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
        let literals: Vec<Vec<u8>> = literals.iter().map(|s| s.as_bytes().to_vec()).collect();
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
    fn what_follows_an_anchor_is_known_as_far_as_it_is_fixed() {
        let rows = |regex: &str| -> Vec<u8> {
            let hir = super::super::parse(regex).expect("a valid pattern");
            let placed = place(&hir, &[b"abcd".to_vec()], 100).expect("it is there");
            placed[0].follow.iter().map(|(count, _)| *count).collect()
        };
        assert_eq!(rows("abcd[0-9]{4}x"), [4, 1]);
        assert_eq!(rows("abcd[0-9]{4,9}x"), [4]);
        assert_eq!(rows("abcd(?:-[0-9]{40}|_[a-f]{3})"), [1, 3]);
        assert_eq!(rows("abcd[0-9]*"), [] as [u8; 0]);
        assert_eq!(rows("abcd(?:x.)?[0-9]{3}"), [1, 1, 1]);
    }

    #[test]
    fn a_match_without_an_anchor_is_noticed() {
        assert_eq!(placed("abcd|efgh", &["abcd"]), None);
        assert_eq!(placed("(?:abcd)?efgh", &["abcd"]), None);
        assert_eq!(placed("(?i)abcd", &["abcde"]), None);
        assert_eq!(placed("[0-9]*", &["abcd"]), None);
    }
}
