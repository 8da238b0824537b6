//! A row of bytes that stands in every match of a pattern, to ask before it is run.
//!
//! `linkedin` stands in many texts; a hundred and fifty base64 digits behind it do not. To
//! see that there is no such row takes a look at every hundred-and-fiftieth byte; to see
//! that a pattern with counted repetitions does not match takes the engine thousands of
//! states.

use regex_syntax::hir::{Hir, HirKind};
use serde::{Deserialize, Serialize};

use super::limits::add;
use crate::bytes::ByteSet;

/// Shorter rows are in most texts.
const SHORTEST: usize = 8;

/// Sets of more bytes than these hold what most texts are made of.
const MOST: u32 = 80;

/// A row of at least so many bytes, all from one set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Row {
    length: usize,
    set: ByteSet,
}

impl Row {
    /// The longest row that every match of the pattern holds, if there is one worth a look.
    pub(crate) fn of(hir: &Hir) -> Option<Self> {
        row(hir).filter(|row| row.length >= SHORTEST)
    }

    /// Whether such a row stands in the text.
    pub(crate) fn is_in(&self, text: &[u8]) -> bool {
        let mut start = 0;
        while let Some(row) = text.get(start..start + self.length) {
            match row.iter().rposition(|&b| !self.set.contains(b)) {
                None => return true,
                Some(at) => start += at + 1,
            }
        }
        false
    }

    /// All bytes that a part can be made of, and the fewest they are.
    fn whole(part: &Hir) -> Self {
        let mut whole = Self {
            length: part.properties().minimum_len().unwrap_or(0),
            set: ByteSet::default(),
        };
        add(part, &mut whole.set);
        whole
    }

    /// Whether few texts have it.
    fn tells(&self) -> bool {
        self.length > 0
            && self.set.len() <= MOST
            && !self.set.contains(b' ')
            && !self.set.contains(b'\n')
    }

    /// The longest row of parts that follow one another.
    fn joined(parts: &[Hir]) -> Option<Self> {
        let parts: Vec<Self> = parts.iter().map(Self::whole).collect();
        let from = |from: usize| {
            let mut row = parts[from].clone();
            let mut best = None;
            for part in &parts[from + 1..] {
                if !row.tells() && row.length > 0 {
                    break;
                }
                row.length += part.length;
                row.set.union(&part.set);
                if row.tells() {
                    best = Some(row.clone());
                }
            }
            best
        };
        longest((0..parts.len()).map(from))
    }
}

fn longest(rows: impl IntoIterator<Item = Option<Row>>) -> Option<Row> {
    rows.into_iter().flatten().max_by_key(|row| row.length)
}

fn row(hir: &Hir) -> Option<Row> {
    let own = Row::whole(hir);
    if own.tells() {
        return Some(own);
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) | HirKind::Class(_) => None,
        HirKind::Repetition(repetition) if repetition.min > 0 => row(&repetition.sub),
        HirKind::Repetition(_) => None,
        HirKind::Capture(capture) => row(&capture.sub),
        HirKind::Concat(parts) => longest(parts.iter().map(row).chain([Row::joined(parts)])),
        HirKind::Alternation(parts) => {
            let mut all = Row {
                length: usize::MAX,
                set: ByteSet::default(),
            };
            for part in parts {
                let own = row(part)?;
                all.length = all.length.min(own.length);
                all.set.union(&own.set);
            }
            Some(all)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pattern: &str) -> Option<Row> {
        Row::of(&super::super::parse(pattern).expect("valid"))
    }

    #[test]
    fn the_longest_row_is_found_wherever_it_stands() {
        for (pattern, length) in [
            (
                "(?i:acme)(?s:.{0,40}?)(?<secret>AQ[0-9a-f]{30,50})",
                Some(32),
            ),
            ("acme[^\n]{0,9}[0-9a-f]{8}-[0-9a-f]{4}", Some(13)),
            ("x.{9}(?:[0-9]{20}|[a-f]{12}g)", Some(13)),
            ("x.{9}(?:[0-9]{20}|y)", None),
            ("(?:ab[0-9]{7}.)+", Some(9)),
            ("(?:ab[0-9]{7}.)*z", None),
            ("[a-z ]{20}", None),
        ] {
            assert_eq!(of(pattern).map(|row| row.length), length, "{pattern}");
        }
    }

    #[test]
    fn a_text_without_the_row_is_told() {
        let row = of("k.{0,9}[0-9a-f]{8}").expect("a row");
        for (text, found) in [
            ("k 0123abcd", true),
            ("0123abcd", true),
            ("k 0123abc", false),
            ("k 0123-abcd x 0123-abc", false),
            ("k 0123-abcd1234", true),
            ("", false),
        ] {
            assert_eq!(row.is_in(text.as_bytes()), found, "{text}");
        }
    }
}
