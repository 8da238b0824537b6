//! Changes to a text that keep what is around them: its comments, its order, its indents.

use sluicegate_core::Span;

use crate::node::{Entry, Node};

/// What stands at `span` becomes `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) span: Span,
    pub(super) text: String,
}

impl Edit {
    pub(super) fn new(span: Span, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { span, text }
    }
}

/// The text with all edits made; `None` if two of them meet.
pub(super) fn apply(text: &str, edits: &mut [Edit]) -> Option<String> {
    edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits.iter() {
        out.push_str(text.get(at..edit.span.start)?);
        out.push_str(&edit.text);
        at = edit.span.end;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

/// Where `at` is once the edits, in order, are made; `None` if it is in one of them.
pub(super) fn moved(at: usize, edits: &[Edit]) -> Option<usize> {
    let mut place = at;
    for edit in edits.iter().take_while(|edit| edit.span.start <= at) {
        if edit.span.end > at {
            return None;
        }
        place = place + edit.text.len() - (edit.span.end - edit.span.start);
    }
    Some(place)
}

/// YAML in blocks, of which entries can be taken out and put in.
#[derive(Clone, Copy)]
pub(super) struct Lines<'t>(pub(super) &'t str);

impl<'t> Lines<'t> {
    fn line_start(self, at: usize) -> usize {
        memchr::memrchr(b'\n', &self.0.as_bytes()[..at]).map_or(0, |n| n + 1)
    }

    /// Behind the line break.
    fn line_end(self, at: usize) -> usize {
        let rest = &self.0.as_bytes()[at..];
        at + memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1)
    }

    fn line_break(self) -> &'static str {
        if self.0.contains("\r\n") {
            "\r\n"
        } else {
            "\n"
        }
    }

    /// How far in the key stands.
    fn column(self, entry: &Entry<'_>) -> usize {
        entry.key_span.start - self.line_start(entry.key_span.start)
    }

    /// Whether the key is the first thing on its line, and nothing but a comment follows the
    /// value: it is no part of `{ … }`.
    fn has_own_line(self, entry: &Entry<'_>) -> bool {
        let start = self.line_start(entry.key_span.start);
        let before = &self.0[start..entry.key_span.start];
        let blank = before.bytes().all(|b| b == b' ');
        let is_scalar = entry.value.text().is_some();
        let end = entry.value.span.end.max(entry.key_span.end);
        let after = match is_scalar {
            true => self.0.get(end..self.line_end(end)).unwrap_or_default(),
            false => "",
        };
        let after = after.trim();
        blank && (after.is_empty() || after.starts_with('#') || self.is_block_scalar(entry))
    }

    fn is_block_scalar(self, entry: &Entry<'_>) -> bool {
        let line = &self.0[entry.key_span.end..self.line_end(entry.key_span.end)];
        let value = line.trim_start_matches([':', ' ']);
        value.starts_with(['|', '>'])
    }

    /// From the start of the key's line to behind the last line that belongs to it.
    fn extent(self, entry: &Entry<'_>) -> Span {
        let column = self.column(entry);
        let start = self.line_start(entry.key_span.start);
        let mut end = self.line_end(entry.key_span.start);
        let mut at = end;
        while at < self.0.len() {
            let next = self.line_end(at);
            let line = &self.0[at..next];
            let inner = line.trim_start_matches(' ');
            let indent = line.len() - inner.len();
            let says_nothing = inner.trim().is_empty() || inner.starts_with('#');
            // Items may stand as far in as the key that they belong to.
            let is_item =
                indent == column && inner.starts_with("- ") && !entry.value.items().is_empty();
            if !says_nothing && indent <= column && !is_item {
                break;
            }
            at = next;
            if !says_nothing {
                end = next;
            }
        }
        Span::new(start, end)
    }

    /// Takes out the entries of `owner`, a map under a key, whose keys are `keys`; the owner
    /// too, if nothing is left in it.
    pub(super) fn without(self, owner: &Entry<'_>, keys: &[&str]) -> Option<Vec<Edit>> {
        let (out, kept): (Vec<_>, Vec<_>) = owner
            .value
            .entries()
            .iter()
            .partition(|entry| keys.iter().any(|key| entry.key.eq_ignore_ascii_case(key)));
        if kept.is_empty() {
            let own = self.has_own_line(owner);
            return own.then(|| vec![Edit::new(self.extent(owner), "")]);
        }
        let gone = out.into_iter().map(|entry| {
            self.has_own_line(entry)
                .then(|| Edit::new(self.extent(entry), ""))
        });
        gone.collect()
    }

    /// Puts lines in the place of an entry, as far in as it was.
    pub(super) fn instead(self, entry: &Entry<'_>, lines: &[&str]) -> Option<Edit> {
        let text = self.indented(lines, self.column(entry));
        let own = self.has_own_line(entry);
        own.then(|| Edit::new(self.extent(entry), text))
    }

    /// Puts lines behind an entry, as far in as its key.
    pub(super) fn behind(self, entry: &Entry<'_>, lines: &[&str]) -> Option<Edit> {
        let end = self.extent(entry).end;
        let mut text = self.indented(lines, self.column(entry));
        if !self.0[..end].ends_with('\n') {
            text.insert_str(0, self.line_break());
            text.truncate(text.trim_end().len());
        }
        // In `{ … }` there are no lines.
        let is_block = entry.value.text().is_none() || {
            let rest = self
                .0
                .get(entry.value.span.end..self.line_end(entry.value.span.end));
            let rest = rest.unwrap_or_default().trim();
            rest.is_empty() || rest.starts_with('#') || self.is_block_scalar(entry)
        };
        is_block.then(|| Edit::new(Span::new(end, end), text))
    }

    /// Puts lines before an entry that has a line of its own.
    pub(super) fn before(self, entry: &Entry<'_>, lines: &[&str]) -> Option<Edit> {
        let at = self.line_start(entry.key_span.start);
        let blank = self.0[at..entry.key_span.start].bytes().all(|b| b == b' ');
        let text = self.indented(lines, self.column(entry));
        blank.then(|| Edit::new(Span::new(at, at), text))
    }

    /// Puts an item before the one that `item`, a map, is.
    pub(super) fn item_before(self, item: &Node<'_>, lines: &[&str]) -> Option<Edit> {
        let first = item.entries().first()?;
        let at = self.line_start(first.key_span.start);
        let dash = self.0[at..first.key_span.start].trim_start_matches(' ');
        if dash.trim_end() != "-" {
            return None;
        }
        let column = first.key_span.start - at - dash.len();
        let text = self.indented(lines, column);
        Some(Edit::new(Span::new(at, at), text))
    }

    fn indented(self, lines: &[&str], column: usize) -> String {
        let end = self.line_break();
        lines
            .iter()
            .map(|line| format!("{:column$}{line}{end}", ""))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    const TEXT: &str = "a:\n  # first\n  b: 1 # why\n  c: |\n    two\n    lines\n\n  # about d\n  d: {x: 1}\ne: 5\n";

    fn changed(edits: Option<Vec<Edit>>) -> Option<String> {
        apply(TEXT, &mut edits?)
    }

    #[test]
    fn entries_go_and_come_with_their_lines_alone() {
        let roots = yaml::parse(TEXT).expect("valid");
        let lines = Lines(TEXT);
        let a = roots[0].entry("a").expect("there");
        let inner = |key: &str| a.value.entry(key).expect("there");
        let without = |keys: &[&str]| changed(lines.without(a, keys));
        assert_eq!(
            without(&["b"]).as_deref(),
            Some("a:\n  # first\n  c: |\n    two\n    lines\n\n  # about d\n  d: {x: 1}\ne: 5\n")
        );
        assert_eq!(
            without(&["c"]).as_deref(),
            Some("a:\n  # first\n  b: 1 # why\n\n  # about d\n  d: {x: 1}\ne: 5\n")
        );
        assert_eq!(without(&["b", "c", "d"]).as_deref(), Some("e: 5\n"));
        let put = changed(lines.behind(inner("c"), &["n: 1"]).map(|e| vec![e])).expect("a block");
        assert!(put.contains("    lines\n  n: 1\n\n  # about d\n"), "{put}");
        let d = inner("d").value.entry("x").expect("there");
        assert_eq!(lines.behind(d, &["y: 2"]), None);
        assert_eq!(lines.instead(d, &["y: 2"]), None);
    }

    #[test]
    fn places_move_with_what_is_put_in_before_them() {
        let edits = [
            Edit::new(Span::new(2, 2), "ab"),
            Edit::new(Span::new(5, 8), "x"),
        ];
        assert_eq!(moved(1, &edits), Some(1));
        assert_eq!(moved(3, &edits), Some(5));
        assert_eq!(moved(6, &edits), None);
        assert_eq!(moved(9, &edits), Some(9));
    }
}
