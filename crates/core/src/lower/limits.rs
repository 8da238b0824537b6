//! What every match of a pattern is made of and holds: with both most windows are found
//! empty, or short, before the pattern is run.

use regex_syntax::hir::{Class, Hir, HirKind};
use serde::{Deserialize, Serialize};

use crate::bytes::ByteSet;

/// The bytes that a match can be made of, and some that it must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Limits {
    /// What stands between the first byte and the last one.
    alphabet: ByteSet,
    /// How many bytes at the start and at the end may be others: patterns often say there
    /// what must not follow.
    edges: (u8, u8),
    required: [Option<u8>; REQUIRED],
}

/// How many bytes are asked for at most.
const REQUIRED: usize = 2;

impl Limits {
    /// Those of `pattern`; what `anchors` hold need not be asked for again.
    pub(crate) fn of<'a>(pattern: &Hir, anchors: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut known = ByteSet::default();
        for anchor in anchors {
            anchor.iter().for_each(|&byte| known.insert(byte));
        }
        let needed = required(pattern);
        // Signs are rarer than letters and digits, so they tell more.
        let mut signs = (0..=u8::MAX)
            .filter(|&b| needed.contains(b) && !known.contains(b) && !b.is_ascii_alphanumeric());
        let mut alphabet = ByteSet::default();
        let edges = add_inner(pattern, (true, true), &mut alphabet);
        Self {
            alphabet,
            edges,
            required: std::array::from_fn(|_| signs.next()),
        }
    }

    /// Where matches that hold the bytes from `start` to `end` can start and end, within
    /// `first..last`; `None` if there can be none.
    pub(crate) fn narrow(
        &self,
        hay: &[u8],
        (first, last): (usize, usize),
        (start, end): (usize, usize),
    ) -> Option<(usize, usize)> {
        let other = |&byte: &u8| !self.alphabet.contains(byte);
        let first = hay[first..start]
            .iter()
            .rposition(other)
            .map_or(first, |at| {
                (first + at + 1).saturating_sub(usize::from(self.edges.0))
            })
            .max(first);
        let last = hay[end..last]
            .iter()
            .position(other)
            .map_or(last, |at| end + at + usize::from(self.edges.1))
            .min(last);
        let stands = |&byte: &u8| memchr::memchr(byte, &hay[first..last]).is_some();
        self.required
            .iter()
            .flatten()
            .all(stands)
            .then_some((first, last))
    }
}

/// All bytes that a match of `pattern` can hold.
pub(crate) fn alphabet(pattern: &Hir) -> ByteSet {
    let mut set = ByteSet::default();
    add(pattern, &mut set);
    set
}

/// Adds all bytes that a match can start with; whether it can be empty.
pub(super) fn add_first(hir: &Hir, set: &mut ByteSet) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => {
            literal.0.first().iter().for_each(|&&byte| set.insert(byte));
            false
        }
        HirKind::Class(_) => {
            add(hir, set);
            false
        }
        HirKind::Repetition(repetition) => add_first(&repetition.sub, set) || repetition.min == 0,
        HirKind::Capture(capture) => add_first(&capture.sub, set),
        HirKind::Concat(parts) => parts.iter().all(|part| add_first(part, set)),
        HirKind::Alternation(parts) => {
            let mut empty = false;
            for part in parts {
                empty |= add_first(part, set);
            }
            empty
        }
    }
}

/// Adds all bytes that a match can be made of.
pub(super) fn add(hir: &Hir, set: &mut ByteSet) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => literal.0.iter().for_each(|&byte| set.insert(byte)),
        HirKind::Class(Class::Bytes(class)) => {
            for range in class.iter() {
                set.insert_range(range.start(), range.end());
            }
        }
        HirKind::Class(Class::Unicode(class)) => {
            for range in class.iter() {
                let ascii = |c: char| u8::try_from(c).ok().filter(u8::is_ascii);
                if !range.end().is_ascii() {
                    set.insert_range(0x80, 0xFF);
                }
                if let Some(first) = ascii(range.start()) {
                    set.insert_range(first, ascii(range.end()).unwrap_or(0x7F));
                }
            }
        }
        HirKind::Repetition(repetition) => add(&repetition.sub, set),
        HirKind::Capture(capture) => add(&capture.sub, set),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            for part in parts {
                add(part, set);
            }
        }
    }
}

/// Adds the bytes that a match can hold, apart from those of a class of many members at
/// the edges that `at` names. Gives how many bytes at either edge were left out.
fn add_inner(hir: &Hir, at: (bool, bool), set: &mut ByteSet) -> (u8, u8) {
    const MANY: usize = 100;
    match hir.kind() {
        HirKind::Class(Class::Bytes(class)) if at.0 || at.1 => {
            let members = class.iter().map(|r| usize::from(r.end() - r.start()) + 1);
            if members.sum::<usize>() < MANY {
                add(hir, set);
                return (0, 0);
            }
            (u8::from(at.0), u8::from(at.1))
        }
        HirKind::Capture(capture) => add_inner(&capture.sub, at, set),
        HirKind::Alternation(parts) => parts.iter().fold((0, 0), |most, part| {
            let own = add_inner(part, at, set);
            (most.0.max(own.0), most.1.max(own.1))
        }),
        HirKind::Concat(parts) => {
            let last = parts.len() - 1;
            let mut most = (0, 0);
            for (number, part) in parts.iter().enumerate() {
                let own = (at.0 && number == 0, at.1 && number == last);
                let left = add_inner(part, own, set);
                most = (most.0.max(left.0), most.1.max(left.1));
            }
            most
        }
        _ => {
            add(hir, set);
            (0, 0)
        }
    }
}

/// Bytes of which every match holds at least one each.
fn required(hir: &Hir) -> ByteSet {
    match hir.kind() {
        HirKind::Literal(literal) => literal.0.iter().copied().collect(),
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub),
        HirKind::Capture(capture) => required(&capture.sub),
        HirKind::Concat(parts) => {
            let mut all = ByteSet::default();
            for part in parts {
                all.union(&required(part));
            }
            all
        }
        HirKind::Alternation(parts) => parts
            .iter()
            .map(required)
            .reduce(|a, b| a.common(&b))
            .unwrap_or_default(),
        HirKind::Empty | HirKind::Look(_) | HirKind::Class(_) | HirKind::Repetition(_) => {
            ByteSet::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lower::parse;

    #[test]
    fn a_window_ends_where_no_match_goes_on() {
        let pattern = parse("https?://[a-z]+:[^ @]{2,9}@(?:a|b@)c?").expect("valid");
        let limits = Limits::of(&pattern, [b"https://".as_slice(), b"http://"]);
        for (hay, expected) in [
            ("see http://u:pw@a.b now", Some("http://u:pw@a.b")),
            ("see http://u.pw", None),
            ("see http://u:pw a@b", None),
            ("http://u:pw@", Some("http://u:pw@")),
        ] {
            let start = hay.find("http://").expect("the anchor");
            let whole = (0, hay.len());
            let found = limits.narrow(hay.as_bytes(), whole, (start, start + 7));
            assert_eq!(found.map(|(from, to)| &hay[from..to]), expected, "{hay}");
        }
    }

    #[test]
    fn what_must_not_follow_may_be_outside() {
        let pattern = parse("(?:^|[^a-z])key=[a-z]{3}(?:[^a-z]|$)").expect("valid");
        let limits = Limits::of(&pattern, [b"key=".as_slice()]);
        for (hay, expected) in [
            ("my key=abc, or", " key=abc,"),
            ("key=abc", "key=abc"),
            ("(key=abc)", "(key=abc)"),
        ] {
            let start = hay.find("key=").expect("the anchor");
            let found = limits.narrow(hay.as_bytes(), (0, hay.len()), (start, start + 4));
            assert_eq!(found.map(|(from, to)| &hay[from..to]), Some(expected));
        }
    }

    #[test]
    fn only_what_no_way_through_lacks_is_required() {
        for (pattern, expected) in [
            ("a:b", "a:b"),
            ("(?:a:|b:)c?", ":"),
            ("(?:x-)+y", "-xy"),
            ("(?:x-)*y", "y"),
            ("[ab](?<n>@)", "@"),
        ] {
            let set = required(&parse(pattern).expect("valid"));
            let expected = expected.bytes().collect::<ByteSet>();
            assert_eq!(set, expected, "{pattern}");
        }
    }
}
