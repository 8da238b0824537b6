//! Errors in files that people write: which file, which line, what, and the way out.

use std::fmt;

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    file: String,
    line: Option<usize>,
    message: String,
}

impl Diagnostic {
    /// `message` about `file`, at `line` (counted from 1) if that is known.
    pub fn new(file: &str, line: Option<usize>, message: String) -> Self {
        Self {
            file: file.to_owned(),
            line,
            message,
        }
    }

    /// The file, as it was named.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, counted from 1.
    pub fn line(&self) -> Option<usize> {
        self.line
    }

    /// What is wrong.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.file, self.message),
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

impl std::error::Error for Diagnostic {}

/// Everything that is wrong with one or more files; at least one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics(pub(crate) Vec<Diagnostic>);

impl Diagnostics {
    /// Each thing by itself.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.0.iter()
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(one: Diagnostic) -> Self {
        Self(vec![one])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, one) in self.0.iter().enumerate() {
            write!(f, "{}{one}", if number > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}

/// The line, counted from 1, of the byte at `offset`.
pub fn locate(text: &str, offset: usize) -> usize {
    text.as_bytes()[..offset.min(text.len())]
        .iter()
        .filter(|&&b| b == b'\n')
        .count()
        + 1
}

/// As many keys are listed for one that is not known; longer lists are in the documentation.
const MOST_KEYS: usize = 8;

/// What the TOML parser said, with the line, and the nearest key where it met one
/// that it does not know.
pub fn toml_error(file: &str, text: &str, error: &toml::de::Error) -> Diagnostic {
    let line = error.span().map(|span| locate(text, span.start));
    let message = error.message().trim();
    let mut quoted = message.split('`').skip(1).step_by(2);
    let is_unknown = message.starts_with("unknown field");
    let hint = is_unknown
        .then(|| quoted.next().and_then(|given| nearest(given, quoted)))
        .flatten();
    let told = message.replacen("unknown field", "unknown key", 1);
    let short = told.split(", expected").next().unwrap_or(&told);
    let known = told[short.len()..].matches('`').count() / 2;
    let message = match hint {
        Some(near) => format!("{short}; did you mean `{near}`?"),
        None if is_unknown && known > MOST_KEYS => short.to_owned(),
        None => told.replace('\n', ": "),
    };
    Diagnostic::new(file, line, message)
}

/// The candidate that is at most a third of its letters away from `given`, if any.
pub fn nearest<'c>(given: &str, candidates: impl IntoIterator<Item = &'c str>) -> Option<&'c str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(given, candidate), candidate))
        .filter(|(far, candidate)| *far <= candidate.len().max(given.len()).div_ceil(3))
        .min()
        .map(|(_, candidate)| candidate)
}

/// The number of letters to insert, delete or change (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let change = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_the_one_meant() {
        assert_eq!(
            nearest("exlude", ["include", "exclude", "rules"]),
            Some("exclude")
        );
        assert_eq!(nearest("quux", ["include", "exclude", "rules"]), None);
    }
}
