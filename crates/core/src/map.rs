//! From offsets in decoded bytes back to the bytes they were decoded from.

use crate::span::Span;

/// Maps spans of decoded bytes to spans of the original.
///
/// ```
/// use sluicegate_core::{Span, SpanMap};
///
/// // "a%3Db" decodes to "a=b": one byte for one, then one for three, then one for one.
/// let mut map = SpanMap::new();
/// map.push(1, 1);
/// map.push(1, 3);
/// map.push(1, 1);
/// assert_eq!(map.original(Span::new(1, 2)), Span::new(1, 4));
/// assert_eq!(map.original(Span::new(2, 3)), Span::new(4, 5));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpanMap {
    pieces: Vec<Piece>,
    decoded: usize,
    original: usize,
}

/// A row of units, each of which takes `from` original bytes and gives `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    decoded: usize,
    original: usize,
    to: usize,
    from: usize,
}

impl SpanMap {
    /// A map of nothing, to which units are added in order.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one unit: `to` decoded bytes that came from `from` original ones. Units
    /// without decoded bytes (a byte-order mark, padding) move the original on.
    pub fn push(&mut self, to: usize, from: usize) {
        let extends = self
            .pieces
            .last()
            .is_some_and(|p| p.to == to && p.from == from);
        if !extends && to > 0 {
            self.pieces.push(Piece {
                decoded: self.decoded,
                original: self.original,
                to,
                from,
            });
        } else if to == 0 {
            // The next unit starts a piece of its own, at its own place.
            self.pieces.push(Piece {
                decoded: self.decoded,
                original: self.original + from,
                to: 0,
                from: 0,
            });
        }
        self.decoded += to;
        self.original += from;
    }

    /// Adds `count` bytes that are the same in both.
    pub fn push_same(&mut self, count: usize) {
        if count > 0 {
            self.push(1, 1);
            self.decoded += count - 1;
            self.original += count - 1;
        }
    }

    /// How many original bytes all units took.
    pub(crate) fn taken(&self) -> usize {
        self.original
    }

    /// The least span of the original that gives all bytes of `decoded`.
    pub fn original(&self, decoded: Span) -> Span {
        if decoded.is_empty() {
            let at = self.unit(decoded.start).start;
            return Span::new(at, at);
        }
        Span::new(
            self.unit(decoded.start).start,
            self.unit(decoded.end - 1).end,
        )
    }

    /// The original bytes of the unit that gave the decoded byte at `at`.
    fn unit(&self, at: usize) -> Span {
        let number = self.pieces.partition_point(|p| p.decoded <= at);
        let piece = self.pieces[..number].iter().rev().find(|p| p.to > 0);
        match piece {
            Some(p) if at < self.decoded => {
                let unit = (at - p.decoded) / p.to;
                let start = p.original + unit * p.from;
                Span::new(start, start + p.from)
            }
            _ => Span::new(self.original, self.original),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_byte_maps_into_the_unit_it_came_from(
            units in prop::collection::vec((0usize..4, 1usize..5), 1..40)
        ) {
            let mut map = SpanMap::new();
            let mut expected = Vec::new();
            let mut original = 0;
            for (to, from) in units {
                map.push(to, from);
                for _ in 0..to {
                    expected.push(Span::new(original, original + from));
                }
                original += from;
            }
            for (at, span) in expected.iter().enumerate() {
                prop_assert_eq!(map.original(Span::new(at, at + 1)), *span);
            }
        }
    }
}
