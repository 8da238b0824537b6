//! Lines and columns, worked out only for what is reported.

use memchr::{memchr, memchr_iter, memrchr};
use sluicegate_core::{Excerpt, Piece, Position, Secret, Span};

/// How many bytes before and after a value an excerpt shows at most.
const CONTEXT: usize = 160;

/// How much of a long value an excerpt shows at most.
const SHOWN: usize = 400;

/// Counts lines on the way through a text; asked for places in rising order it reads
/// every byte once.
pub(crate) struct Lines<'t> {
    text: &'t [u8],
    at: usize,
    line: usize,
}

impl<'t> Lines<'t> {
    /// Starts at the beginning of `text`, which is line `first`.
    pub(crate) fn new(text: &'t [u8], first: usize) -> Self {
        Self {
            text,
            at: 0,
            line: first,
        }
    }

    /// The position of the byte at `offset`.
    pub(crate) fn position(&mut self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        if offset < self.at {
            self.line -= memchr_iter(b'\n', &self.text[offset..self.at]).count();
        } else {
            self.line += memchr_iter(b'\n', &self.text[self.at..offset]).count();
        }
        self.at = offset;
        let start = memrchr(b'\n', &self.text[..offset]).map_or(0, |at| at + 1);
        let column = self.text[start..offset]
            .iter()
            .filter(|&&b| b & 0xC0 != 0x80)
            .count()
            + 1;
        Position {
            line: self.line,
            column,
        }
    }
}

/// How many lines end in `text`.
pub(crate) fn count(text: &[u8]) -> usize {
    memchr_iter(b'\n', text).count()
}

/// The line that `own` starts on, with all `secrets` (sorted, `own` among them) in it
/// set apart.
pub(crate) fn excerpt(text: &[u8], own: Span, secrets: &[Span], kind: Own) -> Excerpt {
    let line_start = memrchr(b'\n', &text[..own.start]).map_or(0, |at| at + 1);
    let line_end = memchr(b'\n', &text[own.start..]).map_or(text.len(), |at| own.start + at);
    let line_end = if text[..line_end].ends_with(b"\r") {
        line_end - 1
    } else {
        line_end
    };
    let from = character_start(text, line_start.max(own.start.saturating_sub(CONTEXT)));
    let after = if kind == Own::NameBesideValue {
        0
    } else {
        CONTEXT
    };
    let to = character_start(text, line_end.min(own.end.min(own.start + SHOWN) + after));
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
    for &secret in secrets.iter().take_while(|s| s.start < to) {
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
        let text = "a\nüb\n\nc".as_bytes();
        let mut lines = Lines::new(text, 1);
        for (offset, line, column) in [
            (0, 1, 1),
            (2, 2, 1),
            (4, 2, 2),
            (7, 4, 1),
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
        secrets.sort();
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
