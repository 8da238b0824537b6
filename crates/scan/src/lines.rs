//! Lines and columns, worked out only for what is reported.

use memchr::{memchr, memchr_iter, memrchr};
use sluicegate_core::{Excerpt, Piece, Position, Secret, Span};

/// How many bytes before and after a value an excerpt shows at most.
const CONTEXT: usize = 160;

/// More bytes than a character has.
const BEYOND: usize = 8;

/// How much of a long value an excerpt shows at most.
const SHOWN: usize = 400;

/// Counts lines and characters on the way through a text; asked for places in rising order
/// it reads every byte once, however long the lines are.
pub(crate) struct Lines<'t> {
    text: &'t [u8],
    at: usize,
    line: usize,
    /// Where the line starts that `at` is on, and how many characters stand before `at` on it.
    start: usize,
    before: usize,
}

impl<'t> Lines<'t> {
    /// Starts at the beginning of `text`, which is line `first`.
    pub(crate) fn new(text: &'t [u8], first: usize) -> Self {
        Self {
            text,
            at: 0,
            line: first,
            start: 0,
            before: 0,
        }
    }

    /// The position of the byte at `offset`.
    pub(crate) fn position(&mut self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        if offset < self.at {
            let passed = &self.text[offset..self.at];
            self.line -= memchr_iter(b'\n', passed).count();
            if offset < self.start {
                self.start = memrchr(b'\n', &self.text[..offset]).map_or(0, |at| at + 1);
                self.before = characters(&self.text[self.start..offset]);
            } else {
                self.before -= characters(passed);
            }
        } else {
            let passed = &self.text[self.at..offset];
            let ends = memchr_iter(b'\n', passed).count();
            if ends > 0 {
                self.line += ends;
                let last = memrchr(b'\n', passed).map_or(0, |last| last + 1);
                self.start = self.at + last;
                self.before = 0;
            }
            self.before += characters(&self.text[self.start.max(self.at)..offset]);
        }
        self.at = offset;
        Position {
            line: self.line,
            column: self.before + 1,
        }
    }
}

fn characters(text: &[u8]) -> usize {
    text.iter().filter(|&&b| b & 0xC0 != 0x80).count()
}

/// Values in a text, in the order in which they start.
pub(crate) struct Values {
    spans: Vec<Span>,
    longest: usize,
}

impl Values {
    /// Of spans in any order.
    pub(crate) fn new(mut spans: Vec<Span>) -> Self {
        spans.sort_unstable();
        Self {
            longest: spans.iter().map(|span| span.len()).max().unwrap_or(0),
            spans,
        }
    }

    /// Those that a part of a text may hold some of.
    fn around(&self, from: usize, to: usize) -> &[Span] {
        let is_before = |span: &Span| span.start + self.longest <= from;
        let first = self.spans.partition_point(is_before);
        let last = self.spans.partition_point(|span| span.start < to);
        &self.spans[first..last.max(first)]
    }
}

/// How many lines end in `text`.
pub(crate) fn count(text: &[u8]) -> usize {
    memchr_iter(b'\n', text).count()
}

/// The line that `own` starts on, with all `secrets` (`own` among them) in it set apart.
pub(crate) fn excerpt(text: &[u8], own: Span, secrets: &Values, kind: Own) -> Excerpt {
    let after = if kind == Own::NameBesideValue {
        0
    } else {
        CONTEXT
    };
    let least = own.start.saturating_sub(CONTEXT);
    let most = own.end.min(own.start + SHOWN) + after;
    // No more of a long line is read than is shown, and what tells that there is more.
    let low = least.saturating_sub(BEYOND);
    let high = text.len().min(most + BEYOND);
    let line_start = memrchr(b'\n', &text[low..own.start]).map_or(low, |at| low + at + 1);
    let line_end = memchr(b'\n', &text[own.start..high]).map_or(high, |at| own.start + at);
    let line_end = if text[..line_end].ends_with(b"\r") {
        line_end - 1
    } else {
        line_end
    };
    let from = character_start(text, line_start.max(least));
    let to = character_start(text, line_end.min(most));
    // One mark for each byte: values may overlap, and no byte of any may slip through.
    let mut marks = vec![Mark::Text; to.saturating_sub(from)];
    let mut mark = |span: Span, mark: Mark| {
        let start = span.start.clamp(from, to) - from;
        let end = span.end.clamp(from, to) - from;
        marks[start..end].fill(mark);
    };
    if kind != Own::Value {
        mark(own, Mark::Own);
    }
    for &secret in secrets.around(from, to) {
        mark(secret, Mark::Other);
    }
    // What a name covers of a value stays a value.
    if kind == Own::Value {
        mark(own, Mark::Own);
    }
    let mut pieces = Vec::new();
    let mut at = from;
    for run in marks.chunk_by(PartialEq::eq) {
        let bytes = &text[at..at + run.len()];
        at += run.len();
        pieces.push(match run[0] {
            Mark::Text => Piece::Text(String::from_utf8_lossy(bytes).into_owned()),
            Mark::Own => Piece::Own(Secret::new(bytes[..bytes.len().min(SHOWN)].to_vec())),
            Mark::Other => Piece::Other(Secret::new(bytes.to_vec())),
        });
    }
    Excerpt {
        pieces,
        cut_before: from > line_start,
        cut_after: to < line_end,
    }
}

/// What an excerpt is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Own {
    /// A value: never shown.
    Value,
    /// The name of a stored credential: shown.
    Name,
    /// The same, and what follows on the line may be a value that no rule knows.
    NameBesideValue,
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    Text,
    Own,
    Other,
}

/// The start of the character that the byte at `offset` belongs to.
fn character_start(text: &[u8], offset: usize) -> usize {
    let continues = |at: usize| text.get(at).is_some_and(|b| b & 0xC0 == 0x80);
    (offset.saturating_sub(3)..=offset)
        .rev()
        .find(|&at| !continues(at))
        .unwrap_or(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters_in_any_order() {
        let text = "a\nüb\n\ncö".as_bytes();
        let mut lines = Lines::new(text, 1);
        for (offset, line, column) in [
            (0, 1, 1),
            (2, 2, 1),
            (4, 2, 2),
            (5, 2, 3),
            (4, 2, 2),
            (7, 4, 1),
            (10, 4, 3),
            (8, 4, 2),
            (1, 1, 2),
            (7, 4, 1),
        ] {
            assert_eq!(
                lines.position(offset),
                Position { line, column },
                "offset {offset}"
            );
        }
    }

    fn rendered(text: &str, own: (usize, usize), others: &[(usize, usize)]) -> String {
        let span = |(a, b): (usize, usize)| Span::new(a, b);
        let mut secrets: Vec<Span> = others.iter().copied().map(span).collect();
        secrets.push(span(own));
        let secrets = Values::new(secrets);
        let excerpt = excerpt(text.as_bytes(), span(own), &secrets, Own::Value);
        let mut out = String::new();
        for piece in &excerpt.pieces {
            match piece {
                Piece::Text(t) => out.push_str(t),
                Piece::Own(s) => out.push_str(&format!("[{}]", s.len())),
                Piece::Other(s) => out.push_str(&format!("({})", s.len())),
            }
        }
        out
    }

    #[test]
    fn of_long_lines_a_part_is_shown() {
        let own = Span::new(500, 510);
        let secrets = Values::new(vec![Span::new(20, 345), own]);
        for (text, cut) in [
            ("x".repeat(1000), (true, true)),
            ("x".repeat(670), (true, false)),
            ("x".repeat(672), (true, true)),
            (
                ["x".repeat(339), "\n".into(), "x".repeat(330)].concat(),
                (false, false),
            ),
            (
                ["x".repeat(338), "\n".into(), "x".repeat(331), "\r\n".into()].concat(),
                (true, false),
            ),
            (["ü".repeat(335), "\r\n".into()].concat(), (true, false)),
        ] {
            let shown = excerpt(text.as_bytes(), own, &secrets, Own::Value);
            assert_eq!(
                (shown.cut_before, shown.cut_after),
                cut,
                "{} bytes",
                text.len()
            );
            // A value that starts far before reaches into it.
            assert!(matches!(shown.pieces.first(), Some(Piece::Other(_))));
        }
    }

    #[test]
    fn excerpts_set_every_secret_apart() {
        assert_eq!(
            rendered("x\na=bbb c=dd\ny", (4, 7), &[(10, 12)]),
            "a=[3] c=(2)"
        );
        assert_eq!(
            rendered("x\na=bbb c=dd\r\ny", (10, 12), &[(4, 7)]),
            "a=(3) c=[2]"
        );
        assert_eq!(rendered("k=abcdef", (2, 8), &[(4, 6)]), "k=[6]");
        assert_eq!(rendered("k=abcdef", (4, 6), &[(2, 8)]), "k=(2)[2](2)");
        assert_eq!(rendered("k=ab\ncd", (2, 7), &[]), "k=[2]");
    }
}
