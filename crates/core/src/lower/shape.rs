//! The least that a value must be, to ask before its pattern is run.

use regex_syntax::hir::{Hir, HirKind};
use serde::{Deserialize, Serialize};

use super::limits::{add_first, alphabet};
use crate::bytes::ByteSet;
use crate::filter::is_word;
use crate::near::{FARTHEST, LINES};

/// A row of at least so many bytes, all from one set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shape {
    length: usize,
    set: ByteSet,
    /// Whether it starts with a letter, a digit or `_`.
    starts_as_word: bool,
    /// If the row is all that the pattern says, its greatest length: no pattern is needed.
    whole: Option<usize>,
}

impl Shape {
    /// What every match of `value` is.
    pub(crate) fn of(value: &Hir) -> Self {
        Self {
            length: value.properties().minimum_len().unwrap_or(0).max(1),
            set: alphabet(value),
            starts_as_word: starts_as_word(value),
            whole: whole(value),
        }
    }

    /// Where the value ends that starts at `at`, if the row is all that its pattern says.
    pub(crate) fn end_of_row(&self, hay: &[u8], at: usize) -> Option<Option<usize>> {
        let most = self.whole?;
        let rest = &hay[at..hay.len().min(at + most)];
        let row = rest.iter().take_while(|&&b| self.set.contains(b)).count();
        Some((row >= self.length).then_some(at + row))
    }

    /// Where a value that starts at `at` ends at the latest, and `last` at the latest.
    pub(crate) fn farthest_end(&self, hay: &[u8], at: usize, last: usize) -> usize {
        let is_other = |&b: &u8| !self.set.contains(b);
        hay[at..last]
            .iter()
            .position(is_other)
            .map_or(last, |length| at + length)
    }

    /// Where the bytes that values are made of end which start at `at`, or what is so far that
    /// a value which starts before `last` fits in.
    pub(crate) fn end_of_all(&self, hay: &[u8], at: usize, last: usize) -> usize {
        self.farthest_end(hay, at, hay.len().min(last + self.length))
    }

    /// Whether every value starts with a letter, a digit or `_`.
    pub(crate) fn starts_as_word(&self) -> bool {
        self.starts_as_word
    }

    /// Whether a row may hold the byte.
    pub(crate) fn has(&self, byte: u8) -> bool {
        self.set.contains(byte)
    }

    /// How many bytes a row has at least.
    pub(crate) fn least(&self) -> usize {
        self.length
    }

    /// Where the first such row starts near `from`: no more lines and bytes behind it than a value can.
    /// Looks at every `length`th byte, and closer only where that one fits. `seen` is told how
    /// far was looked.
    pub(crate) fn first_near(
        &self,
        hay: &[u8],
        from: usize,
        seen: impl FnOnce(usize),
    ) -> Option<usize> {
        let last = hay.len().min(from + FARTHEST + self.length);
        let mut start = from;
        let mut lines = 0;
        while start + self.length <= last {
            let end = start + self.length;
            match hay[start..end].iter().rposition(|&b| !self.set.contains(b)) {
                None => {
                    seen(end);
                    return Some(start);
                }
                Some(at) => {
                    lines += memchr::memchr_iter(b'\n', &hay[start..=start + at]).count();
                    if lines > LINES {
                        seen(end);
                        return None;
                    }
                    start += at + 1;
                }
            }
        }
        seen(start + self.length);
        None
    }
}

fn starts_as_word(value: &Hir) -> bool {
    let mut first = ByteSet::default();
    !add_first(value, &mut first) && (0..=u8::MAX).all(|b| !first.contains(b) || is_word(b))
}

/// The greatest length of a pattern that is one class, so and so many times.
fn whole(hir: &Hir) -> Option<usize> {
    match hir.kind() {
        HirKind::Repetition(repetition)
            if repetition.greedy && matches!(repetition.sub.kind(), HirKind::Class(_)) =>
        {
            usize::try_from(repetition.max?).ok()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_seen_wherever_it_starts() {
        let shape = Shape::of(&super::super::parse("[0-9a-f]{8}").expect("valid"));
        for (text, near) in [
            ("key = 0123abcd", true),
            ("0123abcd", true),
            ("key = 0123abc", false),
            ("key = 0123-abcd", false),
            ("key\n0123abcd", true),
            ("key\n\n0123abcd", true),
            ("key\n\n\n0123abcd", false),
            ("x0123abcd", true),
        ] {
            let first = shape.first_near(text.as_bytes(), 0, |_| {});
            assert_eq!(
                first,
                near.then(|| text.find("0123abcd")).flatten(),
                "{text}"
            );
        }
        let exact = Shape::of(&super::super::parse("[0-9a-f]{4,8}").expect("valid"));
        assert_eq!(exact.end_of_row(b"x012345678a", 1), Some(Some(9)));
        assert_eq!(exact.end_of_row(b"x01-345678a", 1), Some(None));
        for (pattern, as_word) in [("[a-f]{2}", true), ("[a-f]?-", false), ("(?:_|a?b)-", true)] {
            let shape = Shape::of(&super::super::parse(pattern).expect("valid"));
            assert_eq!(shape.starts_as_word(), as_word, "{pattern}");
        }
        let other = Shape::of(&super::super::parse("k[0-9a-f]{4}").expect("valid"));
        assert_eq!(other.end_of_row(b"k0123", 0), None);
        for far in [0, 50, FARTHEST, FARTHEST + 1, 300] {
            let text = format!("{}0123abcd", " ".repeat(far));
            let first = shape.first_near(text.as_bytes(), 0, |_| {});
            assert_eq!(first, (far <= FARTHEST).then_some(far), "{far}");
        }
    }
}
