//! Colours by meaning, signs by what the terminal can show, and the pen that writes.

use std::fmt;
use std::io;

use anstyle::{AnsiColor, Style};
use sluicegate_core::Severity;

/// No terminal is taken to be narrower than this, in columns.
const LEAST_WIDTH: usize = 40;

/// How text looks.
///
/// ```
/// let mut style = sluicegate_report::TextStyle::terminal(120);
/// style.quiet = true;
/// assert!(style.color && style.unicode);
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct TextStyle {
    /// Whether colours are used.
    pub color: bool,
    /// Whether signs outside ASCII are used, such as `…`. What files and rules say is
    /// shown as it is in any case.
    pub unicode: bool,
    /// How many columns there are.
    pub width: usize,
    /// Whether there is one line for each finding and nothing else.
    pub quiet: bool,
}

impl TextStyle {
    /// For pipes and files: no colours, ASCII, 80 columns.
    pub fn plain() -> Self {
        Self {
            color: false,
            unicode: false,
            width: 80,
            quiet: false,
        }
    }

    /// For a terminal with so many columns.
    pub fn terminal(width: usize) -> Self {
        Self {
            color: true,
            unicode: true,
            width,
            quiet: false,
        }
    }
}

/// What a piece of text means; the colour follows from it.
#[derive(Clone, Copy)]
pub(super) enum Ink {
    Severity(Severity),
    Path,
    /// What is there to be looked up, not to be read: fingerprints, line numbers.
    Faint,
    /// Names of parts.
    Label,
    Link,
    Good,
    Warning,
    Bad,
}

/// Writes in a style.
pub(super) struct Pen<'a> {
    out: &'a mut dyn io::Write,
    color: bool,
    unicode: bool,
    width: usize,
}

impl<'a> Pen<'a> {
    pub(super) fn new(out: &'a mut dyn io::Write, style: &TextStyle) -> Self {
        Self {
            out,
            color: style.color,
            unicode: style.unicode,
            width: style.width.max(LEAST_WIDTH),
        }
    }

    /// How many columns there are.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Stands where text was left out.
    pub(super) fn ellipsis(&self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }

    /// Stands between a line number and its line.
    pub(super) fn bar(&self) -> &'static str {
        if self.unicode { "│" } else { "|" }
    }

    /// Writes a line.
    pub(super) fn line(&mut self, line: fmt::Arguments<'_>) -> io::Result<()> {
        self.out.write_fmt(line)?;
        self.out.write_all(b"\n")
    }

    /// Writes an empty line.
    pub(super) fn gap(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n")
    }

    /// The text in its colour, and blanks up to that many columns. The blanks have no
    /// colour: underlined or bold ones show.
    pub(super) fn padded(&self, ink: Ink, text: &str, columns: usize) -> String {
        let gap = " ".repeat(columns.saturating_sub(text.len()));
        if text.is_empty() {
            return gap;
        }
        format!("{}{gap}", self.ink(ink, text))
    }

    /// The text in its colour; nothing is written yet.
    pub(super) fn ink<T: fmt::Display>(&self, ink: Ink, text: T) -> Inked<T> {
        let style = if self.color { style(ink) } else { Style::new() };
        Inked { style, text }
    }
}

/// Text in a colour.
pub(super) struct Inked<T> {
    style: Style,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Inked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let style = self.style;
        write!(f, "{style}{}{style:#}", self.text)
    }
}

fn style(ink: Ink) -> Style {
    let plain = Style::new();
    let colour = |c: AnsiColor| plain.fg_color(Some(c.into()));
    match ink {
        Ink::Severity(Severity::Critical) => colour(AnsiColor::Red).bold(),
        Ink::Severity(Severity::High) => colour(AnsiColor::Red),
        Ink::Severity(Severity::Medium) => colour(AnsiColor::Yellow),
        Ink::Severity(Severity::Low) => colour(AnsiColor::Cyan),
        Ink::Path => plain.bold().underline(),
        Ink::Faint => plain.dimmed(),
        Ink::Label => plain.bold(),
        Ink::Link => plain.underline(),
        Ink::Good => colour(AnsiColor::Green).bold(),
        Ink::Warning => colour(AnsiColor::Yellow).bold(),
        Ink::Bad => colour(AnsiColor::Red).bold(),
    }
}
