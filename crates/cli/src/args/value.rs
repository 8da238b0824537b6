//! Values of flags: what they may be, for the parser, the help and completions alike.

use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use sluicegate::config::{Color, MAX_THREADS};
use sluicegate::{Confidence, MarkerKind};

/// How a report is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// One document with a published schema.
    Json,
    /// One line for each finding.
    Jsonl,
    /// SARIF 2.1.0, for code hosts and editors.
    Sarif,
}

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum KindWord {
    /// Values of secrets.
    Secret,
    /// References to stored credentials.
    Reference,
    /// Both.
    All,
}

/// A word about output, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OutputWord {
    /// `--format`
    Format(Format),
    /// `--output`
    Output(PathBuf),
}

/// A place in a file, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The file.
    pub(crate) path: PathBuf,
    /// The line, counted from 1.
    pub(crate) line: usize,
    /// The column, counted from 1.
    pub(crate) column: Option<usize>,
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number = |text: &str| -> Option<usize> {
            let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
            text.parse().ok().filter(|n| digits && *n > 0)
        };
        let wrong = || "write a path, a colon and a line, such as src/settings.py:12".to_owned();
        let (rest, last) = text.rsplit_once(':').ok_or_else(wrong)?;
        let last = number(last).ok_or_else(wrong)?;
        let (path, line, column) = match rest.rsplit_once(':') {
            Some((path, line)) if !path.is_empty() && number(line).is_some() => {
                (path, number(line).unwrap_or(last), Some(last))
            }
            _ => (rest, last, None),
        };
        if path.is_empty() {
            return Err(wrong());
        }
        let path = PathBuf::from(path);
        Ok(Self { path, line, column })
    }
}

/// One of some known words.
fn word<T: FromStr + Clone + Send + Sync + 'static>(
    known: impl IntoIterator<Item = &'static str>,
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(known).try_map(|word| {
        word.parse::<T>()
            .map_err(|_| std::io::Error::other("not a known word"))
    })
}

/// `--color`
pub(super) fn color() -> impl TypedValueParser<Value = Color> {
    word(Color::ALL.iter().map(|c| c.as_str()))
}

/// `--min-confidence`
pub(super) fn confidence() -> impl TypedValueParser<Value = Confidence> {
    word(Confidence::ALL.iter().map(|c| c.as_str()))
}

/// `--ignore-marker`
pub(super) fn marker() -> impl TypedValueParser<Value = MarkerKind> {
    word(MarkerKind::ALL.iter().map(|m| m.name()))
}

/// `--threads`
pub(super) fn threads() -> impl TypedValueParser<Value = usize> {
    clap::value_parser!(u64)
        .range(..=MAX_THREADS as u64)
        .map(|count| usize::try_from(count).unwrap_or(MAX_THREADS))
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn places_are_read_from_the_right() {
        for (text, want) in [
            ("a.py:3", Some(("a.py", 3, None))),
            ("a.py:3:14", Some(("a.py", 3, Some(14)))),
            ("C:\\x.py:3", Some(("C:\\x.py", 3, None))),
            ("a:b:3", Some(("a:b", 3, None))),
            ("-:7", Some(("-", 7, None))),
            ("a.py", None),
            ("a.py:", None),
            ("a.py:x", None),
            ("a.py:0", None),
            ("a.py:+1", None),
            (":3", None),
            ("", None),
        ] {
            let place = text.parse::<Place>().ok();
            let got = place
                .as_ref()
                .map(|p| (p.path.to_str().unwrap_or("?"), p.line, p.column));
            assert_eq!(got, want, "{text:?}");
        }
    }
}
