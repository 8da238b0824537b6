//! Plain tables, numbers and styles for lists.

use anstyle::{AnsiColor, Style};
use sluicegate::Severity;

/// For what a line is about.
pub(crate) const BOLD: Style = Style::new().bold();
/// For what explains it.
pub(crate) const DIM: Style = Style::new().dimmed();

/// Whether text is styled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Styles(pub(crate) bool);

impl Styles {
    /// The text in that style.
    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        if self.0 {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}

/// The style of a severity.
pub(crate) fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Critical => AnsiColor::Red.on_default().bold(),
        Severity::High => AnsiColor::Red.on_default(),
        Severity::Medium => AnsiColor::Yellow.on_default(),
        Severity::Low => Style::new(),
    }
}

/// A cell and its style.
pub(crate) type Cell = (String, Style);

/// The rows with their columns lined up, two blanks apart; the last column is as long
/// as it is.
pub(crate) fn table(rows: &[Vec<Cell>], styles: Styles) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells
                .map(|(text, _)| text.chars().count())
                .max()
                .unwrap_or(0)
        })
        .collect();
    let mut out = String::new();
    for row in rows {
        for (column, (text, style)) in row.iter().enumerate() {
            out.push_str(&styles.paint(*style, text));
            if column + 1 < row.len() {
                let blanks = widths[column] - text.chars().count() + 2;
                out.extend(std::iter::repeat_n(' ', blanks));
            }
        }
        out.push('\n');
    }
    out
}

/// The text on lines of at most `width` columns, each behind `indent`.
pub(crate) fn wrapped(text: &str, indent: &str, width: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width.saturating_sub(indent.len()) {
            out.push('\n');
            used = 0;
        }
        out.push_str(if used == 0 { indent } else { " " });
        out.push_str(word);
        used += length + usize::from(used > 0);
    }
    out.push('\n');
    out
}

/// `1 rule`, `1,204 rules`.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    let ending = if count == 1 { "" } else { "s" };
    format!("{} {noun}{ending}", thousands(count))
}

/// The number with a comma after every three digits.
fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let cell = |text: &str| (text.to_owned(), Style::new());
        let rows = [vec![cell("a"), cell("bbb")], vec![cell("ccc"), cell("d")]];
        assert_eq!(table(&rows, Styles(false)), "a    bbb\nccc  d\n");
    }

    #[test]
    fn long_text_is_wrapped_at_words() {
        assert_eq!(wrapped("one two three", "  ", 9), "  one two\n  three\n");
        assert_eq!(wrapped("immeasurable", "", 5), "immeasurable\n");
    }

    #[test]
    fn numbers_are_readable() {
        let cases = [
            (1, "1 file"),
            (0, "0 files"),
            (999, "999 files"),
            (1204, "1,204 files"),
        ];
        for (count, want) in cases {
            assert_eq!(plural(count, "file"), want);
        }
        assert_eq!(thousands(1_000_000), "1,000,000");
    }
}
