//! The doors to the outside: standard output is for results, standard error for
//! what there is to say about them.

use std::fmt::Write as _;
use std::io::{self, BufWriter, ErrorKind, Write};

use anstyle::{AnsiColor, Style};

use crate::failure::{Failure, reason};

/// A label in front of a message.
const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();
const NOTE: Style = AnsiColor::Yellow.on_default().bold();

/// Writes to standard output and standard error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Printer {
    /// Whether results are coloured.
    pub(crate) stdout_color: bool,
    /// Whether messages are coloured.
    pub(crate) stderr_color: bool,
}

impl Printer {
    /// Writes a result. A reader that has gone away is a normal end: it has seen all
    /// that it wanted.
    ///
    /// # Errors
    ///
    /// If it cannot be written for another reason, such as a full disk.
    pub(crate) fn result(
        self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let mut out = BufWriter::with_capacity(64 << 10, io::stdout().lock());
        match write(&mut out).and_then(|()| out.flush()) {
            Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(Failure::failed(format!(
                "cannot write to standard output: {}",
                reason(&error)
            ))
            .hint("free some space, or write to a file with --output FILE")),
            Ok(()) => Ok(()),
        }
    }

    /// Says what went wrong.
    pub(crate) fn failure(self, failure: &Failure) {
        let mut text = self.labelled("error", ERROR, failure.message());
        if let Some(hint) = failure.way_out() {
            text.push_str(&self.labelled("hint", HINT, hint));
        }
        self.message(&text);
    }

    /// Says something that is no error.
    pub(crate) fn note(self, text: &str) {
        self.message(&self.labelled("note", NOTE, text));
    }

    /// Writes text as it is, with its own colours if there are any.
    pub(crate) fn message(self, text: &str) {
        // Nobody is left to be told that nobody can be told.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    fn labelled(self, label: &str, style: Style, text: &str) -> String {
        let style = if self.stderr_color {
            style
        } else {
            Style::new()
        };
        format!("{style}{label}:{style:#} {}\n", harmless(text))
    }
}

/// The text without characters that could give orders to a terminal: names of files
/// and parts of them come from strangers.
pub(crate) fn harmless(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        let direction = matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if (letter.is_control() && letter != '\n') || direction {
            write!(out, "{}", letter.escape_default()).expect("a string takes all that is written");
        } else {
            out.push(letter);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn names_cannot_give_orders_to_a_terminal() {
        assert_eq!(harmless("a\u{1b}[2Jb\r\u{7f}"), "a\\u{1b}[2Jb\\r\\u{7f}");
        assert_eq!(harmless("x\u{202e}txt"), "x\\u{202e}txt");
        assert_eq!(harmless("grüße\nzwei"), "grüße\nzwei");
    }
}
